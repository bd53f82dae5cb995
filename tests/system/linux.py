# SPDX-License-Identifier: MIT
"""What a test does with a stock Linux: on the console of a machine whose
/init is tests/system/linux/init, and with the kernel's package."""
import glob
import hashlib
import os
import random
import subprocess

# What must not be seen, from the hypervisor, from dom0 or from Linux.
WRONG = (r'Kernel panic|BUG:|Oops|WARNING:|Domain 0 crashed|domain_crash|'
         r'rcu_sched self-detected|soft lockup|\(ENSO\) .*panic|general '
         r'protection fault|Call Trace|PANIC on CPU')
PROMPT = r'linux# '


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def check_kernel(peer, link):
    """None, or how the kernel that link names differs from the one inside its
    package (not from a copy)."""
    version = os.path.basename(os.readlink(f'{peer}/{link}'))[8:]
    deb = glob.glob(f'{peer}/linux-image-{version}_*.deb')[0]
    tar = subprocess.run(['dpkg-deb', '--fsys-tarfile', deb],
                         stdout=subprocess.PIPE, check=True).stdout
    packaged = sha256(subprocess.run(
        ['tar', '-xO', f'./boot/vmlinuz-{version}'], input=tar,
        stdout=subprocess.PIPE, check=True).stdout)
    used = sha256(open(f'{peer}/{link}', 'rb').read())
    print(f'kernel  {used}\npackage {packaged}  {os.path.basename(deb)}')
    return (None if used == packaged else
            'the kernel differs from the package')


def command(m, line, answer, limit=60):
    """Runs a shell command; its prompt must come back after the answer."""
    m.send(line + '\n')
    found = m.wait(answer, limit, WRONG)
    m.wait(PROMPT, 20, WRONG)
    return found


def to_shell(m, vcpus, limit=180):
    """From the kernel's first line to the shell's prompt."""
    m.wait(r'Linux version \S+', 60, WRONG)
    m.wait(r'Booting kernel on Xen', 60, WRONG)
    seen = m.wait(r'init: (\d+) CPUs, kernel (\S+)\n', limit, WRONG)
    m.wait(PROMPT, 30, WRONG)
    print(f'  shell of {seen[2]} after {m.seconds():.1f} s, {seen[1]} vCPUs',
          flush=True)
    if int(seen[1]) != vcpus:
        m.fail(f'{seen[1]} vCPUs instead of {vcpus}')


def multiply(m, cpu):
    """Numbers that no one could have known, so the process did run."""
    a, b = (random.randrange(1 << 31) for _ in range(2))
    m.send(f'stress multiply {cpu}\n{a} {b}\n')
    got = m.wait(r'product (\d+) on CPU (\d+)', 30, WRONG)
    m.wait(PROMPT, 20, WRONG)
    if int(got[1]) != a * b or int(got[2]) != cpu:
        m.fail(f'{a} * {b} on CPU {cpu} gave {got[1]} on CPU {got[2]}')


def stress(m, what, rounds, vcpus, limit=180):
    """A run of tests/system/linux/stress.c that must find nothing."""
    got = command(m, f'stress {what} {rounds}',
                  rf'{what}: (\d+) CPUs.*?, (\d+) (bad|stale)\n', limit)
    print(f'  {got[0].strip()} after {m.seconds():.1f} s', flush=True)
    if int(got[1]) != vcpus or got[2] != '0':
        m.fail(f'the {what} went wrong')


def digest(m):
    """64 MiB in tmpfs, written and read back: their SHA-256."""
    word = f'{random.randrange(1 << 60):015x}\n'        # 16 bytes
    want = sha256((word * (1 << 22)).encode())
    # Doubled to 8 MiB, then 8 times that: few and large writes.
    got = command(m, f'cd /tmp; echo {word[:-1]} >a; for i in $(seq 19); do '
                  'cat a a >b; mv b a; done; cat a a a a a a a a >f; '
                  'sha256sum f; rm a f; cd', r'([0-9a-f]{64})  f', 120)
    if got[1] != want:
        m.fail(f'SHA-256 {got[1]} instead of {want}')
