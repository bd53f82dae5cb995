// SPDX-License-Identifier: MIT
/* Frame records: owners, references, share pages, device memory. */
#include "core_setup.h"
#include "frame.h"
#include "unit.h"

static struct domain *d;

static void begin(void)
{
	setup_machine(1);
	d = setup_domain(1, 1);
}

static void end(void)
{
	CU_ASSERT_EQUAL(audit_run(), 0);
	host_destroy_all();
}

static void a_record_is_half_a_cache_line(void)
{
	CU_ASSERT_EQUAL(sizeof(struct frame), 32);
}

static void the_owner_may_have_it_only(void)
{
	mfn_t m = domain_alloc(d, 0);

	CU_ASSERT_TRUE(frame_get(m, 1));
	CU_ASSERT_FALSE(frame_get(m, 2));
	CU_ASSERT_FALSE(frame_get(m, DOMID_XEN));
	CU_ASSERT_FALSE(frame_get(m, OWNER_NONE));
	CU_ASSERT_TRUE(frame_get_any(m));
	CU_ASSERT_EQUAL(frame_of(m)->word & FRAME_COUNT_MASK, 3);
	frame_put(m);
	frame_put(m);
}

static void any_number_may_be_asked_for(void)
{
	mfn_t ours = heap_alloc(0);

	CU_ASSERT_FALSE(frame_get(MFN(frame_limit), 1));
	CU_ASSERT_FALSE(frame_get(MFN_NONE, 1));
	CU_ASSERT_FALSE(frame_get(MFN(0), OWNER_NONE));
	/* Not even by the name of nobody. */
	CU_ASSERT_FALSE(frame_get(ours, OWNER_NONE));
	CU_ASSERT_FALSE(frame_get_any(ours));
	heap_free(ours, 0);
	CU_ASSERT_FALSE(frame_get_any(ours));
}

static void the_last_reference_frees(void)
{
	uint64_t before = heap_free_frames();
	mfn_t m = domain_alloc(d, 0);

	machphys[m.n] = 5;
	CU_ASSERT_TRUE(frame_get(m, 1));
	CU_ASSERT_EQUAL(domain_free(d, m), 0);
	CU_ASSERT_EQUAL(domain_free(d, m), -XEN_EINVAL);
	CU_ASSERT_EQUAL(heap_free_frames(), before - 1);
	frame_put(m);
	CU_ASSERT_EQUAL(heap_free_frames(), before);
	CU_ASSERT_EQUAL(machphys[m.n], M2P_INVALID);
	CU_ASSERT_EQUAL(frame_of(m)->owner, OWNER_NONE);
}

static void a_count_does_not_overflow(void)
{
	mfn_t m = domain_alloc(d, 0);
	struct frame *f = frame_of(m);
	uint64_t word = f->word;

	f->word = word | FRAME_COUNT_MASK;
	CU_ASSERT_FALSE(frame_get(m, 1));
	CU_ASSERT_EQUAL(f->word, word | FRAME_COUNT_MASK);
	f->word = word;
}

static void a_share_page_keeps_its_type(void)
{
	uint64_t before = heap_free_frames();
	void *page = domain_share_alloc(d);
	mfn_t m = ptr_frame(page);

	CU_ASSERT_EQUAL(frame_type_in(frame_of(m)->word), FT_WRITABLE);
	CU_ASSERT_EQUAL(domain_free(d, m), -XEN_EINVAL);
	CU_ASSERT_TRUE(frame_get(m, 1));
	domain_share_free(d, page);
	CU_ASSERT_EQUAL(heap_free_frames(), before - 1);
	frame_put(m);
	CU_ASSERT_EQUAL(heap_free_frames(), before);
}

static void device_memory_is_what_is_no_ram(void)
{
	mfn_t ram = domain_alloc(d, 0), beyond = MFN(frame_limit + 7);

	CU_ASSERT_TRUE(frame_is_ram(ram));
	CU_ASSERT_FALSE(frame_is_io(ram));
	CU_ASSERT_FALSE(frame_is_ram(beyond));
	CU_ASSERT_TRUE(frame_is_io(beyond));
	CU_ASSERT_TRUE(frame_io_allowed(beyond));
	CU_ASSERT_FALSE(frame_io_allowed(ram));
	/* The firmware's first page: no memory of ours until it is named. */
	CU_ASSERT_FALSE(frame_is_ram(MFN(0)));
	CU_ASSERT_FALSE(frame_is_io(MFN(0)));
	frame_set_io(MFN(0), MFN(2));
	CU_ASSERT_TRUE(frame_is_io(MFN(0)));
	CU_ASSERT_FALSE(frame_is_io(MFN(1)));
	frame_deny_io(beyond, MFN(beyond.n + 1));
	CU_ASSERT_FALSE(frame_io_allowed(beyond));
	CU_ASSERT_TRUE(frame_io_allowed(MFN(beyond.n + 1)));
}

static void the_audit_sees_a_lost_reference(void)
{
	mfn_t m = domain_alloc(d, 0);

	CU_ASSERT_TRUE(frame_get(m, 1));
	CU_ASSERT_EQUAL(audit_frames(), 1);
	frame_put(m);
	CU_ASSERT_EQUAL(audit_frames(), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_record_is_half_a_cache_line),
		TEST(the_owner_may_have_it_only),
		TEST(any_number_may_be_asked_for),
		TEST(the_last_reference_frees),
		TEST(a_count_does_not_overflow),
		TEST(a_share_page_keeps_its_type),
		TEST(device_memory_is_what_is_no_ram),
		TEST(the_audit_sees_a_lost_reference),
		CU_TEST_INFO_NULL,
	};

	return unit_main("frame", tests, begin, end);
}
