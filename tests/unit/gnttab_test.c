/* SPDX-License-Identifier: MIT */
/* Grant tables: frames, limits, what a guest may do with the frames. */
#include "core_setup.h"
#include "frame.h"
#include "gnttab.h"
#include "pagetype.h"
#include "unit.h"

static struct domain *d;

static void setup(void)
{
	setup_machine(1);
	d = setup_domain(1, 1);
	CU_ASSERT_FATAL(d != NULL);
}

static void check(void)
{
	CU_ASSERT_EQUAL(host_locks_held(), 0);
	setup_machine(1); /* panics if a frame is lost */
}

static void gnttab_starts(void)
{
	setup();
	CU_ASSERT_EQUAL(d->grant.frames, 1);
	CU_ASSERT(!mfn_eq(gnttab_frame(d, 0), MFN_NONE));
	CU_ASSERT(mfn_eq(gnttab_frame(d, 1), MFN_NONE));
	CU_ASSERT(mfn_eq(gnttab_frame(d, ~0u), MFN_NONE));
	check();
}

static void gnttab_grows(void)
{
	mfn_t first;

	setup();
	first = gnttab_frame(d, 0);
	CU_ASSERT_EQUAL(gnttab_grow(d, 4), 0);
	CU_ASSERT_EQUAL(d->grant.frames, 4);
	CU_ASSERT(mfn_eq(gnttab_frame(d, 0), first));
	CU_ASSERT_EQUAL(gnttab_grow(d, 2), 0); /* never shrinks */
	CU_ASSERT_EQUAL(d->grant.frames, 4);
	CU_ASSERT_EQUAL(gnttab_grow(d, 65), -XEN_EINVAL);
	CU_ASSERT_EQUAL(gnttab_grow(d, ~0u), -XEN_EINVAL);
	CU_ASSERT_EQUAL(d->grant.frames, 4);
	CU_ASSERT_EQUAL(gnttab_grow(d, 64), 0);
	for (unsigned int i = 0; i < 64; i++)
		for (unsigned int j = 0; j < i; j++)
			CU_ASSERT(!mfn_eq(gnttab_frame(d, i),
					  gnttab_frame(d, j)));
	check();
}

/* The guest may write it, and it is nothing else: no table, not given back. */
static void gnttab_frames_are_shared(void)
{
	mfn_t m;

	setup();
	m = gnttab_frame(d, 0);
	CU_ASSERT_EQUAL(*(uint64_t *)frame_ptr(m), 0);
	CU_ASSERT_EQUAL(machphys[m.n], M2P_INVALID);
	CU_ASSERT_EQUAL(frame_of(m)->owner, 1);
	CU_ASSERT_EQUAL(type_get(d, m, FT_L1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(type_pin(d, m, FT_L4), -XEN_EINVAL);
	CU_ASSERT_EQUAL(type_get(d, m, FT_WRITABLE), 0);
	CU_ASSERT_EQUAL(type_put(m), 0);
	CU_ASSERT_EQUAL(type_get(d, m, FT_L1), -XEN_EINVAL); /* still */
	CU_ASSERT_EQUAL(domain_free(d, m), -XEN_EINVAL);
	CU_ASSERT_EQUAL(d->frames, 0);
	check();
}

static void gnttab_no_memory(void)
{
	static mfn_t taken[8192];
	unsigned int n = 0;

	setup();
	for (; n < ARRAY_SIZE(taken); n++) {
		taken[n] = heap_alloc(0);
		if (mfn_eq(taken[n], MFN_NONE))
			break;
	}
	heap_free(taken[--n], 0);
	CU_ASSERT_EQUAL(gnttab_grow(d, 4), -XEN_ENOMEM);
	CU_ASSERT_EQUAL(d->grant.frames, 2); /* what there was stays */
	while (n)
		heap_free(taken[--n], 0);
	CU_ASSERT_EQUAL(gnttab_grow(d, 4), 0);
	check();
}

/* A frame that is still mapped when its domain dies is not reused. */
static void gnttab_death(void)
{
	uint64_t free;
	mfn_t m;

	setup();
	m = gnttab_frame(d, 0);
	CU_ASSERT(frame_get(m, 1));
	CU_ASSERT_EQUAL(until_done(domain_destroy(d)), 0);
	free = heap_free_frames();
	CU_ASSERT_EQUAL(frame_of(m)->owner, 1);
	CU_ASSERT(d == domain_get(1)); /* it keeps its domain, and the id */
	domain_put(d);
	CU_ASSERT_PTR_NULL(domain_create(1, false, 1, 1));
	CU_ASSERT_EQUAL(gnttab_grow(d, 2), -XEN_EINVAL);
	frame_put(m);
	CU_ASSERT(heap_free_frames() > free);
	CU_ASSERT_PTR_NULL(domain_get(1));
	check();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(gnttab_starts),
		TEST(gnttab_grows),
		TEST(gnttab_frames_are_shared),
		TEST(gnttab_no_memory),
		TEST(gnttab_death),
		CU_TEST_INFO_NULL,
	};

	return unit_main("gnttab", tests, NULL, NULL);
}
