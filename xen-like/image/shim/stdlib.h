/* SPDX-License-Identifier: MIT */
/*
 * What the decompression libraries find under the names of libc's headers.
 * malloc() is renamed, so that a program which has a libc too keeps its own.
 * zstd never gets here: it is given its allocator by name.
 */
#ifndef IMAGE_SHIM_STDLIB_H
#define IMAGE_SHIM_STDLIB_H

#include <stddef.h>

void *image_malloc(size_t size);
void image_free(void *mem);
/* XZ begins, has ended a chunk. */
void image_chunk_enter(void *function, void *from);
void image_chunk_exit(void *function, void *from);

#ifdef IMAGE_THIRDPARTY
#define malloc(size)	image_malloc(size)
#define free(mem)	image_free(mem)
#define calloc(n, size) ((void *)((n) - (n))) /* unreachable */
#endif

#endif
