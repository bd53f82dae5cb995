/* SPDX-License-Identifier: MIT */
/*
 * Bytes and strings: the C library's functions that a freestanding compiler
 * expects (the host's own there), and a bounded string copy.
 */
#ifndef MEM_H
#define MEM_H

#include "types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strncmp(const char *a, const char *b, size_t n);

/* Copy what fits of src, always terminated (size > 0). */
static inline void text_copy(char *dst, const char *src, size_t size)
{
	size_t n = strlen(src);

	n = MIN(n, size - 1);
	memcpy(dst, src, n);
	dst[n] = 0;
}

#endif
