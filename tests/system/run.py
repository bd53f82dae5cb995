#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/run.py BUILD PEER [enso|xen]: a machine for a person, with dom0
or, where a hypervisor is named, Debian's kernel as its initial domain.

Environment: SMP (CPUs, 2), MEM (MiB, 2048), ISO (a boot image instead of the
direct load), CMDLINE and XENOPT (words added for the initial domain's kernel
and the hypervisor)."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import dom0  # noqa: E402
import smoke_initial  # noqa: E402
from machine import EXIT, QEMU, accel, direct, hypervisor, iso  # noqa: E402

HINTS = {
    'dom0': 'Ctrl-] leaves a guest\'s console for dom0\'s shell; there, '
            '"help" lists\nthe commands and "host-poweroff" ends the machine. ',
    'linux': '"poweroff -f" ends the machine. ',
}


def load(build, peer, hv, smp, get):
    xenopt, cmdline = get('XENOPT', ''), get('CMDLINE', '')
    if get('ISO'):
        return iso(get('ISO'))
    if hv:
        return direct(hypervisor(hv, build, peer),
                      f'{smoke_initial.OPTIONS.format(smp)} {xenopt}',
                      f'{peer}/vmlinuz', f'{smoke_initial.CMDLINE} {cmdline}',
                      f'{build}/initramfs.cpio')
    return dom0.load(build, f'{build}/files.cpio', cmdline, xenopt)


def main(build, peer, hv=None):
    get = os.environ.get
    smp = int(get('SMP', 2))
    print(HINTS['linux' if hv else 'dom0'] + 'Ctrl-a x kills QEMU.', flush=True)
    os.execvp(QEMU[0], [*QEMU, '-M', 'q35', '-m', get('MEM', '2048'), *EXIT,
                        *accel(smp), *load(build, peer, hv, smp, get),
                        '-serial', 'mon:stdio'])


if __name__ == '__main__':
    main(*sys.argv[1:])
