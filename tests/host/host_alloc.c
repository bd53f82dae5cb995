/* SPDX-License-Identifier: MIT */
/* malloc() and its kin, which fail when told. */
#include "host_alloc.h"

#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *mem, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *mem, size_t size);

unsigned long host_alloc_fail;
bool host_alloc_failed;

static bool fails(void)
{
	if (!host_alloc_fail || --host_alloc_fail)
		return false;
	return host_alloc_failed = true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *mem, size_t size)
{
	return fails() ? NULL : __real_realloc(mem, size);
}
