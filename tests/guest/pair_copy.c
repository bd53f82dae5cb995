// SPDX-License-Identifier: MIT
/*
 * Grants between two domains, without mapping them: copied in every
 * direction, swapped, a frame handed over; and what of it is refused.
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

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define SRC	      GNTCOPY_source_gref
#define DST	      GNTCOPY_dest_gref

/* The second domain's grants, by number. */
enum {
	REF_A = 10,
	REF_B,
	REF_RO,
	REF_OTHER,
	REF_NONE,
	REF_TABLE,
	REF_TRANSFER,
	REF_SWAP_A,
	REF_SWAP_B,
};

static struct pair p;
static uint64_t a[512] __attribute__((aligned(4096)));
static uint64_t b[512] __attribute__((aligned(4096)));
static uint64_t table[512] __attribute__((aligned(4096)));

/* ---- In the second domain -------------------------------------------------- */

static int64_t offer(uint64_t arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < 512; i++) {
		a[i] = 0xa000 + i;
		b[i] = 0xb000 + i;
	}
	memory_make_table(table, 1);
	grant_give(REF_A, 0, mfn_of(a), 0);
	grant_give(REF_B, 0, mfn_of(b), 0);
	grant_give(REF_RO, 0, mfn_of(a), GTF_readonly);
	grant_give(REF_OTHER, 777, mfn_of(a), 0);
	grant_give(REF_TABLE, 0, mfn_of(table), 0);
	grant_give(REF_SWAP_A, 0, mfn_of(a), GTF_readonly);
	grant_give(REF_SWAP_B, 0, mfn_of(b), 0);
	return 0;
}

static int64_t word_a(uint64_t i)
{
	return a[i];
}

static int64_t word_b(uint64_t i)
{
	return b[i];
}

static int64_t flags_of(uint64_t ref)
{
	return grant_flags(ref);
}

static int64_t copy_theirs(uint64_t ref)
{
	SAY("second-copy",
	    grant_copy(copy_grant(0, ref, 0), copy_frame(mfn_of(b), 0), 8, SRC));
	CHECK_EQ("second-copied", b[0], 0x7777);
	b[1] = 0x8888;
	SAY("second-copy-back", grant_copy(copy_frame(mfn_of(b), 8),
					   copy_grant(0, ref, 16), 8, DST));
	SAY("second-copy-not-given",
	    grant_copy(copy_grant(0, 99, 0), copy_frame(mfn_of(b), 0), 8, SRC));
	return 0;
}

static int64_t swap(uint64_t arg)
{
	SAY(arg ? "swap-mapped" : "swap", grant_swap(REF_SWAP_A, REF_SWAP_B));
	return grant_flags(REF_SWAP_B);
}

static int64_t swap_refused(uint64_t arg)
{
	(void)arg;
	SAY("swap-itself", grant_swap(REF_SWAP_A, REF_SWAP_A));
	FAILURE(grant_table_op, GNTTABOP_swap_grant_ref, "swap-bad",
		hypercall_grant_table_op(GNTTABOP_swap_grant_ref, NOWHERE, 1),
		XEN_EFAULT);
	SAY("swap-beyond", grant_swap(REF_SWAP_A, GRANT_REFS * 9));
	SAY("swap-beyond-first", grant_swap(~0u, REF_SWAP_A));
	SUCCESS(grant_table_op, GNTTABOP_swap_grant_ref, "swap-back",
		!grant_swap(REF_SWAP_A, REF_SWAP_B) &&
			grant_entry(REF_SWAP_A)->frame == mfn_of(a));
	return 0;
}

static int64_t accept(uint64_t pfn)
{
	volatile struct grant_entry_v1 *e = grant_entry(REF_TRANSFER);

	e->domid = 0;
	e->frame = pfn;
	asm volatile("" : : : "memory");
	e->flags = GTF_accept_transfer;
	return 0;
}

static int64_t accepted(uint64_t arg)
{
	volatile struct grant_entry_v1 *e = grant_entry(REF_TRANSFER);

	(void)arg;
	check_value("transfer-entry-flags", "%x", e->flags);
	if (!(e->flags & GTF_transfer_completed))
		return 0;
	if (memory_map(TEST_VA, pte_make(e->frame, PTE_RW)))
		return -1;
	return *(volatile uint64_t *)TEST_VA;
}

/* ---- Copied ------------------------------------------------------------------------- */

static uint64_t mine[512] __attribute__((aligned(4096)));

static void check_copy(void)
{
	uint64_t frame = mfn_of(mine);

	SUCCESS(grant_table_op, GNTTABOP_copy, "copy-here",
		!grant_copy(copy_grant(p.domid, REF_A, 0), copy_frame(frame, 0),
			    4096, SRC) &&
			mine[0] == 0xa000 && mine[511] == 0xa1ff);
	mine[3] = 0x1234;
	CHECK_EQ("copy-there",
		 grant_copy(copy_frame(frame, 24),
			    copy_grant(p.domid, REF_B, 40), 8, DST),
		 0);
	CHECK_EQ("copy-there-seen", pair_call(&p, word_b, 5), 0x1234);
	CHECK_EQ("copy-there-rest", pair_call(&p, word_b, 6), 0xb006);
	CHECK_EQ("copy-both",
		 grant_copy(copy_grant(p.domid, REF_B, 40),
			    copy_grant(p.domid, REF_A, 8), 8, SRC | DST),
		 0);
	CHECK_EQ("copy-both-seen", pair_call(&p, word_a, 1), 0x1234);
	CHECK_EQ("copy-readonly-from",
		 grant_copy(copy_grant(p.domid, REF_RO, 8),
			    copy_frame(frame, 0), 8, SRC),
		 0);
	CHECK_EQ("copy-readonly-from-seen", mine[0], 0x1234);
	CHECK_EQ("copy-odd",
		 grant_copy(copy_grant(p.domid, REF_A, 4093),
			    copy_frame(frame, 1), 3, SRC),
		 0);
	CHECK_EQ("copy-overlap",
		 grant_copy(copy_frame(frame, 0), copy_frame(frame, 8), 64, 0),
		 0);
	check_value("copy-flags-after", "%x %x",
		    (unsigned)pair_call(&p, flags_of, REF_A),
		    (unsigned)pair_call(&p, flags_of, REF_B));
}

static void check_copy_refused(void)
{
	struct gnttab_copy_ptr here = copy_frame(mfn_of(mine), 0), wrong;
	static const struct {
		const char *name;
		grant_ref_t ref;
	} refs[] = {
		{ "for-another", REF_OTHER }, { "none", REF_NONE },
		{ "beyond", GRANT_REFS * 9 }, { "last", ~0u },
		{ "table", REF_TABLE },	      { "readonly", REF_RO },
	};
	char name[40];
	unsigned int i;

	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		wrong = copy_grant(p.domid, refs[i].ref, 0);
		snprintf(name, sizeof(name), "copy-%s", refs[i].name);
		check_value(name, "from %d to %d",
			    grant_copy(wrong, here, 8, SRC),
			    grant_copy(here, wrong, 8, DST));
	}
	wrong = copy_grant(777, REF_A, 0);
	SAY("copy-nobody", grant_copy(wrong, here, 8, SRC));
	wrong = copy_grant(DOMID_SELF, REF_A, 0);
	SAY("copy-self", grant_copy(wrong, here, 8, SRC));
	wrong = here;
	wrong.domid = p.domid;
	SAY("copy-foreign-frame", grant_copy(wrong, here, 8, 0));
	wrong = copy_frame(pair_mfn_of(&p, a), 0);
	SAY("copy-not-my-frame", grant_copy(wrong, here, 8, 0));
	SAY("copy-to-not-my-frame", grant_copy(here, wrong, 8, 0));
	wrong.domid = p.domid;
	SAY("copy-their-frame", grant_copy(wrong, here, 8, 0));
	SAY("copy-my-table",
	    grant_copy(here, copy_frame(mfn_of(memory_root()), 0), 8, 0));
	SAY("copy-frame-beyond",
	    grant_copy(copy_frame(1ul << 40, 0), here, 8, 0));
}

static void check_copy_sizes(void)
{
	static const struct {
		unsigned int from, to, len;
	} rows[] = {
		{ 0, 0, 0 },	 { 4096, 0, 0 },  { 4095, 0, 1 },
		{ 4095, 0, 2 },	 { 4096, 0, 1 },  { 0, 4095, 2 },
		{ 0, 0, 4097 },	 { 1, 0, 4096 },  { 0, 1, 4096 },
		{ 65535, 0, 1 }, { 0, 65535, 1 }, { 0, 0, 65535 },
	};
	char name[40];
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "copy-size-%u-%u-%u", rows[i].from,
			 rows[i].to, rows[i].len);
		SAY(name, grant_copy(copy_grant(p.domid, REF_A, rows[i].from),
				     copy_frame(mfn_of(mine), rows[i].to),
				     rows[i].len, SRC));
	}
}

static void check_copy_batch(void)
{
	static struct gnttab_copy ops[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		ops[i] = (struct gnttab_copy){
			.source = copy_grant(p.domid, i == 1 ? REF_NONE : REF_A,
					     i * 8),
			.dest = copy_frame(mfn_of(mine), i * 8),
			.len = 8,
			.flags = SRC,
		};
	mine[1] = 1;
	SAY("copy-batch", hypercall_grant_table_op(GNTTABOP_copy, ops, 3));
	check_value("copy-batch-status", "%d %d %d", ops[0].status,
		    ops[1].status, ops[2].status);
	check_value("copy-batch-words", "%lx %lx %lx", (long)mine[0],
		    (long)mine[1], (long)mine[2]);
	FAILURE(grant_table_op, GNTTABOP_copy, "copy-bad",
		hypercall_grant_table_op(GNTTABOP_copy, NOWHERE, 1), XEN_EFAULT);
	ops[0].flags = 0x80;
	hypercall_grant_table_op(GNTTABOP_copy, ops, 1);
	SAY("copy-unknown-flag", ops[0].status);
}

/* ---- Swapped, handed over ------------------------------------------------------------ */

static void check_swap(void)
{
	grant_handle_t handle;

	check_value("swap-flags", "%x", (unsigned)pair_call(&p, swap, 0));
	SAY("swap-now-readonly",
	    grant_copy(copy_frame(mfn_of(mine), 0),
		       copy_grant(p.domid, REF_SWAP_B, 0), 8, DST));
	pair_call(&p, swap_refused, 0);
	memory_tables(TEST_VA);
	grant_map(p.domid, REF_SWAP_B, TEST_VA, GNTMAP_host_map, &handle);
	pair_call(&p, swap, 1);
	SAY("swap-mapped-unmap", grant_unmap(TEST_VA, handle));
}

static int transfer(domid_t domid, grant_ref_t ref)
{
	return grant_transfer(domid, ref, pfn_mfn(pfn_spare()));
}

/* A transfer that fails late loses the frame: each takes another. */
static void check_transfer_refused(void)
{
	uint64_t mfn = pfn_mfn(pfn_spare());

	memory_map(TEST_VA, pte_make(mfn, PTE_RW));
	SAY("transfer-mapped", grant_transfer(p.domid, REF_TRANSFER, mfn));
	memory_map(TEST_VA, 0);
	SAY("transfer-not-waiting", transfer(p.domid, REF_A));
	SAY("transfer-nobody", transfer(777, REF_TRANSFER));
	SAY("transfer-self", transfer(DOMID_SELF, REF_TRANSFER));
	SAY("transfer-ref-beyond", transfer(p.domid, GRANT_REFS * 9));
	SAY("transfer-in-use",
	    grant_transfer(p.domid, REF_TRANSFER, mfn_of(mine)));
	SAY("transfer-table",
	    grant_transfer(p.domid, REF_TRANSFER, mfn_of(memory_root())));
	SAY("transfer-not-mine",
	    grant_transfer(p.domid, REF_TRANSFER, pair_mfn_of(&p, a)));
	SAY("transfer-beyond", grant_transfer(p.domid, REF_TRANSFER, 1ul << 40));
	SAY("transfer-no-room", transfer(p.domid, REF_TRANSFER));
	SAY("transfer-bad",
	    hypercall_grant_table_op(GNTTABOP_transfer, NOWHERE, 1));
}

static uint64_t pages_of(domid_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return domain_info(domid, &info) ? info.tot_pages : 0;
}

static void check_transfer(void)
{
	uint64_t mfn = pfn_mfn(pfn_spare());
	uint64_t here, there;

	pair_call(&p, accept, 9);
	check_transfer_refused();
	pair_call(&p, accept, 9);
	memory_map(TEST_VA, pte_make(mfn, PTE_RW));
	*(volatile uint64_t *)TEST_VA = 0x6789;
	memory_map(TEST_VA, 0);
	domain_max_mem(p.domid, (PAIR_PAGES + 1) * 4);
	here = pages_of(0);
	there = pages_of(p.domid);
	SAY("transfer", grant_transfer(p.domid, REF_TRANSFER, mfn));
	check_value("transfer-pages", "%ld %ld", (long)(pages_of(0) - here),
		    (long)(pages_of(p.domid) - there));
	check_value("transfer-seen", "%lx", (long)pair_call(&p, accepted, 0));
	SAY("transfer-gone", memory_map(TEST_VA, pte_make(mfn, PTE_RW)));
	SAY("transfer-again", grant_transfer(p.domid, REF_TRANSFER, mfn));
}

static void check_given_to_second(void)
{
	uint64_t *page = page_alloc();

	page[0] = 0x7777;
	grant_give(20, p.domid, mfn_of(page), 0);
	pair_call(&p, copy_theirs, 20);
	CHECK_EQ("second-copied-back", page[2], 0x8888);
	CHECK_EQ("second-copy-flags", grant_flags(20), GTF_permit_access);
	CHECK_EQ("second-copy-end", grant_end(20), 1);
}

static void check_dead(void)
{
	domid_t dead = p.domid;
	struct gnttab_copy_ptr here = copy_frame(mfn_of(mine), 0);

	domain_destroy(dead);
	SAY("dead-copy", grant_copy(copy_grant(dead, REF_A, 0), here, 8, SRC));
	pair_end(&p);
	SAY("gone-copy", grant_copy(copy_grant(dead, REF_A, 0), here, 8, SRC));
}

int main(void)
{
	pair_serve_if_second();
	grant_init();
	pair_init(&p);
	pair_start(&p);
	pair_call(&p, offer, 0);
	check_copy();
	check_copy_refused();
	check_copy_sizes();
	check_copy_batch();
	check_swap();
	check_given_to_second();
	check_transfer();
	check_dead();
	return check_done();
}
