// SPDX-License-Identifier: MIT
/*
 * A storm of random hypercalls with arguments that are nearly right, and of
 * privileged instructions.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include "event.h"
#include "hypercall.h"
#include "memory.h"
#include "start.h"
#include "storm.h"
#include "trap.h"
#include "vcpu.h"

#define PAGES 24 /* victims: tables, descriptors, data */

static uint8_t *page[PAGES];
static struct storm s;
static unsigned int answered[VCPUS];

/* ---- Chance, one stream per vCPU ------------------------------------------ */

static uint64_t state[VCPUS];

static uint64_t any(void)
{
	uint64_t *x = &state[vcpu_id()];

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x * 0x2545f4914f6cdd1dul;
}

static unsigned int below(unsigned int n)
{
	return (any() >> 33) % n;
}

static uint8_t *victim(void)
{
	return page[below(PAGES)];
}

/* A frame: mostly ours, sometimes anybody's. */
static uint64_t frame(void)
{
	switch (below(12)) {
	case 0:
		return below(1 << 18);
	case 1:
		return any();
	case 2:
		return mfn_of(memory_root());
	case 3:
		return memory_hypervisor_mfn();
	case 4:
		return pfn_spare();
	default:
		return mfn_of(victim());
	}
}

static uint64_t entry(void)
{
	uint64_t flags = any() & 0x1ff;

	if (below(4))
		flags = below(2) ? PTE_RW : PTE_RO;
	if (!below(8))
		flags |= any() & (PTE_NX | PTE_AVAIL | PTE_GUEST_KERNEL);
	return below(16) ? (frame() << PAGE_SHIFT & PTE_ADDR) | flags : any();
}

static uint64_t address(void)
{
	switch (below(10)) {
	case 0:
		return any();
	case 1:
		return 0xffff800000000000ul + (any() & 0xfffffffffff);
	case 2:
		return 0x7ffffffffff8ul + below(16);
	case 3:
		return TEST_VA + below(64) * PAGE_SIZE;
	case 4:
		return below(4096);
	default:
		return (uint64_t)victim() + (any() & 0xff8);
	}
}

static uint64_t number(void)
{
	switch (below(6)) {
	case 0:
		return any();
	case 1:
		return address();
	case 2:
		return -1ul - below(4);
	case 3:
		return 1ul << below(64);
	default:
		return below(40);
	}
}

static uint64_t maddr(void)
{
	return (frame() << PAGE_SHIFT) + (any() & 0xff8) + !below(8) * below(8);
}

static uint64_t domid(void)
{
	if (below(4))
		return DOMID_SELF;
	return below(3) ? below(2) ? 0x7ff0 + below(8) : below(5) : any();
}

/* ---- Arguments ------------------------------------------------------------- */

/* A structure of numbers that point, count and name. */
static void *junk(void)
{
	uint64_t *at = (uint64_t *)(victim() + below(8) * 64);
	unsigned int n = 4 + below(12);

	if (memory_pte(at) & PTE_W)
		for (unsigned int i = 0; i < n; i++)
			at[i] = below(3) ? number() : entry();
	return at;
}

static struct mmu_update updates[VCPUS][8];
static struct mmuext_op ops[VCPUS][8];
static struct multicall_entry calls[VCPUS][8];

static int64_t do_mmu_update(void)
{
	struct mmu_update *u = updates[vcpu_id()];
	unsigned int n = 1 + below(8);

	for (unsigned int i = 0; i < n; i++) {
		u[i].ptr = (maddr() & ~3ul) | below(4);
		u[i].val = below(8) ? entry() : number();
	}
	return hypercall_mmu_update(u, n, NULL, domid());
}

static int64_t do_mmuext(void)
{
	struct mmuext_op *o = ops[vcpu_id()];
	unsigned int n = 1 + below(8);

	for (unsigned int i = 0; i < n; i++) {
		o[i].cmd = below(22);
		/* A new root that is none of ours ends a guest too early. */
		if (o[i].cmd == MMUEXT_NEW_BASEPTR && below(64))
			o[i].cmd = MMUEXT_PIN_L1_TABLE;
		o[i].arg1.mfn = below(8) ? frame() : address();
		o[i].arg2.src_mfn = below(2) ? frame() : (uint64_t)junk();
	}
	return hypercall_mmuext_op(o, n, NULL, domid());
}

static int64_t do_va_mapping(void)
{
	uint64_t va = below(8) ? TEST_VA + below(64) * PAGE_SIZE : address();

	return hypercall_update_va_mapping(va, entry(), number());
}

static int64_t do_descriptor(void)
{
	uint64_t frames[16];

	if (below(2))
		return hypercall_update_descriptor(maddr(), any());
	for (unsigned int i = 0; i < 16; i++)
		frames[i] = frame();
	return hypercall_set_gdt(frames, below(520 * 16));
}

static int64_t one_call(void);

static int64_t do_multicall(void)
{
	struct multicall_entry *c = calls[vcpu_id()];
	unsigned int n = 1 + below(8);

	for (unsigned int i = 0; i < n; i++) {
		static const uint8_t some[] = { 1,  12, 13, 14, 17, 20,
						25, 26, 32, 33, 22, 10 };
		c[i].op = some[below(sizeof(some))];
		c[i].args[0] = below(2) ? below(24) : (uint64_t)junk();
		c[i].args[1] = below(2) ? below(8) : (uint64_t)junk();
		for (unsigned int k = 2; k < 6; k++)
			c[i].args[k] = number();
	}
	return hypercall_multicall(c, n);
}

static int64_t do_event(void)
{
	return hypercall_event_channel_op(below(16), junk());
}

static int64_t do_memory(void)
{
	struct xen_memory_reservation r = { .nr_extents = below(64) };
	static xen_pfn_t list[VCPUS][64];
	unsigned int cmd = below(4) ? below(30) : below(64) | below(99) << 6;

	if (below(2))
		return hypercall_memory_op(cmd, junk());
	for (unsigned int i = 0; i < 64; i++)
		list[vcpu_id()][i] = frame();
	r.extent_start.p = list[vcpu_id()];
	r.extent_order = below(8) ? below(2) : any();
	r.domid = domid();
	return hypercall_memory_op(cmd, &r);
}

static int64_t do_vcpu(void)
{
	unsigned int cmd = below(15);

	/* Its own end, or the other's, comes with mean rounds only. */
	if (cmd == VCPUOP_down)
		cmd = VCPUOP_is_up;
	return hypercall_vcpu_op(cmd, below(4) ? below(3) : any(), junk());
}

static int64_t do_sched(void)
{
	uint32_t ports[2] = { below(64), any() };
	struct sched_poll poll = { .nr_ports = 1 + below(2),
				   .timeout = 1 + below(1000) };

	if (below(2))
		return hypercall_sched_op(SCHEDOP_yield, NULL);
	poll.ports.p = ports;
	return hypercall_sched_op(SCHEDOP_poll, &poll);
}

static int64_t do_small(void)
{
	switch (below(9)) {
	case 0:
		return hypercall_grant_table_op(below(14), junk(), below(4));
	case 1:
		return hypercall_physdev_op(below(34), junk());
	case 2:
		return hypercall_xen_version(below(14), junk());
	case 3:
		return hypercall_vm_assist(below(3), below(40));
	case 4:
		return hypercall_set_debugreg(below(10), number());
	case 5:
		return hypercall_get_debugreg(number());
	case 6:
		return hypercall_fpu_taskswitch(below(2));
	case 7:
		return hypercall_set_timer_op(
			below(2) ? number() : time_now() + below(99999));
	default:
		return hypercall_set_segment_base(below(5), number());
	}
}

/* What may take the guest's entry points and stacks from it. */
static int64_t do_mean(void)
{
	switch (below(12)) {
	case 0:
		return hypercall_set_trap_table(junk());
	case 1:
		return hypercall_set_callbacks(address(), address(), address());
	case 2:
		return hypercall_callback_op(below(3), junk());
	case 3:
		return hypercall_stack_switch(below(2) ? 0xe02b : any(),
					      address());
	case 4:
		return hypercall_nmi_op(below(3), junk());
	case 5:
		return hypercall_vcpu_op(VCPUOP_down, below(2), NULL);
	case 6:
		return hypercall_iret();
	case 7:
		return hypercall_update_va_mapping(address(), entry(), 0);
	default:
		return hypercall5(below(2) ? below(64) : any(), number(),
				  address(), number(), address(), number());
	}
}

/* ---- Instructions ----------------------------------------------------------- */

static int64_t do_instruction(void)
{
	uint64_t a = number(), c = number(), d = number();

	switch (below(14)) {
	case 0:
		return TRY("rdmsr", : "+c"(c) : "a"(0) : "rdx");
	case 1:
		return TRY("wrmsr",
			   :
			   : "c"(below(2) ? c : 0xc0000080 + below(0x200)),
			     "a"(a), "d"(d));
	case 2:
		return TRY("inb %%dx, %%al", : "+a"(a) : "d"(d));
	case 3:
		return TRY("outl %%eax, %%dx",
			   :
			   : "a"(a),
			     "d"(below(2) ? 0xcf8 : d & 0x3ff & ~0x3f8ul));
	case 4:
		return TRY("mov %%cr0, %0", : "=r"(a));
	case 5:
		return TRY("mov %0, %%cr4", : : "r"(a));
	case 6:
		return TRY("mov %0, %%dr7", : : "r"(a));
	case 7:
		return TRY("invlpg (%0)", : : "r"(a));
	case 8:
		return TRY("xsetbv", : : "a"(a), "c"(c & 1), "d"(d & 1));
	case 9:
		return TRY("lidt (%0)", : : "r"(a));
	case 10:
		return TRY("mov %0, %%fs", : : "r"(d));
	case 11:
		return TRY("mov %0, (%1)",
			   :
			   : "r"(entry()), "r"(address())
			   : "memory");
	case 12:
		return TRY("lock cmpxchg %0, (%1)",
			   :
			   : "r"(entry()), "r"(victim()), "a"(a)
			   : "memory");
	default:
		return TRY("int $0x20");
	}
}

static int64_t one_call(void)
{
	static int64_t (*const kind[])(void) = {
		do_mmu_update,	do_mmu_update, do_mmuext,    do_mmuext,
		do_va_mapping,	do_descriptor, do_multicall, do_event,
		do_memory,	do_vcpu,       do_sched,     do_small,
		do_instruction,
	};

	if (s.mean && !below(s.mean * 8))
		return do_mean();
	if (!s.mean) /* nothing that changes what the guest stands on */
		return below(2) ? do_event() : do_instruction() * 0;
	return kind[below(sizeof(kind) / sizeof(kind[0]))]();
}

/* ---- The storm ------------------------------------------------------------------ */

static jmp_buf again[VCPUS];

static void go_on(void)
{
	longjmp(again[vcpu_id()], 1);
}

/* Whatever happened: the next round, on the vCPU's own stack. */
static void on_trap(struct regs *regs)
{
	if (regs->vector == 7)
		hypercall_fpu_taskswitch(0);
	if (regs->vector == 1)
		hypercall_set_debugreg(7, 0);
	regs->rip = (uint64_t)go_on;
	regs->rsp = ((uint64_t)__builtin_frame_address(0) & ~15ul) - 8;
	regs->rflags = 0x1000;
	regs->cs = FLAT_KERNEL_CS & ~3; /* of the kernel */
	regs->ss = FLAT_KERNEL_SS;
}

void storm_run(void *arg)
{
	unsigned int me = vcpu_id();

	(void)arg;
	state[me] = s.seed * 0x9e3779b97f4a7c15ul + me + 1;
	if (setjmp(again[me]))
		answered[me]++;
	while (answered[me] < s.rounds) {
		one_call();
		if (++answered[me] % 5000 == 0 && s.notes)
			printf("NOTE vCPU %u: %u rounds\n", me, answered[me]);
	}
}

void storm_init(struct storm how)
{
	unsigned int i;

	s = how;
	for (i = 0; s.mean && i < 32; i++)
		trap_handler[i] = on_trap;
	for (i = 0; i < PAGES; i++)
		page[i] = page_alloc();
	memory_tables(TEST_VA);
}

unsigned long storm_answered(unsigned int vcpu)
{
	return answered[vcpu];
}
