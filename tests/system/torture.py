#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/torture.py BUILD [SEEDS [FIRST]]: hostile guests, many seeds.

Each seed is one machine with two CPUs (thread=multi) whose initial domain is
tests/guest/torture with its meanest settings. However the domain ends, the
hypervisor must stay up, stop the domain in words, and its audit be clean."""
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


def run(build, seed):
    mean = 10 ** (1 + seed % 4)
    load = direct(hypervisor('enso', build, ''), OPTIONS,
                  f'{build}/guest/torture',
                  f'seed={seed} rounds=20000 mean={mean}')
    with Machine(f'torture-{seed}', build, load, smp=2, memory=512) as m:
        try:
            m.wait(GOOD, LIMIT, never=BAD)
        except Failure as failure:
            if f'within {LIMIT} s' in str(failure) and \
                    'Initial domain' in m.text:
                return 'sleeps'
            raise
        crash = re.search(r'(crash: .*|shut down: \w+)', m.text)
        return crash[0] if crash else 'ended'


def main(build, seeds='12', first='1'):
    bad = 0
    for seed in range(int(first), int(first) + int(seeds)):
        try:
            print(f'  seed {seed}: {run(build, seed)}', flush=True)
        except Failure as failure:
            print(f'  seed {seed}: {failure}')
            bad += 1
    print(f'{"FAIL" if bad else "PASS"} torture {bad or "no"} of {seeds} '
          'guests brought it down')
    return bad


sys.exit(min(main(*sys.argv[1:]), 1))
