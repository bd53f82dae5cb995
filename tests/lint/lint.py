#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/lint/lint.py COMPILER FLAGS...: the rules of the house, one PASS or
FAIL each. The compiler and its flags are for headers that compile alone."""
import glob
import os
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from layers import includes  # noqa: E402

HYPERVISOR = ('xen-like/', 'hypercalls/')
# Written for another house's headers, whose names they must have.
SHIM = 'xen-like/image/shim/'
# The one place of the hypervisor that may spin, and the locks built on it.
SPINS = {'xen-like/arch/flush.c'}


def tracked(*ends):
    """Files of the tree, those not yet added too."""
    out = subprocess.check_output(
        ['git', 'ls-files', '-co', '--exclude-standard'], text=True)
    return [f for f in sorted(set(out.split('\n')))
            if f.endswith(ends) and os.path.exists(f)]


def plain(text, strings=False):
    """The text with comments (and strings) blanked, its lines kept."""
    def blank(m):
        if strings and m[0][0] in '"\'':
            return m[0]
        return re.sub(r'[^\n]', ' ', m[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'',
                  blank, text, flags=re.S)


def read(path):
    with open(path, errors='replace') as f:
        return f.read()


def grep(files, pattern, why, allow=()):
    bad = []
    for path in files:
        if path in allow:
            continue
        text = plain(read(path))
        for m in re.finditer(pattern, text):
            line = text.count('\n', 0, m.start()) + 1
            bad.append(f'{path}:{line}: {why}')
    return bad


# ---- The rules --------------------------------------------------------------

def check_layers():
    run = subprocess.run([sys.executable, 'tests/lint/layers.py'], text=True,
                         stdout=subprocess.PIPE)
    return run.stdout.splitlines() or (['layers.py failed']
                                       if run.returncode else [])


def check_headers():
    """Each header of the hypervisor compiles alone, included twice."""
    bad = []
    for path in tracked('.h'):
        if not path.startswith(HYPERVISOR) or path.startswith(SHIM):
            continue
        name = os.path.basename(path)
        run = subprocess.run(
            [*sys.argv[1:], *includes(os.path.dirname(path)), '-isystem',
             SHIM, '-MF', '/dev/null', '-ffreestanding', '-fsyntax-only', '-Wall', '-Wextra', '-Werror',
             '-x', 'c', '-'], text=True, stderr=subprocess.PIPE,
            input=f'#include "{name}"\n#include "{name}"\n')
        if run.returncode:
            bad.append(f'{path} does not compile alone: '
                       + next((line for line in run.stderr.split('\n')
                               if 'error:' in line), run.stderr[-80:]))
    return bad


def check_format():
    files = [f for f in tracked('.c', '.h') if not f.startswith(SHIM)]
    run = subprocess.run(['clang-format-14', '--dry-run', '-Werror', *files],
                         stderr=subprocess.PIPE, text=True)
    return sorted({re.match(r'[^:]*', line)[0] + ': not as clang-format has it'
                   for line in run.stderr.split('\n') if ': error:' in line})


def functions(path):
    """(name, lines of the body) of each function of a formatted C file."""
    name, start = None, 0
    for number, line in enumerate(plain(read(path)).split('\n')):
        if line.startswith('{'):
            start = number
        elif line.startswith('}') and start and name:
            yield name, number - start - 1
            start, name = 0, None
        elif line[:1] not in ('', '\t', ' ', '}', '#'):
            m = re.search(r'(\w+)\(', line)
            name = m[1] if m else name


def check_lengths():
    """style.md's figures: median 16, 90th percentile 45, a tenth over 80."""
    sizes = [(n, f'{path}: {name}') for path in tracked('.c')
             if path.startswith(HYPERVISOR) for name, n in functions(path)]
    if not sizes:
        return ['no functions found']
    lengths = sorted(n for n, _ in sizes)
    median = statistics.median(lengths)
    p90 = lengths[len(lengths) * 9 // 10]
    share = sum(n for n in lengths if n > 80) / sum(lengths)
    print(f'  {len(lengths)} functions: median {median:.0f} lines, 90th '
          f'percentile {p90}, {share:.1%} of lines in functions over 80')
    bad = [f'{where} has {n} lines' for n, where in sizes if n > 80]
    for value, limit, what in ((median, 16, 'median'),
                               (p90, 45, '90th percentile')):
        if value > limit:
            bad.append(f'{what} of function lengths is {value}')
    return bad


def check_file_lengths():
    bad = []
    for path in tracked('.c', '.h', '.S', '.py'):
        n = read(path).count('\n')
        if n > 600:
            bad.append(f'{path} has {n} lines')
    if read('Makefile').count('\n') > 250:
        bad.append('Makefile has over 250 lines')
    return bad


def spins(path):
    """Loops that wait for someone else and do not serve his requests: for (;;)
    and while (what another CPU or a device changes), with neither a way out
    nor cpu_relax_poll() in them. A for that counts is bounded."""
    text = plain(read(path), strings=True)
    for m in re.finditer(r'\b(?:for\s*\(\s*;\s*;\s*()\)|while\s*\(([^;{}]*)\))'
                         r'\s*(;|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|[^;{}]*;)', text):
        head, body = m[2] or '1', m[3]
        waits = re.fullmatch(r'\s*(1|true)\s*', head) or re.search(
            r'READ_ONCE|load_acquire|__atomic_load|lock_try|volatile|\bin[bwl]\('
            r'|mmio|_read\(', head)
        serves = re.search(r'cpu_relax_poll|\breturn\b|\bbreak\b|hlt|\bcli\b|'
                           r'softirq|idle', body + head)
        if waits and not serves:
            yield text.count('\n', 0, m.start()) + 1


def check_spins():
    files = [f for f in tracked('.c', '.h') if f.startswith(HYPERVISOR)
             and not f.startswith(SHIM)]
    bad = grep(files, r'__builtin_ia32_pause|_mm_pause',
               'only cpu_relax_poll() relaxes the CPU', SPINS)
    for path in sorted(set(files) - SPINS):
        bad += [f'{path}:{n}: only cpu_relax_poll() relaxes the CPU'
                for n, line in enumerate(read(path).split('\n'), 1)
                if re.search(r'asm.*"[^"]*\bpause\b', line)]
        bad += [f'{path}:{n}: a spin without cpu_relax_poll()'
                for n in spins(path)]
    return bad


def check_errno():
    names = re.findall(r'XEN_ERRNO\((E\w+)',
                       read('/usr/include/xen/errno.h'))
    files = [f for f in tracked('.c', '.h', '.S') if f.startswith(HYPERVISOR)
             and not f.startswith(SHIM)]
    pattern = r'(?<![\w(])(?:' + '|'.join(names) + r')\b'
    return grep(files, pattern, 'errors of the ABI are XEN_E*')


def check_spdx():
    return [f'{path}: no SPDX line' for path in
            tracked('.c', '.h', '.S', '.py', '.sh', '.mk', '.lds', '.def',
                    'Makefile', '.md')
            if 'SPDX-License-Identifier: ' not in
            ''.join(read(path).splitlines(True)[:3])]


def check_dots():
    bad = []
    for path in tracked('.c', '.h', '.S'):
        for n, line in enumerate(read(path).split('\n'), 1):
            if re.match(r'\s*#\s*include\s*["<][^">]*\.\./', line):
                bad.append(f'{path}:{n}: ".." in an include')
            if path.endswith('.c') and path.startswith(HYPERVISOR) and \
                    re.match(r'extern\b', line) and \
                    not re.search(r'\[\]|symbol_table', line):
                bad.append(f'{path}:{n}: extern belongs in a header')
    return bad


def check_asm():
    """Inline assembly stays in arch, written assembly under 1,000 lines."""
    files = [f for f in tracked('.c', '.h') if f.startswith(HYPERVISOR) and
             not f.startswith(('xen-like/arch/', 'xen-like/boot/', SHIM))]
    bad = grep(files, r'\b(__asm__|asm)\b', 'inline assembly outside of arch')
    total = sum(read(f).count('\n') for f in tracked('.S')
                if f.startswith(HYPERVISOR))
    if total > 1000:
        bad.append(f'{total} lines of assembly')
    return bad


def check_names():
    """Nothing that runs on the host has the name of a libc's function: it
    would take its place inside the sanitizers."""
    libc = glob.glob('/lib/x86_64-linux-gnu/libc.so.6')[0]
    names = {line.split()[-1].split('@')[0] for line in subprocess.check_output(
        ['nm', '-D', '--defined-only', libc], text=True).splitlines()}
    bad = []
    for path in tracked('.c'):
        if not path.startswith(('xen-like/core/', 'xen-like/image/',
                                'hypercalls/')):
            continue
        for m in re.finditer(r'^(?!static)\w[^;={}()#]*?(\w+)\([^;]*?\)\n\{',
                             plain(read(path)), re.M):
            if m[1] in names:
                bad.append(f'{path}: {m[1]}() is a function of the C library')
    return bad


def check_reading_order():
    """Each file that is no test has its place in the book."""
    rooms = (*HYPERVISOR, 'domU-patches/newlib/', 'ring/', 'xenstore/', 'dom0/')
    files = {f for f in tracked('.c', '.h', '.S', '.def', '.lds', '.py')
             if f.startswith(rooms) and not f.startswith(SHIM)}
    named = re.findall(r'`((?:%s)[^`]+)`' % '|'.join(rooms),
                       read('docs/reading-order.md'))
    return [f'docs/reading-order.md does not place {f}'
            for f in sorted(files - set(named))] + \
        [f'docs/reading-order.md names {f}, which is not there'
         for f in sorted(set(named)) if not os.path.exists(f)] + \
        [f'docs/reading-order.md names {f} twice'
         for f in sorted({f for f in named if named.count(f) > 1})]


PLANTED = '/* while (1) ; EINVAL */\nint f(void)\n{\n\twhile (READ_ONCE(x)) {\n' \
    '\t\ty++;\n\t}\n\tfor (;;)\n\t\t;\n\twhile (1)\n\t\tcpu_relax_poll();\n' \
    '\treturn -EINVAL;\n}\n'


def check_itself():
    """The rules made of patterns find what is planted, and only that."""
    with tempfile.NamedTemporaryFile('w', suffix='.c') as f:
        f.write(PLANTED)
        f.flush()
        found = [list(spins(f.name)), list(functions(f.name)),
                 grep([f.name], r'(?<![\w(])(?:EINVAL)\b', 'errno')]
    right = [[4, 7], [('f', 8)], [f'{f.name}:11: errno']]
    return [] if found == right else [f'{found} instead of {right}']


def main():
    failed = False
    for name, check in sorted(globals().items()):
        if not name.startswith('check_'):
            continue
        bad = check()
        name = name.removeprefix('check_').replace('_', '-')
        print(*bad, sep='\n', end='\n' if bad else '')
        if bad:
            print(f'FAIL {name} {len(bad)} places, first: {bad[0]}')
        else:
            print(f'PASS {name}')
        failed |= bool(bad)
    return failed


assert glob.glob('Makefile'), 'run it from the top folder'
sys.exit(main())
