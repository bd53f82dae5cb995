#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/smoke_initial.py BUILD PEER enso|xen [VCPUS...]

Debian's full kernel, byte for byte as packaged, as the initial domain with a
busybox ramdisk: to a shell, a product computed by a process pinned to each
vCPU, a storm of forks, execs and mmaps on all of them, and power off. With
1, 2 and 4 vCPUs on as many CPUs. The same runs on Debian's Xen, to know that
a failure is ours."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from linux import WRONG, check_kernel, multiply, stress, to_shell  # noqa: E402
from machine import Failure, Machine, direct, hypervisor  # noqa: E402

OPTIONS = ('console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all '
           'dom0_mem=512M,max:512M dom0_max_vcpus={0}')
# Without ACPI and with one vCPU Linux gives hvc0 the interrupt number 8, which
# rtc_cmos then takes for itself, on any hypervisor: so no rtc_cmos.
CMDLINE = 'acpi=off pci=off console=hvc0 initcall_blacklist=add_rtc_cmos'
# The hypervisor's last words.
GOODBYE = {'enso': r'\(ENSO\) .*audit.*clean',
           'xen': r'Hardware Dom0 (halted|shutdown)'}


def memory_at_rest(m):
    """The hypervisor's own, against 3 MiB + 10 MiB per GiB, as Xen has it."""
    said = m.wait(r'our own: (\d+) KiB \(limit (\d+) KiB\)', 30, WRONG)
    print(f'  hypervisor: {said[1]} KiB of its own, limit {said[2]}')
    if int(said[1]) > int(said[2]):
        m.fail('the hypervisor takes too much memory')


def session(m, hv, vcpus):
    if hv == 'enso':
        memory_at_rest(m)
    to_shell(m, vcpus)
    for cpu in range(vcpus):
        multiply(m, cpu)
    print(f'  a product from each vCPU after {m.seconds():.1f} s')
    stress(m, 'storm', 120 // vcpus, vcpus)
    stress(m, 'remap', 1000, vcpus)
    m.send('poweroff -f\n')
    m.wait(GOODBYE[hv], 60, WRONG)
    if hv == 'enso':        # Xen's machine stays on, without ACPI
        m.end(20)


def smoke(build, peer, hv, vcpus, results):
    print(f'{hv}: {vcpus} vCPUs on {vcpus} CPUs', flush=True)
    load = direct(hypervisor(hv, build, peer), OPTIONS.format(vcpus),
                  f'{peer}/vmlinuz', CMDLINE, f'{build}/initramfs.cpio')
    why = None
    try:
        with Machine(f'smoke-{hv}-{vcpus}', build, load, smp=vcpus) as m:
            session(m, hv, vcpus)
            print(f'  off after {m.seconds():.1f} s')
    except Failure as failure:
        why = str(failure)
    results(f'linux-{vcpus}-vcpus', why)


def main(build, peer, hv, *vcpus):
    failed = []

    def results(name, why):
        if why:
            failed.append(name)
            print(f'FAIL {name} {why}', flush=True)
        else:
            print(f'PASS {name}', flush=True)

    results('kernel-as-packaged', check_kernel(peer, 'vmlinuz'))
    for n in vcpus or (1, 2, 4):
        smoke(build, peer, hv, int(n), results)
    return bool(failed)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
