// SPDX-License-Identifier: MIT
/*
 * mmuext_op but for pinning: roots, TLB and cache flushes, the LDT, pages
 * cleared and copied.
 */
#include <string.h>
#include "check.h"
#include "memory.h"
#include "trap.h"

#define VA TEST_VA

static char *one, *two;
static unsigned long mask = 1;

static int64_t op2(unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
	struct mmuext_op o = { .cmd = cmd, .arg1.linear_addr = arg1 };

	o.arg2.src_mfn = arg2;
	return hypercall_mmuext_op(&o, 1, NULL, DOMID_SELF);
}

static int64_t op(unsigned int cmd, uint64_t arg1)
{
	return op2(cmd, arg1, 0);
}

/* ---- Flushes: a PTE changed unflushed must be seen after them. ---------- */

static bool flushes(unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
	memory_set((void *)VA, pte_make(mfn_of(one), PTE_RW));
	if (memcmp((char *)VA, one, 4))
		return false;
	hypercall_update_va_mapping(VA, pte_make(mfn_of(two), PTE_RW),
				    UVMF_NONE);
	return !op2(cmd, arg1, arg2) && !memcmp((char *)VA, two, 4);
}

static void check_flushes(void)
{
	uint64_t m = (uint64_t)&mask;

	SUCCESS(mmuext_op, MMUEXT_TLB_FLUSH_LOCAL, "tlb-local",
		flushes(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
	SUCCESS(mmuext_op, MMUEXT_TLB_FLUSH_MULTI, "tlb-multi",
		flushes(MMUEXT_TLB_FLUSH_MULTI, 0, m));
	SUCCESS(mmuext_op, MMUEXT_TLB_FLUSH_ALL, "tlb-all",
		flushes(MMUEXT_TLB_FLUSH_ALL, 0, 0));
	SUCCESS(mmuext_op, MMUEXT_INVLPG_LOCAL, "page-local",
		flushes(MMUEXT_INVLPG_LOCAL, VA, 0));
	SUCCESS(mmuext_op, MMUEXT_INVLPG_MULTI, "page-multi",
		flushes(MMUEXT_INVLPG_MULTI, VA, m));
	SUCCESS(mmuext_op, MMUEXT_INVLPG_ALL, "page-all",
		flushes(MMUEXT_INVLPG_ALL, VA + 0x123, 0));
	FAILURE(mmuext_op, MMUEXT_TLB_FLUSH_MULTI, "tlb-multi-bad-mask",
		op2(MMUEXT_TLB_FLUSH_MULTI, 0, 0x1000), XEN_EINVAL);
	FAILURE(mmuext_op, MMUEXT_INVLPG_MULTI, "page-multi-bad-mask",
		op2(MMUEXT_INVLPG_MULTI, VA, 0x1000), XEN_EINVAL);
	CHECK_EQ("page-hypervisor",
		 op(MMUEXT_INVLPG_LOCAL, (uint64_t)HYPERVISOR_VA), 0);
	CHECK_EQ("page-not-canonical", op(MMUEXT_INVLPG_ALL, 1ul << 47), 0);
	mask = 0;
	CHECK_EQ("tlb-multi-nobody", op2(MMUEXT_TLB_FLUSH_MULTI, 0, m), 0);
	mask = ~0ul;
	CHECK_EQ("tlb-multi-beyond", op2(MMUEXT_TLB_FLUSH_MULTI, 0, m), 0);
	mask = 1;
	SUCCESS(mmuext_op, MMUEXT_FLUSH_CACHE, "cache",
		!op(MMUEXT_FLUSH_CACHE, 0) && !memcmp(two, "two", 4));
	SUCCESS(mmuext_op, MMUEXT_FLUSH_CACHE_GLOBAL, "cache-global",
		!op(MMUEXT_FLUSH_CACHE_GLOBAL, 0) && !memcmp(two, "two", 4));
}

/* ---- Roots ------------------------------------------------------------------ */

static uint64_t read_cr3(void)
{
	uint64_t value = 0;

	asm volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static void check_roots(void)
{
	uint64_t *old = memory_root(), *root = page_alloc();
	uint64_t plain = mfn_of(one);

	root[0] = old[0];
	root[1] = old[1];
	memory_make_table(root, 4);
	SUCCESS(mmuext_op, MMUEXT_NEW_BASEPTR, "new-root",
		!op(MMUEXT_NEW_BASEPTR, mfn_of(root)) &&
			read_cr3() >> 12 == mfn_of(root) &&
			try_read((void *)VA, NULL) == 14);
	CHECK_EQ("unpin-root-in-use", op(MMUEXT_UNPIN_TABLE, mfn_of(root)), 0);
	CHECK("root-in-use-is-a-table", memory_writable(root) != 0);
	CHECK_EQ("same-root", op(MMUEXT_NEW_BASEPTR, mfn_of(root)), 0);
	CHECK_EQ("old-root", op(MMUEXT_NEW_BASEPTR, mfn_of(old)), 0);
	CHECK("old-root-seen", try_read((void *)VA, NULL) == TRY_NONE);
	CHECK_EQ("unused-root-is-a-page", memory_writable(root), 0);
	FAILURE(mmuext_op, MMUEXT_NEW_BASEPTR, "root-writable-page",
		op(MMUEXT_NEW_BASEPTR, plain), XEN_EINVAL);
	CHECK_EQ("root-hypervisor",
		 op(MMUEXT_NEW_BASEPTR, memory_hypervisor_mfn()), -XEN_EINVAL);
	CHECK_EQ("root-zero", op(MMUEXT_NEW_BASEPTR, 0), -XEN_EINVAL);

	memory_make_table(root, 4);
	SUCCESS(mmuext_op, MMUEXT_NEW_USER_BASEPTR, "user-root",
		!op(MMUEXT_NEW_USER_BASEPTR, mfn_of(root)) &&
			!op(MMUEXT_UNPIN_TABLE, mfn_of(root)) &&
			memory_writable(root) != 0);
	FAILURE(mmuext_op, MMUEXT_NEW_USER_BASEPTR, "user-root-page",
		op(MMUEXT_NEW_USER_BASEPTR, plain), XEN_EINVAL);
	CHECK_EQ("user-root-none", op(MMUEXT_NEW_USER_BASEPTR, 0), 0);
	CHECK_EQ("user-root-free", memory_writable(root), 0);
}

/* ---- LDT ---------------------------------------------------------------------- */

static void check_ldt(void)
{
	uint64_t *ldt = page_alloc();
	uint16_t fs;

	ldt[1] = 0x00cff3000000ffff;
	memory_readonly(ldt);
	CHECK_EQ("ldt-none-yet", TRY("mov %w0, %%fs", : : "r"(0xf)), 13);
	SUCCESS(mmuext_op, MMUEXT_SET_LDT, "ldt",
		!op2(MMUEXT_SET_LDT, (uint64_t)ldt, 8) &&
			TRY("mov %w0, %%fs",
			    :
			    : "r"(0xf)) == TRY_NONE);
	asm volatile("mov %%fs, %0" : "=r"(fs));
	CHECK_EQ("ldt-selector", fs, 0xf);
	CHECK("ldt-is-read-only", memory_writable(ldt) != 0);
	asm volatile("mov %w0, %%fs" : : "r"(0));
	CHECK_EQ("ldt-none", op2(MMUEXT_SET_LDT, 0, 0), 0);
	CHECK_EQ("ldt-gone", TRY("mov %w0, %%fs", : : "r"(0xf)), 13);
	CHECK_EQ("ldt-page-free", memory_writable(ldt), 0);
	op2(MMUEXT_SET_LDT, (uint64_t)ldt, 8);
	CHECK_EQ("ldt-writable", TRY("mov %w0, %%fs", : : "r"(0xf)), 14);
	CHECK_EQ("ldt-writable-cr2", trap_last.cr2, (uint64_t)(ldt + 1));
	CHECK_EQ("ldt-writable-still", try_write(ldt, 0), TRY_NONE);
	op2(MMUEXT_SET_LDT, 0, 0);
	FAILURE(mmuext_op, MMUEXT_SET_LDT, "ldt-unaligned",
		op2(MMUEXT_SET_LDT, (uint64_t)ldt + 8, 8), XEN_EINVAL);
	CHECK_EQ("ldt-too-many", op2(MMUEXT_SET_LDT, (uint64_t)ldt, 8193),
		 -XEN_EINVAL);
	CHECK_EQ("ldt-hypervisor",
		 op2(MMUEXT_SET_LDT, (uint64_t)HYPERVISOR_VA, 8), -XEN_EINVAL);
}

/* ---- Pages -------------------------------------------------------------------- */

static void check_pages(void)
{
	uint64_t *table = page_alloc();

	strcpy(one + 4000, "end");
	SUCCESS(mmuext_op, MMUEXT_COPY_PAGE, "copy",
		!op2(MMUEXT_COPY_PAGE, mfn_of(two), mfn_of(one)) &&
			!memcmp(one, two, 4096));
	SUCCESS(mmuext_op, MMUEXT_CLEAR_PAGE, "clear",
		!op(MMUEXT_CLEAR_PAGE, mfn_of(two)) && !two[0] && !two[4000]);
	memory_make_table(table, 1);
	FAILURE(mmuext_op, MMUEXT_CLEAR_PAGE, "clear-table",
		op(MMUEXT_CLEAR_PAGE, mfn_of(table)), XEN_EINVAL);
	FAILURE(mmuext_op, MMUEXT_COPY_PAGE, "copy-to-table",
		op2(MMUEXT_COPY_PAGE, mfn_of(table), mfn_of(one)), XEN_EINVAL);
	CHECK_EQ("copy-from-table",
		 op2(MMUEXT_COPY_PAGE, mfn_of(two), mfn_of(table)), 0);
	CHECK_EQ("copy-from-hypervisor",
		 op2(MMUEXT_COPY_PAGE, mfn_of(two), memory_hypervisor_mfn()),
		 -XEN_EINVAL);
	CHECK_EQ("clear-hypervisor",
		 op(MMUEXT_CLEAR_PAGE, memory_hypervisor_mfn()), -XEN_EINVAL);
	CHECK_EQ("clear-no-frame", op(MMUEXT_CLEAR_PAGE, ~0ul), -XEN_EINVAL);
	memory_unmake_table(table);
}

/* Superpages are not for PV guests. */
static void check_supers(void)
{
	CHECK_EQ("mark-super", op(MMUEXT_MARK_SUPER, 0), -XEN_EOPNOTSUPP);
	CHECK_EQ("unmark-super", op(MMUEXT_UNMARK_SUPER, 0), -XEN_EOPNOTSUPP);
	FAILURE(mmuext_op, MMUEXT_MARK_SUPER, "mark-super-odd",
		op(MMUEXT_MARK_SUPER, 1), XEN_EOPNOTSUPP);
	FAILURE(mmuext_op, MMUEXT_UNMARK_SUPER, "unmark-super-odd",
		op(MMUEXT_UNMARK_SUPER, 1), XEN_EOPNOTSUPP);
}

int main(void)
{
	one = page_alloc();
	two = page_alloc();
	strcpy(one, "one");
	strcpy(two, "two");
	memory_tables(VA);
	check_flushes();
	check_roots();
	check_ldt();
	check_pages();
	check_supers();
	return check_done();
}
