#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/guest/run.py [BUILD [PEER]]: every micro-guest on Enso and on Xen.

Boots each as the initial domain on both (--hv enso|xen: on one), and prints a
row for each of its checks: verdict, name, Enso, Xen, equal or not. A row
passes when it passes on both, or as differences.txt says with its reason. A
check that Xen fails is a wrong check, an image that does not reach its end is
an error. At the end: the pairs (hypercall, sub-operation) that no passed
check shows, but for those that uncovered.txt lists with a reason.

A guest's head comment says how to run it:
    RUN: smp=2 memory=512 timeout=30 icount=1 xen="..." args="one two=2" pair=1
With icount=1 time is counted in instructions, whatever else the host does.
With pair=1 the guest builds a second domain: its image is its ramdisk too."""
import argparse
import concurrent.futures
import glob
import hashlib
import os
import re
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../system'))
from machine import Failure, Machine, direct, hypervisor  # noqa: E402

OPTIONS = ('console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all '
           'dom0_mem={memory}M,max:{memory}M dom0_max_vcpus={smp} {xen}')
CRASH = re.compile(r'Dom0 crashed|Domain 0 shut down: crash')
END = re.compile(r'^DONE$', re.M)
SEND = re.compile(r'^SEND (.*)\n', re.M)
PAIR = re.compile(r' \{(\S+)\}$')


def settings(name):
    """What the guest's source says of how to run it."""
    source = open(f'{HERE}/{name}.c').read()
    found = re.search(r'RUN: (.*)', source)
    said = dict(word.split('=', 1) for word in
                shlex.split(found[1] if found else ''))
    return {'smp': 1, 'memory': 128, 'timeout': 45, 'xen': '', 'args': '',
            'icount': 0, 'pair': 0, **said}


def follow(m, limit):
    """Reads until the guest ends, crashes, or its time is over."""
    sent = 0
    while m.seconds() < limit:
        if not m.read(limit - m.seconds()):
            return 'ended'
        for line in SEND.findall(m.text)[sent:]:
            m.send(line + '\n')
            sent += 1
        if CRASH.search(m.text):
            m.read(0.3)
            return 'crashed'
    return 'hangs'


class Run:
    """One guest on one hypervisor: its checks in order, its state."""

    def __init__(self, name, hv, build, peer):
        s = settings(name)
        self.checks, self.notes = {}, []
        self.error, text = None, ''
        image = f'{build}/guest/{name}'
        load = direct(hypervisor(hv, build, peer), OPTIONS.format(**s), image,
                      s['args'], image if int(s['pair']) else None)
        try:
            with Machine(f'guest-{name}-{hv}', build, load, smp=int(s['smp']),
                         memory=int(s['memory']) * 2 + 256,
                         icount=bool(int(s['icount']))) as m:
                how = follow(m, int(s['timeout']))
                text, self.seconds = m.text, m.seconds()
        except Failure as failure:
            how = str(failure)
        self.parse(text)
        if not self.error:
            self.judge_end(text, how)

    def parse(self, text):
        for line in text.split('\n'):
            word, _, rest = line.partition(' ')
            if word == 'TEST':
                name, _, rest = rest.partition(' ')
                pair = PAIR.search(rest)
                verdict = PAIR.sub('', rest)
                self.put(name, verdict, pair and pair[1])
            elif word == 'VALUE':
                name, _, rest = rest.partition(' ')
                times = sum(c.split('#')[0] == name for c in self.checks)
                self.put(f'{name}#{times + 1}' if times else name,
                         '= ' + rest, None)
            elif word == 'NOTE':
                self.notes.append(rest.rstrip('.'))
            elif word == 'ERROR':
                self.error = rest

    def put(self, name, verdict, pair):
        if name in self.checks:
            self.error = f'two checks named {name}'
        self.checks[name] = verdict, pair

    def judge_end(self, text, how):
        if 'EXPECT crash' in text:
            ok = how == 'crashed' and not END.search(text)
            self.put('crash', 'PASS' if ok else f'FAIL it {how}', None)
        elif not END.search(text):
            self.error = how
        elif how != 'ended':
            self.error = f'it {how} after its end'


def differences():
    """guest/check -> (what Enso says, reason)."""
    table = {}
    for line in open(f'{HERE}/differences.txt'):
        if line.strip() and not line.startswith('#'):
            name, said, reason = (x.strip() for x in line.split('|'))
            table[name] = said, reason
    return table


def judge(name, enso, xen, known):
    """(passed, equal?) of a check's answers; None where it did not run."""
    if enso is None or xen is None:     # one hypervisor only
        said = xen if enso is None else enso
        return not said.startswith('FAIL') and said != '-', ''
    if name in known:
        said = known[name][0]
        return enso.startswith(said) and enso != xen, 'differs on purpose'
    if xen.startswith('FAIL') or xen == '-':
        return False, 'no' if enso != xen else 'the check is wrong'
    return enso == xen, 'yes' if enso == xen else 'no'


def short(said):
    return '' if said is None else 'PASS' if said == 'PASS' else said


def rows(name, runs, known):
    """Prints a guest's rows; returns how many failed."""
    failed, checks = 0, {}
    for run in runs.values():
        checks.update(dict.fromkeys(run.checks))
        if run.error:
            checks['whole'] = None
    for check in checks:
        said = {'enso': None, 'xen': None}
        for hv, run in runs.items():
            said[hv] = run.checks.get(check, ('-', None))[0]
            if check == 'whole':
                said[hv] = f'ERROR {run.error}' if run.error else 'PASS'
        full = f'{name}/{check}'
        ok, equal = judge(full, said['enso'], said['xen'], known)
        if check == 'whole':
            ok = False
        failed += not ok
        print('PASS' if ok else 'FAIL', f'{full:44} |',
              ' | '.join([short(s) for s in said.values()] + [equal]),
              flush=True)
    for hv, run in runs.items():
        for note in run.notes:
            print(f'     {name} on {hv}: {note}')
    return failed


def pairs():
    """Every pair of hypercalls.def, each with success and error."""
    found, alone = [], []
    for line in open(f'{HERE}/../../hypercalls/hypercalls.def'):
        m = re.match(r'HYPERCALL\((\w+),', line)
        if m:
            alone.append(m[1])
        m = re.match(r'SUBOP\((\w+), (\w+)\)', line)
        if m:
            found.append(f'{m[1]}.{m[2]}')
    owners = {pair.split('.')[0] for pair in found}
    found += [f'{name}.none' for name in alone if name not in owners]
    return [f'{pair}.{kind}' for pair in sorted(found)
            for kind in ('success', 'error')]


def coverage(seen):
    """Prints what no check shows; returns how many have no reason."""
    excused, failed = {}, 0
    for line in open(f'{HERE}/uncovered.txt'):
        if line.strip() and not line.startswith('#'):
            pair, reason = (x.strip() for x in line.split('|'))
            excused[pair] = reason
    every = pairs()
    for pair in every:
        if pair in seen and pair in excused:
            print(f'FAIL coverage/{pair} shown, and excused too')
        elif pair in seen:
            continue
        elif pair in excused:
            print(f'     not shown: {pair}: {excused[pair]}')
            continue
        else:
            print(f'FAIL coverage/{pair} no check shows it')
        failed += 1
    for pair in set(excused) - set(every):
        print(f'FAIL coverage/{pair} excused, but not in hypercalls.def')
        failed += 1
    if subprocess.run([sys.executable, f'{HERE}/abi.py', '--check']).returncode:
        print('FAIL docs/abi.md is older than its sources: run abi.py')
        failed += 1
    print(f'coverage: {len(set(every) & seen)} of {len(every)} pairs shown')
    if not failed:
        print('PASS coverage')
    return failed


def sha256(path):
    return hashlib.sha256(open(path, 'rb').read()).hexdigest()


def run_all(names, hvs, a):
    """Guests with one vCPU two at a time, the others one by one."""
    def both(name):
        return {hv: Run(name, hv, a.build, a.peer) for hv in hvs}
    single = [n for n in names if int(settings(n)['smp']) == 1]
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        yield from zip(single, pool.map(both, single))
    for name in names:
        if name not in single:
            yield name, both(name)


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('build', nargs='?', default='build')
    p.add_argument('peer', nargs='?', default='build/peer')
    p.add_argument('--hv', choices=['enso', 'xen', 'both'], default='both')
    p.add_argument('--only', action='append', help='name of a guest')
    p.add_argument('--smp', action='store_true', help='only those with more')
    p.add_argument('--jobs', type=int, default=2)
    a = p.parse_args()
    hvs = ['enso', 'xen'] if a.hv == 'both' else [a.hv]
    for hv in hvs:
        path = hypervisor(hv, a.build, a.peer)
        print(f'{hv}: SHA-256 {sha256(path)} of {path}')
    names = a.only or sorted(os.path.basename(f)[:-2] for f in
                             glob.glob(f'{HERE}/*.c'))
    names = [n for n in names if n != 'bench' and
             (not a.smp or int(settings(n)['smp']) > 1)]
    print('     guest/check | ' + ' | '.join(['Enso', 'Xen', 'equal?']))
    known, failed, seen = differences(), 0, None
    for name, runs in run_all(names, hvs, a):
        failed += rows(name, runs, known)
        shown = [{pair for said, pair in run.checks.values()
                  if pair and said == 'PASS'} for run in runs.values()]
        seen = (seen or set()) | set.intersection(*shown)
    if not a.only and not a.smp:
        failed += coverage(seen)
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
