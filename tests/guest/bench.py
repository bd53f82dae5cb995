#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/guest/bench.py [BUILD [PEER]]: what operations cost, Enso and Xen.

Boots guest/bench on both under -icount shift=0, where a tick of the TSC is an
instruction, with one CPU; prints a table with ratios and keeps it as JSON.
Xen runs as Debian starts it: its own branch hardening counts as its own."""
import hashlib
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '../system'))
from machine import Machine, direct, hypervisor  # noqa: E402

OPTIONS = ('console=com1 com1=115200,8n1 loglvl=error dom0_mem=128M,max:128M '
           'dom0_max_vcpus=1')
ROW = re.compile(r'^BENCH (\S+) ([\d.]+)$', re.M)
NULL_GOAL = 100         # instructions of the null hypercall on Enso


def measure(hv, build, peer):
    image = hypervisor(hv, build, peer)
    sha = hashlib.sha256(open(image, 'rb').read()).hexdigest()
    print(f'{hv}: SHA-256 {sha} of {image}')
    load = direct(image, OPTIONS, f'{build}/guest/bench')
    with Machine(f'bench-{hv}', build, load, icount=True, memory=512) as m:
        m.wait(r'\nDONE\n', 200)
        return {name: float(value) for name, value in ROW.findall(m.text)}


def main(build='build', peer='build/peer'):
    enso, xen = (measure(hv, build, peer) for hv in ('enso', 'xen'))
    print(f'{"instructions":28}{"Enso":>10}{"Xen":>10}{"Enso/Xen":>10}')
    for name in enso:
        ratio = enso[name] / xen[name] if xen.get(name) else 0
        print(f'{name:28}{enso[name]:10.0f}{xen.get(name, 0):10.0f}'
              f'{ratio:10.2f}')
    os.makedirs(f'{build}/results', exist_ok=True)
    with open(f'{build}/results/bench.json', 'w') as f:
        json.dump({'enso': enso, 'xen': xen}, f, indent=1)
    null = enso.get('null-hypercall', 1e9)
    if null > NULL_GOAL:
        print(f'FAIL null-hypercall {null:.0f}, more than {NULL_GOAL}')
        return 1
    print(f'PASS null-hypercall {null:.0f} instructions')
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
