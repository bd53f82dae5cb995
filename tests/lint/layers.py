#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every quoted #include must go along an edge of this table. The table sorts topologically, so no cycle can be written.

An include is looked for beside the file, then at the root, then in the folders the layer may use, then anywhere in a
layer. '..' in an include is refused: it hides an edge. <...> is the system's or the ABI's and is not judged.
With --make it prints the same table as include paths for the Makefile."""
import os, re, sys
ALLOW = {                       # folder (longest prefix wins) -> folders it may include from
  'xen-like/include':    [],
  'xen-like/image':      [],                # ELF notes, bzImage, unpacking: pure, shared with the domain builder
  'xen-like/core':       ['xen-like/include', 'xen-like/image'],
  'xen-like/arch':       ['xen-like/include'],
  'xen-like/boot':       ['xen-like/arch', 'xen-like/image', 'xen-like/include'],
  'hypercalls':          ['xen-like/include'],
  'hypercalls/x86':      ['hypercalls', 'xen-like/include', 'xen-like/arch'],
  'ring':                [],
  'xenstore/lib':        ['ring'],
  'domU-patches/newlib': ['xenstore/lib', 'ring'],
  'xenstore':            ['xenstore/lib', 'domU-patches/newlib', 'ring'],
  'dom0/kernel':         ['domU-patches/newlib'],
  'dom0/lib':            [],
  'dom0/drivers':        ['dom0/kernel', 'dom0/lib'],
  'dom0/back':           ['dom0/kernel', 'dom0/lib', 'xenstore/lib', 'domU-patches/newlib', 'ring'],
  'dom0/tools':          ['dom0/kernel', 'xenstore/lib', 'domU-patches/newlib', 'xen-like/image'],
}                               # dom0/main.c ties dom0 together and is judged by nobody

# What tests of a layer and dom0/main.c may see, for the compiler only: they are judged by nobody.
EVERY = ['xen-like/include', 'xen-like/core', 'xen-like/image', 'hypercalls']
DOM0 = ['dom0/tools', 'dom0/back', 'dom0/kernel', 'domU-patches/newlib', 'xenstore', 'xenstore/lib', 'ring']
TESTS = {
  'dom0': ['dom0/kernel', 'dom0/back', 'dom0/tools', 'xenstore', 'xenstore/lib', 'domU-patches/newlib'],
  'tests/host': [*EVERY, *DOM0],
  'tests/unit': ['tests/host', *EVERY, 'xen-like/arch', *DOM0],
  'tests/fuzz': ['tests/host', 'tests/unit', *EVERY, *DOM0],
  'tests/tsan': ['tests/host', *EVERY, *DOM0],
  'tests/guest': ['tests/guest/pair', 'tests/guest/lib', 'domU-patches/newlib', 'xenstore/lib', 'ring'],
  'tests/guest/pair': ['tests/guest/lib', 'domU-patches/newlib', 'xenstore/lib', 'ring'],
  'tests/guest/lib': ['domU-patches/newlib', 'xenstore/lib', 'ring'],
}

def includes(mine):
    """The compiler's arguments for a file of that folder."""
    return [w for d in [mine, *{**ALLOW, **TESTS}[mine]] for w in ('-iquote', d)]

def make_fragment():
    """The include paths of each folder, for the Makefile: INC_<folder>."""
    for mine in {**ALLOW, **TESTS}:
        print(f'INC_{mine} :=', *includes(mine))

def sorted_layers():
    order = []
    while len(order) < len(ALLOW):
        step = [k for k in ALLOW if k not in order and all(d in order for d in ALLOW[k])]
        assert step, 'the table has a cycle'
        order += step
    return order

def layer(path):
    return max((k for k in ALLOW if path.startswith(k + '/')), key=len, default=None)

def target(src, name, mine):
    for base in [os.path.dirname(src), '.', mine, *ALLOW[mine], *ALLOW]:
        path = os.path.normpath(os.path.join(base, name))
        if os.path.exists(path): return path
    return None                 # generated, or the compiler will complain

def main():
    if '--make' in sys.argv: return make_fragment()
    order, bad = sorted_layers(), 0
    if '-v' in sys.argv: print(' < '.join(order))
    for mine in ALLOW:
        for root, _, files in os.walk(mine):
            for f in sorted(files):
                src = os.path.join(root, f)
                if not f.endswith(('.c', '.h', '.S')) or layer(src) != mine: continue
                for i, line in enumerate(open(src, errors='replace'), 1):
                    m = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
                    if not m: continue
                    if '..' in m[1].split('/'):
                        print(f'{src}:{i}: "..": name the header from its own folder'); bad = 1; continue
                    t = target(src, m[1], mine); other = layer(t) if t else None
                    if other and other != mine and other not in ALLOW[mine]:
                        print(f'{src}:{i}: {mine} may not include {t}'); bad = 1
    return bad
if __name__ == '__main__':
    sys.exit(main())
