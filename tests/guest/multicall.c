// SPDX-License-Identifier: MIT
/*
 * multicall: runs its list in order, each entry with a result of its own;
 * one that fails stops nothing; the list itself must be readable.
 */
#include <string.h>
#include "check.h"
#include "memory.h"
#include <xen/version.h>

static multicall_entry_t entry(uint64_t op, uint64_t a, uint64_t b, uint64_t c,
			       uint64_t d)
{
	multicall_entry_t e = { .op = op, .args = { a, b, c, d, 0, 0 } };

	e.result = 0x5555;
	return e;
}

static void check_order(void)
{
	char *one = page_alloc(), *two = page_alloc();
	multicall_entry_t list[5];

	strcpy(one, "one");
	strcpy(two, "two");
	memory_tables(TEST_VA);
	list[0] = entry(__HYPERVISOR_update_va_mapping, TEST_VA,
			pte_make(mfn_of(one), PTE_RW), UVMF_INVLPG, 0);
	list[1] = entry(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0, 0);
	list[2] = entry(__HYPERVISOR_xen_version, XENVER_extraversion, 0x1000,
			0, 0);
	list[3] = entry(63, 0, 0, 0, 0);
	list[4] = entry(__HYPERVISOR_update_va_mapping, TEST_VA,
			pte_make(mfn_of(two), PTE_RW), UVMF_INVLPG, 0);
	SUCCESS(multicall, none, "list",
		!hypercall_multicall(list, 5) &&
			!memcmp((char *)TEST_VA, "two", 4));
	CHECK_EQ("result-0", list[0].result, 0);
	CHECK_EQ("result-1", list[1].result, 4096);
	CHECK_EQ("result-2", list[2].result, -XEN_EFAULT);
	CHECK_EQ("result-3", list[3].result, -XEN_ENOSYS);
	CHECK_EQ("result-4", list[4].result, 0);
	CHECK_EQ("arguments-stay", list[0].args[0], TEST_VA);
	list[1].result = 0x5555;
	CHECK_EQ("nothing", hypercall_multicall(list, 0), 0);
	CHECK_EQ("nothing-done", list[1].result, 0x5555);
}

static void check_bad(void)
{
	multicall_entry_t *end = (void *)(TEST_VA + 4096 - sizeof(*end));
	multicall_entry_t inner = entry(__HYPERVISOR_xen_version,
					XENVER_pagesize, 0, 0, 0),
			  outer;

	FAILURE(multicall, none, "bad-list", hypercall_multicall(NOWHERE, 1),
		XEN_EFAULT);
	CHECK_EQ("hypervisor-list", hypercall_multicall(HYPERVISOR_VA, 1),
		 -XEN_EFAULT);
	/* The second of the two lies on a page that is not there. */
	*end = inner;
	CHECK_EQ("half-list", hypercall_multicall(end, 2), -XEN_EFAULT);
	CHECK_EQ("half-list-first-done", end->result, 4096);
	*end = inner;
	memory_set((void *)TEST_VA, memory_pte((void *)TEST_VA) & ~PTE_W);
	CHECK_EQ("result-not-writable", hypercall_multicall(end, 1),
		 -XEN_EFAULT);
	outer = entry(__HYPERVISOR_multicall, (uint64_t)&inner, 1, 0, 0);
	CHECK_EQ("nested", hypercall_multicall(&outer, 1), 0);
	CHECK_EQ("nested-result", outer.result, -XEN_EINVAL);
	CHECK_EQ("nested-not-done", inner.result, 0x5555);
}

static void check_many(void)
{
	multicall_entry_t *list = pages_alloc(16);
	unsigned int i, n = 16 * 4096 / sizeof(*list), good = 0;

	for (i = 0; i < n; i++)
		list[i] = entry(__HYPERVISOR_xen_version, XENVER_pagesize, 0, 0,
				0);
	CHECK_EQ("many", hypercall_multicall(list, n), 0);
	for (i = 0; i < n; i++)
		good += list[i].result == 4096;
	CHECK_EQ("many-results", good, n);
}

int main(void)
{
	check_order();
	check_bad();
	check_many();
	return check_done();
}
