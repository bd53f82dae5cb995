// SPDX-License-Identifier: MIT
/*
 * A second domain with two vCPUs: both at work at once, what the initial
 * domain is told of each, which CPUs they may use, their registers while
 * they stand still and as they are set.
 *
 * RUN: pair=1 smp=2
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define MARK	      0x1122334455667788ul
#define ROUNDS	      200u

static struct pair p;

/* ---- In the second domain ---------------------------------------------------- */

static volatile unsigned int turn, rounds, stop, in_loop, at_mark;

/* One counts the even turns, the other the odd ones: both must run. */
static void take_turns(unsigned int me)
{
	while (rounds < ROUNDS) {
		WAIT_FOR(turn % 2 == me || rounds >= ROUNDS, 5);
		if (rounds >= ROUNDS)
			break;
		rounds++;
		turn++;
	}
}

static void other(void *arg)
{
	(void)arg;
	take_turns(1);
}

static int64_t both(uint64_t arg)
{
	(void)arg;
	CHECK_EQ("second-start", vcpu_start(1, other, NULL), 0);
	take_turns(0);
	CHECK_EQ("second-turns", rounds, ROUNDS);
	vcpu_wait_down(1);
	CHECK_EQ("second-vcpu-2", hypercall_vcpu_op(VCPUOP_is_up, 2, NULL),
		 -XEN_ENOENT);
	return 0;
}

static void hold(void *arg)
{
	(void)arg;
	while (!stop)
		cpu_relax();
}

/* vCPU 1 stands in a loop, its number in a register. */
static void hold_marked(void *arg)
{
	(void)arg;
	asm volatile("movq %[mark], %%xmm5\n\t"
		     "1: mov %[mark], %%r12\n\t"
		     "incl in_loop\n\t"
		     "cmpl $0, stop\n\t"
		     "je 1b"
		     :
		     : [mark] "r"(MARK)
		     : "r12", "xmm5", "memory", "cc");
}

/* Where the initial domain puts vCPU 1. */
static void landed(void)
{
	uint64_t xmm5;

	asm volatile("movq %%xmm5, %0" : "=r"(xmm5));
	at_mark = xmm5 == MARK ? 1 : 2;
	for (;;)
		hypercall_vcpu_op(VCPUOP_down, vcpu_id(), NULL);
}

static int64_t start_marked(uint64_t arg)
{
	int64_t rc;

	(void)arg;
	stop = 0;
	rc = vcpu_start(1, hold_marked, NULL);
	WAIT_FOR(in_loop, 5);
	return rc;
}

static int64_t start_hold(uint64_t arg)
{
	(void)arg;
	stop = 0;
	return vcpu_start(1, hold, NULL);
}

static int64_t let_go(uint64_t arg)
{
	(void)arg;
	stop = 1;
	vcpu_wait_down(1);
	return at_mark;
}

/* ---- What is said of a vCPU ------------------------------------------------------- */

static int64_t vcpu_of(unsigned int vcpu, struct xen_domctl_getvcpuinfo *info)
{
	struct xen_domctl op = { .u.getvcpuinfo.vcpu = vcpu };
	int64_t rc = domctl(XEN_DOMCTL_getvcpuinfo, p.domid, &op);

	*info = op.u.getvcpuinfo;
	return rc;
}

static void check_info(void)
{
	struct xen_domctl_getvcpuinfo one, two;
	struct xen_domctl_getdomaininfo d;

	SUCCESS(domctl, XEN_DOMCTL_getvcpuinfo, "info",
		!vcpu_of(0, &one) && !vcpu_of(1, &two) && one.online);
	SAY("info-online", two.online);
	SAY("info-cpu-time", two.cpu_time);
	FAILURE(domctl, XEN_DOMCTL_getvcpuinfo, "info-none", vcpu_of(2, &two),
		XEN_EINVAL);
	SAY("info-beyond", vcpu_of(~0u, &two));
	pair_call(&p, both, 0);
	pair_call(&p, start_hold, 0);
	vcpu_of(1, &two);
	check_value("info-running", "online %u blocked %u", two.online,
		    two.blocked);
	vcpu_of(0, &one);
	CHECK("info-running-time", one.cpu_time > 0 && two.cpu_time > 0);
	domain_info(p.domid, &d);
	SAY("info-online-vcpus", d.nr_online_vcpus);
	pair_call(&p, let_go, 0);
	vcpu_of(1, &two);
	check_value("info-down", "online %u blocked %u running %u", two.online,
		    two.blocked, two.running);
	domain_info(p.domid, &d);
	SAY("info-down-vcpus", d.nr_online_vcpus);
}

/* ---- Affinity ------------------------------------------------------------------------ */

static int64_t affinity(uint32_t cmd, unsigned int vcpu, uint32_t flags,
			uint8_t *hard, uint8_t *soft)
{
	struct xen_domctl op = {
		.u.vcpuaffinity = { .vcpu = vcpu, .flags = flags },
	};

	op.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
	op.u.vcpuaffinity.cpumap_hard.bitmap.p = hard;
	op.u.vcpuaffinity.cpumap_soft.nr_bits = 8;
	op.u.vcpuaffinity.cpumap_soft.bitmap.p = soft;
	return domctl(cmd, p.domid, &op);
}

#define SET(...) affinity(XEN_DOMCTL_setvcpuaffinity, __VA_ARGS__)
#define GET(...) affinity(XEN_DOMCTL_getvcpuaffinity, __VA_ARGS__)
#define HARD	 XEN_VCPUAFFINITY_HARD
#define SOFT	 XEN_VCPUAFFINITY_SOFT

static void check_affinity(void)
{
	uint8_t hard = 0, soft = 0;

	SUCCESS(domctl, XEN_DOMCTL_getvcpuaffinity, "affinity-get",
		!GET(0, HARD | SOFT, &hard, &soft));
	check_value("affinity-at-first", "%x %x", hard & 3, soft & 3);
	hard = 2;
	SUCCESS(domctl, XEN_DOMCTL_setvcpuaffinity, "affinity-set",
		!SET(1, HARD, &hard, &soft) && hard == 2);
	hard = 0;
	GET(1, HARD, &hard, &soft);
	check_value("affinity-set-get", "%x", hard);
	hard = 0;
	FAILURE(domctl, XEN_DOMCTL_setvcpuaffinity, "affinity-nowhere",
		SET(1, HARD, &hard, &soft), XEN_EINVAL);
	hard = 0x80;
	SAY("affinity-no-such-cpu", SET(1, HARD, &hard, &soft));
	hard = 0xff;
	soft = 1;
	SAY("affinity-all", SET(1, HARD | SOFT, &hard, &soft));
	check_value("affinity-all-effective", "%x %x", hard, soft);
	GET(1, HARD | SOFT, &hard, &soft);
	check_value("affinity-all-get", "%x %x", hard & 3, soft & 3);
	FAILURE(domctl, XEN_DOMCTL_getvcpuaffinity, "affinity-no-vcpu",
		GET(2, HARD, &hard, &soft), XEN_EINVAL);
	SAY("affinity-no-vcpu-set", SET(2, HARD, &hard, &soft));
	SAY("affinity-no-flags", SET(1, 0, &hard, &soft));
	SAY("affinity-no-flags-get", GET(1, 0, &hard, &soft));
	SAY("affinity-bad-map", SET(1, HARD, NOWHERE, &soft));
	SAY("affinity-bad-map-get", GET(1, HARD, NOWHERE, &soft));
}

/* Kept on one CPU each, both run on theirs. */
static void check_pinned(void)
{
	struct xen_domctl_getvcpuinfo one, two;
	uint8_t first = 1, second = 2;

	SET(0, HARD, &first, NULL);
	SET(1, HARD, &second, NULL);
	pair_call(&p, start_hold, 0);
	vcpu_of(0, &one);
	vcpu_of(1, &two);
	check_value("pinned-cpus", "%u %u", (unsigned)one.cpu,
		    (unsigned)two.cpu);
	pair_call(&p, let_go, 0);
	first = 2;
	SET(0, HARD, &first, NULL);
	CHECK_EQ("pinned-works", pair_call(&p, start_hold, 0), 0);
	vcpu_of(0, &one);
	SAY("pinned-moved", one.cpu);
	pair_call(&p, let_go, 0);
}

/* ---- Registers ------------------------------------------------------------------------- */

static struct vcpu_guest_context context;

static int64_t get_context(unsigned int vcpu)
{
	struct xen_domctl op = { .u.vcpucontext.vcpu = vcpu };

	memset(&context, 0x5a, sizeof(context));
	op.u.vcpucontext.ctxt.p = (void *)&context;
	return domctl(XEN_DOMCTL_getvcpucontext, p.domid, &op);
}

static void check_context(void)
{
	uint64_t root = p.mfns[pair_pfn_l4()] << PAGE_SHIFT;

	pair_call(&p, start_marked, 0);
	SAY("context-running", get_context(1));
	domain_pause(p.domid);
	SUCCESS(domctl, XEN_DOMCTL_getvcpucontext, "context",
		!get_context(1) && context.user_regs.r12 == MARK);
	CHECK("context-rip",
	      context.user_regs.rip >= (uint64_t)hold_marked &&
		      context.user_regs.rip < (uint64_t)hold_marked + 64);
	check_value("context-selectors", "%x %x %x", context.user_regs.cs,
		    context.user_regs.ss, context.user_regs.ds);
	/* Whether the FPU was used is the hypervisor's affair. */
	check_value("context-flags", "%lx",
		    (long)(context.flags & ~VGCF_i387_valid));
	CHECK("context-fpu",
	      !(context.flags & VGCF_i387_valid) ||
		      ((uint64_t *)&context.fpu_ctxt)[30] == MARK);
	check_value("context-rflags", "%lx",
		    (long)(context.user_regs.rflags & 0x3200));
	CHECK_EQ("context-cr3", context.ctrlreg[3], root);
	check_value("context-cr", "%lx %lx %lx", (long)context.ctrlreg[0],
		    (long)context.ctrlreg[1], (long)context.ctrlreg[4]);
	CHECK_EQ("context-trap", context.trap_ctxt[14].address, TRAP_ENTRY(14));
	check_value("context-trap-flags", "%x %x %x", context.trap_ctxt[3].cs,
		    context.trap_ctxt[3].flags, context.trap_ctxt[3].vector);
	CHECK_EQ("context-event", context.event_callback_eip,
		 (uint64_t)entry_upcall);
	CHECK_EQ("context-syscall", context.syscall_callback_eip,
		 (uint64_t)entry_syscall);
	check_value("context-kernel", "%lx %lx vm %lx", (long)context.kernel_ss,
		    (long)(context.kernel_sp & 0xffff), (long)context.vm_assist);
	check_value("context-tables", "%lu %lu %lx", (long)context.gdt_ents,
		    (long)context.ldt_ents, (long)context.gdt_frames[0]);
	check_value("context-debug", "%lx %lx", (long)context.debugreg[6],
		    (long)context.debugreg[7]);
	FAILURE(domctl, XEN_DOMCTL_getvcpucontext, "context-none",
		get_context(2), XEN_EINVAL);
}

/* Set, it goes on elsewhere, its FPU as it was. The domain is paused here. */
static void check_set(void)
{
	get_context(1);
	context.user_regs.rip = (uint64_t)landed;
	CHECK_EQ("set", pair_set_context(&p, 1, &context), 0);
	get_context(1);
	CHECK_EQ("set-get", context.user_regs.rip, (uint64_t)landed);
	domain_unpause(p.domid);
	CHECK_EQ("set-landed", pair_call(&p, let_go, 0), 1);
}

int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	p.config.max_vcpus = 2;
	pair_start(&p);
	check_info();
	check_affinity();
	check_pinned();
	check_context();
	check_set();
	pair_end(&p);
	return check_done();
}
