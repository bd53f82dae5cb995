// SPDX-License-Identifier: MIT
/*
 * The memory of a domain in the making: frames in large extents, mappings of
 * many pages, so that no call is made for a single page.
 */
#include "build.h"

#include <errno.h>
#include <string.h>

#define PUT_PAGES 1024ul /* mapped at once by build_put() */

/* The next smaller size to try: 2 MiB, 64 KiB, 4 KiB. */
static unsigned int smaller(unsigned int order)
{
	return order > 4 ? 4 : 0;
}

/* Up to a call's worth of extents; how many pages were got. */
static uint64_t populate_some(struct build *b, uint64_t pfn, uint64_t pages,
			      unsigned int order, uint64_t *mfns)
{
	uint64_t n = pages >> order, i, done;

	if (n > XCBUILD_MAX)
		n = XCBUILD_MAX;
	for (i = 0; i < n; i++)
		b->list[i] = pfn + (i << order);
	done = xcbuild_populate(b->id, b->list, n, order);
	for (i = 0; i < done << order; i++)
		mfns[i] = b->list[i >> order] + (i & ((1u << order) - 1));
	return done << order;
}

int build_populate(struct build *b, uint64_t pfn, uint64_t pages, uint64_t *mfns)
{
	unsigned int order = 9;
	uint64_t got;

	while (pages) {
		got = 0;
		if (pages >> order)
			got = populate_some(b, pfn, pages, order, mfns);
		pfn += got;
		mfns += got;
		pages -= got;
		build_breathe(b, pfn, b->nr_pages);
		if (got)
			continue;
		if (!order)
			return build_fail(b, -ENOMEM,
					  "out of memory: no frame for page "
					  "%lu of the domain's %lu",
					  pfn, b->nr_pages);
		order = smaller(order);
	}
	return 0;
}

int build_populate_rest(struct build *b)
{
	uint64_t pfn, end;
	int err = 0;

	b->doing = "giving the domain its memory";
	for (pfn = 0; pfn < b->nr_pages && !err; pfn = end) {
		end = pfn + 1;
		if (b->p2m[pfn] != NO_FRAME)
			continue;
		while (end < b->nr_pages && b->p2m[end] == NO_FRAME)
			end++;
		err = build_populate(b, pfn, end - pfn, b->p2m + pfn);
	}
	return err;
}

void *build_map(struct build *b, uint64_t pfn, size_t pages, int *err)
{
	void *va = xcbuild_map(b->id, b->p2m + pfn, pages, err);

	if (!va)
		*err = build_fail(b, *err,
				  "cannot map %zu pages of the domain at page "
				  "%lu: %s",
				  pages, pfn, strerror(-*err));
	return va;
}

/* The library's memcpy() takes twice the instructions: a kernel is long. */
typedef uint64_t chunk __attribute__((vector_size(16), aligned(1), may_alias));

static void copy(uint8_t *dst, const uint8_t *src, size_t n)
{
	chunk *d = (chunk *)dst, c[8];
	const chunk *s = (const chunk *)src;
	unsigned int i;

	for (; n >= sizeof(c); n -= sizeof(c), d += 8, s += 8) {
#pragma GCC unroll 8
		for (i = 0; i < 8; i++)
			c[i] = s[i];
#pragma GCC unroll 8
		for (i = 0; i < 8; i++)
			d[i] = c[i];
	}
	memcpy(d, s, n);
}

int build_put(struct build *b, uint64_t at, const void *from, uint64_t size)
{
	const uint8_t *src = from;
	uint64_t done, n, in_page = at % PAGE_SIZE;
	uint8_t *va;
	int err;

	for (done = 0; done < size; done += n, in_page = 0) {
		uint64_t pages;

		n = PUT_PAGES * PAGE_SIZE - in_page;
		if (n > size - done)
			n = size - done;
		pages = (in_page + n + PAGE_SIZE - 1) / PAGE_SIZE;
		va = build_map(b, (at + done) / PAGE_SIZE, pages, &err);
		if (!va)
			return err;
		copy(va + in_page, src + done, n);
		xcbuild_unmap(va, pages);
		build_breathe(b, done + n, size);
	}
	return 0;
}
