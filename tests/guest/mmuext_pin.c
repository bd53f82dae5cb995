// SPDX-License-Identifier: MIT
/*
 * mmuext_op: pinning tables of each level. A pinned table keeps its type
 * with nobody referring to it, so no writable mapping of it can be made;
 * unpinned it is a page again. A page that is no table, or another one, is
 * refused.
 */
#include "check.h"
#include "memory.h"

static uint64_t *table[5]; /* by level, each in the one above */
static uint64_t *page;	   /* writable */

static int64_t op(unsigned int cmd, uint64_t mfn, unsigned int dom)
{
	struct mmuext_op o = { .cmd = cmd, .arg1.mfn = mfn };

	return hypercall_mmuext_op(&o, 1, NULL, dom);
}

static int64_t pin(int level)
{
	return op(MMUEXT_PIN_L1_TABLE + level - 1, mfn_of(table[level]),
		  DOMID_SELF);
}

static int64_t unpin(int level)
{
	return op(MMUEXT_UNPIN_TABLE, mfn_of(table[level]), DOMID_SELF);
}

static void setup(void)
{
	int level;

	page = page_alloc();
	for (level = 1; level <= 4; level++)
		table[level] = page_alloc();
	table[1][0] = pte_make(mfn_of(page), PTE_RO);
	for (level = 2; level <= 4; level++)
		table[level][0] = pte_make(mfn_of(table[level - 1]), PTE_RW);
	for (level = 1; level <= 4; level++)
		memory_readonly(table[level]);
}

/* Pinned: it may not be written; unpinned: it may. */
static bool holds_type(int level)
{
	return memory_writable(table[level]) != 0;
}

static bool pins(int level)
{
	return !holds_type(level) | !memory_readonly(table[level]) &&
	       !pin(level) && holds_type(level);
}

static void check_levels(void)
{
	SUCCESS(mmuext_op, MMUEXT_PIN_L1_TABLE, "pin-l1", pins(1));
	SUCCESS(mmuext_op, MMUEXT_PIN_L2_TABLE, "pin-l2", pins(2));
	SUCCESS(mmuext_op, MMUEXT_PIN_L3_TABLE, "pin-l3", pins(3));
	SUCCESS(mmuext_op, MMUEXT_PIN_L4_TABLE, "pin-l4", pins(4));
	CHECK_EQ("pin-twice", pin(4), -XEN_EINVAL);
	CHECK_EQ("unpin-l1", unpin(1), 0);
	CHECK("unpin-l1-still-used", holds_type(1));
	CHECK_EQ("unpin-l2", unpin(2), 0);
	CHECK_EQ("unpin-l3", unpin(3), 0);
	SUCCESS(mmuext_op, MMUEXT_UNPIN_TABLE, "unpin-l4",
		!unpin(4) && !holds_type(4) && !holds_type(1));
	FAILURE(mmuext_op, MMUEXT_UNPIN_TABLE, "unpin-twice", unpin(4),
		XEN_EINVAL);
	memory_readonly(table[1]);
	memory_readonly(table[4]);
}

static void check_refused(void)
{
	uint64_t mine = mfn_of(page), foreign = memory_hypervisor_mfn();

	FAILURE(mmuext_op, MMUEXT_PIN_L1_TABLE, "pin-l1-writable",
		op(MMUEXT_PIN_L1_TABLE, mine, DOMID_SELF), XEN_EINVAL);
	FAILURE(mmuext_op, MMUEXT_PIN_L2_TABLE, "pin-l2-writable",
		op(MMUEXT_PIN_L2_TABLE, mine, DOMID_SELF), XEN_EINVAL);
	FAILURE(mmuext_op, MMUEXT_PIN_L3_TABLE, "pin-l3-writable",
		op(MMUEXT_PIN_L3_TABLE, mine, DOMID_SELF), XEN_EINVAL);
	FAILURE(mmuext_op, MMUEXT_PIN_L4_TABLE, "pin-l4-writable",
		op(MMUEXT_PIN_L4_TABLE, mine, DOMID_SELF), XEN_EINVAL);
	CHECK_EQ("pin-hypervisor", op(MMUEXT_PIN_L1_TABLE, foreign, DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("unpin-hypervisor",
		 op(MMUEXT_UNPIN_TABLE, foreign, DOMID_SELF), -XEN_EINVAL);
	CHECK_EQ("pin-no-frame", op(MMUEXT_PIN_L1_TABLE, 1ul << 39, DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("pin-mfn-minus-1", op(MMUEXT_PIN_L1_TABLE, ~0ul, DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("pin-domain-none", op(MMUEXT_PIN_L1_TABLE, mine, 77),
		 -XEN_ESRCH);
	CHECK_EQ("pin-domain-io",
		 op(MMUEXT_PIN_L1_TABLE, mfn_of(table[1]), DOMID_IO),
		 -XEN_EINVAL);
}

/* A table of one level is none of another, not even unpinned but used. */
static void check_conflict(void)
{
	pin(4);
	CHECK_EQ("l1-as-l2",
		 op(MMUEXT_PIN_L2_TABLE, mfn_of(table[1]), DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("l2-as-l1",
		 op(MMUEXT_PIN_L1_TABLE, mfn_of(table[2]), DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("l3-as-l4",
		 op(MMUEXT_PIN_L4_TABLE, mfn_of(table[3]), DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("l4-as-l3",
		 op(MMUEXT_PIN_L3_TABLE, mfn_of(table[4]), DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("used-l1-pins", pin(1), 0);
	unpin(4);
	CHECK("pinned-below-stays", holds_type(1));
	unpin(1);
}

/* Validation looks at every entry, and undoes what it did. */
static void check_content(void)
{
	memory_writable(table[1]);
	table[1][511] = pte_make(memory_hypervisor_mfn(), PTE_RO);
	memory_readonly(table[1]);
	CHECK_EQ("pin-bad-last-entry", pin(1), -XEN_EBUSY);
	CHECK_EQ("pin-bad-below", pin(2), -XEN_EBUSY);
	CHECK("nothing-kept", !holds_type(1) && !holds_type(2));
	table[1][511] = 0;
	memory_readonly(table[1]);
	memory_readonly(table[2]);
	CHECK_EQ("pin-repaired", pin(2), 0);
	unpin(2);
}

static void check_batch(void)
{
	struct mmuext_op ops[3] = {
		{ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn_of(table[1]) },
		{ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = mfn_of(page) },
		{ .cmd = MMUEXT_PIN_L2_TABLE, .arg1.mfn = mfn_of(table[2]) },
	};
	unsigned int done = 99;

	CHECK_EQ("batch", hypercall_mmuext_op(ops, 3, &done, DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("batch-done", done, 1);
	CHECK("batch-first-done", holds_type(1));
	memory_writable(table[2]);
	CHECK("batch-third-not", !holds_type(2));
	CHECK_EQ("batch-bad-list",
		 hypercall_mmuext_op(NOWHERE, 1, &done, DOMID_SELF),
		 -XEN_EFAULT);
	CHECK_EQ("batch-bad-done",
		 hypercall_mmuext_op(ops, 0, NOWHERE, DOMID_SELF), 0);
	CHECK_EQ("unknown-op", op(99, 0, DOMID_SELF), -XEN_ENOSYS);
	CHECK_EQ("op-21", op(21, 0, DOMID_SELF), -XEN_ENOSYS);
	unpin(1);
}

int main(void)
{
	setup();
	check_levels();
	check_refused();
	check_conflict();
	check_content();
	check_batch();
	return check_done();
}
