/* SPDX-License-Identifier: MIT */
/* The four functions that every freestanding program must have anyway. */
#ifndef IMAGE_SHIM_STRING_H
#define IMAGE_SHIM_STRING_H

#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#endif
