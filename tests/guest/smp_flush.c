// SPDX-License-Identifier: MIT
/*
 * A second vCPU, on a CPU of its own, reads a page in a loop while the first
 * changes its mapping: after each kind of flush that names it, it must see
 * the new page. And a page that becomes a table can no longer be written by it,
 * with no flush asked for. With thread=multi: each CPU has a TLB of its own that nothing
 * else empties.
 *
 * RUN: smp=2
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"

#define VA TEST_VA

static uint64_t *one, *two;
static unsigned long mask_other = 2;
static volatile uint64_t asked, answered, value;
static volatile bool stop;
static unsigned int stale;

/* Answers what VA holds, without a hypercall between two answers. */
static void reader(void *arg)
{
	(void)arg;
	while (!stop) {
		uint64_t number = asked;

		value = *(volatile uint64_t *)VA;
		__atomic_store_n(&answered, number, __ATOMIC_SEQ_CST);
		cpu_relax();
	}
}

static uint64_t other_sees(void)
{
	uint64_t number = ++asked;

	WAIT_FOR(answered == number, 10);
	return value;
}

static uint64_t pte_of(const void *page)
{
	return pte_make(mfn_of(page), PTE_RW);
}

static int64_t op(unsigned int cmd, uint64_t arg1, void *mask)
{
	struct mmuext_op o = { .cmd = cmd, .arg1.linear_addr = arg1 };

	o.arg2.vcpumask.p = mask;
	return hypercall_mmuext_op(&o, 1, NULL, DOMID_SELF);
}

/* Both pages by turns, so that the other CPU always has the old one. */
static uint64_t *next_page(void)
{
	static unsigned int turn;

	return turn++ & 1 ? one : two;
}

#define ROUNDS 20

static void check_va(const char *name, uint64_t flags)
{
	unsigned int i, good = 0;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t *page = next_page();

		other_sees();
		hypercall_update_va_mapping(VA, pte_of(page), flags);
		good += other_sees() == *page;
	}
	CHECK_EQ(name, good, ROUNDS);
}

static void check_op(const char *name, unsigned int cmd, uint64_t arg1,
		     void *mask)
{
	unsigned int i, good = 0;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t *page = next_page();

		other_sees();
		hypercall_update_va_mapping(VA, pte_of(page), UVMF_NONE);
		stale += other_sees() != *page;
		op(cmd, arg1, mask);
		good += other_sees() == *page;
	}
	CHECK_EQ(name, good, ROUNDS);
}

/* The same by a PTE written through its table: the hypervisor's own flush. */
static void check_batch(void)
{
	struct mmu_update req = { .ptr = maddr_of(memory_entry(VA, 1)) };
	struct mmuext_op o = { .cmd = MMUEXT_TLB_FLUSH_ALL };
	multicall_entry_t list[2] = { 0 };
	unsigned int i, good = 0;

	list[0].op = __HYPERVISOR_mmu_update;
	list[0].args[0] = (uint64_t)&req;
	list[0].args[1] = 1;
	list[0].args[3] = DOMID_SELF;
	list[1].op = __HYPERVISOR_mmuext_op;
	list[1].args[0] = (uint64_t)&o;
	list[1].args[1] = 1;
	list[1].args[3] = DOMID_SELF;
	for (i = 0; i < ROUNDS; i++) {
		uint64_t *page = next_page();

		other_sees();
		req.val = pte_of(page);
		hypercall_multicall(list, 2);
		good += other_sees() == *page;
	}
	CHECK_EQ("multicall", good, ROUNDS);
}

/* ---- A page becomes a table while another CPU may still write it -------------- */

static volatile uint64_t to_write;
static volatile int write_vector;

/* Writes what it is told into VA when asked. */
static void writer(void *arg)
{
	(void)arg;
	while (!stop) {
		uint64_t number = asked;

		if (number == answered) {
			cpu_relax();
			continue;
		}
		write_vector = try_write((uint64_t *)VA + 1, to_write);
		__atomic_store_n(&answered, number, __ATOMIC_SEQ_CST);
	}
}

static int other_writes(uint64_t x)
{
	to_write = x;
	other_sees();
	return write_vector;
}

/*
 * No flush is asked for: the change of type must bring it, or the other CPU
 * writes an entry that nobody checked. (A legal one would be emulated.)
 */
static void check_type(void)
{
	uint64_t *table = page_alloc();
	uint64_t bad = pte_make(memory_hypervisor_mfn(), PTE_RW);
	unsigned int i, wrote = 0, faulted = 0, kept = 0, pinned = 0;

	stop = false;
	memory_set((void *)VA, pte_of(table));
	vcpu_start(1, writer, NULL);
	for (i = 0; i < ROUNDS; i++) {
		wrote += other_writes(0) == TRY_NONE;
		hypercall_update_va_mapping(VA, pte_of(table) & ~PTE_W,
					    UVMF_NONE);
		hypercall_update_va_mapping(table, pte_of(table) & ~PTE_W,
					    UVMF_NONE);
		pinned += !op(MMUEXT_PIN_L1_TABLE, mfn_of(table), NULL);
		faulted += other_writes(bad) == 14;
		kept += table[1] == 0;
		op(MMUEXT_UNPIN_TABLE, mfn_of(table), NULL);
		memory_set((void *)VA, pte_of(table));
		memory_writable(table);
	}
	CHECK_EQ("type-written-before", wrote, ROUNDS);
	CHECK_EQ("type-pinned", pinned, ROUNDS);
	CHECK_EQ("type-change-flushes", faulted, ROUNDS);
	CHECK_EQ("type-content-safe", kept, ROUNDS);
	stop = true;
	vcpu_wait_down(1);
}

int main(void)
{
	one = page_alloc();
	two = page_alloc();
	*one = 0x1111;
	*two = 0x2222;
	memory_map(VA, pte_of(one));
	vcpu_start(1, reader, NULL);
	check_va("va-page-all", UVMF_INVLPG | UVMF_ALL);
	check_va("va-page-mask", UVMF_INVLPG | (uint64_t)&mask_other);
	check_va("va-tlb-all", UVMF_TLB_FLUSH | UVMF_ALL);
	check_va("va-tlb-mask", UVMF_TLB_FLUSH | (uint64_t)&mask_other);
	check_op("tlb-all", MMUEXT_TLB_FLUSH_ALL, 0, NULL);
	check_op("tlb-multi", MMUEXT_TLB_FLUSH_MULTI, 0, &mask_other);
	check_op("page-all", MMUEXT_INVLPG_ALL, VA, NULL);
	check_op("page-multi", MMUEXT_INVLPG_MULTI, VA, &mask_other);
	check_batch();
	/* Without it the checks above would show nothing. */
	CHECK("stale-without-flush", stale > 0);
	printf("NOTE %u of %u reads were stale before the flush\n", stale,
	       4 * ROUNDS);
	stop = true;
	vcpu_wait_down(1);
	check_type();
	return check_done();
}
