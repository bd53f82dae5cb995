# SPDX-License-Identifier: MIT
"""A machine with dom0 and its shell, for tests: commands, consoles."""
import os
import re
import subprocess
import sys

from linux import WRONG
from machine import Machine, direct

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, '../..')
OPTIONS = 'console=com1 com1=115200,8n1 loglvl=all'
PROMPT = r'dom0# '
ESCAPE = '\x1d'         # ^]


def files(build, peer, kernel='vmlinuz-cloud', name='smoke', **options):
    """dom0's archive with that kernel, and options of tools/files.py."""
    out = f'{build}/files-{name}.cpio'
    subprocess.run([sys.executable, f'{TOP}/tools/files.py', out,
                    options.pop('folder', f'{TOP}/dom0/files'),
                    f'{peer}/{kernel}', f'{build}/initramfs.cpio',
                    *map(str, options.values())], check=True)
    return out


def load(build, archive, args='', xenopt='', image=None):
    """QEMU's arguments: dom0 has 12 MiB beside its files."""
    mib = -(-os.path.getsize(archive) // (1 << 20)) + 12
    return direct(image or f'{build}/enso',
                  f'{OPTIONS} dom0_mem={mib}M {xenopt}', f'{build}/dom0', args,
                  archive)


class Dom0(Machine):
    def __init__(self, name, build, archive=None, args='start=none', xenopt='',
                 image=None, boot=None, **machine):
        super().__init__(name, build, boot or load(build, archive, args, xenopt,
                                                   image),
                         **{'memory': 2048, **machine})

    def prompt(self):
        self.wait(PROMPT, 60, WRONG)

    def run(self, line, limit=60, never=WRONG):
        """Runs a command: what it printed, and its exit code."""
        self.send(line + '\n')
        self.wait(re.escape(line) + r'\s*\n', 20)
        start = self.at
        self.wait(PROMPT, limit, never)
        said = self.text[start:self.at]
        self.send('echo $?\n')
        code = self.wait(r'echo \$\?\s*\n(\d+)', 20)
        self.wait(PROMPT, 20)
        return said[:said.rindex('dom0# ')], int(code[1])

    def do(self, line, limit=60):
        """As run(), but it must succeed."""
        said, code = self.run(line, limit)
        if code:
            self.fail(f'"{line}" ended with {code}: {said}')
        return said

    def console(self, name):
        self.send(f'console {name}\n')
        self.wait(rf'console {name}\s*\n', 20)

    def leave(self):
        self.send(ESCAPE)
        self.wait(PROMPT, 20)

    def guests(self):
        """list, as rows of words: name, ID, Mem, VCPUs, state, time."""
        rows = [line.split() for line in self.do('list').splitlines()]
        return {r[0]: r for r in rows if len(r) == 6 and r[1].isdigit()}

    def free_memory(self):
        """free_memory of info is in MiB; debug prints frames."""
        return int(re.search(r'free_memory\s*: (\d+)', self.do('info'))[1])

    def off(self):
        """Ends the machine; the hypervisor's audit must be clean."""
        self.send('host-poweroff\n')
        self.wait(r'\(ENSO\) .*audit.*clean', 60, WRONG)
        self.end(20)
