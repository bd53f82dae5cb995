# SPDX-License-Identifier: MIT
"""A QEMU machine whose serial line is a pipe: start, wait for text, send.

    with Machine('name', B, direct(hv, xenopt, kernel, cmdline, ramdisk)) as m:
        m.wait(r'linux# ')
        m.send('poweroff -f\\n')
        status = m.end()

Every wait has a limit and raises Failure with the end of the log in it; the
whole log stays in B/log/name.log. Nothing here sleeps."""
import os
import re
import selectors
import subprocess
import time

# TCG 7.2 faults in iretq at CPL 3 under SMAP, so no guest may see SMAP.
QEMU = ['qemu-system-x86_64', '-cpu', 'max,-smap', '-display', 'none',
        '-vga', 'none', '-nic', 'none', '-no-reboot', '-monitor', 'none']
# Enso's power button of last resort; Xen leaves it alone.
EXIT = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4']


class Failure(Exception):
    pass


def hypervisor(name, build, peer):
    """The image of 'enso' or 'xen' that QEMU loads directly."""
    return {'enso': f'{build}/enso', 'xen': f'{peer}/xen.elf'}[name]


def direct(image, xenopt, kernel, cmdline='', ramdisk=None):
    """Arguments of QEMU for a Multiboot 1 load: no disk, no GRUB."""
    module = f'{kernel} {cmdline}'.strip().replace(',', ',,')
    if ramdisk:
        module += f',{ramdisk}'
    return ['-kernel', image, '-append', xenopt, '-initrd', module]


def iso(path):
    return ['-cdrom', path, '-boot', 'd']


def accel(smp, icount=False):
    """icount runs vCPUs in turns; without it each has a thread of its own."""
    if icount:
        return ['-accel', 'tcg', '-icount', 'shift=0,sleep=off',
                '-rtc', 'base=2026-01-01,clock=vm', '-smp', str(smp)]
    return ['-accel', 'tcg,thread=' + ('multi' if smp > 1 else 'single'),
            '-smp', str(smp)]


class Machine:
    def __init__(self, name, build, load, smp=1, memory=1024, machine='q35',
                 icount=False, extra=()):
        os.makedirs(f'{build}/log', exist_ok=True)
        self.path = f'{build}/log/{name}.log'
        self.log = open(self.path, 'wb')
        self.text, self.at, self.start = '', 0, time.monotonic()
        command = [*QEMU, '-M', machine, '-m', str(memory), *EXIT,
                   *accel(smp, icount), *load, *extra,
                   '-chardev', 'stdio,id=line,signal=off',
                   '-serial', 'chardev:line']
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0)
        self.ready = selectors.DefaultSelector()
        self.ready.register(self.child.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self.log.close()

    def seconds(self):
        return time.monotonic() - self.start

    def read(self, limit):
        """Takes what comes within limit seconds; False at the end of it."""
        if not self.ready.select(max(limit, 0)):
            return True
        data = os.read(self.child.stdout.fileno(), 65536)
        self.log.write(data)
        self.log.flush()
        self.text += data.decode('latin1').replace('\r', '')
        return bool(data)

    def fail(self, why):
        tail = '\n'.join('    | ' + line for line in
                         self.text.split('\n')[-25:])
        raise Failure(f'{why}; the log ends ({self.path}):\n{tail}')

    def wait(self, pattern, limit=60, never=None):
        """The match of pattern after what was waited for before. Fails when
        the text of never comes first, at the machine's end, at the limit."""
        end, want = time.monotonic() + limit, re.compile(pattern)
        bad = re.compile(never) if never else None
        alive = True
        while True:
            found = want.search(self.text, self.at)
            wrong = bad.search(self.text, self.at) if bad else None
            if wrong and (not found or wrong.start() < found.start()):
                self.fail(f'"{wrong[0]}" while waiting for /{pattern}/')
            if found:
                self.at = found.end()
                return found
            if not alive:
                self.fail(f'the machine ended before /{pattern}/')
            if time.monotonic() > end:
                self.fail(f'no /{pattern}/ within {limit} s')
            alive = self.read(end - time.monotonic())

    def send(self, text):
        self.child.stdin.write(text.encode())

    def end(self, limit=30):
        """Waits for QEMU's own end; returns its status."""
        stop = time.monotonic() + limit
        while self.read(stop - time.monotonic()):
            if time.monotonic() > stop:
                self.fail(f'the machine still runs after {limit} s')
        return self.child.wait()
