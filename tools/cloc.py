#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/cloc.py MAP: the lines of ours that reach the hypervisor's image.

The objects in the link map name their sources (by their .d files) and with
them every header of ours, the table of hypercalls and the generated files.
A line counts when it is more than comment and blank. <xen/>, the compiler's
headers and the unmodified decompression libraries are not ours."""
import collections
import os
import re
import sys

LIMIT = 14300           # docs/decisions.md says why
ROOMS = ('xen-like/boot', 'xen-like/arch', 'xen-like/core', 'xen-like/image',
         'xen-like/include', 'hypercalls/x86', 'hypercalls')
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)


def lines(path):
    text = COMMENT.sub(lambda m: m[0] if m[0][0] == '"' else
                       '\n' * m[0].count('\n'),
                       open(path, errors='replace').read())
    # SUBOP() rows of the table tell tests and tools what to show; in the
    # image each expands to nothing.
    return sum(1 for line in text.split('\n')
               if line.strip() and not line.startswith('SUBOP('))


def sources(object_path):
    """What the object was made from: the first rule of its .d file."""
    rule = open(re.sub(r'\.o$', '.d', object_path)).read()
    rule = rule.replace('\\\n', ' ').split('\n')[0]
    return rule.split(':', 1)[1].split()


def room(path):
    for name in ROOMS:
        if path.startswith(name + '/'):
            return name
    return 'generated' if '/gen/' in path else 'other'


def ours(path):
    return not (path.startswith('/') or '/inc/xen/' in path or
                '/src/' in path)


def main(map_path):
    base = os.path.dirname(map_path)
    text = open(map_path).read()
    objects = {o for o in re.findall(r'\S+\.o\b', text)
               if o.startswith(f'{base}/hv/') and '/thirdparty/' not in o}
    files = {os.path.normpath(f) for o in objects for f in sources(o)}
    script = 'xen-like/boot/enso.lds'
    files = {f for f in files if ours(f)} | {script}
    count, number = collections.Counter(), collections.Counter()
    for path in sorted(files):
        n = lines(path)
        count[room(path)] += n
        number[room(path)] += 1
        if '-v' in sys.argv:
            print(f'{n:6} {path}')
    for name in sorted(count, key=lambda r: (ROOMS + (r,)).index(r)):
        print(f'{name:18}{count[name]:6} lines in {number[name]} files')
    total = sum(count.values())
    print(f'{"total":18}{total:6} of {LIMIT} lines')
    good = objects and total < LIMIT
    print('PASS lines' if good else f'FAIL lines {total}, {len(objects)} '
          'objects')
    return not good


sys.exit(main(sys.argv[1]))
