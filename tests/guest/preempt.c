// SPDX-License-Identifier: MIT
/*
 * Long operations let others go first: a timer's upcall comes in the middle
 * of each. What it interrupts is a system call about to be made again; each
 * such upcall is one continuation, and there must be some. At the end all is
 * done all the same, once.
 *
 * RUN: timeout=60 icount=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/memory.h>
#include <xen/version.h>

#define MANY   4096
#define TABLES 256
#define SLICE  100000ul /* ns between the timer's events */

static int64_t timer;
static volatile unsigned int continued, upcalls;

static void on_upcall(struct regs *regs)
{
	const uint8_t *code = (const uint8_t *)regs->rip;

	event_upcall(regs);
	upcalls++;
	continued += code[0] == 0x0f && code[1] == 0x05;
	hypercall_set_timer_op(time_now() + SLICE);
}

static void begin(void)
{
	continued = upcalls = 0;
	upcalls_on();
	hypercall_set_timer_op(time_now() + SLICE);
}

/* continued is read first: the printing itself is interrupted too. */
static void end(const char *name)
{
	unsigned int n = continued;
	char full[40];

	hypercall_set_timer_op(0);
	upcalls_off();
	event_clear(timer);
	printf("NOTE %s was continued %u times\n", name, n);
	snprintf(full, sizeof(full), "%s-continued", name);
	check_report(full, NULL, n > 0, "never interrupted");
}

static void check_mmu_update(char *page)
{
	struct mmu_update *list = pages_alloc(MANY * sizeof(*list) / 4096);
	uint64_t *l1 = memory_entry(TEST_VA, 1);
	unsigned int i, done = 0;
	int64_t rc;

	for (i = 0; i < MANY; i++) {
		list[i].ptr = maddr_of(l1 + i % 512);
		list[i].val = pte_make(mfn_of(page), i & 1024 ? PTE_RO : PTE_RW);
	}
	begin();
	rc = hypercall_mmu_update(list, MANY, &done, DOMID_SELF);
	end("mmu-update");
	CHECK_EQ("mmu-update", rc, 0);
	CHECK_EQ("mmu-update-done", done, MANY);
	CHECK("mmu-update-last",
	      pte_mfn(l1[511]) == mfn_of(page) && !(l1[511] & PTE_W));
}

static void check_mmuext(char *page)
{
	struct mmuext_op *list = pages_alloc(MANY * sizeof(*list) / 4096);
	unsigned int i, done = 0;
	int64_t rc;

	for (i = 0; i < MANY; i++)
		list[i] = (struct mmuext_op){
			.cmd = MMUEXT_CLEAR_PAGE,
			.arg1.mfn = mfn_of(page),
		};
	begin();
	rc = hypercall_mmuext_op(list, MANY, &done, DOMID_SELF);
	end("mmuext");
	CHECK_EQ("mmuext", rc, 0);
	CHECK_EQ("mmuext-done", done, MANY);
}

static void check_multicall(void)
{
	multicall_entry_t *list = pages_alloc(MANY * sizeof(*list) / 4096);
	unsigned int i, good = 0;
	int64_t rc;

	for (i = 0; i < MANY; i++) {
		list[i].op = __HYPERVISOR_xen_version;
		list[i].args[0] = XENVER_pagesize;
	}
	begin();
	rc = hypercall_multicall(list, MANY);
	end("multicall");
	for (i = 0; i < MANY; i++)
		good += list[i].result == 4096;
	CHECK_EQ("multicall", rc, 0);
	CHECK_EQ("multicall-results", good, MANY);
}

/* ---- A tree of tables -------------------------------------------------------------- */

static uint64_t *tree(char *page)
{
	uint64_t *l2 = page_alloc(), *l3 = page_alloc(), *l4 = page_alloc();
	unsigned int i, j;

	for (i = 0; i < TABLES; i++) {
		uint64_t *l1 = page_alloc();

		for (j = 0; j < 512; j++)
			l1[j] = pte_make(mfn_of(page), PTE_RO);
		l2[i] = pte_make(mfn_of(l1), PTE_RW);
		memory_readonly(l1);
	}
	l3[0] = pte_make(mfn_of(l2), PTE_RW);
	l4[0] = pte_make(mfn_of(l3), PTE_RW);
	memory_readonly(l2);
	memory_readonly(l3);
	memory_readonly(l4);
	return l4;
}

static int64_t op(unsigned int cmd, const void *table)
{
	struct mmuext_op o = { .cmd = cmd, .arg1.mfn = mfn_of(table) };

	return hypercall_mmuext_op(&o, 1, NULL, DOMID_SELF);
}

static void check_pin(char *page)
{
	uint64_t *l4 = tree(page);
	uint64_t *l1 = mfn_va(pte_mfn(*(uint64_t *)mfn_va(
		pte_mfn(*(uint64_t *)mfn_va(pte_mfn(l4[0]))))));
	int64_t rc;

	begin();
	rc = op(MMUEXT_PIN_L4_TABLE, l4);
	end("pin");
	CHECK_EQ("pin", rc, 0);
	CHECK("pinned", memory_writable(l1) != 0);
	begin();
	rc = op(MMUEXT_UNPIN_TABLE, l4);
	end("unpin");
	CHECK_EQ("unpin", rc, 0);
	CHECK_EQ("unpinned", memory_writable(l1), 0);
	memory_readonly(l1);
	/* And by the change of one entry. */
	begin();
	rc = memory_update(memory_entry(TEST_VA, 4) + 1,
			   pte_make(pte_mfn(l4[0]), PTE_RW));
	end("entry");
	CHECK_EQ("entry", rc, 0);
	begin();
	rc = memory_update(memory_entry(TEST_VA, 4) + 1, 0);
	end("entry-clear");
	CHECK_EQ("entry-clear", rc, 0);
}

static void check_memory(void)
{
	struct xen_memory_reservation r = {
		.nr_extents = MANY,
		.domid = DOMID_SELF,
	};
	xen_pfn_t *list = pages_alloc(MANY * sizeof(*list) / 4096);
	unsigned int i;
	int64_t rc;

	for (i = 0; i < MANY; i++)
		list[i] = pfn_mfn(pfn_spare());
	r.extent_start.p = list;
	begin();
	rc = hypercall_memory_op(XENMEM_decrease_reservation, &r);
	end("decrease");
	CHECK_EQ("decrease", rc, MANY);
	for (i = 0; i < MANY; i++)
		list[i] = start_info->nr_pages - 1 - i;
	begin();
	rc = hypercall_memory_op(XENMEM_populate_physmap, &r);
	end("populate");
	CHECK_EQ("populate", rc, MANY);
}

int main(void)
{
	char *page = page_alloc();

	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	timer = event_bind_virq(VIRQ_TIMER, 0);
	event_unmask(timer);
	trap_handler[VECTOR_UPCALL] = on_upcall;
	memory_tables(TEST_VA);
	check_mmu_update(page);
	check_mmuext(page_alloc());
	check_multicall();
	check_pin(page);
	check_memory();
	return check_done();
}
