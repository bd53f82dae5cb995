// SPDX-License-Identifier: MIT
/*
 * When an upcall comes: not while masked, at the end of any hypercall once
 * unmasked, by iret; from user mode; with a frame that says what the mask
 * was; never nested while it runs.
 */
#include "check.h"
#include "event.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/version.h>

static int64_t port;
static struct regs frame;
static unsigned int mask_inside, nested, depth;

static void on_event(struct regs *regs)
{
	frame = *regs;
	mask_inside = vcpu_info()->evtchn_upcall_mask;
	if (depth++)
		nested++;
	event_upcall(regs);
	depth--;
}

/* Another event while its handler runs: must wait for the handler's end. */
static void send_again(evtchn_port_t p)
{
	if (event_count(p) < 3)
		event_send(p);
}

static void check_kernel(void)
{
	struct vcpu_info *v = vcpu_info();
	unsigned int before, after;
	uint64_t sp;

	event_send(port);
	CHECK("masked-waits",
	      v->evtchn_upcall_pending && event_count(port) == 0);
	v->evtchn_upcall_mask = 0; /* no printing until ... */
	before = event_count(port);
	hypercall_xen_version(XENVER_pagesize, NULL);
	after = event_count(port);
	CHECK_EQ("unmasked-waits-for-an-exit", before, 0);
	CHECK_EQ("any-hypercall-delivers", after, 1);
	CHECK_EQ("mask-inside", mask_inside, 1);
	CHECK_EQ("mask-saved", frame.saved_upcall_mask, 0);
	CHECK_EQ("mask-after", v->evtchn_upcall_mask, 0);
	CHECK_EQ("frame-cs", frame.cs, FLAT_KERNEL_CS & ~3);
	CHECK_EQ("frame-ss", frame.ss, FLAT_KERNEL_SS);
	CHECK_EQ("frame-if", frame.rflags >> 9 & 1, 1);
	asm volatile("mov %%rsp, %0" : "=r"(sp));
	CHECK("frame-stack", frame.rsp >= sp - 512 && frame.rsp <= sp + 512);
	event_send(port);
	CHECK_EQ("send-delivers", event_count(port), 2);
	before = event_upcalls;
	v->evtchn_upcall_pending = 1;
	hypercall_xen_version(XENVER_pagesize, NULL);
	CHECK_EQ("pending-by-hand", event_upcalls, before + 1);
	upcalls_off();
}

static void check_nested(void)
{
	event_handle(port, send_again);
	upcalls_on();
	event_send(port);
	CHECK_EQ("not-nested", nested, 0);
	CHECK_EQ("sent-inside-comes", event_count(port), 3);
	event_handle(port, NULL);
	upcalls_off();
}

/*
 * An upcall between any two instructions keeps their vector registers, which
 * its handler uses: libguest's promise.
 */
static volatile unsigned int clobbered;

static void clobber(evtchn_port_t p)
{
	(void)p;
	asm volatile("pcmpeqd %%xmm5, %%xmm5" : : : "xmm5");
	clobbered = 1;
}

static void check_vectors(void)
{
	struct vcpu_set_singleshot_timer t = {
		.timeout_abs_ns = time_now() + 2000000,
	};
	int64_t timer = event_bind_virq(VIRQ_TIMER, 0);
	uint64_t kept = 0x123456789abcdef;

	event_handle(timer, clobber);
	event_unmask(timer);
	upcalls_on();
	clobbered = 0;
	hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
	asm volatile("movq %0, %%xmm5\n"
		     "1:\tcmpl $0, %1\n\t"
		     "je 1b\n\t"
		     "movq %%xmm5, %0"
		     : "+r"(kept)
		     : "m"(clobbered)
		     : "xmm5");
	upcalls_off();
	CHECK_EQ("vectors-kept", kept, 0x123456789abcdef);
	event_close(timer);
}

/* iret's frame holds the mask: IF set means unmasked. */
static void check_iret(void)
{
	event_send(port);
	CHECK_EQ("iret-before", event_count(port), 0);
	vcpu_info()->evtchn_upcall_mask = 1;
	asm volatile("mov %%rsp, %%rax\n\t"
		     "push %0\n\t"
		     "push %%rax\n\t"
		     "push $0x202\n\t"
		     "push %1\n\t"
		     "push $1f\n\t"
		     "push $0\n\t" /* flags */
		     "push $0\n\t" /* rcx */
		     "push $0\n\t" /* r11 */
		     "push $0\n\t" /* rax */
		     "mov %2, %%eax\n\t"
		     "syscall\n"
		     "1:\n"
		     :
		     : "i"(FLAT_KERNEL_SS), "i"(FLAT_KERNEL_CS & ~3),
		       "i"(HYPERCALL_IRET)
		     : "rax", "rcx", "r11", "memory");
	CHECK_EQ("iret-delivers", event_count(port), 1);
	CHECK_EQ("iret-unmasks", vcpu_info()->evtchn_upcall_mask, 0);
	upcalls_off();
	event_handle(port, NULL);
}

/* ---- From user mode ------------------------------------------------------------- */

static uint64_t user_wait(uint64_t unused)
{
	unsigned long i;

	(void)unused;
	for (i = 0; i < 1000000000 && !*(volatile unsigned int *)&depth; i++)
		asm volatile("" : : : "memory");
	return i;
}

static void on_user_event(struct regs *regs)
{
	frame = *regs;
	mask_inside = vcpu_info()->evtchn_upcall_mask;
	event_upcall(regs);
	depth = 1;
}

static void check_user(void)
{
	trap_handler[VECTOR_UPCALL] = on_user_event;
	user_init();
	event_send(port); /* masked: pends */
	depth = 0;
	user_run(user_wait, 0);
	CHECK_EQ("user-delivered", event_count(port), 1);
	CHECK_EQ("user-cs", frame.cs, FLAT_USER_CS);
	CHECK_EQ("user-ss", frame.ss, FLAT_USER_SS);
	CHECK_EQ("user-mask-saved", frame.saved_upcall_mask, 0);
	CHECK_EQ("user-mask-inside", mask_inside, 1);
	upcalls_off();
}

int main(void)
{
	port = event_bind_ipi(0);
	event_unmask(port);
	event_handle(port, NULL);
	trap_handler[VECTOR_UPCALL] = on_event;
	check_kernel();
	check_nested();
	check_iret();
	check_user();
	check_vectors();
	return check_done();
}
