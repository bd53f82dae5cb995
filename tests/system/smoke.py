#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/smoke.py BUILD PEER [CASE...]

What `make run` does, without a person: Enso, dom0, guests with Debian's stock
kernels created from dom0's shell, work in each on each vCPU, and all of it off
again with a clean audit. A case is CPUs:VCPUS[,VCPUS...]:KERNEL."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dom0 import Dom0, PROMPT, files  # noqa: E402
from linux import (WRONG, check_kernel, digest, multiply,  # noqa: E402
                   stress, to_shell)
from linux import PROMPT as SHELL  # noqa: E402
from machine import Failure, iso  # noqa: E402

CASES = ['1:1:vmlinuz-cloud', '2:1,2:vmlinuz-cloud', '4:4:vmlinuz-cloud',
         '2:2:vmlinuz']
OVMF = '/usr/share/ovmf/OVMF.fd'
ROUNDS = 60             # of the storm, over all vCPUs


class Phases:
    """Prints how long each took."""

    def __init__(self, m):
        self.m, self.last = m, 0.0

    def __call__(self, what):
        now = self.m.seconds()
        print(f'  {what:40} {now - self.last:6.1f} s', flush=True)
        self.last = now


def all_at_once(m, name, vcpus):
    """vcpu-list, some looks at it: all are on CPUs of their own, and each has
    run since the first."""
    def look():
        rows = re.findall(rf'^{name}\s+\d+\s+(\d+)\s+(\d+)\s+\S+\s+([\d.]+)',
                          m.do('vcpu-list'), re.M)
        return {int(v): (int(cpu), float(t)) for v, cpu, t in rows}
    before = look()
    for _ in range(30):
        m.do('sleep 0.3')
        after = look()
        grown = [after[v][1] - before[v][1] for v in range(vcpus)]
        cpus = {after[v][0] for v in range(vcpus)}
        if len(cpus) == vcpus and min(grown) > 0:
            more = ' '.join(f'{t:.1f}' for t in grown)
            print(f'  vCPUs ran {more} s more, on CPUs {sorted(cpus)}')
            return
    m.fail(f'{vcpus} vCPUs did not run at once: {before} {after}')


def work(m, name, vcpus, phase):
    m.console(name)
    to_shell(m, vcpus)
    phase(f'{name}: to its shell')
    for cpu in range(vcpus):
        multiply(m, cpu)
    phase(f'{name}: a product from each vCPU')
    digest(m)
    phase(f'{name}: 64 MiB of tmpfs, SHA-256')
    m.send(f'stress storm {ROUNDS // vcpus} >/tmp/storm & \n')
    m.wait(SHELL, 20)
    m.leave()


def storm_ends(m, name, vcpus):
    m.console(name)
    m.send('wait; cat /tmp/storm\n')
    got = m.wait(r'storm: (\d+) CPUs.*?, (\d+) bad\n', 180, WRONG)
    if int(got[1]) != vcpus or got[2] != '0':
        m.fail('the storm went wrong')
    m.wait(SHELL, 20)


def session(m, guests):
    phase = Phases(m)
    m.prompt()
    phase('hypervisor and dom0')
    names = [f'linux{i + 1}' for i in range(len(guests))]
    for name, vcpus in zip(names, guests):
        m.do(f"create /etc/xl/linux.cfg 'name=\"{name}\"' vcpus={vcpus}")
        phase(f'{name}: created')
    for name, vcpus in zip(names, guests):
        work(m, name, vcpus, phase)
    if max(guests) > 2:
        all_at_once(m, names[0], guests[0])
    for name, vcpus in zip(names, guests):
        storm_ends(m, name, vcpus)
        phase(f'{name}: a storm of forks')
        m.send('poweroff -f\n')
        m.wait(PROMPT, 60, WRONG)
    end = m.seconds() + 20
    while set(m.guests()) != {'Domain-0'}:
        if m.seconds() > end:
            m.fail('a guest that was powered off is still there')
    phase('guests powered off')
    m.off()
    phase('audit clean, machine off')


def smoke(build, peer, case):
    cpus, guests, kernel = case.split(':')
    guests = [int(v) for v in guests.split(',')]
    print(f'{kernel}: guests with {guests} vCPUs on {cpus} CPUs', flush=True)
    archive = files(build, peer, kernel, kernel)
    with Dom0(f'smoke-{case.replace(":", "-")}', build, archive,
              smp=int(cpus)) as m:
        session(m, guests)


def from_iso(build, firmware):
    """GRUB, dom0's start script, the guest's console: what `make run` shows."""
    extra = ['-bios', OVMF] if firmware == 'uefi' else []
    with Dom0(f'smoke-iso-{firmware}', build, boot=iso(f'{build}/enso.iso'),
              smp=2, extra=extra) as m:
        m.wait(r'\(ENSO\) Initial domain', 60)  # GRUB has warnings of its own
        to_shell(m, 1)
        m.leave()
        m.off()


def main(build, peer, *cases):
    checks = [(f'{k}-as-packaged', lambda k=k: check_kernel(peer, k))
              for k in ('vmlinuz', 'vmlinuz-cloud')]
    checks += [(case, lambda c=case: smoke(build, peer, c))
               for case in cases or CASES]
    checks += [(f'iso-{f}', lambda f=f: from_iso(build, f))
               for f in ('bios', 'uefi') if not cases]
    bad = 0
    for name, check in checks:
        try:
            why = check()
        except Failure as failure:
            why = str(failure)
        print(f'FAIL {name} {why}' if why else f'PASS {name}', flush=True)
        bad |= bool(why)
    return bad


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
