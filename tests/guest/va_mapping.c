// SPDX-License-Identifier: MIT
/*
 * update_va_mapping(_otherdomain): changes the one PTE of an address, with
 * each kind of flush, through each alias of a table; refuses addresses that
 * have none.
 */
#include <string.h>
#include "check.h"
#include "memory.h"

#define VA    TEST_VA
#define ALIAS (TEST_VA + (1ul << 30)) /* by the same L2 and L1 */

static char *one, *two;
static unsigned long mask = 1; /* vCPU 0 */

static int64_t map(uint64_t va, uint64_t pte, uint64_t flags)
{
	return hypercall_update_va_mapping(va, pte, flags);
}

static uint64_t pte_of(const char *page)
{
	return pte_make(mfn_of(page), PTE_RW);
}

static bool sees(uint64_t va, const char *page)
{
	return !memcmp((char *)va, page, 4);
}

/* It must flush what was seen before. */
static bool flushes(uint64_t flags)
{
	map(VA, pte_of(one), UVMF_INVLPG | UVMF_LOCAL);
	return sees(VA, one) && !map(VA, pte_of(two), flags) && sees(VA, two);
}

static void check_flushes(void)
{
	CHECK("flush-page", flushes(UVMF_INVLPG | UVMF_LOCAL));
	CHECK("flush-page-all", flushes(UVMF_INVLPG | UVMF_ALL));
	CHECK("flush-page-mask", flushes(UVMF_INVLPG | (uint64_t)&mask));
	CHECK("flush-tlb", flushes(UVMF_TLB_FLUSH | UVMF_LOCAL));
	CHECK("flush-tlb-all", flushes(UVMF_TLB_FLUSH | UVMF_ALL));
	CHECK("flush-tlb-mask", flushes(UVMF_TLB_FLUSH | (uint64_t)&mask));
	CHECK_EQ("flush-none", map(VA, pte_of(one), UVMF_NONE), 0);
	CHECK_EQ("flush-none-entry", memory_pte((void *)VA),
		 pte_of(one) | PTE_G);
	CHECK_EQ("flush-kind-3", map(VA, pte_of(one), 3), 0);
	CHECK_EQ("flush-bad-mask", map(VA, pte_of(two), UVMF_INVLPG | 0x1000),
		 -XEN_EFAULT);
	CHECK_EQ("flush-bad-mask-entry", memory_pte((void *)VA),
		 pte_of(two) | PTE_G);
}

static void check_addresses(void)
{
	uint64_t pte = pte_of(one);

	SUCCESS(update_va_mapping, none, "map",
		!map(VA + 4096, pte, UVMF_INVLPG) && sees(VA + 4096, one));
	CHECK_EQ("map-unaligned", map(VA + 8192 + 5, pte, UVMF_INVLPG), 0);
	CHECK("map-unaligned-seen", sees(VA + 8192, one));
	CHECK_EQ("unmap", map(VA + 4096, 0, UVMF_INVLPG), 0);
	FAILURE(update_va_mapping, none, "no-table",
		map(VA + (1ul << 34), pte, UVMF_INVLPG), XEN_EINVAL);
	CHECK_EQ("no-l4-entry", map(0x40000000000, pte, 0), -XEN_EINVAL);
	CHECK_EQ("not-canonical", map(1ul << 47, pte, 0), -XEN_EINVAL);
	CHECK_EQ("hypervisor-start", map(HYPERVISOR_VIRT_START, pte, 0),
		 -XEN_EINVAL);
	CHECK_EQ("hypervisor-range", map((uint64_t)HYPERVISOR_VA, pte, 0),
		 -XEN_EINVAL);
	CHECK_EQ("hypervisor-frame",
		 map(VA, pte_make(memory_hypervisor_mfn(), PTE_RW), 0),
		 -XEN_EBUSY);
	CHECK_EQ("refused-entry", pte_mfn(memory_pte((void *)VA)), mfn_of(two));
}

/* One L2 under two entries of an L3, as Linux grafts its own. */
static void check_alias(void)
{
	uint64_t l2 = *memory_entry(VA, 3);

	CHECK_EQ("alias", memory_update(memory_entry(ALIAS, 3), l2), 0);
	CHECK("alias-seen", sees(ALIAS, two));
	CHECK_EQ("alias-map", map(ALIAS, pte_of(one), UVMF_INVLPG | UVMF_ALL),
		 0);
	CHECK_EQ("alias-entry", memory_pte((void *)VA), pte_of(one) | PTE_G);
	CHECK("alias-map-seen", sees(ALIAS, one));
	CHECK_EQ("alias-drop", memory_update(memory_entry(ALIAS, 3), 0), 0);
}

static void check_otherdomain(void)
{
	uint64_t pte = pte_of(two);

	SUCCESS(update_va_mapping_otherdomain, none, "other-self",
		!hypercall_update_va_mapping_otherdomain(VA, pte, UVMF_INVLPG,
							 DOMID_SELF) &&
			sees(VA, two));
	FAILURE(update_va_mapping_otherdomain, none, "other-none",
		hypercall_update_va_mapping_otherdomain(VA, pte, 0, 77),
		XEN_ESRCH);
	CHECK_EQ("other-my-number",
		 hypercall_update_va_mapping_otherdomain(VA, pte, 0, 0),
		 -XEN_ESRCH);
	CHECK_EQ("other-io",
		 hypercall_update_va_mapping_otherdomain(VA, pte_of(one), 0,
							 DOMID_IO),
		 -XEN_EBUSY);
	CHECK_EQ("other-invalid",
		 hypercall_update_va_mapping_otherdomain(VA, pte, 0,
							 DOMID_INVALID),
		 -XEN_ESRCH);
}

int main(void)
{
	one = page_alloc();
	two = page_alloc();
	strcpy(one, "one");
	strcpy(two, "two");
	memory_tables(VA);
	check_flushes();
	check_addresses();
	check_alias();
	check_otherdomain();
	return check_done();
}
