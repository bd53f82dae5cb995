// SPDX-License-Identifier: MIT
/* The buddy heap: sizes, places, joining, runs, limits, its own audit. */
#include "core_setup.h"
#include "frame.h"
#include "unit.h"

static uint64_t total;

static void begin(void)
{
	setup_machine(2);
	total = heap_total_frames();
}

static void end(void)
{
	CU_ASSERT_EQUAL(heap_free_frames(), total);
	CU_ASSERT_EQUAL(heap_audit(), 0);
}

static void blocks_are_aligned_and_counted(void)
{
	for (unsigned int order = 0; order <= 8; order++) {
		mfn_t m = heap_alloc(order);

		CU_ASSERT_FALSE_FATAL(mfn_eq(m, MFN_NONE));
		CU_ASSERT_EQUAL(m.n % (1ul << order), 0);
		CU_ASSERT_EQUAL(heap_free_frames(), total - (1ul << order));
		CU_ASSERT_EQUAL(heap_audit(), 0);
		heap_free(m, order);
	}
}

static void no_frame_is_given_twice(void)
{
	static mfn_t got[4096];
	static uint8_t seen[4096];
	unsigned int n = 0;

	memset(seen, 0, sizeof(seen));
	while (!mfn_eq(got[n] = heap_alloc(0), MFN_NONE)) {
		CU_ASSERT_FATAL(got[n].n && got[n].n < frame_limit);
		CU_ASSERT_FATAL(!seen[got[n].n]++);
		n++;
	}
	CU_ASSERT_EQUAL(n, total);
	CU_ASSERT_EQUAL(heap_free_frames(), 0);
	CU_ASSERT_PTR_NULL(heap_alloc_zeroed(0));
	/* Odd ones first, so that nothing can be joined at once. */
	for (unsigned int odd = 2; odd--;)
		for (unsigned int i = 0; i < n; i++)
			if (got[i].n % 2 == odd)
				heap_free(got[i], 0);
}

static void freed_buddies_join(void)
{
	mfn_t big, small[16];

	for (unsigned int i = 0; i < 16; i++)
		small[i] = heap_alloc(0);
	for (unsigned int i = 0; i < 16; i++)
		heap_free(small[(i * 5) % 16], 0);
	/* Half of memory in one block: only if all has been joined again. */
	big = heap_alloc(11);
	CU_ASSERT_FALSE_FATAL(mfn_eq(big, MFN_NONE));
	heap_free(big, 11);
}

static void a_limit_is_kept(void)
{
	mfn_t low[64], m;
	unsigned int n = 0;

	while (n < 64 && !mfn_eq(m = heap_alloc_below(2, MFN(64)), MFN_NONE)) {
		CU_ASSERT(m.n + 4 <= 64);
		low[n++] = m;
	}
	/* Frames 4..63: frame 0 is never given, and with it its buddies. */
	CU_ASSERT_EQUAL(n, 15);
	while (n--)
		heap_free(low[n], 2);
}

static void runs_of_any_length(void)
{
	for (uint64_t n = 1; n < 700; n = n * 3 + 1) {
		mfn_t m = heap_alloc_run(n);

		CU_ASSERT_FALSE_FATAL(mfn_eq(m, MFN_NONE));
		CU_ASSERT_EQUAL(heap_free_frames(), total - n);
		CU_ASSERT_EQUAL(heap_audit(), 0);
		memset(frame_ptr(m), 0x55, n * PAGE_SIZE);
		heap_free_run(m, n);
	}
	CU_ASSERT(mfn_eq(heap_alloc_run(0), MFN_NONE));
	CU_ASSERT(mfn_eq(heap_alloc_run(total + 1), MFN_NONE));
}

static void what_there_is_not_is_refused(void)
{
	CU_ASSERT(mfn_eq(heap_alloc(HEAP_MAX_ORDER + 1), MFN_NONE));
	CU_ASSERT(mfn_eq(heap_alloc(HEAP_MAX_ORDER), MFN_NONE));
	CU_ASSERT(mfn_eq(heap_alloc_below(0, MFN(1)), MFN_NONE));
}

static void zeroed_memory_is_zero(void)
{
	mfn_t m = heap_alloc(1);
	uint8_t *p;

	memset(frame_ptr(m), 0xff, 2 * PAGE_SIZE);
	heap_free(m, 1);
	p = heap_alloc_zeroed(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	for (unsigned int i = 0; i < 2 * PAGE_SIZE; i++)
		if (p[i])
			CU_FAIL_FATAL("not zero");
	heap_free_ptr(p, 1);
}

/* Only frames that somebody had are flushed, all of a block at once, once. */
static void a_last_owner_is_forgotten(void)
{
	struct domain *d = setup_domain(1, 1);
	unsigned int before;
	mfn_t m, n;

	m = domain_alloc(d, 0);
	CU_ASSERT_EQUAL(domain_free(d, m), 0);
	before = host.cpu[1].full_flushes;
	n = heap_alloc(0);
	CU_ASSERT(mfn_eq(m, n));
	CU_ASSERT_EQUAL(host.cpu[1].full_flushes, before + 1);
	heap_free(n, 0);
	n = heap_alloc(0);
	CU_ASSERT_EQUAL(host.cpu[1].full_flushes, before + 1);
	heap_free(n, 0);
	host_destroy_all();
}

static void the_audit_sees_damage(void)
{
	mfn_t m = heap_alloc(3);
	struct frame *f;

	heap_free(m, 3);
	for (f = frame_of(m); !f->heap; f--)
		;
	f->order ^= 1;
	CU_ASSERT_EQUAL(heap_audit(), -1);
	f->order ^= 1;
	f->word = 1;
	CU_ASSERT_EQUAL(heap_audit(), -1);
	f->word = 0;
	f[1].heap ^= 1;
	CU_ASSERT_EQUAL(heap_audit(), -1);
	f[1].heap ^= 1;
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(blocks_are_aligned_and_counted),
		TEST(no_frame_is_given_twice),
		TEST(freed_buddies_join),
		TEST(a_limit_is_kept),
		TEST(runs_of_any_length),
		TEST(what_there_is_not_is_refused),
		TEST(zeroed_memory_is_zero),
		TEST(a_last_owner_is_forgotten),
		TEST(the_audit_sees_damage),
		CU_TEST_INFO_NULL,
	};

	return unit_main("heap", tests, begin, end);
}
