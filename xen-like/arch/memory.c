/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include "heap.h"
#include "mem.h"

#define RANGES 128

struct memory_range memory_ram[RANGES + 1];
uint64_t memory_limit;

static struct memory_range unused[RANGES + 1];

/* Append to a list, which an empty range ends. */
static void append(struct memory_range *l, uint64_t start, uint64_t end)
{
	struct memory_range *r = l;

	if (start >= end)
		return;
	while (r->end && r->end < start)
		r++;
	if (r->end)
		r->end = MAX(end, r->end);
	else if (r < l + RANGES)
		*r = (struct memory_range){ start, end };
}

static void cut(struct memory_range *l, uint64_t start, uint64_t end)
{
	static struct memory_range old[RANGES + 1];

	memcpy(old, l, sizeof(old));
	memset(l, 0, sizeof(old));
	start &= PAGE_MASK;
	end = ROUND_UP(end, PAGE_SIZE);
	for (const struct memory_range *r = old; r->end; r++) {
		append(l, r->start, MIN(r->end, start));
		append(l, MAX(r->start, end), r->end);
	}
}

void memory_add(uint64_t start, uint64_t end)
{
	start = ROUND_UP(start, PAGE_SIZE);
	end &= PAGE_MASK;
	append(memory_ram, start, end);
	append(unused, start, end);
}

void memory_remove(uint64_t start, uint64_t end)
{
	cut(memory_ram, start, end);
	cut(unused, start, end);
}

void memory_reserve(uint64_t start, uint64_t end)
{
	cut(unused, start, end);
}

uint64_t memory_pages(unsigned int order)
{
	uint64_t size = PAGE_SIZE << order, pages = 0;
	void *late;

	for (const struct memory_range *r = unused; r->end; r++) {
		uint64_t end = MIN(r->end, memory_limit) & -size;

		if (end >= r->start + size)
			pages = end - size;
	}
	if (!pages) {
		late = heap_alloc_zeroed(order);
		if (!late)
			boot_stop("too little memory");
		return ptr_frame(late).n << PAGE_SHIFT;
	}
	cut(unused, pages, pages + size);
	memset(direct_map + pages, 0, size);
	return pages;
}

uint64_t memory_ram_pages(void)
{
	uint64_t bytes = 0;

	for (const struct memory_range *r = memory_ram; r->end; r++)
		bytes += r->end - r->start;
	return bytes >> PAGE_SHIFT;
}

void memory_to_heap(void)
{
	for (const struct memory_range *r = unused; r->end; r++)
		heap_add(MFN(r->start >> PAGE_SHIFT), MFN(r->end >> PAGE_SHIFT));
	unused[0].end = 0;
}
