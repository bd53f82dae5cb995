// SPDX-License-Identifier: MIT
/*
 * Memory of an unprivileged domain: its balloon and its limit, its map, and
 * frames that the initial domain sees while their owner gives them away,
 * exchanges them, or wants them as tables.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include <xen/memory.h>

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define OP(cmd, arg)  hypercall_memory_op(XENMEM_##cmd, arg)
#define N	      32u

static struct pair p;

static int64_t reserve(unsigned int cmd, xen_pfn_t *list, unsigned int n,
		       unsigned int order, domid_t domid)
{
	struct xen_memory_reservation r = {
		.nr_extents = n,
		.extent_order = order,
		.domid = domid,
	};

	r.extent_start.p = list;
	return hypercall_memory_op(cmd, &r);
}

/* ---- In the second domain --------------------------------------------------- */

static xen_pfn_t spare[N]; /* its frames, mapped nowhere */
static uint64_t first_spare;

static int64_t held(uint64_t arg)
{
	domid_t self = DOMID_SELF;

	(void)arg;
	return OP(current_reservation, &self);
}

static int64_t limit(uint64_t arg)
{
	domid_t self = DOMID_SELF;

	(void)arg;
	return OP(maximum_reservation, &self);
}

static int64_t deflate(uint64_t n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		spare[i] = pfn_mfn(first_spare + i);
	return reserve(XENMEM_decrease_reservation, spare, n, 0, DOMID_SELF);
}

static int64_t inflate(uint64_t n)
{
	unsigned int i, wrong = 0;
	int64_t rc;

	for (i = 0; i < n; i++)
		spare[i] = first_spare + i;
	rc = reserve(XENMEM_populate_physmap, spare, n, 0, DOMID_SELF);
	for (i = 0; rc >= 0 && i < rc; i++)
		wrong += mfn_pfn(spare[i]) != first_spare + i;
	return wrong ? -9999 : rc;
}

static int64_t check_balloon(uint64_t arg)
{
	uint64_t first;

	(void)arg;
	first_spare = pair_pfn_spare();
	CHECK_EQ("held", held(0), PAIR_PAGES);
	CHECK_EQ("limit", limit(0), PAIR_PAGES);
	CHECK_EQ("inflate-full", inflate(1), 0);
	CHECK_EQ("deflate", deflate(N), N);
	CHECK_EQ("deflate-held", held(0), PAIR_PAGES - N);
	CHECK_EQ("deflate-again", deflate(1), 0);
	CHECK("deflated-not-mapped",
	      memory_map(TEST_VA, pte_make(pfn_mfn(first_spare), PTE_RW)) < 0);
	CHECK_EQ("inflate", inflate(N), N);
	CHECK_EQ("inflate-held", held(0), PAIR_PAGES);
	memory_map(TEST_VA, pte_make(spare[3], PTE_RW));
	CHECK_EQ("inflate-zero", *(volatile uint64_t *)TEST_VA, 0);
	/* Mapped, it goes only once it is not. */
	first = spare[3];
	SAY("deflate-mapped",
	    reserve(XENMEM_decrease_reservation, &first, 1, 0, DOMID_SELF));
	SAY("deflate-mapped-held", held(0) - PAIR_PAGES);
	SAY("deflate-mapped-unmap", memory_map(TEST_VA, 0));
	SAY("deflate-unmapped-held", held(0) - PAIR_PAGES);
	return 0;
}

static int64_t check_table_balloon(uint64_t arg)
{
	xen_pfn_t root = mfn_of(memory_root());

	(void)arg;
	SAY("deflate-root",
	    reserve(XENMEM_decrease_reservation, &root, 1, 0, DOMID_SELF));
	return 0;
}

static int64_t check_orders(uint64_t arg)
{
	char name[40];
	unsigned int order;

	(void)arg;
	for (order = 0; order < 12; order++) {
		xen_pfn_t at = 0x4000;
		int64_t rc = reserve(XENMEM_populate_physmap, &at, 1, order,
				     DOMID_SELF);

		snprintf(name, sizeof(name), "populate-order-%u", order);
		SAY(name, rc);
		if (rc > 0)
			reserve(XENMEM_decrease_reservation, &at, 1, order,
				DOMID_SELF);
	}
	return held(0);
}

static int64_t give_away(uint64_t pfn)
{
	xen_pfn_t mfn = pfn_mfn(pfn);

	return reserve(XENMEM_decrease_reservation, &mfn, 1, 0, DOMID_SELF);
}

static int64_t exchange(uint64_t pfn)
{
	xen_pfn_t in = pfn_mfn(pfn), out = pfn;
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 1, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .domid = DOMID_SELF },
	};

	x.in.extent_start.p = &in;
	x.out.extent_start.p = &out;
	return OP(exchange, &x);
}

/* Pins what the spare pfn has, as an empty table. */
static int64_t pin(uint64_t pfn)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_PIN_L1_TABLE,
		.arg1.mfn = pfn_mfn(pfn),
	};

	return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static int64_t unpin(uint64_t pfn)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_UNPIN_TABLE,
		.arg1.mfn = pfn_mfn(pfn),
	};

	return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

struct e820 {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

static int64_t read_map(uint64_t entries)
{
	static struct e820 e[8];
	struct xen_memory_map map = { .nr_entries = entries };
	int64_t rc;

	map.buffer.p = e;
	rc = OP(memory_map, &map);
	if (!rc)
		check_value("map", "%u: %lx %lx %u", (unsigned)map.nr_entries,
			    (long)e[0].addr, (long)e[0].size,
			    (unsigned)e[0].type);
	return rc;
}

/* ---- The initial domain -------------------------------------------------------------- */

static uint64_t pages(void)
{
	struct xen_domctl_getdomaininfo info;

	return domain_info(p.domid, &info) ? info.tot_pages : 0;
}

static void check_limit(void)
{
	CHECK_EQ("limit-up", domain_max_mem(p.domid, (PAIR_PAGES + 10) * 4), 0);
	CHECK_EQ("limit-up-seen", pair_call(&p, limit, 0), PAIR_PAGES + 10);
	CHECK_EQ("limit-populate", pair_call(&p, inflate, N),
		 PAIR_PAGES + 10 - pages());
	CHECK_EQ("limit-pages", pages(), PAIR_PAGES + 10);
	CHECK_EQ("limit-down", domain_max_mem(p.domid, PAIR_PAGES * 2), 0);
	CHECK_EQ("limit-down-pages", pages(), PAIR_PAGES + 10);
	CHECK_EQ("limit-down-populate", pair_call(&p, inflate, 1), 0);
	domain_max_mem(p.domid, PAIR_PAGES * 40);
	SAY("orders-held", pair_call(&p, check_orders, 0) - (int64_t)PAIR_PAGES);
}

static void check_behalf(void)
{
	uint64_t pfn = PAIR_PAGES - 1, before = pages();
	xen_pfn_t mfn = p.mfns[pfn], mine = pfn_mfn(pfn_spare());

	SAY("behalf-decrease-mine",
	    reserve(XENMEM_decrease_reservation, &mine, 1, 0, p.domid));
	CHECK_EQ("behalf-decrease",
		 reserve(XENMEM_decrease_reservation, &mfn, 1, 0, p.domid), 1);
	CHECK_EQ("behalf-decrease-pages", pages(), before - 1);
	mfn = pfn;
	CHECK_EQ("behalf-populate",
		 reserve(XENMEM_populate_physmap, &mfn, 1, 0, p.domid), 1);
	CHECK_EQ("behalf-m2p", mfn_pfn(mfn), pfn);
	p.mfns[pfn] = mfn;
	SAY("behalf-increase",
	    reserve(XENMEM_increase_reservation, &mfn, 1, 0, p.domid));
	SAY("behalf-increase-pages", (int64_t)(pages() - before));
}

/* A frame that we see; its owner does what it may with it. */
static void check_seen(void)
{
	uint64_t pfn = PAIR_PAGES - 10, before = pages();
	volatile uint64_t *seen = foreign_map(p.domid, p.mfns[pfn], PTE_RW);
	volatile uint64_t *again;

	*seen = 0;
	SAY("seen-pin", pair_call(&p, pin, pfn));
	SAY("seen-exchange", pair_call(&p, exchange, pfn));
	SAY("seen-exchange-pages", (int64_t)(pages() - before));
	*seen = 0x77;
	SAY("seen-given-away", pair_call(&p, give_away, pfn));
	SAY("seen-given-away-pages", (int64_t)(pages() - before));
	CHECK_EQ("seen-given-away-read", *seen, 0x77);
	/* What we hold keeps it alive, and to be had once more. */
	again = foreign_map(p.domid, p.mfns[pfn], PTE_RO);
	CHECK("seen-given-away-map", again && *again == 0x77);
	foreign_unmap(again);
	foreign_unmap(seen);
	SAY("seen-unmapped-pages", (int64_t)(pages() - before));

	seen = foreign_map(p.domid, p.mfns[--pfn], PTE_RO);
	SAY("seen-ro-pin", pair_call(&p, pin, pfn));
	CHECK("seen-table-writable", !foreign_map(p.domid, p.mfns[pfn], PTE_RW));
	CHECK_EQ("seen-table-read", *seen, 0);
	SAY("seen-table-given-away", pair_call(&p, give_away, pfn));
	SAY("seen-table-pages", (int64_t)(pages() - before));
	SAY("seen-ro-unpin", pair_call(&p, unpin, pfn));
	foreign_unmap(seen);
	SAY("seen-table-pages-at-last", (int64_t)(pages() - before));
}

static void check_map(void)
{
	struct e820 row = { 0, PAIR_PAGES * PAGE_SIZE, 1 };
	struct xen_foreign_memory_map set = {
		.domid = p.domid,
		.map = { .nr_entries = 1 },
	};

	CHECK_EQ("map-none", pair_call(&p, read_map, 8), -XEN_ENOSYS);
	set.map.buffer.p = &row;
	SUCCESS(memory_op, XENMEM_set_memory_map, "set-map",
		!OP(set_memory_map, &set) && !pair_call(&p, read_map, 8));
	SAY("map-no-room", pair_call(&p, read_map, 0));
}

int main(void)
{
	uint64_t before;

	pair_serve_if_second();
	pair_init(&p);
	pair_start(&p);
	pair_end(&p);
	before = frames_settled();
	pair_init(&p);
	pair_start(&p);
	pair_call(&p, check_balloon, 0);
	pair_call(&p, check_table_balloon, 0);
	check_limit();
	check_behalf();
	check_seen();
	check_map();
	pair_end(&p);
	CHECK_EQ("memory-back", frames_wait(before), before);
	return check_done();
}
