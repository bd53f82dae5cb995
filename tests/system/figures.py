#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/figures.py BUILD PEER [FIGURE...]: what it costs to host a guest.

A guest of 256 MiB with Debian's cloud kernel on a machine of 2 GiB with one
CPU, under -icount: a tick of the TSC is an instruction, idle ones included,
and the figures repeat exactly. dom0 runs a script whose `tsc` commands print
the counter. Each figure has its limit; one that is over it fails. The same
dom0 and guest run on Xen too, for comparison; and the CPUID of a guest there
is Xen's default, which Enso's must be."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dom0 import Dom0, TOP, files  # noqa: E402
from linux import WRONG  # noqa: E402
from machine import Failure  # noqa: E402

GUEST = '/etc/xl/linux.cfg'
CYCLES = 10
# The aim is missed, as the guest alone needs 2.82: docs/figures.md.
AIM, UNPAUSE = 2.4, 3.0
BOOT = ['tsc', f'create -p {GUEST}', 'tsc', 'unpause linux1',
        "console-wait linux1 'linux# '", 'tsc', 'list']


def uncompressed(build, peer):
    """The ELF file inside the cloud kernel's bzImage, which is LZ4's old
    frame: blocks with their lengths."""
    out = f'{build}/vmlinux-cloud'
    data = open(f'{peer}/vmlinuz-cloud', 'rb').read()
    start = data.index(b'\x02\x21\x4c\x18')
    image = subprocess.run(['lz4', '-dc', '-'], input=data[start:],
                           stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL).stdout
    if image[:4] != b'\x7fELF':
        raise Failure('no ELF file in the cloud kernel')
    open(out, 'wb').write(image)
    return out


def run(build, peer, name, kernel, script, icount=True, image=None):
    """The machine's output when dom0 has run the script, and is off, which
    Enso ends the machine with after an audit, and Xen does not."""
    folder = f'{build}/figures/{name}'
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f'{TOP}/dom0/files', folder)
    os.makedirs(f'{folder}/etc/enso')
    with open(f'{folder}/etc/enso/start', 'w') as f:
        f.write('\n'.join([*script, 'host-poweroff', '']))
    archive = files(build, peer, kernel, f'figures-{name}', folder=folder)
    with Dom0(f'figures-{name}', build, archive, '', smp=1, icount=icount,
              image=image) as m:
        if image:
            m.wait(r'Dom0 halted', 240, WRONG)
            return m.text
        m.wait(r'audit: clean', 240, WRONG)
        m.end(20)
        return m.text


def stamps(text):
    """What the tsc commands said, in order."""
    return [int(n) for n in re.findall(r'^dom0# tsc\n(\d+)$', text, re.M)]


def row(name, value, limit, unit='G'):
    good = value <= limit
    print(f'{"PASS" if good else "FAIL"} {name:44} {value:8.4f} {unit}, limit '
          f'{limit} {unit}', flush=True)
    return not good


def boot(build, peer):
    text = run(build, peer, 'boot', 'vmlinuz-cloud', BOOT)
    entry = int(re.search(r'TSC at entry: (\d+)', text)[1])
    dom0, created, shell = stamps(text)
    print(f'     hypervisor and dom0 up after {(dom0 - entry) / 1e9:.4f} G, '
          f'create -p {(created - dom0) / 1e9:.4f} G')
    bad = row('entry to guest shell', (shell - entry) / 1e9, 3.5)
    bad |= row('unpause to guest shell (no worse)', (shell - created) / 1e9,
               UNPAUSE)
    over = (shell - created) / 1e9 - AIM
    if over > 0:
        print(f'     unpause to guest shell: the aim of {AIM} G is missed by '
              f'{over:.4f} G: docs/figures.md')
    return bad


def xen(build, peer):
    """No figure of ours: what the same dom0 and guest take on Xen."""
    dom0, created, shell = stamps(run(build, peer, 'xen', 'vmlinuz-cloud', BOOT,
                                      image=f'{peer}/xen.elf'))
    print(f'     the same on Xen: create -p {(created - dom0) / 1e9:.4f} G, '
          f'unpause to guest shell {(shell - created) / 1e9:.4f} G')
    return 0


def cpuid(build, peer):
    """Leaves that a guest sees, Enso's against Xen's; the differing ones."""
    said = subprocess.run([sys.executable, f'{TOP}/tests/guest/run.py', build,
                           peer, '--only', 'pair_cpuid'], text=True,
                          stdout=subprocess.PIPE).stdout
    rows = re.findall(r'^(PASS|FAIL) pair_cpuid/(\S+) +\| (.*)', said, re.M)
    leaves = [r for r in rows if re.match('cpuid-|native-|tsc-default', r[1])]
    other = [r for r in leaves if not r[2].endswith('| yes')]
    for _, name, answers in other:
        print(f'     CPUID, Enso | Xen: {name} {answers}')
    bad = not leaves or any(r[0] == 'FAIL' for r in rows)
    print(f'{"FAIL" if bad else "PASS"} CPUID differs from Xen\'s only as listed: '
          f'{len(leaves) - len(other)} of {len(leaves)} leaves equal',
          flush=True)
    return bad


def cycles(build, peer):
    path = os.path.relpath(uncompressed(build, peer), peer)
    script = ['tsc'] + [f'create -p {GUEST}', 'destroy linux1', 'tsc'] * CYCLES
    t = stamps(run(build, peer, 'cycles', path, script))
    each = [b - a for a, b in zip(t, t[1:])]
    print('     each, in M:', *(f'{n / 1e6:.1f}' for n in each))
    return row('create -p, uncompressed, and destroy', max(each) / 1e9, 0.08)


def memory(build, peer):
    bad = 0
    for kernel, limit in (('vmlinuz-cloud', 48), ('vmlinuz', 80)):
        text = run(build, peer, kernel, kernel, [
            'info dom0_peak_kib', f'create -p {GUEST}', 'info dom0_peak_kib'],
            icount=False)
        rest, peak = (int(n) / 1024 for n in
                      re.findall(r'dom0_peak_kib\n(\d+)$', text, re.M))
        bad |= row(f'dom0 at rest, {kernel} in its files', rest, 32, 'MiB')
        bad |= row(f'dom0 while it creates from {kernel}', peak, limit, 'MiB')
    return bad


FIGURES = {'boot': boot, 'xen': xen, 'cycles': cycles, 'memory': memory,
           'cpuid': cpuid}


def main(build, peer, *names):
    bad = 0
    for name in names or FIGURES:
        try:
            bad |= FIGURES[name](build, peer)
        except Failure as failure:
            print(f'FAIL {name} {failure}')
            bad = 1
    return bad


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
