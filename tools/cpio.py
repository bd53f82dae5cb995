# SPDX-License-Identifier: MIT
"""A writer of the newc format, so that device nodes need no privileges and the
same files are the same bytes each time."""
import os
import stat


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

    def folder(self, name):
        self.add(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o644):
        self.add(name, stat.S_IFREG | mode, data)

    def tree(self, top):
        """All regular files below the folder top, by their path from there."""
        for root, folders, files in os.walk(top):
            folders.sort()
            for f in sorted(files):
                path = os.path.join(root, f)
                self.file(os.path.relpath(path, top), open(path, 'rb').read())

    def end(self):
        self.add('TRAILER!!!', 0)
        self.out.write(bytes(512))
