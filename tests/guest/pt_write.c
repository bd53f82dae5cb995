// SPDX-License-Identifier: MIT
/*
 * Writes to a page table through its read-only mapping: the hypervisor does
 * them when they are legal entries, whichever instruction makes them; else
 * the guest has its page fault.
 */
#include <string.h>
#include "check.h"
#include "memory.h"
#include "trap.h"

#define LAST trap_last.regs

static uint64_t *l1; /* in use, below TEST_VA */
static char *one, *two;

static uint64_t pte_of(const char *page)
{
	return pte_make(mfn_of(page), PTE_RW);
}

static bool sees(unsigned int index, const char *page)
{
	memory_flush();
	return !memcmp((char *)TEST_VA + index * PAGE_SIZE, page, 4);
}

/* The guest's tables are writable, so to say, until it renounces. */
static void check_assist(void)
{
	int64_t rc = hypercall_vm_assist(VMASST_CMD_disable,
					 VMASST_TYPE_writable_pagetables);

	CHECK_EQ("assist-off", rc, 0);
	check_value("assist-off-write", "%d", try_write(l1, 0));
	rc = hypercall_vm_assist(VMASST_CMD_enable,
				 VMASST_TYPE_writable_pagetables);
	CHECK_EQ("assist-on", rc, 0);
	CHECK_EQ("assist-on-write", try_write(l1, 0), TRY_NONE);
}

static void check_moves(void)
{
	uint64_t pte = pte_of(one), old;

	CHECK_EQ("mov", try_write(l1, pte), TRY_NONE);
	CHECK("mov-maps", sees(0, one));
	CHECK_EQ("mov-adjusts", l1[0], pte | PTE_G);
	CHECK_EQ("mov-clear", try_write(l1, 0), TRY_NONE);
	CHECK_EQ("mov-cleared", l1[0], 0);
	CHECK_EQ("mov-32-bits",
		 TRY("movl $0, (%0)",
		     :
		     : "r"(l1)
		     : "memory"),
		 TRY_NONE);
	try_write(l1 + 1, pte_of(two));
	old = l1[1];
	CHECK_EQ("mov-32-bits-high",
		 TRY("movl %k1, 4(%0)",
		     :
		     : "r"(l1 + 1), "r"(old >> 32)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("mov-32-bits-kept", l1[1], old);
	CHECK_EQ("mov-16-bits",
		 TRY("movw %w1, (%0)",
		     :
		     : "r"(l1 + 1), "r"(old)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("mov-8-bits",
		 TRY("movb %b1, (%0)",
		     :
		     : "r"(l1 + 1), "r"(old)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("mov-8-bits-kept", l1[1], old);
	CHECK_EQ("or",
		 TRY("orq $0x200, (%0)",
		     :
		     : "r"(l1 + 1)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("or-done", l1[1], old | 0x200);
	CHECK_EQ("unaligned",
		 TRY("movq %1, 4(%0)",
		     :
		     : "r"(l1 + 4), "r"(0ul)
		     : "memory"),
		 14);
	CHECK_EQ("stos",
		 TRY("cld\n\tstosq",
		     :
		     : "D"(l1 + 8), "a"(pte)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("stos-done", l1[8], pte | PTE_G);
	CHECK_EQ("bts",
		 TRY("btsq $9, (%0)",
		     :
		     : "r"(l1 + 8)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("bts-done", l1[8], pte | PTE_G | 0x200);
}

static void check_exchanges(void)
{
	uint64_t pte = pte_of(one) | PTE_G, was = pte, old;
	uint64_t new = pte_of(two);
	uint32_t high = pte >> 32;

	try_write(l1, pte_of(one));
	old = new;
	CHECK_EQ("xchg",
		 TRY("xchgq %0, (%1)",
		     : "+r"(old)
		     : "r"(l1)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("xchg-old", old, pte);
	CHECK("xchg-maps", sees(0, two));
	was = new | PTE_G;
	CHECK_EQ("cmpxchg",
		 TRY("lock cmpxchgq %2, (%1)",
		     : "+a"(was)
		     : "r"(l1), "r"(pte)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("cmpxchg-done", l1[0], pte);
	was = 0x1234;
	CHECK_EQ("cmpxchg-differs",
		 TRY("lock cmpxchgq %2, (%1)",
		     : "+a"(was)
		     : "r"(l1), "r"(new)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("cmpxchg-differs-told", was, pte);
	CHECK_EQ("cmpxchg-differs-kept", l1[0], pte);
	CHECK_EQ("cmpxchg-32",
		 TRY("lock cmpxchgl %2, 4(%1)",
		     : "+a"(high)
		     : "r"(l1), "r"(high)
		     : "memory"),
		 TRY_NONE);
	CHECK_EQ("cmpxchg-32-kept", l1[0], pte);
	CHECK_EQ("cmpxchg8b",
		 TRY("lock cmpxchg8b (%0)",
		     :
		     : "r"(l1), "a"((uint32_t)pte), "d"((uint32_t)(pte >> 32)),
		       "b"((uint32_t) new), "c"((uint32_t)(new >> 32))
		     : "memory"),
		 TRY_NONE);
	CHECK("cmpxchg8b-maps", sees(0, two));
	CHECK_EQ("cmpxchg16b",
		 TRY("lock cmpxchg16b (%0)",
		     :
		     : "r"(l1), "a"(l1[0]), "d"(l1[1]), "b"(0ul), "c"(0ul)
		     : "memory"),
		 14);
}

static void check_refused(void)
{
	uint64_t foreign = pte_make(memory_hypervisor_mfn(), PTE_RW);
	uint64_t table = pte_make(mfn_of(l1), PTE_RW);
	uint64_t kept = l1[0];

	CHECK_EQ("foreign-frame", try_write(l1, foreign), 14);
	CHECK_EQ("foreign-frame-error", LAST.error, 3);
	CHECK_EQ("foreign-frame-cr2", trap_last.cr2, (uint64_t)l1);
	CHECK_EQ("kept", l1[0], kept);
	CHECK_EQ("own-table-writable", try_write(l1, table), 14);
	CHECK_EQ("superpage", try_write(l1 + 2, pte_of(one) | 1ul << 51), 14);
	try_write(l1, kept);
}

/* Writes to tables above are not emulated, nor from user mode. */
static void check_levels(void)
{
	uint64_t *l2 = memory_entry(TEST_VA, 2);
	uint64_t *l4 = memory_entry(TEST_VA, 4);

	CHECK_EQ("l2", try_write(l2 + 5, 0), 14);
	CHECK_EQ("l2-error", LAST.error, 3);
	CHECK_EQ("l4", try_write(l4, *l4), 14);
}

static void on_fault(struct regs *regs)
{
	(void)regs;
	user_leave(LAST.error);
}

static uint64_t user_write(uint64_t va)
{
	*(volatile uint64_t *)va = 0;
	return 0;
}

static void check_user(void)
{
	trap_handler[14] = on_fault;
	CHECK_EQ("from-user", user_run(user_write, (uint64_t)l1), 7);
	trap_handler[14] = NULL;
}

int main(void)
{
	one = page_alloc();
	two = page_alloc();
	strcpy(one, "one");
	strcpy(two, "two");
	memory_tables(TEST_VA);
	l1 = memory_entry(TEST_VA, 1);
	check_value("at-start", "%d", try_write(l1, 0));
	check_assist();
	check_moves();
	check_exchanges();
	check_refused();
	check_levels();
	check_user();
	return check_done();
}
