#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/guests.py BUILD PEER [CHECK...]

Guests and the command line in what goes wrong and what ends: errors, too
little memory, reboot, panic, shutdown, destroy at any moment, cycles after
which every frame is back, a hostile guest beside a working one. One machine
for all; the audit is clean at its end."""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dom0 import Dom0, PROMPT, TOP, files  # noqa: E402
from linux import WRONG, digest, to_shell  # noqa: E402
from linux import PROMPT as SHELL  # noqa: E402
from machine import Failure  # noqa: E402

CREATE = 'create /etc/xl/linux.cfg '
MICRO = 'create -p -q /odd/micro.cfg'
CYCLES = 100
HOSTILE = 5

# What is typed, the exit status, what is said of it.
ERRORS = [
    (CREATE + 'memroy=3', 1, r"unknown key 'memroy'; did you mean 'memory'"),
    (CREATE + 'memory="many"', 1, r"memory"),
    (CREATE + 'type="hvm"', 1, r'hvm'),
    ('create /odd/quote.cfg', 1, r'/odd/quote\.cfg:2:\d+: '),
    ('create /odd/none.cfg', 3, r'No such file'),
    (CREATE + 'kernel="/odd/none"', 3, r'/odd/none: No such file'),
    (CREATE + 'kernel="/odd/text"', 3, r'/odd/text: neither ELF'),
    (CREATE + 'kernel="/odd/truncated"', 3, r'/odd/truncated: .*truncated'),
    (CREATE + 'kernel="/odd/elf32"', 3, r'/odd/elf32: '),
    (CREATE + 'kernel="/odd/notpv"', 3, r'/odd/notpv: '),
    (CREATE + 'ramdisk="/odd/none"', 3, r'/odd/none: No such file'),
    (CREATE + 'memory=16', 3, r'linux1: '),
    (CREATE + 'memory=100000', 3, r'are free'),
    ('destroy nobody', 1, r'nobody is an invalid domain identifier'),
    ('console 77', 1, r"Domain '77' does not exist"),
    ('frobnicate', 1, r'frobnicate: command not implemented'),
    ('list --frob', 2, r'frob'),
    ('rename', 2, r'requires at least'),
]


def odd_files(build, peer):
    """dom0's files, and those that no guest can be made of."""
    folder = f'{build}/guests-files'
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f'{TOP}/dom0/files', folder)
    os.makedirs(f'{folder}/odd')

    def put(name, data):
        with open(f'{folder}/odd/{name}', 'wb') as f:
            f.write(data)
    elf = open(f'{build}/guest/hello', 'rb').read()
    put('text', b'no kernel\n' * 100)
    put('truncated', open(f'{peer}/vmlinuz-cloud', 'rb').read(100000))
    put('elf32', elf[:4] + b'\x01' + elf[5:])
    put('notpv', elf.replace(b'Xen\0', b'Xem\0'))
    put('hello', elf)
    put('torture', open(f'{build}/guest/torture', 'rb').read())
    put('quote.cfg', b'memory = 16\nname = "x\n')
    for seed in range(HOSTILE):
        put(f'bad{seed}.cfg', f'name = "bad{seed}"\nkernel = "/odd/torture"\n'
            f'memory = 64\nvcpus = 2\nextra = "seed={seed} rounds=300"\n'
            'on_reboot = "destroy"\non_crash = "destroy"\n'.encode())
    put('micro.cfg', b'name = "micro"\nkernel = "/odd/hello"\nmemory = 16\n')
    cycle = f'{MICRO}\ndestroy micro\n'
    put('cycles', cycle.encode() * CYCLES)
    put('running', ''.join(
        f'create -q /odd/micro.cfg name=run{i} on_reboot="destroy"\n'
        f'console-wait -t 20 run{i} nothing\n'     # until it has ended
        for i in range(CYCLES)).encode() + cycle.encode())
    put('hostile', ''.join(f'create -q /odd/bad{seed}.cfg\n' + cycle * 10
                           for seed in range(HOSTILE)).encode())
    return files(build, peer, name='guests', folder=folder)


# ---- Helpers ------------------------------------------------------------------

def free_frames(m):
    return int(m.do('info free_frames'))


def gone(m, name, limit=30):
    """Waits until no domain has that name, and none is dying."""
    end = m.seconds() + limit
    while True:
        names = m.guests()
        if name not in names and '(null)' not in names:
            return
        if m.seconds() > end:
            m.fail(f'{name} is still there')


def there(m, name, limit=30):
    """Waits until there is a domain of that name: one that restarts."""
    end = m.seconds() + limit
    while name not in m.guests():
        if m.seconds() > end:
            m.fail(f'there is no {name}')


def state(m, name):
    return m.guests()[name][4]


def shell_of(m, name, vcpus=1):
    m.console(name)
    to_shell(m, vcpus)


# ---- The checks -----------------------------------------------------------------

def errors(m):
    before = free_frames(m)
    for line, code, said in ERRORS:
        text, got = m.run(line)
        if got != code or not re.search(said, text):
            m.fail(f'"{line}" ended with {got} and said: {text}')
    if set(m.guests()) != {'Domain-0'} or free_frames(m) != before:
        m.fail(f'an error left something behind: {before} frames were free')


def no_memory(m):
    """More than there is, by a little: in the middle of the build."""
    before = free_frames(m)
    for spare in (0, 1, 3):
        text, code = m.run(f'{CREATE}memory={before // 256 - spare + 2}')
        if code != 3:
            m.fail(f'it ended with {code}: {text}')
    gone(m, 'linux1')
    if free_frames(m) != before:
        m.fail(f'{free_frames(m)} frames are free, {before} were')


def reboots(m):
    m.do(CREATE)
    shell_of(m, 'linux1')
    m.send('reboot -f\n')
    m.wait(r'linux1 \(domain (\d+)\) reboots: restarted', 60, WRONG)
    m.wait(PROMPT, 20)
    there(m, 'linux1')
    shell_of(m, 'linux1')
    m.leave()
    m.do('reboot linux1')
    m.wait(r'reboots: restarted', 60, WRONG)
    there(m, 'linux1')
    m.do('console-wait -t 60 linux1 "linux# "', 70)
    m.do('destroy linux1')
    m.do(CREATE + 'on_reboot="destroy"')
    shell_of(m, 'linux1')
    m.send('reboot -f\n')
    m.wait(r'reboots: destroyed', 60, WRONG)
    m.wait(PROMPT, 20)
    gone(m, 'linux1')


def controls(m):
    m.do(CREATE)
    m.do('console-wait -t 60 linux1 "linux# "', 70)
    number = m.do('domid linux1').strip()
    if m.do(f'domname {number}').strip() != 'linux1':
        m.fail('domid and domname differ')
    m.do('pause linux1')
    if 'p' not in state(m, 'linux1'):
        m.fail('it is not paused')
    m.do('unpause linux1')
    m.do('rename linux1 web')
    m.do('sysrq web h')
    m.do('console-wait -t 20 web "sysrq: HELP"')
    m.do('uptime web')
    m.do('debug-keys q')
    if 'domain 0' not in m.do('dmesg'):
        m.fail('dmesg does not show what the key printed')
    m.do('console-log web')
    m.do('shutdown -w web', 90)
    gone(m, 'web')
    if 'Linux version' not in m.do('console-log web'):
        m.fail('the log of a guest that ended is gone')


def panics(m):
    m.do(CREATE)
    shell_of(m, 'linux1')
    m.send('echo c >/proc/sysrq-trigger\n')
    m.wait(r'linux1 \(domain \d+\) crashed: preserved', 60)
    m.send('\x1d')
    m.wait(PROMPT, 20)
    m.at = len(m.text)
    if 'c' not in state(m, 'linux1'):
        m.fail('list does not show the crash')
    m.do('destroy linux1')
    gone(m, 'linux1')


def destroyed_early(m):
    before = free_frames(m)
    m.do(CREATE)
    m.do('destroy linux1')
    for text in ('Linux version', 'Booting kernel', 'smp: Brought up',
                 'Run /init'):
        m.do(CREATE)
        m.do(f'console-wait -t 60 linux1 "{text}"', 70)
        m.do('destroy linux1')
    gone(m, 'linux1')
    if free_frames(m) != before:
        m.fail(f'{free_frames(m)} frames are free, {before} were')


def cycles(m):
    """Each frame is back after 100 paused micro-guests, 100 that run to their
    own end, and 5 Linux guests."""
    before = free_frames(m)
    m.do('source -e /odd/cycles', 240)
    gone(m, 'micro')
    if free_frames(m) != before:
        m.fail(f'{free_frames(m)} frames are free, {before} were')
    said, _ = m.run('source /odd/running', 240)
    ended = len(re.findall(r'run\d+ \(domain \d+\) reboots: destroyed', said))
    if ended != CYCLES:
        m.fail(f'{ended} of {CYCLES} guests ran to their end')
    gone(m, f'run{CYCLES - 1}')
    if free_frames(m) != before:
        m.fail(f'{free_frames(m)} frames are free, {before} were')
    for _ in range(5):
        m.do(CREATE)
        m.do('console-wait -t 60 linux1 "linux# "', 70)
        m.do('destroy linux1')
        gone(m, 'linux1')
    if free_frames(m) != before:
        m.fail(f'{free_frames(m)} frames are free, {before} were')


def neighbours(m):
    """Two work, others come and go, one of them is hostile."""
    for name, vcpus in (('linux1', 1), ('linux2', 2)):
        m.do(f"{CREATE} 'name=\"{name}\"' vcpus={vcpus}")
        shell_of(m, name, vcpus)
        m.send(f'stress storm {40 // vcpus} >/tmp/storm &\n')
        m.wait(SHELL, 20)
        m.leave()
    m.do('source -e /odd/hostile', 240)
    for name, vcpus in (('linux1', 1), ('linux2', 2)):
        m.console(name)
        m.send('wait; cat /tmp/storm\n')
        got = m.wait(r'storm: (\d+) CPUs.*?, (\d+) bad\n', 180, WRONG_HERE)
        m.wait(SHELL, 20)
        if got[2] != '0':
            m.fail(f'the storm in {name} went wrong')
        digest(m)
        m.leave()
        m.do(f'destroy {name}')
    for seed in range(HOSTILE):
        m.run(f'destroy bad{seed}')
        gone(m, f'bad{seed}')


# A hostile guest may be stopped by the hypervisor, which says so.
WRONG_HERE = WRONG.replace('domain_crash|', '')
CHECKS = [errors, no_memory, controls, reboots, panics, destroyed_early,
          cycles, neighbours]


def main(build, peer, *names):
    bad = 0
    with Dom0('guests', build, odd_files(build, peer), smp=2,
              memory=1536) as m:
        m.prompt()
        for check in CHECKS:
            if names and check.__name__ not in names:
                continue
            start = m.seconds()
            try:
                check(m)
                print(f'PASS {check.__name__} in {m.seconds() - start:.1f} s',
                      flush=True)
            except Failure as failure:
                print(f'FAIL {check.__name__} {failure}', flush=True)
                return 1
        try:
            m.off()
            print('PASS audit-and-off')
        except Failure as failure:
            print(f'FAIL audit-and-off {failure}')
            bad = 1
    return bad


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
