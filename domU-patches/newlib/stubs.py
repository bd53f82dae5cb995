#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stubs.py HYPERCALLS.DEF: the guests' hypercall stubs, one macro for each
row, and a name for each pair (hypercall, sub-operation), so that a test that
names a pair which does not exist does not compile."""
import re
import sys

print('/* SPDX-License-Identifier: MIT */\n/* Made from hypercalls.def. */\n'
      '#ifndef HYPERCALL_STUBS_H\n#define HYPERCALL_STUBS_H\n')
names, pairs = [], set()
for line in open(sys.argv[1]):
    m = re.match(r'HYPERCALL\((\w+), (\d), "(.*)"\)', line)
    if m:
        args = [a for a in m[3].split(', ') if a]
        assert len(args) == int(m[2]), line
        call = ''.join(f', HYPERCALL_ARG({a})' for a in args)
        print(f'#define hypercall_{m[1]}({", ".join(args)}) \\\n'
              f'\thypercall{m[2]}(__HYPERVISOR_{m[1]}{call})')
        names.append(m[1])
        pairs.add((m[1], 'none'))
    m = re.match(r'SUBOP\((\w+), (\w+)\)', line)
    if m:
        pairs.discard((m[1], 'none'))
        pairs.add((m[1], m[2]))
assert names, 'no rows'
print('\nenum hypercall_pair {')
for pair in sorted(pairs):
    print('\tPAIR_%s__%s,' % pair)
print('};\n\n#endif')
