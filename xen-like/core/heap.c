/* SPDX-License-Identifier: MIT */
/*
 * The buddy heap. A free block's head has heap = 1 and its order; next and
 * prev link it into its order's list by frame number, 0 ends a list (frame 0
 * is never in the heap). All other frames of a free block have heap = 0.
 */
#include "heap.h"
#include "panic.h"
#include "print.h"

#define LOOK 128u

static struct lock lock; /* guards all below and the fields named above */
static uint32_t lists[HEAP_MAX_ORDER + 1];
static uint64_t free_frames, total_frames;

/* ---- Lists ------------------------------------------------------------ */

static void block_unlink(uint64_t n)
{
	frame_of(MFN(n))->heap = 0;
	frame_unlink(&lists[frame_of(MFN(n))->order], MFN(n));
}

/* Free [n, n + 2^order), joined with its free buddies. */
static void block_free(uint64_t n, unsigned int order)
{
	WRITE_ONCE(free_frames, free_frames + (1ul << order));
	for (; order < HEAP_MAX_ORDER; order++) {
		uint64_t buddy = n ^ 1ul << order;
		const struct frame *b = frame_of(MFN(buddy));

		if (buddy >= frame_limit || !b->heap || b->order != order)
			break;
		block_unlink(buddy);
		n &= ~(1ul << order);
	}
	frame_of(MFN(n))->heap = 1;
	frame_of(MFN(n))->order = (uint8_t)order;
	frame_link(&lists[order], MFN(n));
}

/* Free any run, block by block. */
static void run_free(uint64_t n, uint64_t end)
{
	while (n < end) {
		unsigned int order = (unsigned int)__builtin_ctzl(n);

		order = MIN(order, HEAP_MAX_ORDER);
		while (1ul << order > end - n)
			order--;
		block_free(n, order);
		n += 1ul << order;
	}
}

/*
 * A block of at least order that begins low enough, 0: none. Of each order
 * only the first few are looked at: a limit may miss what is scattered, but
 * nobody waits for a long search.
 */
static uint64_t block_find(unsigned int order, uint64_t limit)
{
	for (unsigned int o = order; o <= HEAP_MAX_ORDER; o++) {
		uint64_t n = lists[o];

		for (unsigned int i = 0; n && i < LOOK; i++) {
			if (n + (1ul << order) <= limit)
				return n;
			n = frame_of(MFN(n))->next;
		}
	}
	return 0;
}

/* ---- Taking and giving back ---------------------------------------------- */

void heap_add(mfn_t start, mfn_t end)
{
	uint64_t first = MAX(start.n, 1), last = MIN(end.n, frame_limit);

	if (first >= last)
		return;
	for (uint64_t n = first; n < last; n++)
		frame_of(MFN(n))->kind = FRAME_RAM;
	lock_take(&lock);
	total_frames += last - first;
	run_free(first, last);
	lock_drop(&lock);
}

/*
 * Take [n, end) from the free blocks that it begins and lies in, and drop the
 * lock; n = 0: there are none. Before a frame gets a new owner no TLB may lead
 * its last one there: one flush serves all.
 */
static mfn_t run_take(uint64_t n, uint64_t end)
{
	cpumask_t mask = 0;
	uint64_t at = n, all;
	uint32_t stamp = 0;
	bool seen = false;

	for (; n && at < end; at += all) {
		all = 1ul << frame_of(MFN(at))->order;
		block_unlink(at);
		WRITE_ONCE(free_frames, free_frames - all);
	}
	run_free(end, at);
	lock_drop(&lock);
	if (!n)
		return MFN_NONE;
	for (at = n; at < end; at++) {
		struct frame *f = frame_of(MFN(at));

		/* Neighbours were mostly let go of at the same time. */
		if (f->stale && (!seen || f->stamp != stamp)) {
			seen = true;
			stamp = f->stamp;
			mask |= arch_flush_filter(cpus_online(), stamp);
		}
		f->stale = 0;
		if (at % 1024 == 1023)
			cpu_relax_poll();
	}
	if (mask)
		arch_flush(mask, FLUSH_TLB | FLUSH_GLOBAL, 0);
	return MFN(n);
}

mfn_t heap_alloc_below(unsigned int order, mfn_t limit)
{
	uint64_t n;

	if (order > HEAP_MAX_ORDER)
		return MFN_NONE;
	lock_take(&lock);
	n = block_find(order, limit.n);
	return run_take(n, n + (1ul << order));
}

mfn_t heap_alloc(unsigned int order)
{
	return heap_alloc_below(order, MFN_NONE);
}

void heap_free(mfn_t m, unsigned int order)
{
	ASSERT(!(m.n & ((1ul << order) - 1)));
	heap_free_run(m, 1ul << order);
}

/* The first of the adjacent free blocks that hold n frames, 0: none. */
static uint64_t run_find(uint64_t n)
{
	uint64_t first = 1, at = 1;

	while (at < frame_limit && at - first < n) {
		const struct frame *f = frame_of(MFN(at));

		if (f->heap)
			at += 1ul << f->order;
		else
			first = ++at;
	}
	return at - first >= n ? first : 0;
}

mfn_t heap_alloc_run(uint64_t n)
{
	uint64_t first;

	if (!n)
		return MFN_NONE;
	lock_take(&lock);
	first = run_find(n);
	return run_take(first, first + n);
}

void heap_free_run(mfn_t m, uint64_t n)
{
	ASSERT(m.n && m.n + n <= frame_limit);
	lock_take(&lock);
	ASSERT(!frame_of(m)->heap);
	run_free(m.n, m.n + n);
	lock_drop(&lock);
}

void *heap_alloc_zeroed(unsigned int order)
{
	mfn_t m = heap_alloc(order);

	if (mfn_eq(m, MFN_NONE))
		return NULL;
	return __builtin_memset(frame_ptr(m), 0, PAGE_SIZE << order);
}

void heap_free_ptr(void *p, unsigned int order)
{
	heap_free(ptr_frame(p), order);
}

uint64_t heap_free_frames(void)
{
	return READ_ONCE(free_frames);
}

uint64_t heap_total_frames(void)
{
	return READ_ONCE(total_frames);
}

/* ---- Audit ---------------------------------------------------------------- */

/* Is a list's block what a free block must be? */
static bool block_good(uint64_t n, unsigned int order, uint64_t prev)
{
	const struct frame *f = frame_of(MFN(n));

	if (n + (1ul << order) > frame_limit || n & ((1ul << order) - 1) ||
	    !f->heap || f->order != order || f->prev != prev)
		return false;
	for (uint64_t i = n; i < n + (1ul << order); i++) {
		f = frame_of(MFN(i));
		if (f->word || f->kind != FRAME_RAM || (i != n && f->heap))
			return false;
	}
	return true;
}

int heap_audit(void)
{
	uint64_t found = 0, heads = 0;

	for (unsigned int o = 0; o <= HEAP_MAX_ORDER; o++) {
		uint64_t prev = 0;

		for (uint64_t n = lists[o]; n; n = frame_of(MFN(n))->next) {
			if (!block_good(n, o, prev)) {
				print(LOG_ERR, "heap: bad block %lx order %u\n",
				      n, o);
				return -1;
			}
			found += 1ul << o;
			heads++;
			prev = n;
		}
	}
	for (uint64_t n = 0; n < frame_limit; n++)
		heads -= frame_of(MFN(n))->heap;
	if (found == free_frames && !heads)
		return 0;
	print(LOG_ERR, "heap: %lu frames listed, %lu counted, %ld heads amiss\n",
	      found, free_frames, (long)heads);
	return -1;
}
