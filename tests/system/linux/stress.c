/* SPDX-License-Identifier: MIT */
/*
 * What a hypervisor that handles page tables wrongly would not survive, as a
 * Linux program that checks each step of its own.
 *
 *   stress multiply CPU		pinned to CPU, reads two numbers, prints
 *					their product and the CPU it ran on
 *   stress storm ROUNDS		on every CPU: fork, exec, mmap, mprotect,
 *					copy-on-write, faults that must come
 *   stress remap ROUNDS		one page replaced under the eyes of a
 *					thread on every CPU: stale TLB entries
 *   stress leaf SEED			what storm executes
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE  4096ul
#define PAGES 64ul

static void die(const char *what)
{
	perror(what);
	_exit(2);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	if (sched_getcpu() != cpu)
		die("not on that CPU");
}

static int cpus(void)
{
	return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

/* ---- multiply ------------------------------------------------------------ */

static int multiply(int cpu)
{
	uint64_t a, b;

	pin(cpu);
	if (scanf("%" SCNu64 " %" SCNu64, &a, &b) != 2)
		die("two numbers");
	printf("product %" PRIu64 " on CPU %d\n", a * b, sched_getcpu());
	return 0;
}

/* ---- storm --------------------------------------------------------------- */

static uint64_t word_of(uint64_t seed, uint64_t page)
{
	return (seed << 20 ^ page) * 0x9e3779b97f4a7c15ul;
}

static void fill(volatile uint64_t *map, uint64_t seed)
{
	for (uint64_t i = 0; i < PAGES; i++)
		map[i * PAGE / 8] = word_of(seed, i);
}

static bool holds(const volatile uint64_t *map, uint64_t seed)
{
	for (uint64_t i = 0; i < PAGES; i++)
		if (map[i * PAGE / 8] != word_of(seed, i))
			return false;
	return true;
}

static void *map_pages(void)
{
	void *map = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		die("mmap");
	return map;
}

/* Ran by exec: a fresh address space, some of it used, a known answer. */
static int leaf(uint64_t seed)
{
	volatile uint64_t *map = map_pages();

	for (uint64_t i = 0; i < PAGES; i++)
		if (map[i * PAGE / 8])
			return 3;
	fill(map, seed);
	return holds(map, seed) ? (int)(seed % 100) + 10 : 4;
}

static int reap(pid_t pid)
{
	int status;

	if (pid < 0)
		die("fork");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return status;
}

static bool exec_answers(uint64_t seed)
{
	char text[24];
	int status;
	pid_t pid = fork();

	if (!pid) {
		snprintf(text, sizeof(text), "%" PRIu64, seed);
		execl("/proc/self/exe", "stress", "leaf", text, NULL);
		_exit(5);
	}
	status = reap(pid);
	return WIFEXITED(status) &&
	       WEXITSTATUS(status) == (int)(seed % 100) + 10;
}

/* The child's writes stay the child's; the parent's stay with the parent. */
static bool copies_on_write(volatile uint64_t *map, uint64_t seed)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!holds(map, seed))
			_exit(6);
		fill(map, seed + 1);
		_exit(holds(map, seed + 1) ? 0 : 7);
	}
	status = reap(pid);
	return WIFEXITED(status) && !WEXITSTATUS(status) && holds(map, seed);
}

/* A write that the page tables forbid must fault, and a read must not. */
static bool read_only_faults(volatile uint64_t *map, uint64_t seed)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		mprotect((void *)map, PAGES * PAGE, PROT_READ);
		if (!holds(map, seed))
			_exit(8);
		map[0] = 1;
		_exit(9);
	}
	status = reap(pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static const char *storm_round(uint64_t seed)
{
	void *map = map_pages();
	const char *why = NULL;

	fill(map, seed);
	if (!copies_on_write(map, seed))
		why = "copy on write";
	else if (!read_only_faults(map, seed))
		why = "write to a read-only page";
	else if (!exec_answers(seed))
		why = "exec";
	munmap(map, PAGES * PAGE);
	return why;
}

static int storm_worker(int cpu, long rounds)
{
	pin(cpu);
	for (long i = 0; i < rounds; i++) {
		const char *why =
			storm_round((uint64_t)cpu * 1000003 + (uint64_t)i);

		if (why) {
			printf("storm: CPU %d round %ld: %s\n", cpu, i, why);
			fflush(stdout);
			return 1;
		}
	}
	return 0;
}

static int storm(long rounds)
{
	int n = cpus(), bad = 0;

	for (int cpu = 0; cpu < n; cpu++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid)
			_exit(storm_worker(cpu, rounds));
	}
	for (int cpu = 0; cpu < n; cpu++) {
		int status;

		if (wait(&status) < 0 || status)
			bad++;
	}
	printf("storm: %d CPUs, %ld rounds, %d bad\n", n, rounds, bad);
	return bad != 0;
}

/* ---- remap --------------------------------------------------------------- */

static volatile uint64_t *shared_page;
static uint64_t published, stale, looks, ready;

/* Once k is published no CPU may still see a page older than k. */
static void *watcher(void *arg)
{
	pin((int)(intptr_t)arg);
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		uint64_t old = __atomic_load_n(&published, __ATOMIC_ACQUIRE);
		uint64_t seen;

		if (old == UINT64_MAX)
			return NULL;
		seen = *shared_page;
		__atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
		if (seen < old)
			__atomic_add_fetch(&stale, 1, __ATOMIC_RELAXED);
	}
}

static void show_page(int fd, uint64_t k)
{
	void *at = (void *)shared_page;
	int fixed = at ? MAP_FIXED : 0;
	void *map = mmap(at, PAGE, PROT_READ, MAP_SHARED | fixed, fd,
			 (off_t)(k % PAGES * PAGE));

	if (map == MAP_FAILED)
		die("mmap");
	shared_page = map;
}

static int remap(long rounds)
{
	int n = cpus(), fd = memfd_create("pages", 0);
	pthread_t thread[64];

	if (fd < 0 || n > 64 || ftruncate(fd, (off_t)(PAGES * PAGE)))
		die("memfd");
	show_page(fd, 0);
	for (int i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, watcher,
				   (void *)(intptr_t)i))
			die("pthread_create");
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < (uint64_t)n)
		sched_yield();
	for (uint64_t k = 1; k <= (uint64_t)rounds; k++) {
		if (pwrite(fd, &k, sizeof(k), (off_t)(k % PAGES * PAGE)) < 0)
			die("pwrite");
		show_page(fd, k);
		__atomic_store_n(&published, k, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&published, UINT64_MAX, __ATOMIC_RELEASE);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("remap: %d CPUs, %ld rounds, %" PRIu64 " looks, %" PRIu64
	       " stale\n",
	       n, rounds, looks, stale);
	return stale || !looks;
}

int main(int argc, char **argv)
{
	long n = argc == 3 ? atol(argv[2]) : -1;

	if (n >= 0 && !strcmp(argv[1], "multiply"))
		return multiply((int)n);
	if (n >= 0 && !strcmp(argv[1], "storm"))
		return storm(n);
	if (n >= 0 && !strcmp(argv[1], "remap"))
		return remap(n);
	if (n >= 0 && !strcmp(argv[1], "leaf"))
		return leaf((uint64_t)n);
	fprintf(stderr, "stress multiply CPU | storm N | remap N\n");
	return 2;
}
