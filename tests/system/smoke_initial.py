#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/smoke_initial.py BUILD PEER enso|xen [VCPUS...]

Debian's full kernel, byte for byte as packaged, as the initial domain with a
busybox ramdisk: to a shell, a product computed by a process pinned to each
vCPU, a storm of forks, execs and mmaps on all of them, and power off. With
1, 2 and 4 vCPUs on as many CPUs. The same runs on Debian's Xen, to know that
a failure is ours."""
import glob
import hashlib
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import Failure, Machine, direct, hypervisor  # noqa: E402

OPTIONS = ('console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all '
           'dom0_mem=512M,max:512M dom0_max_vcpus={0}')
# Without ACPI and with one vCPU Linux gives hvc0 the interrupt number 8, which
# rtc_cmos then takes for itself, on any hypervisor: so no rtc_cmos.
CMDLINE = 'acpi=off pci=off console=hvc0 initcall_blacklist=add_rtc_cmos'
# What must not be seen, from the hypervisor or from Linux.
WRONG = (r'Kernel panic|BUG:|Oops|WARNING:|Domain 0 crashed|'
         r'rcu_sched self-detected|soft lockup|\(ENSO\) .*panic|general '
         r'protection fault|Call Trace')
# The hypervisor's last words.
GOODBYE = {'enso': r'\(ENSO\) .*audit.*clean',
           'xen': r'Hardware Dom0 (halted|shutdown)'}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def packaged_kernel(peer):
    """Name and SHA-256 of the kernel inside the package, not of a copy."""
    version = os.path.basename(os.readlink(f'{peer}/vmlinuz'))[8:]
    deb = glob.glob(f'{peer}/linux-image-{version}_*.deb')[0]
    tar = subprocess.run(['dpkg-deb', '--fsys-tarfile', deb],
                         stdout=subprocess.PIPE, check=True).stdout
    kernel = subprocess.run(
        ['tar', '-xO', '--wildcards', './boot/vmlinuz-*'], input=tar,
        stdout=subprocess.PIPE, check=True).stdout
    return os.path.basename(deb), sha256(kernel)


def check_kernel(peer, results):
    deb, packaged = packaged_kernel(peer)
    used = sha256(open(f'{peer}/vmlinuz', 'rb').read())
    print(f'kernel  {used}\npackage {packaged}  {deb}')
    results('kernel-as-packaged', None if used == packaged else
            'the kernel differs from the package')


def command(m, line, answer, limit=60):
    """Runs a shell command; its prompt must come back after the answer."""
    m.send(line + '\n')
    found = m.wait(answer, limit, WRONG)
    m.wait(r'linux# ', 20, WRONG)
    return found


def to_shell(m, vcpus):
    m.wait(r'Linux version \S+', 60, WRONG)
    m.wait(r'Booting kernel on Xen', 60, WRONG)
    seen = m.wait(r'init: (\d+) CPUs, kernel (\S+)', 180, WRONG)
    m.wait(r'linux# ', 30, WRONG)
    print(f'  shell of {seen[2]} after {m.seconds():.1f} s, {seen[1]} vCPUs')
    if int(seen[1]) != vcpus:
        m.fail(f'{seen[1]} vCPUs instead of {vcpus}')


def multiply(m, cpu):
    """Numbers that no one could have known, so the process did run."""
    a, b = (random.randrange(1 << 31) for _ in range(2))
    m.send(f'stress multiply {cpu}\n{a} {b}\n')
    got = m.wait(r'product (\d+) on CPU (\d+)', 30, WRONG)
    m.wait(r'linux# ', 20, WRONG)
    if int(got[1]) != a * b or int(got[2]) != cpu:
        m.fail(f'{a} * {b} on CPU {cpu} gave {got[1]} on CPU {got[2]}')


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
    for what, rounds in (('storm', 120 // vcpus), ('remap', 1000)):
        got = command(m, f'stress {what} {rounds}',
                      rf'{what}: (\d+) CPUs.*?, (\d+) (bad|stale)\n', 180)
        print(f'  {got[0].strip()} after {m.seconds():.1f} s')
        if int(got[1]) != vcpus or got[2] != '0':
            m.fail(f'the {what} went wrong')
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

    check_kernel(peer, results)
    for n in vcpus or (1, 2, 4):
        smoke(build, peer, hv, int(n), results)
    return bool(failed)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
