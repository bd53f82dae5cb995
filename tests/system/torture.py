#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/torture.py BUILD [SEEDS [FIRST]]: hostile guests, many seeds.

Each seed is two machines with two CPUs (thread=multi). The initial domain of
one is tests/guest/torture with its meanest settings. However the domain ends,
the hypervisor must stay up, stop the domain in words, and its audit be clean.
That of the other is tests/guest/pair_torture, a tool stack that does anything
to domains that try anything; all its checks must pass, the audit be clean."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import Failure, Machine, direct, hypervisor  # noqa: E402

OPTIONS = ('console=com1 com1=115200,8n1 loglvl=all guest_loglvl=error '
           'dom0_mem=128M,max:128M dom0_max_vcpus=2')
GOOD = r'\(ENSO\) audit: clean'
BAD = (r'\(ENSO\) .*(panic|PANIC|assertion)|'
       r'\(ENSO\) audit: (?!clean)[^\n]+\n')
# A guest that lost both its vCPUs to sleep hangs as it deserves: a debug
# key has no say then, so the time limit ends it and counts as an end.
LIMIT = 15


def machine(name, build, seed, arguments, ramdisk=None):
    load = direct(hypervisor('enso', build, ''), OPTIONS,
                  f'{build}/guest/{name}', f'seed={seed} {arguments}', ramdisk)
    return Machine(f'{name}-{seed}', build, load, smp=2, memory=512)


def alone(build, seed):
    mean = 10 ** (1 + seed % 4)
    with machine('torture', build, seed, f'rounds=20000 mean={mean}') as m:
        try:
            m.wait(GOOD, LIMIT, never=BAD)
        except Failure as failure:
            if f'within {LIMIT} s' in str(failure) and \
                    'Initial domain' in m.text:
                return 'sleeps'
            raise
        crash = re.search(r'(crash: .*|shut down: \w+)', m.text)
        return crash[0] if crash else 'ended'


def pair(build, seed):
    mean = 10 ** (1 + seed % 4)
    with machine('pair_torture', build, seed, f'rounds=600 mean={mean}',
                 f'{build}/guest/pair_torture') as m:
        m.wait(r'\nDONE\n', 60,
               never=BAD + r'|\nERROR [^\n]*|\nTEST [^\n]* FAIL[^\n]*')
        m.wait(GOOD, LIMIT, never=BAD)
        return re.search(r'NOTE (\d+ domains)', m.text)[1]


def main(build, seeds='12', first='1'):
    bad = 0
    for seed in range(int(first), int(first) + int(seeds)):
        for run in alone, pair:
            try:
                print(f'  seed {seed} {run.__name__}: {run(build, seed)}',
                      flush=True)
            except Failure as failure:
                print(f'  seed {seed} {run.__name__}: {failure}')
                bad += 1
    print(f'{"FAIL" if bad else "PASS"} torture {bad or "none"} of '
          f'{int(seeds) * 2} storms brought it down')
    return bad


sys.exit(min(main(*sys.argv[1:]), 1))
