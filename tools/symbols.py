#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Turns the output of nm into the table that symbol_lookup() reads.

u64 base, u32 count, u32 zero, then count pairs of u32 (function's offset from
base, its name's offset in the text that follows), then the names, each ended
by a zero byte. Functions only, sorted by address. No input: an empty table."""
import struct
import sys


def main():
    functions = {}
    for line in sys.stdin:
        field = line.split()
        if len(field) == 3 and field[1] in 'tT' and field[2][0] != '.':
            functions.setdefault(int(field[0], 16), field[2])
    base = min(functions, default=0)
    table, names = b'', b''
    for address in sorted(functions):
        table += struct.pack('<II', address - base, len(names))
        names += functions[address].encode() + b'\0'
    sys.stdout.buffer.write(
        struct.pack('<QII', base, len(functions), 0) + table + names)


main()
