#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/initramfs.py INIT PROGRAM... >CPIO: a ramdisk of busybox, /init and a
few programs."""
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from cpio import Cpio  # noqa: E402

BUSYBOX = '/bin/busybox'


def main(init, programs):
    cpio = Cpio(sys.stdout.buffer)
    for folder in ('bin', 'dev', 'etc', 'proc', 'root', 'run', 'sbin', 'sys',
                   'tmp'):
        cpio.folder(folder)
    cpio.add('dev/console', stat.S_IFCHR | 0o600, device=(5, 1))
    cpio.add('dev/null', stat.S_IFCHR | 0o666, device=(1, 3))
    for source, name in [(init, 'init'), (BUSYBOX, 'bin/busybox'),
                         *((p, 'bin/' + os.path.basename(p))
                           for p in programs)]:
        cpio.file(name, open(source, 'rb').read(), 0o755)
    # What the kernel calls when the tool stack asks it to shut down.
    for command in ('poweroff', 'reboot'):
        cpio.file('sbin/' + command, b'#!/bin/busybox sh\nexec /bin/busybox '
                  + command.encode() + b' -f\n', 0o755)
    for applet in sorted(subprocess.check_output(
            [BUSYBOX, '--list'], text=True).split()):
        if applet != 'busybox':
            cpio.add('bin/' + applet, stat.S_IFLNK | 0o777, b'busybox')
    cpio.end()


main(sys.argv[1], sys.argv[2:])
