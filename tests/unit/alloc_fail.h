/* SPDX-License-Identifier: MIT */
/*
 * An allocator that fails when it is told to. The linker sends what the
 * program under test allocates here (tools/host.mk).
 */
#ifndef ALLOC_FAIL_H
#define ALLOC_FAIL_H

#include <stdbool.h>
#include <stddef.h>

/* Of the allocations from now on the n-th, from 0, fails; < 0: none. */
static long alloc_left = -1;
static bool alloc_failed; /* it was reached */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static inline bool alloc_fails(void)
{
	if (alloc_left < 0 || alloc_left--)
		return false;
	return alloc_failed = true;
}

void *__wrap_malloc(size_t size)
{
	return alloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return alloc_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return alloc_fails() ? NULL : __real_realloc(p, size);
}

/* ---- Only while the daemon works (around_work of xenstore_world.h) ---------- */

static long daemon_left = -1; /* as alloc_left */

static inline void alloc_around(bool begins)
{
	if (begins) {
		alloc_left = daemon_left;
		return;
	}
	daemon_left = alloc_left;
	alloc_left = -1;
}

#endif
