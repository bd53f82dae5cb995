#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/initramfs.py INIT PROGRAM... >CPIO

A ramdisk of busybox, /init and a few programs, the same bytes each time: our
own writer of the newc format, so that device nodes need no privileges."""
import os
import stat
import subprocess
import sys

BUSYBOX = '/bin/busybox'


class Cpio:
    def __init__(self, out):
        self.out, self.inode = out, 0

    def add(self, name, mode, data=b'', device=(0, 0)):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device,
                  len(name) + 1, 0)
        head = b'070701' + b''.join(b'%08X' % f for f in fields)
        self.padded(head + name.encode() + b'\0')
        self.padded(data)

    def padded(self, data):
        self.out.write(data + bytes(-len(data) % 4))

    def end(self):
        self.add('TRAILER!!!', 0)
        self.out.write(bytes(512))


def main(init, programs):
    cpio = Cpio(sys.stdout.buffer)
    for folder in ('bin', 'dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp'):
        cpio.add(folder, stat.S_IFDIR | 0o755)
    cpio.add('dev/console', stat.S_IFCHR | 0o600, device=(5, 1))
    cpio.add('dev/null', stat.S_IFCHR | 0o666, device=(1, 3))
    for source, name in [(init, 'init'), (BUSYBOX, 'bin/busybox'),
                         *((p, 'bin/' + os.path.basename(p))
                           for p in programs)]:
        cpio.add(name, stat.S_IFREG | 0o755, open(source, 'rb').read())
    for applet in sorted(subprocess.check_output(
            [BUSYBOX, '--list'], text=True).split()):
        if applet != 'busybox':
            cpio.add('bin/' + applet, stat.S_IFLNK | 0o777, b'busybox')
    cpio.end()


main(sys.argv[1], sys.argv[2:])
