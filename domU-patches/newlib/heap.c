// SPDX-License-Identifier: MIT
/*
 * malloc()'s memory for a small guest: a piece of the image. A program with an
 * sbrk() of its own (dom0) links without this file.
 */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#define HEAP 0x100000

static char heap[HEAP] __attribute__((aligned(16)));

void *sbrk(ptrdiff_t more)
{
	static ptrdiff_t used;
	void *at = heap + used;

	if (more > HEAP - used || more < -used) {
		errno = ENOMEM;
		return (void *)-1;
	}
	used += more;
	return at;
}
