#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/run.py BUILD PEER enso|xen: the initial domain for a person.

Environment: SMP (CPUs, and vCPUs of the domain; 2), MEM (MiB; 1024), ISO (a
boot image instead of the direct load), CMDLINE and XENOPT (added words)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import EXIT, QEMU, accel, direct, hypervisor, iso  # noqa: E402
from smoke_initial import CMDLINE, OPTIONS  # noqa: E402


def main(build, peer, hv):
    get = os.environ.get
    smp = int(get('SMP', 2))
    if get('ISO'):
        load = iso(get('ISO'))
    else:
        load = direct(hypervisor(hv, build, peer),
                      f'{OPTIONS.format(smp)} {get("XENOPT", "")}',
                      f'{peer}/vmlinuz', f'{CMDLINE} {get("CMDLINE", "")}',
                      f'{build}/initramfs.cpio')
    print('Ctrl-a x ends the machine; "poweroff -f" does it from inside.',
          flush=True)
    os.execvp(QEMU[0], [*QEMU, '-M', 'q35', '-m', get('MEM', '1024'), *EXIT,
                        *accel(smp), *load, '-serial', 'mon:stdio'])


if __name__ == '__main__':
    main(*sys.argv[1:])
