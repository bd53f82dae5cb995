// SPDX-License-Identifier: MIT
/*
 * grant_table_op on grants that the domain gives itself: mappings by address
 * and by page-table entry, their handles and pins, copies, swaps, transfers;
 * what the entry says meanwhile, and what is refused with which status.
 */
#include <string.h>
#include "check.h"
#include "memory.h"
#include "start.h"
#include <xen/grant_table.h>

#define OP(cmd, op, n) hypercall_grant_table_op(GNTTABOP_##cmd, op, n)
#define ME	       0 /* the initial domain */
#define NOBODY	       77
#define REF	       20 /* the first that the tests use */
#define TABLE_VA       (TEST_VA + (16 << PAGE_SHIFT))
#define MAPPED	       TEST_VA

static volatile struct grant_entry_v1 *table;
static uint64_t *page; /* what is granted */

/* ---- Helpers ------------------------------------------------------------------ */

static void grant(unsigned int ref, const void *va, uint16_t flags)
{
	table[ref].domid = ME;
	table[ref].frame = (uint32_t)mfn_of(va);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	table[ref].flags = GTF_permit_access | flags;
}

static struct gnttab_map_grant_ref map_op(unsigned int ref, uint32_t flags,
					  uint64_t addr)
{
	return (struct gnttab_map_grant_ref){
		.host_addr = addr,
		.flags = flags,
		.ref = ref,
		.dom = ME,
		.status = 99,
		.handle = ~0u,
	};
}

static uint32_t handle; /* of the last mapping */

/* Its status, 100 when the call itself fails. */
static int map(unsigned int ref, uint32_t flags, uint64_t addr)
{
	struct gnttab_map_grant_ref op = map_op(ref, flags, addr);

	if (OP(map_grant_ref, &op, 1))
		return 100;
	if (!op.status)
		handle = op.handle;
	if (!op.status && op.dev_bus_addr != (uint64_t)table[ref].frame
						     << PAGE_SHIFT)
		return 101;
	return op.status;
}

static int unmap_bus(uint32_t h, uint64_t addr, uint64_t bus)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr,
		.dev_bus_addr = bus,
		.handle = h,
		.status = 99,
	};

	return OP(unmap_grant_ref, &op, 1) ? 100 : op.status;
}

static int unmap(uint32_t h, uint64_t addr)
{
	return unmap_bus(h, addr, 0);
}

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
		 GNTST_general_error);
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

/* ---- Copies ------------------------------------------------------------------------------- */

static struct gnttab_copy copy_op(const void *from, const void *to, uint16_t len)
{
	return (struct gnttab_copy){
		.source = { { .gmfn = mfn_of(from) },
			    DOMID_SELF,
			    (uint16_t)((uint64_t)from % PAGE_SIZE) },
		.dest = { { .gmfn = mfn_of(to) },
			  DOMID_SELF,
			  (uint16_t)((uint64_t)to % PAGE_SIZE) },
		.len = len,
		.status = 99,
	};
}

static int copy(struct gnttab_copy *op)
{
	return OP(copy, op, 1) ? 100 : op->status;
}

static int copy_refs(unsigned int from, unsigned int to, domid_t dom)
{
	struct gnttab_copy op = {
		.source = { { .ref = from }, dom, 8 },
		.dest = { { .ref = to }, dom, 16 },
		.len = 24,
		.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
		.status = 99,
	};

	return copy(&op);
}

static void check_copy(void)
{
	uint8_t *from = page_alloc(), *to = page_alloc();
	struct gnttab_copy op;
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i++)
		from[i] = (uint8_t)(i * 7 + 1);
	op = copy_op(from, to, PAGE_SIZE);
	SUCCESS(grant_table_op, GNTTABOP_copy, "copy",
		!copy(&op) && !memcmp(from, to, PAGE_SIZE));
	memset(to, 0, PAGE_SIZE);
	op = copy_op(from + 5, to + 4000, 96);
	CHECK_EQ("copy-part", copy(&op), GNTST_okay);
	CHECK("copy-part-bytes", !memcmp(from + 5, to + 4000, 96) && !to[3999]);
	op = copy_op(from + 5, to + 4000, 97);
	CHECK_EQ("copy-over-dest", copy(&op), GNTST_bad_copy_arg);
	op = copy_op(from + 4095, to, 2);
	CHECK_EQ("copy-over-source", copy(&op), GNTST_bad_copy_arg);
	op = copy_op(from, to, 0);
	op.source.offset = PAGE_SIZE;
	CHECK_EQ("copy-nothing", copy(&op), GNTST_okay);
	op = copy_op(from, to, 8);
	op.source.domid = ME;
	CHECK_EQ("copy-foreign-frame", copy(&op), GNTST_permission_denied);
	op = copy_op(from, to, 8);
	op.dest.u.gmfn = memory_hypervisor_mfn();
	CHECK_EQ("copy-not-ours", copy(&op), GNTST_bad_page);
	op.dest.u.gmfn = ~0ul;
	CHECK_EQ("copy-no-frame", copy(&op), GNTST_bad_page);
	op = copy_op(from, memory_root(), 8);
	CHECK_EQ("copy-to-table", copy(&op), GNTST_general_error);
	op = copy_op(memory_root(), to, PAGE_SIZE);
	CHECK_EQ("copy-from-table", copy(&op), GNTST_okay);
	FAILURE(grant_table_op, GNTTABOP_copy, "copy-bad", OP(copy, NOWHERE, 1),
		XEN_EFAULT);
	page_free(from);
	page_free(to);
}

static void check_copy_refs(void)
{
	uint8_t *from = page_alloc(), *to = page_alloc();

	memset(from, 0x5a, PAGE_SIZE);
	memset(to, 0, PAGE_SIZE);
	grant(REF, from, GTF_readonly);
	grant(REF + 1, to, 0);
	CHECK_EQ("copy-refs", copy_refs(REF, REF + 1, ME), GNTST_okay);
	CHECK("copy-refs-bytes",
	      !memcmp(from + 8, to + 16, 24) && !to[15] && !to[40]);
	CHECK_EQ("copy-refs-self", copy_refs(REF, REF + 1, DOMID_SELF),
		 GNTST_okay);
	CHECK_EQ("copy-refs-flags", table[REF].flags | table[REF + 1].flags,
		 GTF_permit_access | GTF_readonly);
	CHECK_EQ("copy-to-readonly", copy_refs(REF + 1, REF, ME),
		 GNTST_general_error);
	CHECK_EQ("copy-bad-domain", copy_refs(REF, REF + 1, NOBODY),
		 GNTST_bad_domain);
	CHECK_EQ("copy-bad-ref", copy_refs(REF, 1u << 20, ME), GNTST_bad_gntref);
	table[REF].domid = NOBODY;
	CHECK_EQ("copy-not-granted", copy_refs(REF, REF + 1, ME),
		 GNTST_general_error);
	table[REF].domid = ME;
	table[REF].frame = ~0u;
	CHECK_EQ("copy-no-such-frame", copy_refs(REF, REF + 1, ME),
		 GNTST_bad_page);
	grant(REF, from, 0);
	table[REF + 1].flags = 0;
	CHECK_EQ("copy-dest-invalid", copy_refs(REF, REF + 1, ME),
		 GNTST_general_error);
	CHECK_EQ("copy-after-flags", table[REF].flags, GTF_permit_access);
	page_free(from);
	page_free(to);
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

/* ---- Swaps, transfers, caches ------------------------------------------------------------------ */

static int swap(unsigned int a, unsigned int b)
{
	struct gnttab_swap_grant_ref op = { .ref_a = a, .ref_b = b, 99 };

	return OP(swap_grant_ref, &op, 1) ? 100 : op.status;
}

static void check_swap(void)
{
	uint32_t frame;

	grant(REF, page, 0);
	table[REF + 1].frame = 55;
	table[REF + 1].domid = 3;
	table[REF + 1].flags = GTF_accept_transfer;
	frame = table[REF].frame;
	SUCCESS(grant_table_op, GNTTABOP_swap_grant_ref, "swap",
		swap(REF, REF + 1) == GNTST_okay && table[REF].frame == 55 &&
			table[REF].domid == 3 &&
			table[REF].flags == GTF_accept_transfer &&
			table[REF + 1].frame == frame);
	CHECK_EQ("swap-bad-ref", swap(REF, 1u << 20), GNTST_bad_gntref);
	CHECK_EQ("swap-bad-ref-a", swap(1u << 20, REF), GNTST_bad_gntref);
	map(REF + 1, GNTMAP_host_map, MAPPED);
	CHECK_EQ("swap-in-use", swap(REF, REF + 1), GNTST_eagain);
	CHECK_EQ("swap-same", swap(REF + 1, REF + 1), GNTST_okay);
	unmap(handle, MAPPED);
	CHECK_EQ("swap-after", swap(REF, REF + 1), GNTST_okay);
	FAILURE(grant_table_op, GNTTABOP_swap_grant_ref, "swap-bad",
		OP(swap_grant_ref, NOWHERE, 1), XEN_EFAULT);
}

static int transfer(uint64_t mfn, domid_t dom, unsigned int ref)
{
	struct gnttab_transfer op = { .mfn = mfn, .domid = dom, .ref = ref };

	op.status = 99;
	return OP(transfer, &op, 1) ? 100 : op.status;
}

static void check_transfer(void)
{
	uint64_t pfn = pfn_spare(), mfn = pfn_mfn(pfn);

	table[REF].domid = ME;
	table[REF].frame = 0x777;
	table[REF].flags = GTF_accept_transfer;
	CHECK_EQ("transfer-in-use", transfer(mfn_of(page), ME, REF),
		 GNTST_bad_page);
	CHECK_EQ("transfer-not-ours",
		 transfer(memory_hypervisor_mfn(), ME, REF), GNTST_bad_page);
	CHECK_EQ("transfer-no-frame", transfer(~0ul, ME, REF), GNTST_bad_page);
	SUCCESS(grant_table_op, GNTTABOP_transfer, "transfer",
		transfer(mfn, ME, REF) == GNTST_okay && table[REF].frame == mfn &&
			table[REF].flags ==
				(GTF_accept_transfer | GTF_transfer_committed |
				 GTF_transfer_completed) &&
			mfn_pfn(mfn) == 0x777);
	/* It is refused, and lost. */
	CHECK_EQ("transfer-refused", transfer(mfn, ME, REF),
		 GNTST_general_error);
	CHECK_EQ("transfer-lost", transfer(mfn, ME, REF), GNTST_bad_page);
	mfn = pfn_mfn(pfn_spare());
	CHECK_EQ("transfer-nobody", transfer(mfn, NOBODY, REF),
		 GNTST_bad_domain);
	CHECK_EQ("transfer-lost-too", transfer(mfn, ME, REF), GNTST_bad_page);
	FAILURE(grant_table_op, GNTTABOP_transfer, "transfer-bad",
		OP(transfer, NOWHERE, 1), XEN_EFAULT);
}

static int64_t flush(uint64_t addr, uint16_t offset, uint16_t length,
		     uint32_t how)
{
	struct gnttab_cache_flush op = {
		.a.dev_bus_addr = addr,
		.offset = offset,
		.length = length,
		.op = how,
	};

	return OP(cache_flush, &op, 1);
}

static void check_cache(void)
{
	uint64_t at = maddr_of(page);

	SUCCESS(grant_table_op, GNTTABOP_cache_flush, "cache",
		!flush(at, 0, PAGE_SIZE, GNTTAB_CACHE_CLEAN));
	CHECK_EQ("cache-both",
		 flush(at, 64, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL), 0);
	check_value("cache-invalidate", "%ld",
		    flush(at, 0, 64, GNTTAB_CACHE_INVAL));
	CHECK_EQ("cache-nothing", flush(at, 0, 0, GNTTAB_CACHE_CLEAN), 0);
	CHECK_EQ("cache-no-op", flush(at, 0, 64, 0), 0);
	FAILURE(grant_table_op, GNTTABOP_cache_flush, "cache-too-long",
		flush(at, 64, PAGE_SIZE, GNTTAB_CACHE_CLEAN), XEN_EINVAL);
	CHECK_EQ("cache-by-ref",
		 flush(at, 0, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF),
		 -XEN_EINVAL);
	CHECK_EQ("cache-no-frame", flush(1ul << 50, 0, 64, GNTTAB_CACHE_CLEAN),
		 -XEN_EINVAL);
	check_value("cache-not-ours", "%ld",
		    flush(memory_hypervisor_mfn() << PAGE_SHIFT, 0, 64,
			  GNTTAB_CACHE_CLEAN));
	CHECK_EQ("cache-bad", OP(cache_flush, NOWHERE, 1), -XEN_EFAULT);
}

int main(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	xen_pfn_t frame = 0;
	unsigned int i;

	s.frame_list.p = &frame;
	if (OP(setup_table, &s, 1) || s.status)
		return 1;
	memory_map(TABLE_VA, pte_make(frame, PTE_RW));
	table = (void *)TABLE_VA;
	for (i = 0; i < 64; i++)
		memory_tables(TEST_VA + i * PAGE_SIZE);
	page = page_alloc();
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
	check_copy();
	check_copy_refs();
	check_lists();
	check_swap();
	check_transfer();
	check_cache();
	return check_done();
}
