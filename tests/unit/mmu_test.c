// SPDX-License-Identifier: MIT
/*
 * The MMU's hypercalls: batches that fail half-way, are continued, and say so;
 * errors of each operation; mappings by address.
 */
#include "mmu_setup.h"

static void a_batch_says_how_far_it_got(void)
{
	struct mmu_update *req = (void *)args;
	uint32_t *done = (uint32_t *)&args[60];
	uint64_t at = HOST_WINDOW, out = HOST_WINDOW + 480;

	for (unsigned int i = 0; i < 5; i++) {
		req[i].ptr = pte(l1(&g), (200 + i) * 8);
		req[i].val = pte(g.mfn[i], F_RW);
	}
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, DOMID_SELF), 0);
	CU_ASSERT_EQUAL(*done, 5);
	req[3].val = pte(g.root, F_RW);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, DOMID_SELF), -XEN_EBUSY);
	CU_ASSERT_EQUAL(*done, 3);
	req[1].ptr |= 7;
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, DOMID_SELF),
			-XEN_ENOSYS);
	CU_ASSERT_EQUAL(*done, 1);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, out, 77), -XEN_ESRCH);
	CU_ASSERT_EQUAL(*done, 0);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, 0, 0), -XEN_ESRCH);
	CU_ASSERT_EQUAL(call(hc_mmu_update, at, 5, 0, 99 << 16 | DOMID_SELF),
			-XEN_ESRCH);
	CU_ASSERT_EQUAL(call(hc_mmu_update, 0xffff800000000000, 5, 0, DOMID_SELF),
			-XEN_EFAULT);
	/* 512 bytes are there: one request can be read, the next cannot. */
	req[31].ptr = pte(l1(&g), 200 * 8);
	req[31].val = 0;
	CU_ASSERT_EQUAL(call(hc_mmu_update, at + 31 * 16, 2, at, DOMID_SELF),
			-XEN_EFAULT);
	CU_ASSERT_EQUAL(*(uint32_t *)args, 1);
}

static void a_batch_is_continued(void)
{
	struct mmuext_op *op = (void *)args;
	struct hypercall h = {
		.v = v, .arg = { HOST_WINDOW, 3, HOST_WINDOW + 480, DOMID_SELF }
	};
	unsigned int again = 0;
	int64_t rc;

	op[0] = (struct mmuext_op){ .cmd = MMUEXT_PIN_L4_TABLE };
	op[0].arg1.mfn = tree().n;
	op[1] = op[2] = op[0];
	op[1].cmd = MMUEXT_UNPIN_TABLE;
	host.preempt = always;
	while ((rc = hc_mmuext_op(&h)) == -XEN_ERESTART) {
		CU_ASSERT_EQUAL_FATAL(audit_frames(), 0);
		again++;
	}
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(again > 50);
	CU_ASSERT_EQUAL(*(uint32_t *)&args[60], 3);
	CU_ASSERT_NOT_EQUAL(word(g.mfn[20]) & FRAME_PINNED, 0);
	/* The error comes after what was put is gone. */
	op[0].cmd = MMUEXT_UNPIN_TABLE;
	op[1].cmd = 77;
	CU_ASSERT_EQUAL(call(hc_mmuext_op, HOST_WINDOW, 2, HOST_WINDOW + 480,
			     DOMID_SELF),
			-XEN_ENOSYS);
	CU_ASSERT_EQUAL(*(uint32_t *)&args[60], 1);
	CU_ASSERT_EQUAL(word(g.mfn[24]) & FRAME_TCOUNT_MASK, 0);
}

/* Each request is carried out once, and none behind the last. */
static void a_batch_goes_on_where_it_stopped(void)
{
	struct mmu_update *req = (void *)args;
	uint64_t *e = entry(l1(&g), 200);
	struct hypercall h = { .v = v,
			       .arg = { HOST_WINDOW, 24, HOST_WINDOW + 480,
					DOMID_SELF } };
	unsigned int again = 0;
	int64_t rc;

	/* An L1 comes and goes: its end is what the next request waits for. */
	for (unsigned int i = 0; i < 24; i++) {
		req[i].ptr = pte(g.mfn[PAGES - 3], 90 * 8);
		req[i].val = i % 2 ? 0 : pte(table_of(20, 3), F_RW);
	}
	req[24].ptr = pte(l1(&g), 200 * 8);
	req[24].val = pte(g.mfn[0], F_RW);
	host.preempt = always;
	while ((rc = hc_mmu_update(&h)) == -XEN_ERESTART) {
		CU_ASSERT_EQUAL_FATAL(audit_frames(), 0);
		again++;
	}
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(again > 12);
	CU_ASSERT_EQUAL(*(uint32_t *)&args[60], 24);
	CU_ASSERT_EQUAL(*e, 0);
}

/* Whose frame it is says who may tell its pfn. */
static void machphys_is_written_by_owners(void)
{
	struct mmu_update *req = (void *)args;
	mfn_t mine = g.mfn[3], theirs = other.mfn[3];

	req->val = 0x123;
	req->ptr = pte(mine, MMU_MACHPHYS_UPDATE);
	CU_ASSERT_EQUAL(call(hc_mmu_update, HOST_WINDOW, 1, 0, DOMID_SELF), 0);
	CU_ASSERT_EQUAL(machphys[mine.n], 0x123);
	CU_ASSERT_EQUAL(call(hc_mmu_update, HOST_WINDOW, 1, 0, 1), -XEN_EINVAL);
	req->ptr = pte(theirs, MMU_MACHPHYS_UPDATE);
	CU_ASSERT_EQUAL(call(hc_mmu_update, HOST_WINDOW, 1, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(machphys[theirs.n], 3);
	CU_ASSERT_EQUAL(call(hc_mmu_update, HOST_WINDOW, 1, 0, 1), 0);
	CU_ASSERT_EQUAL(machphys[theirs.n], 0x123);
	req->ptr = pte(MFN(frame_limit), MMU_MACHPHYS_UPDATE);
	CU_ASSERT_EQUAL(call(hc_mmu_update, HOST_WINDOW, 1, 0, DOMID_SELF),
			-XEN_EINVAL);
	host_run(other.d->vcpu[0]);
	req->ptr = pte(mine, MMU_MACHPHYS_UPDATE);
	CU_ASSERT_EQUAL(call(hc_mmu_update, HOST_WINDOW, 1, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(call(hc_mmu_update, HOST_WINDOW, 1, 0, 0), -XEN_EPERM);
	CU_ASSERT_EQUAL(machphys[mine.n], 0x123);
}

static int64_t ext(unsigned int cmd, uint64_t a1, uint64_t a2, domid_t foreign)
{
	struct mmuext_op *op = (void *)args;

	op->cmd = cmd;
	op->arg1.mfn = a1;
	op->arg2.src_mfn = a2;
	return call(hc_mmuext_op, HOST_WINDOW, 1, 0, foreign);
}

/* Entries of each level that name no table: no reference stays behind. */
static void a_table_that_is_refused_keeps_nothing(void)
{
	mfn_t top = tree(), free = spare(25);
	const uint64_t wrong[] = {
		pte(g.mfn[0], F_RW),	 pte(g.root, F_RW),
		pte(top, F_RW),		 pte(other.mfn[0], F_RW),
		pte(free, F_RW | PTE_G),
	};

	for (unsigned int page = 20; page <= 22; page++) {
		uint64_t *bad = entry(g.mfn[page], 501);

		for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
			uint64_t before = word(pte_mfn(wrong[i]));

			*bad = wrong[i];
			CU_ASSERT_EQUAL(
				ext(MMUEXT_PIN_L4_TABLE, top.n, 0, DOMID_SELF),
				-XEN_EINVAL);
			CU_ASSERT_EQUAL((before ^ word(pte_mfn(wrong[i]))) &
						FRAME_COUNT_MASK,
					0);
			CU_ASSERT_EQUAL(audit_frames(), 0);
		}
		*bad = 0;
	}
	CU_ASSERT_EQUAL(ext(MMUEXT_PIN_L4_TABLE, top.n, 0, DOMID_SELF), 0);
}

/* RW needs a reference of its own, in an entry that maps the frame already. */
static void writable_is_no_mere_flag(void)
{
	mfn_t m = g.root;

	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(m, F_RO)), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(m, F_RW)), -XEN_EBUSY);
	CU_ASSERT_EQUAL(*entry(l1(&g), 91), pte(m, F_RO | PTE_G));
	CU_ASSERT_EQUAL(set(l1(&g), 91, 0), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(g.mfn[0], F_RO)), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(g.mfn[0], F_RW)), 0);
	CU_ASSERT_EQUAL(audit_frames(), 0);
	CU_ASSERT_EQUAL(set(l1(&g), 91, pte(g.mfn[0], F_RO)), 0);
	CU_ASSERT_EQUAL(audit_frames(), 0);
}

static void errors_of_extended_operations(void)
{
	CU_ASSERT_EQUAL(ext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0, 1), -XEN_EPERM);
	CU_ASSERT_EQUAL(ext(MMUEXT_NEW_BASEPTR, g.root.n, 0, 1), -XEN_EPERM);
	CU_ASSERT_EQUAL(ext(MMUEXT_NEW_BASEPTR, g.mfn[0].n, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_CLEAR_PAGE, g.root.n, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_COPY_PAGE, g.mfn[0].n, 1, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_COPY_PAGE, g.mfn[0].n, g.root.n, DOMID_SELF),
			0);
	CU_ASSERT_EQUAL(
		memcmp(frame_ptr(g.mfn[0]), frame_ptr(g.root), PAGE_SIZE), 0);
	CU_ASSERT_EQUAL(ext(MMUEXT_MARK_SUPER, 0, 0, DOMID_SELF),
			-XEN_EOPNOTSUPP);
	CU_ASSERT_EQUAL(ext(MMUEXT_TLB_FLUSH_MULTI, 0, 1ul << 63, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_SET_LDT, 8, 1, DOMID_SELF), -XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_SET_LDT, 4096, 8193, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(14, 0, 0, DOMID_SELF), -XEN_ENOSYS);
	host_run(other.d->vcpu[0]);
	CU_ASSERT_EQUAL(ext(MMUEXT_FLUSH_CACHE, 0, 0, DOMID_SELF), -XEN_EACCES);
	CU_ASSERT_EQUAL(ext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, 0, DOMID_SELF),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(ext(MMUEXT_UNPIN_TABLE, g.root.n, 0, 0), -XEN_EPERM);
	CU_ASSERT_EQUAL(ext(MMUEXT_UNPIN_TABLE, g.root.n, 0, DOMID_IO),
			-XEN_EPERM);
}

static void update_va_mapping(void)
{
	uint64_t va = HOST_VA(90), value = pte(g.mfn[0], F_RW), x = 77, y = 0;

	CU_ASSERT_EQUAL(call(hc_update_va_mapping, va, value, 0, 0), 0);
	CU_ASSERT_EQUAL(copy_to_guest(va, &x, 8), 0);
	CU_ASSERT_EQUAL(copy_from_guest(&y, HOST_VA(0), 8), 0);
	CU_ASSERT_EQUAL(y, 77);
	CU_ASSERT_EQUAL(
		call(hc_update_va_mapping, va, 0, UVMF_INVLPG | UVMF_LOCAL, 0),
		0);
	CU_ASSERT_EQUAL(copy_to_guest(va, &x, 8), -XEN_EFAULT);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping, va, 0,
			     UVMF_TLB_FLUSH | 1ul << 62, 0),
			-XEN_EFAULT);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping, va + (1ul << 30), 0, 0, 0),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping, 0xffff800000000000, 0, 0, 0),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping_otherdomain, va, 0, 0, 5),
			-XEN_ESRCH);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping_otherdomain, va,
			     pte(other.mfn[0], F_RO), 0, 1),
			0);
	host_run(other.d->vcpu[0]);
	CU_ASSERT_EQUAL(call(hc_update_va_mapping_otherdomain, va, 0, 0, 0),
			-XEN_EPERM);
}

/* Frames that go by the run: those in use stay, and no TLB keeps one. */
static void frames_go_by_the_run(void)
{
	uint64_t byte, frames;
	mfn_t m;

	frames = g.d->frames;
	m = domain_alloc(g.d, 3);
	for (unsigned int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(set(l1(&g), PAGES + i, pte(MFN(m.n + i), F_RO)),
				0);
	CU_ASSERT_EQUAL(copy_from_guest(&byte, HOST_VA(PAGES + 1), 1), 0);
	CU_ASSERT_EQUAL(domain_free_run(g.d, m, 8), 0);
	for (unsigned int i = 0; i < 8; i++)
		if (i != 5)
			CU_ASSERT_EQUAL(set(l1(&g), PAGES + i, 0), 0);
	CU_ASSERT_EQUAL(domain_free_run(other.d, m, 8), 0); /* not its */
	CU_ASSERT_EQUAL(domain_free_run(g.d, m, 8), 5);
	CU_ASSERT_EQUAL(domain_free_run(g.d, m, 8), 0); /* gone */
	CU_ASSERT_EQUAL(domain_free_run(g.d, MFN(m.n + 6), 2), 2);
	CU_ASSERT_EQUAL(g.d->frames, frames + 1);
	CU_ASSERT_EQUAL(domain_frames_audit(g.d), 0);
	CU_ASSERT_EQUAL(heap_audit(), 0);
	m = domain_alloc(other.d, 0);
	while (!mfn_eq(m, MFN_NONE)) /* all there is */
		m = domain_alloc(other.d, 0);
	CU_ASSERT_EQUAL(host_tlb_audit(), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_batch_says_how_far_it_got),
		TEST(a_batch_is_continued),
		TEST(a_batch_goes_on_where_it_stopped),
		TEST(machphys_is_written_by_owners),
		TEST(a_table_that_is_refused_keeps_nothing),
		TEST(writable_is_no_mere_flag),
		TEST(errors_of_extended_operations),
		TEST(update_va_mapping),
		TEST(frames_go_by_the_run),
		CU_TEST_INFO_NULL,
	};

	return unit_main("mmu", tests, begin, end);
}
