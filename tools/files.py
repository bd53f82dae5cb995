#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/files.py OUT FOLDER KERNEL RAMDISK [GUESTS [VCPUS [GUEST_MEM]]]

dom0's files, a cpio archive that the boot loader loads as its ramdisk: all
below FOLDER, /boot/vmlinuz, /boot/initramfs.cpio, and /etc/enso/start, the
commands that dom0's shell runs first: GUESTS Linux guests, and the first one's
console. A FOLDER with a start file of its own keeps it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cpio import Cpio  # noqa: E402

START = 'etc/enso/start'


def commands(guests, vcpus, memory):
    lines = [f"create /etc/xl/linux.cfg 'name=\"linux{i + 1}\"' "
             f'vcpus={vcpus} memory={memory}' for i in range(guests)]
    return '\n'.join(lines + ['console linux1'] * (guests > 0)) + '\n'


def main(out, folder, kernel, ramdisk, guests=1, vcpus=1, memory=256):
    with open(out + '.tmp', 'wb') as f:
        cpio = Cpio(f)
        cpio.tree(folder)
        if not os.path.exists(os.path.join(folder, START)):
            text = commands(int(guests), int(vcpus), int(memory))
            cpio.file(START, text.encode())
        cpio.file('boot/vmlinuz', open(kernel, 'rb').read())
        cpio.file('boot/initramfs.cpio', open(ramdisk, 'rb').read())
        cpio.end()
    os.replace(out + '.tmp', out)


main(*sys.argv[1:])
