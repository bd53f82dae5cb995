// SPDX-License-Identifier: MIT
/*
 * grant_table_op on grants that the domain gives itself: mappings by address
 * and by page-table entry, their handles and pins, what the entry says
 * meanwhile, lists of them, and what is refused with which status.
 */
#include <string.h>
#include "check.h"
#include "grants.h"
#include "memory.h"

static uint64_t pte_at(uint64_t va)
{
	return *memory_entry(va, 1);
}

/* ---- Mappings by address -------------------------------------------------------- */

static void check_map(void)
{
	volatile uint64_t *there = (uint64_t *)MAPPED;
	uint16_t flags = GTF_permit_access | GTF_reading | GTF_writing;
	uint64_t pte;

	grant(REF, page, 0);
	page[3] = 0x1234;
	SUCCESS(grant_table_op, GNTTABOP_map_grant_ref, "map",
		map(REF, GNTMAP_host_map, MAPPED) == GNTST_okay &&
			there[3] == 0x1234 && table[REF].flags == flags);
	there[3]++;
	CHECK_EQ("map-writes", page[3], 0x1235);
	pte = pte_at(MAPPED);
	CHECK_EQ("map-frame", pte_mfn(pte), mfn_of(page));
	check_value("map-pte", "%lx", pte & ~PTE_ADDR & ~(1ul << 62));
	SUCCESS(grant_table_op, GNTTABOP_unmap_grant_ref, "unmap",
		unmap(handle, MAPPED) == GNTST_okay && !pte_at(MAPPED) &&
			table[REF].flags == GTF_permit_access);
	CHECK_EQ("unmap-again", unmap(handle, MAPPED), GNTST_bad_handle);
	CHECK_EQ("unmap-no-such", unmap(12345678, MAPPED), GNTST_bad_handle);
	CHECK_EQ("unmap-no-such-max", unmap(~0u, MAPPED), GNTST_bad_handle);
	FAILURE(grant_table_op, GNTTABOP_map_grant_ref, "map-bad",
		OP(map_grant_ref, NOWHERE, 1), XEN_EFAULT);
	FAILURE(grant_table_op, GNTTABOP_unmap_grant_ref, "unmap-bad",
		OP(unmap_grant_ref, HYPERVISOR_VA, 1), XEN_EFAULT);
}

static void check_readonly(void)
{
	uint64_t pte;

	grant(REF, page, GTF_readonly);
	CHECK_EQ("readonly", map(REF, GNTMAP_host_map | GNTMAP_readonly, MAPPED),
		 GNTST_okay);
	CHECK_EQ("readonly-flags", table[REF].flags,
		 GTF_permit_access | GTF_readonly | GTF_reading);
	pte = pte_at(MAPPED);
	check_value("readonly-pte", "%lx", pte & ~PTE_ADDR & ~(1ul << 62));
	CHECK_EQ("readonly-more", map(REF, GNTMAP_host_map, MAPPED + PAGE_SIZE),
		 GNTST_general_error);
	CHECK_EQ("readonly-unmap", unmap(handle, MAPPED), GNTST_okay);
}

static void check_kinds(void)
{
	uint64_t pte;

	grant(REF, page, 0);
	CHECK_EQ("application",
		 map(REF, GNTMAP_host_map | GNTMAP_application_map, MAPPED),
		 GNTST_okay);
	pte = pte_at(MAPPED);
	check_value("application-pte", "%lx", pte & ~PTE_ADDR & ~(1ul << 62));
	CHECK_EQ("application-unmap", unmap(handle, MAPPED), GNTST_okay);
	CHECK_EQ("avail",
		 map(REF, GNTMAP_host_map | 5u << 16 | 1u << 20, MAPPED),
		 GNTST_okay);
	pte = pte_at(MAPPED);
	check_value("avail-pte", "%lx", pte & ~PTE_ADDR & ~(1ul << 62));
	CHECK_EQ("avail-unmap", unmap(handle, MAPPED), GNTST_okay);
	CHECK_EQ("no-kind", map(REF, GNTMAP_readonly, MAPPED), GNTST_bad_gntref);
}

static void check_device(void)
{
	uint64_t bus = mfn_of(page) << PAGE_SHIFT;

	grant(REF, page, 0);
	CHECK_EQ("device", map(REF, GNTMAP_device_map, 0), GNTST_okay);
	CHECK_EQ("device-flags", table[REF].flags,
		 GTF_permit_access | GTF_reading | GTF_writing);
	CHECK_EQ("device-other-address", unmap_bus(handle, 0, bus + PAGE_SIZE),
		 GNTST_bad_dev_addr);
	CHECK_EQ("device-unmap", unmap_bus(handle, 0, bus), GNTST_okay);
	CHECK_EQ("device-flags-after", table[REF].flags, GTF_permit_access);
	CHECK_EQ("both", map(REF, GNTMAP_device_map | GNTMAP_host_map, MAPPED),
		 GNTST_okay);
	CHECK_EQ("both-host", unmap(handle, MAPPED), GNTST_okay);
	CHECK_EQ("both-still", table[REF].flags,
		 GTF_permit_access | GTF_reading | GTF_writing);
	CHECK_EQ("both-nothing", unmap(handle, 0), GNTST_okay);
	CHECK_EQ("both-device", unmap_bus(handle, 0, bus), GNTST_okay);
	CHECK_EQ("both-after", table[REF].flags, GTF_permit_access);
	CHECK_EQ("both-gone", unmap_bus(handle, 0, bus), GNTST_bad_handle);
}

/* ---- Many of one, by entry --------------------------------------------------------- */

static void check_pins(void)
{
	uint32_t first, second;

	grant(REF, page, 0);
	CHECK_EQ("twice-read",
		 map(REF, GNTMAP_host_map | GNTMAP_readonly, MAPPED),
		 GNTST_okay);
	first = handle;
	CHECK_EQ("twice-read-flags", table[REF].flags,
		 GTF_permit_access | GTF_reading);
	/* In use, the entry's words count no more, but for GTF_readonly. */
	table[REF].domid = NOBODY;
	CHECK_EQ("twice-write", map(REF, GNTMAP_host_map, MAPPED + PAGE_SIZE),
		 GNTST_okay);
	second = handle;
	CHECK("twice-handles", first != second);
	CHECK_EQ("twice-flags", table[REF].flags,
		 GTF_permit_access | GTF_reading | GTF_writing);
	CHECK_EQ("twice-wrong-address", unmap(second, MAPPED),
		 GNTST_general_error);
	memory_map(MAPPED + 2 * PAGE_SIZE,
		   pte_make(mfn_of(page_alloc()), PTE_RW));
	CHECK_EQ("twice-other-frame", unmap(second, MAPPED + 2 * PAGE_SIZE),
		 GNTST_general_error);
	memory_map(MAPPED + 2 * PAGE_SIZE, 0);
	CHECK_EQ("twice-no-address", unmap(second, MAPPED + 40 * PAGE_SIZE),
		 GNTST_general_error);
	CHECK_EQ("twice-unmap", unmap(second, MAPPED + PAGE_SIZE), GNTST_okay);
	CHECK_EQ("twice-left", table[REF].flags,
		 GTF_permit_access | GTF_reading);
	CHECK_EQ("twice-last", unmap(first, MAPPED), GNTST_okay);
	CHECK_EQ("twice-none", table[REF].flags, GTF_permit_access);
	CHECK_EQ("other-domain", map(REF, GNTMAP_host_map, MAPPED),
		 GNTST_general_error);
}

static void check_many(void)
{
	static struct gnttab_map_grant_ref maps[200];
	static struct gnttab_unmap_grant_ref unmaps[200];
	unsigned int i, good = 0, gone = 0;

	grant(REF, page, 0);
	for (i = 0; i < 200; i++) {
		memory_tables(MAPPED + (32 + i) * PAGE_SIZE);
		maps[i] = map_op(REF, GNTMAP_host_map,
				 MAPPED + (32 + i) * PAGE_SIZE);
	}
	CHECK_EQ("many", OP(map_grant_ref, maps, 200), 0);
	for (i = 0; i < 200; i++) {
		if (maps[i].status)
			continue;
		unmaps[good].host_addr = maps[i].host_addr;
		unmaps[good++].handle = maps[i].handle;
	}
	check_value("many-good", "%u", good);
	CHECK_EQ("many-unmap", OP(unmap_grant_ref, unmaps, good), 0);
	for (i = 0; i < good; i++)
		gone += !unmaps[i].status && !pte_at(unmaps[i].host_addr);
	CHECK_EQ("many-gone", gone, good);
	CHECK_EQ("many-flags", table[REF].flags, GTF_permit_access);
}

static void check_exact(void)
{
	uint64_t at = maddr_of(memory_entry(MAPPED, 1));
	uint32_t flags = GNTMAP_host_map | GNTMAP_contains_pte;

	grant(REF, page, 0);
	CHECK_EQ("pte", map(REF, flags, at), GNTST_okay);
	CHECK_EQ("pte-frame", pte_mfn(pte_at(MAPPED)), mfn_of(page));
	CHECK_EQ("pte-by-address", unmap(handle, MAPPED), GNTST_general_error);
	CHECK_EQ("pte-unmap", unmap(handle, at), GNTST_okay);
	CHECK_EQ("pte-empty", pte_at(MAPPED), 0);
	CHECK_EQ("pte-not-aligned", map(REF, flags, at + 4),
		 GNTST_general_error);
	CHECK_EQ("pte-no-table", map(REF, flags, maddr_of(page)),
		 GNTST_general_error);
	CHECK_EQ("pte-not-l1",
		 map(REF, flags, maddr_of(memory_entry(MAPPED, 2))),
		 GNTST_general_error);
	CHECK_EQ("pte-nowhere", map(REF, flags, ~0xffful), GNTST_general_error);
	CHECK_EQ("pte-flags", table[REF].flags, GTF_permit_access);
}

/* ---- What is refused ------------------------------------------------------------------ */

static int map_bad(unsigned int ref, domid_t dom)
{
	struct gnttab_map_grant_ref op = map_op(ref, GNTMAP_host_map, MAPPED);

	op.dom = dom;
	return OP(map_grant_ref, &op, 1) ? 100 : op.status;
}

static void check_refused(void)
{
	grant(REF, page, 0);
	CHECK_EQ("bad-domain", map_bad(REF, NOBODY), GNTST_bad_domain);
	check_value("self", "%d", map_bad(REF, DOMID_SELF));
	CHECK_EQ("bad-ref", map_bad(1u << 20, ME), GNTST_bad_gntref);
	CHECK_EQ("bad-ref-max", map_bad(~0u, ME), GNTST_bad_gntref);
	table[REF].flags = GTF_invalid;
	CHECK_EQ("invalid", map_bad(REF, ME), GNTST_general_error);
	table[REF].flags = GTF_accept_transfer;
	CHECK_EQ("accepts-only", map_bad(REF, ME), GNTST_general_error);
	table[REF].flags = GTF_permit_access | GTF_sub_page;
	CHECK_EQ("sub-page", map_bad(REF, ME), GNTST_general_error);
	grant(REF, page, 0);
	table[REF].domid = NOBODY;
	CHECK_EQ("to-another", map_bad(REF, ME), GNTST_general_error);
	CHECK_EQ("to-another-flags", table[REF].flags, GTF_permit_access);
	grant(REF, page, 0);
	table[REF].frame = ~0u;
	CHECK_EQ("no-frame", map_bad(REF, ME), GNTST_bad_page);
	CHECK_EQ("no-frame-flags", table[REF].flags, GTF_permit_access);
	table[REF].frame = (uint32_t)memory_hypervisor_mfn();
	CHECK_EQ("not-ours", map_bad(REF, ME), GNTST_bad_page);
	grant(REF, memory_root(), 0);
	CHECK_EQ("a-table", map_bad(REF, ME), GNTST_general_error);
	CHECK_EQ("a-table-flags", table[REF].flags, GTF_permit_access);
	CHECK_EQ("a-table-readonly",
		 map(REF, GNTMAP_host_map | GNTMAP_readonly, MAPPED),
		 GNTST_okay);
	CHECK_EQ("a-table-unmap", unmap(handle, MAPPED), GNTST_okay);
	grant(REF, page, 0);
	CHECK_EQ("bad-address", map(REF, GNTMAP_host_map, 0xffff830000000000),
		 GNTST_general_error);
	CHECK_EQ("no-table", map(REF, GNTMAP_host_map, TEST_VA + (1ul << 38)),
		 GNTST_general_error);
	CHECK_EQ("refused-flags", table[REF].flags, GTF_permit_access);
}

/* While it is mapped writably it is no table; a mapping over a mapping. */
static void check_types(void)
{
	uint64_t *other = page_alloc();
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };

	memset(other, 0, PAGE_SIZE);
	grant(REF, other, 0);
	CHECK_EQ("type-map", map(REF, GNTMAP_host_map, MAPPED), GNTST_okay);
	memory_readonly(other);
	pin.arg1.mfn = mfn_of(other);
	CHECK_EQ("type-no-table",
		 hypercall_mmuext_op(&pin, 1, NULL, DOMID_SELF), -XEN_EINVAL);
	CHECK_EQ("type-unmap", unmap(handle, MAPPED), GNTST_okay);
	CHECK_EQ("type-table", hypercall_mmuext_op(&pin, 1, NULL, DOMID_SELF),
		 0);
	pin.cmd = MMUEXT_UNPIN_TABLE;
	hypercall_mmuext_op(&pin, 1, NULL, DOMID_SELF);
	memory_writable(other);
	page_free(other);
	memory_map(MAPPED, pte_make(mfn_of(page), PTE_RW));
	grant(REF, page, 0);
	CHECK_EQ("over", map(REF, GNTMAP_host_map, MAPPED), GNTST_okay);
	CHECK_EQ("over-unmap", unmap(handle, MAPPED), GNTST_okay);
	CHECK_EQ("over-empty", pte_at(MAPPED), 0);
}

/* The guest takes the entry away itself: the mapping can't be undone, but
 * for putting it back. */
static void check_destroyed(void)
{
	uint64_t pte;

	grant(REF, page, 0);
	CHECK_EQ("destroyed-map", map(REF, GNTMAP_host_map, MAPPED), GNTST_okay);
	pte = pte_at(MAPPED);
	hypercall_update_va_mapping(MAPPED, 0, UVMF_INVLPG | UVMF_LOCAL);
	CHECK_EQ("destroyed", unmap(handle, MAPPED), GNTST_general_error);
	CHECK_EQ("destroyed-flags", table[REF].flags,
		 GTF_permit_access | GTF_reading | GTF_writing);
	hypercall_update_va_mapping(MAPPED, pte & ~PTE_W,
				    UVMF_INVLPG | UVMF_LOCAL);
	CHECK_EQ("destroyed-readonly", unmap(handle, MAPPED),
		 GNTST_general_error);
	hypercall_update_va_mapping(MAPPED, pte, UVMF_INVLPG | UVMF_LOCAL);
	CHECK_EQ("destroyed-back", unmap(handle, MAPPED), GNTST_okay);
	CHECK_EQ("destroyed-after", table[REF].flags, GTF_permit_access);
}

/* ---- Replacing -------------------------------------------------------------------------- */

static int replace(uint32_t h, uint64_t addr, uint64_t new_addr)
{
	struct gnttab_unmap_and_replace op = {
		.host_addr = addr,
		.new_addr = new_addr,
		.handle = h,
		.status = 99,
	};

	return OP(unmap_and_replace, &op, 1) ? 100 : op.status;
}

static void check_replace(void)
{
	uint64_t other = MAPPED + PAGE_SIZE, at;
	uint64_t *second = page_alloc();

	grant(REF, page, 0);
	at = maddr_of(memory_entry(MAPPED, 1));
	memory_map(other, pte_make(mfn_of(second), PTE_RW));
	map(REF, GNTMAP_host_map, MAPPED);
	SUCCESS(grant_table_op, GNTTABOP_unmap_and_replace, "replace",
		replace(handle, MAPPED, other) == GNTST_okay &&
			pte_mfn(pte_at(MAPPED)) == mfn_of(second) &&
			!pte_at(other) && table[REF].flags == GTF_permit_access);
	CHECK_EQ("replace-again", replace(handle, MAPPED, other),
		 GNTST_bad_handle);
	map(REF, GNTMAP_host_map, MAPPED);
	CHECK_EQ("replace-no-table",
		 replace(handle, MAPPED, TEST_VA + (1ul << 38)),
		 GNTST_general_error);
	CHECK_EQ("replace-by-nothing", replace(handle, MAPPED, 0), GNTST_okay);
	CHECK_EQ("replace-empty", pte_at(MAPPED), 0);
	map(REF, GNTMAP_host_map | GNTMAP_contains_pte, at);
	CHECK_EQ("replace-pte", replace(handle, at, other), GNTST_general_error);
	CHECK_EQ("replace-pte-unmap", unmap(handle, at), GNTST_okay);
	FAILURE(grant_table_op, GNTTABOP_unmap_and_replace, "replace-bad",
		OP(unmap_and_replace, NOWHERE, 1), XEN_EFAULT);
	page_free(second);
}

/* ---- Lists ----------------------------------------------------------------------------------- */

static void check_lists(void)
{
	struct gnttab_map_grant_ref maps[3];
	uint8_t *two = pages_alloc(2);
	struct gnttab_map_grant_ref *last;

	grant(REF, page, 0);
	maps[0] = map_op(REF, GNTMAP_host_map, MAPPED);
	maps[1] = map_op(REF + 200, GNTMAP_host_map, MAPPED + PAGE_SIZE);
	maps[2] = map_op(REF, GNTMAP_host_map, MAPPED + 2 * PAGE_SIZE);
	CHECK_EQ("list", OP(map_grant_ref, maps, 3), 0);
	CHECK_EQ("list-first", maps[0].status, GNTST_okay);
	CHECK_EQ("list-second", maps[1].status, GNTST_general_error);
	CHECK_EQ("list-third", maps[2].status, GNTST_okay);
	unmap(maps[0].handle, MAPPED);
	unmap(maps[2].handle, MAPPED + 2 * PAGE_SIZE);
	CHECK_EQ("list-none", OP(map_grant_ref, maps, 0), 0);
	CHECK_EQ("list-negative", OP(map_grant_ref, maps, 1u << 31),
		 -XEN_EINVAL);
	CHECK_EQ("list-high-bits", hypercall_grant_table_op(1u << 12, maps, 1),
		 -XEN_EINVAL);
	/* The second is not there: the first is done and kept. */
	last = (void *)(two + PAGE_SIZE - sizeof(maps[0]));
	*last = map_op(REF, GNTMAP_host_map, MAPPED);
	memory_set(two + PAGE_SIZE, 0);
	CHECK_EQ("list-ends", OP(map_grant_ref, last, 2), -XEN_EFAULT);
	CHECK_EQ("list-ends-status", last->status, GNTST_okay);
	CHECK_EQ("list-ends-unmap", unmap(last->handle, MAPPED), GNTST_okay);
	CHECK_EQ("list-flags", table[REF].flags, GTF_permit_access);
	memory_set(two + PAGE_SIZE, pte_make(pfn_mfn(pfn_of(two) + 1), PTE_RW));
}

int main(void)
{
	grants_init();
	check_map();
	check_readonly();
	check_kinds();
	check_device();
	check_pins();
	check_many();
	check_exact();
	check_refused();
	check_types();
	check_destroyed();
	check_replace();
	check_lists();
	return check_done();
}
