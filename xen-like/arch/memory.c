/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include "arch.h"
#include "heap.h"
#include "mem.h"
#include "panic.h"
#include "print.h"

#define RANGES 128

struct ranges {
	unsigned int n;
	struct range {
		uint64_t start, end;
	} r[RANGES];
};

static struct ranges ram, unused;
static uint64_t limit;

static void append(struct ranges *l, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	if (l->n && l->r[l->n - 1].end >= start) {
		l->r[l->n - 1].end = MAX(end, l->r[l->n - 1].end);
		return;
	}
	if (l->n < RANGES)
		l->r[l->n++] = (struct range){ start, end };
}

static void cut(struct ranges *l, uint64_t start, uint64_t end)
{
	static struct ranges old;

	old = *l;
	l->n = 0;
	start &= PAGE_MASK;
	end = ROUND_UP(end, PAGE_SIZE);
	for (unsigned int i = 0; i < old.n; i++) {
		struct range r = old.r[i];

		append(l, r.start, MIN(r.end, start));
		append(l, MAX(r.start, end), r.end);
	}
}

void memory_add(uint64_t start, uint64_t end)
{
	start = ROUND_UP(start, PAGE_SIZE);
	end &= PAGE_MASK;
	append(&ram, start, end);
	append(&unused, start, end);
}

void memory_remove(uint64_t start, uint64_t end)
{
	cut(&ram, start, end);
	cut(&unused, start, end);
}

void memory_reserve(uint64_t start, uint64_t end)
{
	if (start < end)
		cut(&unused, start, end);
}

void memory_limit(uint64_t below)
{
	limit = below;
}

uint64_t memory_page(void)
{
	void *page;

	for (unsigned int i = unused.n; i--;) {
		uint64_t p = MIN(unused.r[i].end, limit) - PAGE_SIZE;

		if (unused.r[i].start > p || p >= limit)
			continue;
		cut(&unused, p, p + PAGE_SIZE);
		memset(direct_map + p, 0, PAGE_SIZE);
		return p;
	}
	page = heap_alloc_zeroed(0);
	if (!page)
		boot_stop("too little memory");
	return ptr_frame(page).n << PAGE_SHIFT;
}

bool memory_ram(unsigned int i, uint64_t *start, uint64_t *end)
{
	if (i >= ram.n)
		return false;
	*start = ram.r[i].start;
	*end = ram.r[i].end;
	return true;
}

uint64_t memory_ram_pages(void)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < ram.n; i++)
		bytes += ram.r[i].end - ram.r[i].start;
	return bytes >> PAGE_SHIFT;
}

void memory_to_heap(void)
{
	for (unsigned int i = 0; i < unused.n; i++)
		heap_add(MFN(unused.r[i].start >> PAGE_SHIFT),
			 MFN(unused.r[i].end >> PAGE_SHIFT));
	unused.n = 0;
}

void boot_stop(const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vformat(why, sizeof(why), fmt, ap);
	va_end(ap);
	print(LOG_ERR, "Enso cannot start: %s.\n", why);
	arch_halt();
}
