/* SPDX-License-Identifier: MIT */
/*
 * The whole dispatch table: two domains with two vCPUs each, on two CPUs with
 * the real scheduler, make hypercalls with arguments and guest memory from
 * the input. What they point to lies in pages that their own page tables map,
 * which they may spoil. Preemption points stop at random; a call that is to
 * be repeated is, after what was due. The first of them is privileged, and
 * leads a third through its life. After each step everything is
 * recounted, and no lock may be left; at the end all domains die and not a
 * frame may be lost.
 */
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "frame.h"
#include "host.h"
#include "hypercall.h"
#include "panic.h"
#include "print.h"
#include "sched.h"
#include <xen/domctl.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/sysctl.h>

#define CPUS	  2u
#define DOMAINS	  2u
#define PAGES	  40u
#define STEPS	  64u
#define REPEATS	  200u
#define ARGS_PAGE 1u /* and the next one */
#define WORDS	  24u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct host_guest guest[DOMAINS];
static const uint8_t *in;
static size_t left;
static uint32_t noise;
static unsigned int preempt_rate;

/* ---- The input -------------------------------------------------------------- */

static uint8_t byte(void)
{
	if (!left)
		return 0;
	left--;
	return *in++;
}

static uint64_t bits(unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | byte();
	return v;
}

static bool preempt(void)
{
	noise = noise * 1664525 + 1013904223;
	return noise >> 24 < preempt_rate;
}

/* ---- What guests say ----------------------------------------------------------- */

static uint64_t pick_frame(void)
{
	uint8_t b = byte();

	if (b & 0x80)
		return guest[b >> 6 & 1].mfn[b % PAGES].n;
	return b % 3 ? b : frame_limit + b;
}

static uint64_t pick_va(void)
{
	uint8_t b = byte();

	if (b < 0x80)
		return HOST_VA(ARGS_PAGE);
	if (b < 0xd0)
		return HOST_VA(ARGS_PAGE) + b % WORDS * 8;
	if (b < 0xf0)
		return HOST_VA(b % (PAGES + 1)) + (b & 1 ? PAGE_SIZE - 4 : 0);
	return b & 1 ? 0xffff800000000000ul : ~(uint64_t)b;
}

/* A word that is likely to mean something. */
static uint64_t pick_word(void)
{
	static const uint64_t odd[] = {
		DOMID_SELF, DOMID_IO,	  DOMID_XEN,	 DOMID_SELF << 16,
		0,	    1ul << 31,	  0xfffffffful,	 1ul << 63,
		1ul << 50,  XEN_ERESTART, -XEN_ERESTART, 0x7ff07ff0ul,
	};
	uint8_t kind = byte();

	switch (kind % 8) {
	case 0:
	case 1:
		return byte() % 8;
	case 2:
		return bits(1) | (uint64_t)(byte() % 4) << 32;
	case 3:
		return pick_va();
	case 4:
		return pick_frame();
	case 5:
		return pick_frame() << PAGE_SHIFT | bits(1) * 8 % PAGE_SIZE |
		       byte() % 4;
	case 6:
		return odd[byte() % ARRAY_SIZE(odd)];
	default:
		return kind < 0x80 ? host.now + bits(3) : bits(8);
	}
}

static void write_memory(void)
{
	uint64_t words[WORDS];
	unsigned int n = 1 + byte() % WORDS, from = byte();

	for (unsigned int i = 0; i < n; i++)
		words[i] = pick_word();
	from = from < 0xc0 ? 0 : from % 8;
	(void)copy_to_guest(HOST_VA(ARGS_PAGE) + from * 8, words, n * 8);
}

/* What a guest writes where both may. */
static void write_shared(struct vcpu *v)
{
	uint8_t b = byte();

	WRITE_ONCE(v->info->evtchn_upcall_mask, b & 1);
	WRITE_ONCE(v->info->evtchn_upcall_pending, b >> 1 & 1);
	if (b & 4)
		WRITE_ONCE(v->domain->shared->evtchn_mask[0], bits(2));
	if (b & 8)
		WRITE_ONCE(v->domain->shared->arch.max_pfn, bits(2));
}

/* A number that has a handler, mostly. */
static unsigned int pick_number(void)
{
	unsigned int nr = byte();

	if (nr >= 0xf8)
		return nr * 0x01010101u;
	nr %= HYPERCALL_MAX;
	while (!hypercall_table[nr])
		nr = (nr + 1) % HYPERCALL_MAX;
	return nr;
}

static uint64_t pick_command(void)
{
	uint8_t b = byte();

	return b < 0xf0 ? b % 28 : pick_word();
}

/* Registers as they come. */
static void any_call(struct cpu_user_regs *r)
{
	write_memory();
	r->rax = pick_number();
	r->rdi = byte() < 0xc0 ? pick_command() : pick_va();
	r->rsi = byte() < 0xa0 ? pick_va() : pick_word();
	r->rdx = byte() & 1 ? pick_va() : pick_word();
	r->r10 = pick_word();
	r->r8 = pick_word();
	r->rbx = pick_word();
}

/* ---- Calls that get further than their first check ------------------------------ */

#define LIST  (HOST_VA(ARGS_PAGE) + 0x800)
#define CALLS HOST_VA(ARGS_PAGE + 1)

static uint32_t small(void)
{
	static const uint32_t odd[] = { DOMID_SELF, 0x7ff07ff0, 0x7ff00000,
					0x7ff00001, 0x10000,	0x10001 };
	uint8_t b = byte();

	return b < 0xa0 ? b % 6 : b < 0xf0 ? odd[b % 6] : b;
}

static void event_call(struct cpu_user_regs *r)
{
	uint32_t words[6];

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = small();
	(void)copy_to_guest(HOST_VA(ARGS_PAGE), words, sizeof(words));
	r->rax = __HYPERVISOR_event_channel_op;
	r->rdi = byte() % 12;
	r->rsi = HOST_VA(ARGS_PAGE);
}

/* A list stays as the last call left it, or it is filled anew. */
static void fill_list(gva_t at)
{
	uint64_t list[8];

	for (unsigned int i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = pick_frame();
	if (byte() & 1)
		(void)copy_to_guest(at, list, sizeof(list));
}

static struct xen_memory_reservation reservation(gva_t list)
{
	struct xen_memory_reservation res = {
		.nr_extents = byte() % 9,
		.extent_order = byte() % 3,
		.domid = DOMID_SELF,
	};

	res.extent_start.p = (xen_pfn_t *)list;
	if (byte() > 0xe0)
		res.mem_flags = XENMEMF_address_bits(byte() % 24);
	if (byte() > 0xe0)
		res.domid = byte() % 3;
	fill_list(list);
	return res;
}

static void memory_call(struct cpu_user_regs *r)
{
	static const uint8_t ops[] = { XENMEM_increase_reservation,
				       XENMEM_decrease_reservation,
				       XENMEM_populate_physmap,
				       XENMEM_claim_pages };
	struct xen_memory_reservation res = reservation(LIST);

	r->rax = __HYPERVISOR_memory_op;
	r->rdi = ops[byte() % ARRAY_SIZE(ops)];
	r->rsi = HOST_VA(ARGS_PAGE);
	if (r->rdi == XENMEM_claim_pages)
		res = (struct xen_memory_reservation){
			.nr_extents = byte(),
			.domid = byte() % 3,
		};
	(void)copy_to_guest(r->rsi, &res, sizeof(res));
}

static void exchange_call(struct cpu_user_regs *r)
{
	struct xen_memory_exchange e = {
		.in = reservation(LIST),
		.out = reservation(LIST + 256),
	};

	if (byte() < 0xe0)
		e.out.nr_extents = e.in.nr_extents << e.in.extent_order >>
				   e.out.extent_order;
	r->rax = __HYPERVISOR_memory_op;
	r->rdi = XENMEM_exchange;
	r->rsi = HOST_VA(ARGS_PAGE);
	(void)copy_to_guest(r->rsi, &e, sizeof(e));
}

static void poll_call(struct cpu_user_regs *r)
{
	struct sched_poll p = { .nr_ports = byte() % 4 };

	p.ports.p = (evtchn_port_t *)LIST;
	if (byte() & 1)
		p.timeout = host.now + bits(3);
	(void)copy_to_guest(HOST_VA(ARGS_PAGE), &p, sizeof(p));
	r->rax = __HYPERVISOR_sched_op;
	r->rdi = SCHEDOP_poll;
	r->rsi = HOST_VA(ARGS_PAGE);
}

static void watchdog_call(struct cpu_user_regs *r)
{
	struct sched_watchdog w = { .id = byte() % 4, .timeout = byte() % 3 };

	(void)copy_to_guest(HOST_VA(ARGS_PAGE), &w, sizeof(w));
	r->rax = __HYPERVISOR_sched_op;
	r->rdi = SCHEDOP_watchdog;
	r->rsi = HOST_VA(ARGS_PAGE);
}

/* A context that is good but for what the input spoils of it. */
static void vcpu_call(struct cpu_user_regs *r)
{
	struct vcpu_guest_context c = { .flags = VGCF_in_kernel };
	uint8_t b = byte();

	c.ctrlreg[3] = (b & 1 ? guest[b >> 1 & 1].root.n : pick_frame())
		       << PAGE_SHIFT;
	c.ctrlreg[1] = b & 4 ? pick_frame() << PAGE_SHIFT : 0;
	c.gdt_ents = b & 8 ? byte() * 8 : 0;
	for (unsigned int i = 0; i < 4; i++)
		c.gdt_frames[i] = c.gdt_ents ? pick_frame() : 0;
	(void)copy_to_guest(HOST_VA(ARGS_PAGE), &c, sizeof(c));
	r->rax = __HYPERVISOR_vcpu_op;
	r->rdi = b < 0xa0 ? VCPUOP_initialise : byte() % 16;
	r->rsi = byte() % 3;
	r->rdx = HOST_VA(ARGS_PAGE);
}

#include "dispatch_grants.h"
#include "dispatch_tools.h"

static void one_call(struct cpu_user_regs *r)
{
	static void (*const calls[])(struct cpu_user_regs * r) = {
		any_call,      any_call,    any_call,	   event_call,
		event_call,    memory_call, exchange_call, poll_call,
		watchdog_call, vcpu_call,   grant_call,	   grant_call,
		grant_call,    domctl_call, domctl_call,   domctl_call,
		domctl_call,   sysctl_call,
	};

	calls[byte() % ARRAY_SIZE(calls)](r);
}

/* Their arguments meet in the same memory: the last one's win. */
static void list_of_calls(struct cpu_user_regs *r)
{
	struct multicall_entry e = { 0 };
	unsigned int n = byte() % 5;

	for (unsigned int i = 0; i < n; i++) {
		one_call(r);
		e.op = r->rax;
		e.args[0] = r->rdi;
		e.args[1] = r->rsi;
		e.args[2] = r->rdx;
		e.args[3] = r->r10;
		(void)copy_to_guest(CALLS + i * sizeof(e), &e, sizeof(e));
	}
	r->rax = __HYPERVISOR_multicall;
	r->rdi = CALLS;
	r->rsi = n;
}

/* As entry.S does. */
static void run(struct vcpu *v)
{
	const struct cpu_user_regs *r = &v->regs;
	struct hypercall h = {
		.v = v,
		.nr = (unsigned int)r->rax,
		.arg = { r->rdi, r->rsi, r->rdx, r->r10, r->r8 },
	};

	hypercall_run(&h);
}

static void hypercall(struct vcpu *v)
{
	struct cpu_user_regs *r = &v->regs;
	unsigned int repeats = 0;
	uint64_t rip;

	if (byte() < 0x30)
		list_of_calls(r);
	else
		one_call(r);
	rip = 0x1000;
	do {
		r->rip = rip;
		run(v);
		ASSERT(r->rip == rip || r->rip == rip - 2);
		softirq_run();
	} while (r->rip != rip && current_vcpu() == v && ++repeats < REPEATS);
}

/* ---- Steps ------------------------------------------------------------------------ */

static void check(void)
{
	ASSERT(!host_locks_held());
	if (audit_run())
		panic("the audit");
	if (host_tlb_audit())
		panic("a TLB knows too much");
}

static void step(void)
{
	uint8_t b = byte();
	struct vcpu *v;

	host_cpu(b % CPUS);
	if (b & 0x20)
		host_advance(bits(b >> 6));
	if (b >= 0xf0)
		console_input((char)byte());
	softirq_run();
	v = current_vcpu();
	if (!v->domain)
		return;
	if (b & 0x10)
		write_shared(v);
	hypercall(v);
}

static void play(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; left && i < STEPS; i++) {
		step();
		check();
	}
}

/* As it was made: its guest may give it a context. */
static void forget(struct vcpu *v)
{
	vcpu_down(v);
	(void)arch_vcpu_drop_context(v);
	v->initialised = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;

	if (!ready)
		host_init(2ul << 20, CPUS);
	ready = true;
	in = data;
	left = size;
	host.now = 1000000000;
	noise = byte();
	preempt_rate = byte();
	host_cpu(0);
	for (unsigned int i = 0; i < DOMAINS; i++)
		if (!host_guest_create(&guest[i], (domid_t)i, !i, 2, PAGES))
			panic("no domain");
	forget(guest[0].d->vcpu[1]);
	host.preempt = preempt;
	(void)host_call(play, NULL);
	host_cpu(0);
	host_destroy_all();
	ASSERT(!audit_run());
	return 0;
}
