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
	/* A frame takes two pages: one, and half of the next. */
	for (unsigned int i = 0; i < 3; i++)
		heap_free(taken[--n], 0);
	CU_ASSERT_EQUAL(gnttab_grow(d, 4), -XEN_ENOMEM);
	CU_ASSERT_EQUAL(d->grant.frames, 2); /* what there was stays */
	while (n)
		heap_free(taken[--n], 0);
	CU_ASSERT_EQUAL(gnttab_grow(d, 4), 0);
	check();
}

static void gnttab_swaps(void)
{
	volatile struct grant_entry_v1 *e;
	mfn_t m;

	setup();
	e = d->grant.shared[0];
	m = domain_alloc(d, 0);
	e[3].frame = (uint32_t)m.n;
	e[3].domid = 5;
	e[3].flags = GTF_permit_access;
	CU_ASSERT_EQUAL(gnttab_swap(d, 3, 511), 0);
	CU_ASSERT_EQUAL(e[511].frame, m.n);
	CU_ASSERT_EQUAL(e[3].flags, 0);
	CU_ASSERT_EQUAL(gnttab_swap(d, 3, 512), -XEN_ENOENT);
	CU_ASSERT_EQUAL(gnttab_swap(d, ~0u, 3), -XEN_ENOENT);
	CU_ASSERT_EQUAL(gnttab_pin(d, 511, 5, false, true, 1, &m), 0);
	CU_ASSERT_EQUAL(gnttab_swap(d, 3, 511), -XEN_EAGAIN);
	CU_ASSERT_EQUAL(gnttab_swap(d, 511, 3), -XEN_EAGAIN);
	CU_ASSERT_EQUAL(gnttab_swap(d, 511, 511), 0);
	gnttab_unpin(d, 511, false, 1);
	CU_ASSERT_EQUAL(gnttab_swap(d, 511, 3), 0);
	CU_ASSERT_EQUAL(e[3].flags, GTF_permit_access);
	check();
}

/* Who looks for a grant of a frame finds it, part by part. */
static void gnttab_granted_by(void)
{
	volatile struct grant_entry_v1 *e;
	uint32_t from = 0;
	mfn_t m;

	setup();
	CU_ASSERT_EQUAL(gnttab_grow(d, 10), 0);
	e = (struct grant_entry_v1 *)d->grant.shared[9] + 7;
	m = domain_alloc(d, 0);
	e->frame = (uint32_t)m.n;
	e->domid = 5;
	e->flags = GTF_permit_access;
	CU_ASSERT_EQUAL(gnttab_pin(d, 9 * 512 + 7, 5, false, true, 1, &m), 0);
	CU_ASSERT_EQUAL(gnttab_granted(d, m, 5, &from), -XEN_ERESTART);
	CU_ASSERT_EQUAL(from, 4096);
	CU_ASSERT_EQUAL(gnttab_granted(d, m, 5, &from), 1);
	from = 4096;
	CU_ASSERT_EQUAL(gnttab_granted(d, m, 6, &from), 0);
	from = 0;
	gnttab_unpin(d, 9 * 512 + 7, false, 1);
	CU_ASSERT_EQUAL(until_done(gnttab_granted(d, m, 5, &from)), 0);
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
		TEST(gnttab_swaps),
		TEST(gnttab_granted_by),
		TEST(gnttab_death),
		CU_TEST_INFO_NULL,
	};

	return unit_main("gnttab", tests, NULL, NULL);
}
