#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/mutants.py BUILD PEER [PATTERN]

Plants each breakage of mutant_table.py, one at a time, in a copy of the tree
and runs the tests that should see it. A mutant passes when one of them fails,
and its line names that one. The same tests must pass on the copy as it is;
a mutant that does not fit the code any more, or does not compile, fails."""
import concurrent.futures
import filecmp
import os
import queue
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mutant_table import MUTANTS  # noqa: E402

FOLDERS = ('Makefile', '.clang-format', 'tools', 'tests', 'xen-like',
           'hypercalls', 'domU-patches', 'ring', 'xenstore', 'dom0')
WORKERS = 2
LIMIT = 90      # seconds of a test; one that then still runs has failed


class Broken(Exception):
    """The mutant or the tree is at fault, not the test."""


def killer(kind_name):
    """(what to build, the command) of {unit,tsan,fuzz,guest,both}:NAME; a
    guest on Enso, or both on Enso and on Xen, where its VALUEs are compared."""
    kind, name = kind_name.split(':')
    if kind in ('unit', 'tsan'):
        program = f'build/{kind}/tests/{kind}/{name}_test'
        return [program], [program]
    if kind == 'fuzz':
        program = f'build/fuzz/tests/fuzz/{name}_fuzz'
        return [program], ['python3', 'tools/results.py', 'run',
                           'build/results/mutant.txt', '--fuzz', '20', program]
    if kind in ('guest', 'both'):
        return ['build/enso', f'build/guest/{name}'], [
            'python3', 'tests/guest/run.py', 'build', 'PEER', '--hv',
            'enso' if kind == 'guest' else 'both', '--only', name]
    raise Broken(f'no such kind of test: {kind_name}')


class Tree:
    """A copy of the sources with a build folder of its own."""

    def __init__(self, number, build, peer):
        self.path = f'{build}/mutants/{number}'
        self.peer = os.path.abspath(peer)
        self.passes = {}
        for name in FOLDERS:
            self.copy(name)
        top = os.path.dirname(self.peer)
        self.make = ['make', '-s', '-j1', f'PEER={self.peer}',
                     f'SRC={top}/src', f'NEWLIB={top}/newlib', 'WARN=-w']

    def copy(self, name):
        """What differs only, so that make sees what changed, and what was
        left of a mutant, as new."""
        if os.path.isdir(name):
            at = f'{self.path}/{name}'
            os.makedirs(at, exist_ok=True)
            names = [n for n in os.listdir(name) if n != '__pycache__']
            for old in set(os.listdir(at)) - set(names) - {'__pycache__'}:
                shutil.rmtree(f'{at}/{old}') if os.path.isdir(
                    f'{at}/{old}') else os.remove(f'{at}/{old}')
            for n in names:
                self.copy(f'{name}/{n}')
        elif not os.path.exists(f'{self.path}/{name}') or not filecmp.cmp(
                name, f'{self.path}/{name}', shallow=False):
            os.makedirs(os.path.dirname(f'{self.path}/{name}'), exist_ok=True)
            shutil.copyfile(name, f'{self.path}/{name}')

    def run(self, command, limit=LIMIT):
        """(status, what it printed); when it hangs, all it started ends."""
        command = [self.peer if c == 'PEER' else c for c in command]
        # Variables of a make around us are not meant for this tree.
        env = dict(os.environ, MAKEFLAGS='', MAKELEVEL='1')
        with subprocess.Popen(command, cwd=self.path, text=True, env=env,
                              stdout=subprocess.PIPE, errors='replace',
                              stderr=subprocess.STDOUT,
                              start_new_session=True) as p:
            try:
                said = p.communicate(timeout=limit)[0]
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                said = p.communicate()[0] + f'\nFAIL hangs for {limit} s'
        return p.returncode, said

    def test(self, name):
        """None, or the line that says what failed."""
        targets, command = killer(name)
        status, said = self.run(self.make + targets, None)
        if status:
            raise Broken(f'does not build: {said[-600:]}')
        status, said = self.run(command)
        if not status:
            return None
        why = re.search(r'^FAIL .*|ERROR: .*|.*runtime error.*|PANIC.*', said,
                        re.M)
        return why[0].strip() if why else f'status {status}'

    def must_pass(self, name):
        if name not in self.passes:
            self.passes[name] = self.test(name)
        if self.passes[name]:
            raise Broken(f'{name} fails without the mutant: '
                         f'{self.passes[name]}')

    def plant(self, path, old, new):
        """Returns the text before."""
        with open(f'{self.path}/{path}') as f:
            text = f.read()
        if text.count(old) != 1:
            raise Broken(f'{path} has {text.count(old)} times: {old}')
        self.write(path, text.replace(old, new))
        return text

    def write(self, path, text):
        with open(f'{self.path}/{path}', 'w') as f:
            f.write(text)

    def judge(self, path, old, new, killers):
        """What saw the mutant, or None."""
        for name in killers:
            self.must_pass(name)
            before = self.plant(path, old, new)
            try:
                said = self.test(name)
            finally:
                self.write(path, before)
            if said:
                return f'caught by {name}: {said}'
        return None


def main(build, peer, pattern=''):
    trees, failed = queue.Queue(), False
    for n in range(WORKERS):
        trees.put(Tree(n, build, peer))

    def one(mutant):
        tree = trees.get()
        try:
            return tree.judge(*mutant[1:])
        except Broken as why:
            return why
        finally:
            trees.put(tree)

    mutants = [m for m in MUTANTS if re.search(pattern, m[0])]
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for mutant, said in zip(mutants, pool.map(one, mutants)):
            bad = said is None or isinstance(said, Broken)
            failed |= bad
            print('FAIL' if bad else 'PASS', mutant[0],
                  said or f'lives: {mutant[1]} passes all of its tests',
                  flush=True)
    print(f'{len(mutants)} mutants')
    return failed


sys.exit(main(*sys.argv[1:]))
