// SPDX-License-Identifier: MIT
/*
 * Grants between two domains, mapped: by address and by entry, what is
 * refused, what ends while it is mapped, the death of either side.
 * (pair_copy.c has copies, swaps and transfers.)
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "grant.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "trap.h"
#include <xen/sched.h>

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define VA	      TEST_VA
#define VA2	      (TEST_VA + PAGE_SIZE)
#define RW	      GNTMAP_host_map
#define RO	      (GNTMAP_host_map | GNTMAP_readonly)

/* The second domain's grants, by number. */
enum {
	REF_RW = 10,
	REF_RO,
	REF_OTHER, /* not for us */
	REF_NONE,
	REF_ALIEN, /* a frame that is not its */
	REF_BEYOND,
	REF_TRANSFER,
	REF_TABLE,
};

static struct pair p;
static uint64_t data[512] __attribute__((aligned(4096)));
static uint64_t table[512] __attribute__((aligned(4096)));

/* ---- In the second domain -------------------------------------------------- */

static int64_t offer(uint64_t alien)
{
	data[0] = 0x1111;
	memory_make_table(table, 1);
	grant_give(REF_RW, 0, mfn_of(data), 0);
	grant_give(REF_RO, 0, mfn_of(data), GTF_readonly);
	grant_give(REF_OTHER, 777, mfn_of(data), 0);
	grant_give(REF_ALIEN, 0, alien, 0);
	grant_give(REF_BEYOND, 0, 0xffffffff, 0);
	grant_give(REF_TABLE, 0, mfn_of(table), 0);
	grant_give(REF_TRANSFER, 0, 0, 0);
	grant_entry(REF_TRANSFER)->flags = GTF_accept_transfer;
	return 0;
}

static int64_t flags_of(uint64_t ref)
{
	return grant_flags(ref);
}

static int64_t end(uint64_t ref)
{
	return grant_end(ref);
}

static int64_t revoke(uint64_t ref)
{
	grant_entry(ref)->flags = 0;
	return 0;
}

static int64_t give(uint64_t ref)
{
	grant_give(ref, 0, mfn_of(data), 0);
	return 0;
}

static int64_t word(uint64_t i)
{
	return data[i];
}

/* What the page of a mapped grant may not become. */
static int64_t use_granted(uint64_t arg)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_PIN_L1_TABLE,
		.arg1.mfn = mfn_of(data),
	};

	(void)arg;
	SAY("mapped-readonly", memory_readonly(data));
	SAY("mapped-pin", hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF));
	SAY("mapped-writable", memory_writable(data));
	return 0;
}

static int64_t map_theirs(uint64_t ref)
{
	grant_handle_t handle, second;
	volatile uint64_t *seen = (volatile uint64_t *)VA;

	memory_tables(VA);
	CHECK_EQ("second-map", grant_map(0, ref, VA, RW, &handle), GNTST_okay);
	CHECK_EQ("second-map-read", seen[0], 0x2222);
	seen[1] = 0x3333;
	CHECK_EQ("second-map-own",
		 hypercall_update_va_mapping(VA2, memory_pte((void *)VA),
					     UVMF_INVLPG),
		 -XEN_EBUSY);
	SAY("second-map-ro-too", grant_map(0, ref, VA2, RO, &second));
	CHECK_EQ("second-map-ro-write", try_write((void *)VA2, 1), 14);
	CHECK_EQ("second-unmap-ro", grant_unmap(VA2, second), GNTST_okay);
	CHECK_EQ("second-unmap", grant_unmap(VA, handle), GNTST_okay);
	CHECK_EQ("second-unmapped", try_read((void *)VA, NULL), 14);
	SAY("second-map-not-given", grant_map(0, 99, VA, RW, NULL));
	SAY("second-map-nobody", grant_map(777, ref, VA, RW, NULL));
	SAY("second-map-self", grant_map(DOMID_SELF, ref, VA, RW, NULL));
	return 0;
}

static int64_t map_and_keep(uint64_t ref)
{
	memory_tables(VA);
	return grant_map(0, ref, VA, RW, NULL);
}

static int64_t die(uint64_t reason)
{
	struct sched_shutdown how = { .reason = reason };

	return hypercall_sched_op(SCHEDOP_shutdown, &how);
}

/* ---- Mapped by address ------------------------------------------------------------ */

static void check_map(void)
{
	volatile uint64_t *seen = (volatile uint64_t *)VA;
	grant_handle_t handle, ro, again;

	SUCCESS(grant_table_op, GNTTABOP_map_grant_ref, "map",
		!grant_map(p.domid, REF_RW, VA, RW, &handle) &&
			seen[0] == 0x1111);
	check_value("map-flags", "%x",
		    (unsigned)pair_call(&p, flags_of, REF_RW));
	seen[1] = 0x5678;
	CHECK_EQ("map-write", pair_call(&p, word, 1), 0x5678);
	CHECK_EQ("map-frame", pte_mfn(memory_pte((void *)VA)),
		 pair_mfn_of(&p, data));
	CHECK_EQ("map-ends-not", pair_call(&p, end, REF_RW), 0);
	SAY("map-again", grant_map(p.domid, REF_RW, VA2, RW, &again));
	CHECK_EQ("map-again-other-handle", again != handle, 1);
	pair_call(&p, use_granted, 0);
	CHECK_EQ("unmap-again", grant_unmap(VA2, again), GNTST_okay);
	check_value("map-flags-still", "%x",
		    (unsigned)pair_call(&p, flags_of, REF_RW));
	SAY("unmap-wrong-address", grant_unmap(VA2, handle));
	SAY("unmap-wrong-handle", grant_unmap(VA, handle + 1));
	CHECK_EQ("unmap-refused-stays", seen[0], 0x1111);
	SUCCESS(grant_table_op, GNTTABOP_unmap_grant_ref, "unmap",
		!grant_unmap(VA, handle) && try_read((void *)VA, NULL) == 14);
	check_value("unmap-flags", "%x",
		    (unsigned)pair_call(&p, flags_of, REF_RW));
	SAY("unmap-twice", grant_unmap(VA, handle));
	SAY("unmap-handle-beyond", grant_unmap(VA, 1u << 30));

	CHECK_EQ("map-ro", grant_map(p.domid, REF_RO, VA, RO, &ro), 0);
	check_value("map-ro-flags", "%x",
		    (unsigned)pair_call(&p, flags_of, REF_RO));
	CHECK_EQ("map-ro-write", try_write((void *)VA, 1), 14);
	SAY("map-ro-own-writable",
	    memory_set((void *)VA, pte_make(pair_mfn_of(&p, data), PTE_RW)));
	grant_unmap(VA, ro);
	check_value("unmap-ro-flags", "%x",
		    (unsigned)pair_call(&p, flags_of, REF_RO));
	hypercall_update_va_mapping(VA, 0, UVMF_INVLPG);
}

static void refuse(const char *what, domid_t domid, grant_ref_t ref,
		   uint64_t at, uint32_t flags)
{
	grant_handle_t handle;
	char name[40];
	int status = grant_map(domid, ref, at, flags, &handle);

	snprintf(name, sizeof(name), "map-%s", what);
	SAY(name, status);
	if (!status)
		grant_unmap(at, handle);
}

static void check_refused(void)
{
	uint64_t none = 0x38000000000ul; /* no tables */

	refuse("readonly-writable", p.domid, REF_RO, VA, RW);
	refuse("for-another", p.domid, REF_OTHER, VA, RW);
	refuse("none", p.domid, REF_NONE, VA, RW);
	refuse("alien", p.domid, REF_ALIEN, VA, RW);
	refuse("beyond", p.domid, REF_BEYOND, VA, RW);
	refuse("of-transfer", p.domid, REF_TRANSFER, VA, RW);
	refuse("table-writable", p.domid, REF_TABLE, VA, RW);
	refuse("table", p.domid, REF_TABLE, VA, RO);
	refuse("ref-beyond", p.domid, GRANT_REFS, VA, RW);
	refuse("ref-last", p.domid, ~0u, VA, RW);
	refuse("nobody", 777, REF_RW, VA, RW);
	refuse("self", DOMID_SELF, REF_RW, VA, RW);
	refuse("io", DOMID_IO, REF_RW, VA, RW);
	refuse("no-flags", p.domid, REF_RW, VA, 0);
	refuse("ro-only", p.domid, REF_RW, VA, GNTMAP_readonly);
	refuse("unknown-flag", p.domid, REF_RW, VA, RW | 0x20);
	refuse("avail", p.domid, REF_RW, VA, RW | 1u << 16);
	refuse("not-aligned", p.domid, REF_RW, VA + 8, RW);
	refuse("no-tables", p.domid, REF_RW, none, RW);
	refuse("not-canonical", p.domid, REF_RW, 1ul << 47, RW);
	refuse("hypervisor", p.domid, REF_RW, HYPERVISOR_VIRT_START, RW);
	FAILURE(grant_table_op, GNTTABOP_map_grant_ref, "map-bad",
		hypercall_grant_table_op(GNTTABOP_map_grant_ref, NOWHERE, 1),
		XEN_EFAULT);
	FAILURE(grant_table_op, GNTTABOP_unmap_grant_ref, "unmap-bad",
		hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, NOWHERE, 1),
		XEN_EFAULT);
	check_value("refused-flags", "%x %x",
		    (unsigned)pair_call(&p, flags_of, REF_RW),
		    (unsigned)pair_call(&p, flags_of, REF_RO));
}

/* Over what is mapped already; batches with a bad row. */
static void check_batch(void)
{
	static struct gnttab_map_grant_ref map[3];
	static struct gnttab_unmap_grant_ref unmap[3];
	uint64_t mine = mfn_of(page_alloc());
	unsigned int i;

	memory_set((void *)VA, pte_make(mine, PTE_RW));
	refuse("over", p.domid, REF_RW, VA, RW);
	CHECK_EQ("over-gone", memory_pte((void *)VA), 0);
	for (i = 0; i < 3; i++)
		map[i] = (struct gnttab_map_grant_ref){
			.host_addr = VA + i * PAGE_SIZE,
			.flags = RW,
			.ref = i == 1 ? REF_NONE : REF_RW,
			.dom = p.domid,
		};
	SAY("batch", hypercall_grant_table_op(GNTTABOP_map_grant_ref, map, 3));
	check_value("batch-status", "%d %d %d", map[0].status, map[1].status,
		    map[2].status);
	for (i = 0; i < 3; i++)
		unmap[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = VA + i * PAGE_SIZE,
			.handle = map[i].handle,
		};
	SAY("batch-unmap",
	    hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, unmap, 3));
	check_value("batch-unmap-status", "%d %d", unmap[0].status,
		    unmap[2].status);
	SAY("batch-none",
	    hypercall_grant_table_op(GNTTABOP_map_grant_ref, NULL, 0));
}

/* For a device: no address, only the frame's number. */
static void check_device(void)
{
	struct gnttab_map_grant_ref map = {
		.flags = GNTMAP_device_map,
		.ref = REF_RW,
		.dom = p.domid,
	};
	struct gnttab_unmap_grant_ref unmap = { .host_addr = 0 };

	SAY("device", hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1));
	check_value("device-status", "%d frame %d flags %x", map.status,
		    map.dev_bus_addr == pair_mfn_of(&p, data) << PAGE_SHIFT,
		    (unsigned)pair_call(&p, flags_of, REF_RW));
	unmap.handle = map.handle;
	unmap.dev_bus_addr = map.dev_bus_addr + PAGE_SIZE;
	hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
	SAY("device-unmap-wrong", unmap.status);
	unmap.dev_bus_addr = map.dev_bus_addr;
	hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
	SAY("device-unmap", unmap.status);
	check_value("device-flags", "%x",
		    (unsigned)pair_call(&p, flags_of, REF_RW));
}

/* ---- Mapped by entry ----------------------------------------------------------------- */

static void check_entry(void)
{
	uint64_t at = maddr_of(memory_entry(VA, 1));
	uint64_t page = maddr_of(page_alloc());
	grant_handle_t handle;

	CHECK_EQ("entry-map",
		 grant_map(p.domid, REF_RW, at, RW | GNTMAP_contains_pte,
			   &handle),
		 0);
	check_value("entry-bits", "%lx",
		    (long)(memory_pte((void *)VA) & ~PTE_ADDR));
	CHECK_EQ("entry-read", *(volatile uint64_t *)VA, 0x1111);
	SAY("entry-unmap-by-address", grant_unmap(VA, handle));
	CHECK_EQ("entry-unmap", grant_unmap(at, handle), 0);
	CHECK_EQ("entry-gone", memory_pte((void *)VA), 0);
	CHECK_EQ("entry-application",
		 grant_map(p.domid, REF_RW, at,
			   RW | GNTMAP_contains_pte | GNTMAP_application_map,
			   &handle),
		 0);
	check_value("entry-application-bits", "%lx",
		    (long)(memory_pte((void *)VA) & ~PTE_ADDR));
	grant_unmap(at, handle);
	SAY("entry-no-table",
	    grant_map(p.domid, REF_RW, page, RW | GNTMAP_contains_pte, NULL));
	SAY("entry-theirs",
	    grant_map(p.domid, REF_RW, pair_mfn_of(&p, table) << PAGE_SHIFT,
		      RW | GNTMAP_contains_pte, NULL));
	SAY("entry-beyond", grant_map(p.domid, REF_RW, 1ul << 45,
				      RW | GNTMAP_contains_pte, NULL));
	SAY("entry-not-aligned",
	    grant_map(p.domid, REF_RW, at + 3, RW | GNTMAP_contains_pte, NULL));
}

/* The mapping moves: the entry of another address takes its place. */
static void check_replace(void)
{
	uint64_t mine = mfn_of(page_alloc());
	struct gnttab_unmap_and_replace op = { .host_addr = VA,
					       .new_addr = VA2 };

	grant_map(p.domid, REF_RW, VA, RW, &op.handle);
	memory_set((void *)VA2, pte_make(mine, PTE_RW));
	SUCCESS(grant_table_op, GNTTABOP_unmap_and_replace, "replace",
		!hypercall_grant_table_op(GNTTABOP_unmap_and_replace, &op, 1) &&
			op.status == GNTST_okay &&
			pte_mfn(memory_pte((void *)VA)) == mine &&
			!memory_pte((void *)VA2));
	hypercall_grant_table_op(GNTTABOP_unmap_and_replace, &op, 1);
	SAY("replace-again", op.status);
	FAILURE(grant_table_op, GNTTABOP_unmap_and_replace, "replace-bad",
		hypercall_grant_table_op(GNTTABOP_unmap_and_replace, NOWHERE, 1),
		XEN_EFAULT);
	memory_set((void *)VA, 0);
}

/* ---- Ends --------------------------------------------------------------------------------- */

/* The granter takes it back by force: what is mapped stays mapped. */
static void check_revoked(void)
{
	grant_handle_t handle, again;

	grant_map(p.domid, REF_RW, VA, RW, &handle);
	pair_call(&p, revoke, REF_RW);
	CHECK_EQ("revoked-read", *(volatile uint64_t *)VA, 0x1111);
	/* It is pinned already. */
	SAY("revoked-map-again", grant_map(p.domid, REF_RW, VA2, RW, &again));
	SAY("revoked-unmap-again", grant_unmap(VA2, again));
	CHECK_EQ("revoked-unmap", grant_unmap(VA, handle), 0);
	check_value("revoked-flags", "%x",
		    (unsigned)pair_call(&p, flags_of, REF_RW));
	CHECK_EQ("revoked-map", grant_map(p.domid, REF_RW, VA, RW, NULL) < 0, 1);
	pair_call(&p, give, REF_RW);
	CHECK_EQ("given-end", pair_call(&p, end, REF_RW), 1);
	pair_call(&p, give, REF_RW);
}

static void check_given_to_second(void)
{
	uint64_t *mine = page_alloc();

	mine[0] = 0x2222;
	grant_give(20, p.domid, mfn_of(mine), 0);
	pair_call(&p, map_theirs, 20);
	CHECK_EQ("second-wrote", mine[1], 0x3333);
	CHECK_EQ("second-flags", grant_flags(20), GTF_permit_access);
	CHECK_EQ("second-map-kept", pair_call(&p, map_and_keep, 20), 0);
	check_value("second-kept-flags", "%x", grant_flags(20));
	CHECK_EQ("second-kept-end", grant_end(20), 0);
}

/* The mapper dies, then the granter, whose frame we still see. */
static void check_deaths(void)
{
	volatile uint64_t *seen = (volatile uint64_t *)VA;
	grant_handle_t handle, again;
	domid_t dead = p.domid;
	int status;

	grant_map(dead, REF_RW, VA, RW, &handle);
	pair_last_call(&p, die, SHUTDOWN_poweroff);
	CHECK_EQ("shutdown-kept-flags", grant_flags(20) != GTF_permit_access, 1);
	pair_unlink(&p);
	domain_destroy(dead);
	CHECK_EQ("mapper-dead-flags", grant_flags(20), GTF_permit_access);
	CHECK_EQ("mapper-dead-end", grant_end(20), 1);
	CHECK("granter-dead", domain_flags(dead) & XEN_DOMINF_dying);
	CHECK_EQ("granter-dead-read", seen[0], 0x1111);
	seen[0] = 5;
	status = grant_map(dead, REF_RW, VA2, RW, &again);
	SAY("granter-dead-map", status);
	if (!status)
		grant_unmap(VA2, again);
	CHECK_EQ("granter-dead-unmap", grant_unmap(VA, handle), 0);
	CHECK("granter-gone", domain_wait_gone(dead));
	SAY("granter-gone-map", grant_map(dead, REF_RW, VA2, RW, NULL));
}

static void begin(void)
{
	pair_init(&p);
	pair_start(&p);
	pair_call(&p, offer, mfn_of(page_alloc()));
}

/* The first mapping takes what the hypervisor keeps for the next. */
static uint64_t frames_before(void)
{
	grant_handle_t handle;

	begin();
	grant_map(p.domid, REF_RW, VA, RW, &handle);
	grant_unmap(VA, handle);
	pair_end(&p);
	return frames_settled();
}

int main(void)
{
	uint64_t before;

	pair_serve_if_second();
	grant_init();
	memory_tables(VA);
	before = frames_before();
	begin();
	check_map();
	check_refused();
	check_batch();
	check_device();
	check_entry();
	check_replace();
	check_revoked();
	check_given_to_second();
	check_deaths();
	CHECK_EQ("memory-back", frames_wait(before), before);
	return check_done();
}
