// SPDX-License-Identifier: MIT
/*
 * A second vCPU: initialised, up, down, up again; events and NMIs between
 * the two; what needs more than one vCPU to be refused.
 *
 * RUN: smp=2
 */
#include <stddef.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/callback.h>
#include <xen/sched.h>

#define BAD		 0x800000000000ul /* the first that is no address */
#define OP(cmd, id, arg) hypercall_vcpu_op(VCPUOP_##cmd, id, arg)

static volatile unsigned int rounds, stop, seen_id, nmis;
static void *volatile seen_arg;
static int64_t port;

static void once(void *arg)
{
	seen_id = vcpu_id();
	seen_arg = arg;
	rounds++;
}

/* What the processor would choke on is refused, whatever else is right. */
static void check_contexts(void)
{
	static struct vcpu_guest_context good, context;
#define FIELD(name, value)                                                    \
	{                                                                     \
		"context-" #name,                                             \
			offsetof(struct vcpu_guest_context, name) / 8u, value \
	}
	static const struct {
		const char *name;
		size_t word;
		uint64_t value;
	} fields[] = {
		FIELD(user_regs.rip, BAD),
		FIELD(user_regs.rsp, BAD),
		FIELD(kernel_sp, BAD),
		FIELD(fs_base, BAD),
		FIELD(gs_base_kernel, BAD),
		FIELD(gs_base_user, BAD),
		FIELD(event_callback_eip, BAD),
		FIELD(failsafe_callback_eip, BAD),
		FIELD(syscall_callback_eip, BAD),
		FIELD(trap_ctxt[6].address, BAD),
		FIELD(trap_ctxt[255].address, BAD),
		FIELD(ldt_base, 8),
		FIELD(ldt_ents, 8193),
		FIELD(gdt_ents, 8192),
	};
	void *page = page_alloc();
	unsigned int i;

	vcpu_context(1, once, NULL, &good);
	/* Each of its pages would do. */
	memory_readonly(page);
	for (i = 0; i < 16; i++)
		good.gdt_frames[i] = mfn_of(page);
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		context = good;
		((uint64_t *)&context)[fields[i].word] = fields[i].value;
		CHECK_EQ(fields[i].name, OP(initialise, 1, &context),
			 -XEN_EINVAL);
	}
	CHECK_EQ("contexts-refused", OP(up, 1, NULL), -XEN_EINVAL);
}

static void check_start(void)
{
	static struct vcpu_guest_context context;

	CHECK_EQ("is-up-before", OP(is_up, 1, NULL), 0);
	CHECK_EQ("up-not-initialised", OP(up, 1, NULL), -XEN_EINVAL);
	CHECK_EQ("initialise-bad", OP(initialise, 1, NOWHERE), -XEN_EFAULT);
	vcpu_context(1, once, NULL, &context);
	context.ctrlreg[3] = mfn_of(&context) << 12;
	CHECK("initialise-no-root", OP(initialise, 1, &context) < 0);
	CHECK_EQ("initialise-refused-is-down", OP(is_up, 1, NULL), 0);
	SUCCESS(vcpu_op, VCPUOP_initialise, "initialise",
		!vcpu_start(1, once, (void *)&stop));
	vcpu_wait_down(1);
	SUCCESS(vcpu_op, VCPUOP_up, "up",
		rounds == 1 && seen_id == 1 && seen_arg == (void *)&stop);
	SUCCESS(vcpu_op, VCPUOP_down, "down", OP(is_up, 1, NULL) == 0);
	vcpu_context(1, once, NULL, &context);
	CHECK_EQ("initialise-twice", OP(initialise, 1, &context), -XEN_EEXIST);
	CHECK_EQ("up-again", vcpu_start(1, once, (void *)&rounds), 0);
	WAIT_FOR(rounds == 2, 10);
	vcpu_wait_down(1);
	CHECK_EQ("rounds", rounds, 2);
}

/* ---- Events -------------------------------------------------------------------------- */

static void take_events(void *arg)
{
	(void)arg;
	rounds = 1;
	upcalls_on();
	while (!stop)
		hypercall_sched_op(SCHEDOP_block, NULL);
	upcalls_off();
	rounds = 2;
}

static void on_stop(evtchn_port_t p)
{
	(void)p;
	seen_id = vcpu_id();
}

static void on_nmi(struct regs *regs)
{
	(void)regs;
	nmis += vcpu_id();
}

static void check_ipi(void)
{
	struct evtchn_bind_vcpu bind;
	struct evtchn_status s = { .dom = DOMID_SELF };
	unsigned int i;
	int64_t other;

	port = event_bind_ipi(1);
	event_handle(port, on_stop);
	event_unmask(port);
	stop = 0;
	rounds = 0;
	vcpu_start(1, take_events, NULL);
	WAIT_FOR(rounds == 1, 10);
	for (i = 0; i < 100; i++) {
		unsigned int before = event_count(port);

		event_send(port);
		WAIT_FOR(event_count(port) > before, 10);
	}
	CHECK("ipi-100", event_count(port) >= 100);
	CHECK_EQ("ipi-on", seen_id, 1);

	other = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	bind.port = other;
	bind.vcpu = 1;
	CHECK_EQ("bind-vcpu",
		 hypercall_event_channel_op(EVTCHNOP_bind_vcpu, &bind), 0);
	s.port = other;
	hypercall_event_channel_op(EVTCHNOP_status, &s);
	CHECK_EQ("bind-vcpu-status", s.vcpu, 1);

	trap_handler[VECTOR_NMI] = on_nmi;
	CHECK_EQ("nmi-callback",
		 hypercall_callback_op(CALLBACKOP_register,
				       (&(struct callback_register){
					       .type = CALLBACKTYPE_nmi,
					       .address = (uint64_t)entry_nmi })),
		 0);
	SUCCESS(vcpu_op, VCPUOP_send_nmi, "nmi", !OP(send_nmi, 0, NULL));
	stop = 1;
	event_send(port);
	WAIT_FOR(rounds == 2, 10);
	vcpu_wait_down(1);
}

/* ---- The rest ---------------------------------------------------------------------------- */

static void check_others(void)
{
	struct vcpu_runstate_info r;
	struct vcpu_get_physid id;
	struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = 1 };
	struct sched_pin_override pin = { .pcpu = 1 };

	CHECK_EQ("runstate-other", OP(get_runstate_info, 1, &r), 0);
	/* It is down, and may still be on its way off its CPU. */
	WAIT_FOR(!OP(get_runstate_info, 1, &r) && (r.state == RUNSTATE_offline ||
						   r.state == RUNSTATE_blocked),
		 10);
	CHECK("runstate-offline-time", r.time[RUNSTATE_running] > 0);
	FAILURE(vcpu_op, VCPUOP_get_physid, "physid-not-pinned",
		OP(get_physid, 0, &id), XEN_EINVAL);
	CHECK_EQ("singleshot-other", OP(set_singleshot_timer, 1, &t),
		 -XEN_EINVAL);
	CHECK_EQ("singleshot-stop-other", OP(stop_singleshot_timer, 1, NULL),
		 -XEN_EINVAL);
	CHECK_EQ("virq-timer-other", event_bind_virq(VIRQ_TIMER, 1) > 0, 1);
	CHECK_EQ("pin", hypercall_sched_op(SCHEDOP_pin_override, &pin), 0);
	pin.pcpu = 0;
	CHECK_EQ("pin-pinned", hypercall_sched_op(SCHEDOP_pin_override, &pin),
		 -XEN_EBUSY);
	pin.pcpu = -1;
	CHECK_EQ("pin-off", hypercall_sched_op(SCHEDOP_pin_override, &pin), 0);
	CHECK_EQ("is-up-2", OP(is_up, 2, NULL), -XEN_ENOENT);
}

int main(void)
{
	check_contexts();
	check_start();
	check_ipi();
	check_others();
	return check_done();
}
