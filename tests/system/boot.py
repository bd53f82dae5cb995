#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/system/boot.py BUILD PEER [PATTERN]

Where Enso starts: machines, CPUs, memory sizes, loaders, with a micro-guest
as the initial domain. And what it must refuse in words, and then stop: no
kernel, kernels that are none, ramdisks and memory that do not fit."""
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from machine import Failure, Machine, direct, iso  # noqa: E402

XENOPT = 'console=com1 com1=115200,8n1 loglvl=all'
REFUSED = r'\(ENSO\) .*Cannot build the initial domain: .*'
BAD = r'Cannot build|FAIL|ERROR|crash'
GUEST = 'version'       # a micro-guest that needs no arguments
UEFI = '/usr/share/ovmf/OVMF.fd'


# ---- Kernels that are none ----------------------------------------------------

def elf(bits=64, machine=62, notes=b'', text=b'\xf4' * 16):
    """A little ELF file: one segment at 16 MiB and, if given, Xen's notes."""
    head, entry, n = 64, 0x1000000, 2 if notes else 1
    at = head + 56 * n
    ident = b'\x7fELF' + bytes([bits // 32, 1, 1]) + bytes(9)
    ehdr = ident + struct.pack('<HHIQQQIHHHHHH', 2, machine, 1, entry, head,
                               0, 0, 64, 56, n, 64, 0, 0)
    load = struct.pack('<IIQQQQQQ', 1, 7, at, entry, entry, len(text),
                       len(text), 4096)
    note = struct.pack('<IIQQQQQQ', 4, 4, at + len(text), 0, 0, len(notes),
                       len(notes), 4) if notes else b''
    return ehdr + load + note + text + notes


def note(kind, data):
    data += bytes(-len(data) % 4)
    return struct.pack('<III', 4, len(data), kind) + b'Xen\0' + data


def spoiled(build, peer):
    """Name, the file's bytes, words that the refusal must have."""
    linux = open(f'{peer}/vmlinuz', 'rb').read()
    middle = len(linux) // 2
    pvh = note(18, struct.pack('<I', 0x1000000))
    return [
        ('text', b'#!/bin/sh\necho no kernel\n' * 100, 'kernel: '),
        ('empty', b'\0', 'kernel: '),
        ('truncated', linux[:1 << 20], 'truncated'),
        ('flipped', linux[:middle] + bytes([linux[middle] ^ 1])
         + linux[middle + 1:], 'kernel: '),
        ('32-bit', elf(bits=32, machine=3), '32-bit'),
        ('no-notes', elf(), 'no Xen ELF notes'),
        ('pvh', elf(notes=pvh), 'PV'),
        ('other-cpu', elf(machine=183), 'machine'),
    ]


# ---- The cases ------------------------------------------------------------------

def module(path, args='', ramdisk=''):
    return ['-initrd', f'{path} {args}'.strip() +
            (f',{ramdisk}' if ramdisk else '')]


def enso(build, options=''):
    return ['-kernel', f'{build}/enso', '-append', f'{XENOPT} {options}']


def refusals(build, peer):
    """(name, load, memory, words): the words, then the end of the machine."""
    bad = f'{build}/bad'
    os.makedirs(bad, exist_ok=True)
    linux = f'{peer}/vmlinuz'
    yield 'no-module', enso(build), 256, 'no kernel'
    for name, data, words in spoiled(build, peer):
        with open(f'{bad}/{name}', 'wb') as f:
            f.write(data)
        yield f'kernel-{name}', enso(build) + module(f'{bad}/{name}'), 512, \
            words
    with open(f'{bad}/ramdisk', 'wb') as f:
        f.truncate(200 << 20)
    yield ('ramdisk-too-large', enso(build, 'dom0_mem=160M,max:160M') +
           module(linux, 'console=hvc0', f'{bad}/ramdisk'), 1024, 'memory')
    yield ('dom0-mem-too-small', enso(build, 'dom0_mem=16M,max:16M') +
           module(linux), 512, 'memory')
    yield 'machine-too-small', enso(build) + module(linux), 64, 'memory'


def machines(build):
    """(name, load, more arguments of Machine): each runs a micro-guest."""
    guest = f'{build}/guest/{GUEST}'
    options = f'{XENOPT} dom0_mem=128M,max:128M'
    load = direct(f'{build}/enso', options, guest)
    image = f'{build}/boot.iso'
    subprocess.run(['tools/iso.sh', image, f'{build}/enso', options, guest, ''],
                   check=True)
    for machine in ('q35', 'pc'):
        for smp, memory in ((1, 256), (2, 512), (3, 1024), (4, 4096)):
            yield (f'{machine}-{smp}-cpus-{memory}-mib', load,
                   dict(machine=machine, smp=smp, memory=memory))
        yield (f'{machine}-grub', iso(image), dict(machine=machine, smp=2))
    if os.path.exists(UEFI):
        yield 'q35-uefi', iso(image), dict(extra=['-bios', UEFI], smp=2)
    yield ('unknown-options', direct(
        f'{build}/enso', f'{options} nonsense=1 more', guest), {})


def words_then_stop(m, words):
    m.wait(REFUSED + re.escape(words), 60)
    m.end(20)


def guest_runs(m, name):
    if name == 'unknown-options':
        m.wait(r'\(ENSO\) .*nonsense', 30)
    m.wait(r'TEST \S+ PASS', 60, BAD)
    m.wait(r'\nDONE\n', 20, BAD)
    m.end(30)


def main(build, peer, pattern=''):
    cases = [(name, load, dict(memory=memory), words_then_stop, words)
             for name, load, memory, words in refusals(build, peer)]
    cases += [(name, load, more, guest_runs, name)
              for name, load, more in machines(build)]
    failed = False
    for name, load, more, check, what in cases:
        if not re.search(pattern, name):
            continue
        try:
            with Machine(f'boot-{name}', build, load, **more) as m:
                check(m, what)
            print(f'PASS {name}', flush=True)
        except Failure as why:
            failed = True
            print(f'FAIL {name} {why}', flush=True)
    return failed


sys.exit(main(*sys.argv[1:]))
