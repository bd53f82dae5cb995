// SPDX-License-Identifier: MIT
/*
 * mmu_update: each kind of request does what it says; batches stop at the
 * first that is refused and tell how far they came; what is refused changes
 * nothing.
 */
#include <string.h>
#include "check.h"
#include "memory.h"
#include "start.h"

#define VA TEST_VA

static uint64_t *entry;	 /* the PTE of VA */
static uint64_t foreign; /* a PTE for the hypervisor's frame */
static char *one, *two;	 /* pages that differ */

static int64_t update(uint64_t ptr, uint64_t value, unsigned int dom)
{
	struct mmu_update req = { .ptr = ptr, .val = value };

	return hypercall_mmu_update(&req, 1, NULL, dom);
}

static bool sees(const char *page)
{
	return !memcmp((char *)VA, page, 8);
}

static void setup(void)
{
	one = page_alloc();
	two = page_alloc();
	strcpy(one, "one");
	strcpy(two, "two");
	memory_tables(VA);
	entry = memory_entry(VA, 1);
	foreign = pte_make(memory_hypervisor_mfn(), PTE_RW);
}

static void check_normal(void)
{
	uint64_t at = maddr_of(entry);

	SUCCESS(mmu_update, MMU_NORMAL_PT_UPDATE, "normal",
		!update(at, pte_make(mfn_of(one), PTE_RW), DOMID_SELF) &&
			sees(one));
	SUCCESS(mmu_update, MMU_PT_UPDATE_NO_TRANSLATE, "no-translate",
		!update(at | MMU_PT_UPDATE_NO_TRANSLATE,
			pte_make(mfn_of(two), PTE_RW), DOMID_SELF) &&
			pte_mfn(*entry) == mfn_of(two));
	CHECK_EQ("not-present", update(at, 0, DOMID_SELF), 0);
	CHECK_EQ("not-present-entry", *entry, 0);
	CHECK_EQ("not-present-bits", update(at, 0x123450ul, DOMID_SELF), 0);
	CHECK_EQ("not-present-bits-entry", *entry, 0x123450ul);
	FAILURE(mmu_update, MMU_NORMAL_PT_UPDATE, "frame-of-hypervisor",
		update(at, foreign, DOMID_SELF), XEN_EBUSY);
	FAILURE(mmu_update, MMU_PT_UPDATE_NO_TRANSLATE, "no-translate-bad",
		update(at | MMU_PT_UPDATE_NO_TRANSLATE, foreign, DOMID_SELF),
		XEN_EBUSY);
	CHECK_EQ("frame-refused-unchanged", *entry, 0x123450ul);
	CHECK_EQ("no-table", update(1ul << 51, 0, DOMID_SELF), -XEN_EINVAL);
	CHECK_EQ("unaligned", update(at + 4, 0, DOMID_SELF), -XEN_ENOSYS);
}

static void check_preserve(void)
{
	uint64_t at = maddr_of(entry), ad = PTE_A | PTE_D;
	uint64_t pte = pte_make(mfn_of(one), PTE_RW) & ~ad;

	update(at, pte, DOMID_SELF);
	memory_flush();
	CHECK_EQ("ad-clear", *entry & ad, 0);
	*(volatile char *)VA = 'O';
	CHECK_EQ("ad-by-access", *entry & ad, ad);
	CHECK_EQ("ad-normal", update(at, pte, DOMID_SELF), 0);
	CHECK_EQ("ad-normal-drops", *entry & ad, 0);
	memory_flush();
	*(volatile char *)VA = 'o';
	SUCCESS(mmu_update, MMU_PT_UPDATE_PRESERVE_AD, "preserve-ad",
		!update(at | MMU_PT_UPDATE_PRESERVE_AD, pte, DOMID_SELF) &&
			(*entry & ad) == ad);
	FAILURE(mmu_update, MMU_PT_UPDATE_PRESERVE_AD, "preserve-ad-bad",
		update(at | MMU_PT_UPDATE_PRESERVE_AD, foreign, DOMID_SELF),
		XEN_EBUSY);
}

static void check_machphys(void)
{
	uint64_t mfn = mfn_of(one), pfn = pfn_of(one);
	uint64_t at = mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;

	CHECK_EQ("machphys-at-start", mfn_pfn(mfn), pfn);
	SUCCESS(mmu_update, MMU_MACHPHYS_UPDATE, "machphys",
		!update(at, 0x123, DOMID_SELF) && mfn_pfn(mfn) == 0x123);
	update(at, pfn, DOMID_SELF);
	FAILURE(mmu_update, MMU_MACHPHYS_UPDATE, "machphys-not-mine",
		update((foreign & PTE_ADDR) | MMU_MACHPHYS_UPDATE, 1, DOMID_SELF),
		XEN_EINVAL);
	CHECK_EQ("machphys-no-frame",
		 update(1ul << 51 | MMU_MACHPHYS_UPDATE, 1, DOMID_SELF),
		 -XEN_EINVAL);
}

static void check_batch(void)
{
	uint64_t at = maddr_of(entry);
	struct mmu_update reqs[4] = {
		{ at, pte_make(mfn_of(one), PTE_RW) },
		{ at + 8, pte_make(mfn_of(two), PTE_RW) },
		{ at + 16, foreign },
		{ at + 24, pte_make(mfn_of(two), PTE_RW) },
	};
	unsigned int done = 99;

	CHECK_EQ("batch-refused",
		 hypercall_mmu_update(reqs, 4, &done, DOMID_SELF), -XEN_EBUSY);
	CHECK_EQ("batch-done", done, 2);
	CHECK("batch-before", pte_mfn(entry[1]) == mfn_of(two));
	CHECK_EQ("batch-after", entry[3], 0);
	done = 99;
	CHECK_EQ("batch-2", hypercall_mmu_update(reqs, 2, &done, DOMID_SELF), 0);
	CHECK_EQ("batch-2-done", done, 2);
	done = 99;
	CHECK_EQ("batch-0", hypercall_mmu_update(reqs, 0, &done, DOMID_SELF), 0);
	CHECK_EQ("batch-0-done", done, 0);
	CHECK_EQ("batch-bad-list",
		 hypercall_mmu_update(NOWHERE, 1, &done, DOMID_SELF),
		 -XEN_EFAULT);
	CHECK_EQ("batch-hypervisor-list",
		 hypercall_mmu_update(HYPERVISOR_VA, 1, &done, DOMID_SELF),
		 -XEN_EFAULT);
	CHECK_EQ("batch-bad-done",
		 hypercall_mmu_update(reqs, 1, NOWHERE, DOMID_SELF), 0);
}

/* The low half of the last argument names whose frame is mapped, the high
 * half, plus one, whose tables are changed. */
static void check_domains(void)
{
	uint64_t at = maddr_of(entry);
	uint64_t pte = pte_make(mfn_of(one), PTE_RW);

	CHECK_EQ("domain-my-number", update(at, pte, 0), -XEN_ESRCH);
	CHECK_EQ("domain-none", update(at, pte, 77), -XEN_ESRCH);
	CHECK_EQ("domain-of-tables", update(at, pte, 1 << 16 | DOMID_SELF), 0);
	CHECK_EQ("domain-of-tables-none",
		 update(at, pte, 78 << 16 | DOMID_SELF), -XEN_ESRCH);
	CHECK_EQ("domain-io", update(at, pte, DOMID_IO), 0);
	CHECK_EQ("domain-xen", update(at, pte, DOMID_XEN), 0);
	CHECK_EQ("domain-idle", update(at, pte, DOMID_IDLE), -XEN_ESRCH);
	CHECK_EQ("domain-invalid", update(at, pte, DOMID_INVALID), -XEN_ESRCH);
}

/* A page that is no table is written as it is. */
static void check_plain(void)
{
	uint64_t *page = page_alloc();

	CHECK_EQ("plain-page", update(maddr_of(page + 5), 0x777, DOMID_SELF), 0);
	CHECK_EQ("plain-page-written", page[5], 0x777);
}

int main(void)
{
	setup();
	check_normal();
	check_preserve();
	check_machphys();
	check_batch();
	check_domains();
	check_plain();
	return check_done();
}
