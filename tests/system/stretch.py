#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/stretch.py BUILD PEER: the longest stretch without a poll.

Under -icount a tick of the TSC is an instruction. With stretch=1 the
hypervisor measures what lies between two points at which it could be
preempted or acknowledge a flush, and prints the longest at the end: over a
boot of Debian's kernel with a storm of forks, over each operation that is
long enough to be interrupted, and over hostile guests."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import Failure, Machine, direct, hypervisor  # noqa: E402

LIMIT = 50000
OPTIONS = ('console=com1 com1=115200,8n1 loglvl=all guest_loglvl=error '
           'stretch=1 dom0_mem={0}M,max:{0}M dom0_max_vcpus=1')
LINUX = 'acpi=off pci=off console=hvc0 quiet initcall_blacklist=add_rtc_cmos'
GUESTS = [('preempt', ''), ('memory', ''), ('grant', '')] + \
    [('torture', f'seed={n} rounds=4000 mean=1000') for n in (1, 2, 3)]


def longest(m):
    return int(m.wait(r'Longest stretch .* (\d+) ticks', 90)[1])


def linux(build, peer):
    load = direct(hypervisor('enso', build, peer), OPTIONS.format(512),
                  f'{peer}/vmlinuz', LINUX, f'{build}/initramfs.cpio')
    with Machine('stretch-linux', build, load, memory=1024,
                 icount=True) as m:
        m.wait('linux# ', 120)
        m.send('stress storm 3\n')
        m.wait('storm: .* 0 bad', 120)
        m.send('poweroff -f\n')
        return longest(m)


def guest(build, name, args):
    load = direct(hypervisor('enso', build, ''), OPTIONS.format(128),
                  f'{build}/guest/{name}', args)
    with Machine(f'stretch-{name}', build, load, memory=512,
                 icount=True) as m:
        return longest(m)


def main(build, peer):
    bad = 0
    for name, args in [('linux', '')] + GUESTS:
        try:
            ticks = linux(build, peer) if name == 'linux' else \
                guest(build, name, args)
        except Failure as failure:
            print(f'FAIL stretch-{name} {failure}')
            bad = 1
            continue
        good = ticks < LIMIT
        print(f'{"PASS" if good else "FAIL"} stretch-{name}'
              f'{"-" + args.split()[0] if args else ""} {ticks} '
              'instructions', flush=True)
        bad |= not good
    return bad


sys.exit(main(*sys.argv[1:]))
