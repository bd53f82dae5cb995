#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs tests and sums up.

A test program prints a line "PASS name" or "FAIL name why" for each of its
tests and exits non-zero when one failed. What else it prints is shown only.

results.py run FILE COMMAND...         one program
results.py run FILE --each PROGRAM...  several, one after the other
results.py run FILE --fuzz SECONDS PROGRAM...
    libFuzzer programs: a pass each that survives SECONDS
results.py sum FOLDER SUITE...         "N passed, N failed" of FOLDER/SUITE.txt

A program that dies, or that says nothing, counts as a failure."""
import os
import re
import signal
import subprocess
import sys

LIMIT = 900         # seconds for any one program


def run(command, prefix=''):
    """Shows the output as it comes; returns the PASS and FAIL lines."""
    lines, env = [], dict(os.environ, PYTHONUNBUFFERED='1')
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                             errors='replace', env=env)
    signal.signal(signal.SIGALRM, lambda *_: child.kill())
    signal.alarm(LIMIT)
    for line in child.stdout:
        print(line, end='', flush=True)
        m = re.match(r'(PASS|FAIL) (\S.*)', line)
        if m:
            lines.append(f'{m[1]} {prefix}{m[2]}')
    status = child.wait()
    signal.alarm(0)
    name = prefix + os.path.basename(command[-1])
    failed = any(line.startswith('FAIL') for line in lines)
    if status and not failed:
        lines.append(f'FAIL {name} ended with status {status}')
    elif not lines:
        lines.append(f'FAIL {name} reported nothing')
    return lines


def fuzz(program, seconds):
    name = os.path.basename(program)
    corpus = os.path.join(os.path.dirname(program), 'corpus', name)
    seeds = os.path.join('tests/fuzz/corpus', name)
    os.makedirs(corpus, exist_ok=True)
    command = [program, f'-max_total_time={seconds}', '-timeout=10',
               '-print_final_stats=1', '-verbosity=0',
               f'-artifact_prefix={corpus}-', corpus]
    if os.path.isdir(seeds):
        command.append(seeds)
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                         stderr=subprocess.STDOUT, errors='replace')
    units = re.search(r'number_of_executed_units: (\d+)', out.stdout)
    units = int(units[1]) if units else 0
    if out.returncode or not units:
        print(out.stdout[-4000:])
        return [f'FAIL {name} status {out.returncode} after {units} inputs']
    print(f'{name}: {units} inputs in {seconds} s')
    return [f'PASS {name}']


def main_run(path, args):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lines = []
    if args[0] == '--each':
        for program in args[1:]:
            base = os.path.basename(program)
            lines += run([program], base.removesuffix('_test') + '/')
    elif args[0] == '--fuzz':
        for program in args[2:]:
            lines += fuzz(program, int(args[1]))
    else:
        lines = run(args)
    if not lines:
        lines = ['FAIL no tests']
    with open(path, 'w') as f:
        f.write(''.join(line + '\n' for line in lines))
    failed = [line for line in lines if line.startswith('FAIL')]
    suite = os.path.basename(path).removesuffix('.txt')
    print(*failed, sep='\n', end='\n' if failed else '')
    print(f'{suite}: {len(lines) - len(failed)} passed, {len(failed)} failed')
    return bool(failed)


def main_sum(folder, suites):
    passed, failed = 0, []
    for suite in suites:
        try:
            lines = open(os.path.join(folder, suite + '.txt')).readlines()
        except OSError:
            lines = [f'FAIL {suite} did not run']
        bad = [line for line in lines if line.startswith('FAIL')]
        passed += len(lines) - len(bad)
        failed += [f'{suite}: {line.strip()}' for line in bad]
    print('', *failed, f'{passed} passed, {len(failed)} failed', sep='\n')
    return bool(failed)


if sys.argv[1] == 'run':
    sys.exit(main_run(sys.argv[2], sys.argv[3:]))
sys.exit(main_sum(sys.argv[2], sys.argv[3:]))
