/* SPDX-License-Identifier: MIT */
/* The C library's byte functions, by string instructions. */
#include "mem.h"

void *memcpy(void *dst, const void *src, size_t n)
{
	void *to = dst;
	size_t words = n / 8;

	asm volatile("rep movsq; mov %3, %%ecx; rep movsb"
		     : "+D"(to), "+S"(src), "+c"(words)
		     : "r"((uint32_t)(n & 7))
		     : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	uint8_t *to = (uint8_t *)dst + n - 1;
	const uint8_t *from = (const uint8_t *)src + n - 1;

	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(dst, src, n);
	asm volatile("std; rep movsb; cld"
		     : "+D"(to), "+S"(from), "+c"(n)
		     :
		     : "memory");
	return dst;
}

void *memset(void *dst, int byte, size_t n)
{
	void *to = dst;
	size_t words = n / 8;

	asm volatile("rep stosq; mov %3, %%ecx; rep stosb"
		     : "+D"(to), "+c"(words)
		     : "a"((uint8_t)byte * 0x0101010101010101ul),
		       "r"((uint32_t)(n & 7))
		     : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	for (; s[n]; n++)
		;
	return n;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i] || !a[i])
			return (uint8_t)a[i] - (uint8_t)b[i];
	return 0;
}
