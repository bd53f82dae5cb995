// SPDX-License-Identifier: MIT
/*
 * set_trap_table, set_callbacks, callback_op, nmi_op: where a guest says
 * that it wants to be entered, and which addresses it may not name.
 */
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/callback.h>
#include <xen/nmi.h>

static const uint64_t not_canonical = 1ul << 47;

static int64_t set(uint16_t type, uint64_t address, uint16_t flags)
{
	struct callback_register c = {
		.type = type,
		.flags = flags,
		.address = address,
	};

	return hypercall_callback_op(CALLBACKOP_register, &c);
}

static int64_t unset(uint16_t type)
{
	struct callback_unregister c = { .type = type };

	return hypercall_callback_op(CALLBACKOP_unregister, &c);
}

/* ---- Traps ---------------------------------------------------------------------- */

static int64_t set_trap(unsigned int vector, uint64_t address,
			unsigned int flags)
{
	struct trap_info t[2] = { {
		.vector = vector,
		.flags = flags,
		.cs = FLAT_KERNEL_CS,
		.address = address,
	} };

	return hypercall_set_trap_table(t);
}

static unsigned int mask_seen;
static uint64_t vector_seen;

static void see(struct regs *regs)
{
	mask_seen = vcpu_info()->evtchn_upcall_mask;
	vector_seen = regs->vector;
	vcpu_info()->evtchn_upcall_pending = 0;
}

static uint64_t user_int3(uint64_t unused)
{
	asm volatile("int3");
	return unused;
}

/* The emulator gives other software interrupts wrong error codes. */
static void check_traps(void)
{
	trap_handler[0x80] = trap_handler[0x91] = see;
	SUCCESS(set_trap_table, none, "trap",
		!set_trap(0x80, TRAP_ENTRY(0x91), 3) &&
			TRY("int $0x80",
			    :
			    :) == TRY_NONE &&
			vector_seen == 0x91);
	upcalls_on();
	CHECK("trap-mask-off", TRY("int $0x80", : :) == TRY_NONE && !mask_seen);
	set_trap(0x80, TRAP_ENTRY(0x80), 3 | 4);
	CHECK("trap-mask-on", TRY("int $0x80",
				  :
				  :) == TRY_NONE &&
				      mask_seen &&
				      !vcpu_info()->evtchn_upcall_mask);
	upcalls_off();
	trap_handler[3] = trap_handler[13] = see;
	user_run(user_int3, 0);
	CHECK_EQ("trap-dpl-3-from-user", vector_seen, 3);
	trap_handler[3] = trap_handler[13] = NULL;
	FAILURE(set_trap_table, none, "trap-bad-table",
		hypercall_set_trap_table(NOWHERE), XEN_EFAULT);
	CHECK_EQ("trap-hypervisor-table",
		 hypercall_set_trap_table(HYPERVISOR_VA), -XEN_EFAULT);
	CHECK_EQ("trap-not-canonical", set_trap(0x92, not_canonical, 3),
		 -XEN_EINVAL);
}

/* An empty table takes all away: an int is a #GP of that entry then. */
static void check_no_traps(void)
{
	CHECK_EQ("trap-none", hypercall_set_trap_table(NULL), 0);
	trap_init();
	CHECK("trap-back", TRY("int3", : :) == 3);
}

/* ---- Callbacks --------------------------------------------------------------------- */

static void check_events(void)
{
	int64_t port = event_bind_ipi(0);

	upcalls_on();
	event_unmask(port);
	event_send(port);
	SUCCESS(callback_op, CALLBACKOP_register, "event",
		event_count(port) == 1 &&
			!set(CALLBACKTYPE_event, TRAP_ENTRY(0x91), 0) &&
			(vector_seen = 0, event_send(port), vector_seen == 0x91));
	vcpu_info()->evtchn_upcall_pending = 0;
	vcpu_info()->evtchn_pending_sel = 0;
	event_clear(port);
	SUCCESS(set_callbacks, none, "set-callbacks",
		!hypercall_set_callbacks(entry_upcall, entry_failsafe,
					 entry_syscall) &&
			(event_send(port), event_count(port) == 2));
	/* It tells nothing of what it refused. */
	CHECK_EQ("set-callbacks-not-canonical",
		 hypercall_set_callbacks(not_canonical, entry_failsafe,
					 entry_syscall),
		 0);
	event_send(port);
	CHECK_EQ("refused-changes-nothing", event_count(port), 3);
	upcalls_off();
}

static void check_types(void)
{
	uint64_t here = TRAP_ENTRY(0x91);

	CHECK_EQ("failsafe",
		 set(CALLBACKTYPE_failsafe, (uint64_t)entry_failsafe, 0), 0);
	CHECK_EQ("failsafe-mask",
		 set(CALLBACKTYPE_failsafe, (uint64_t)entry_failsafe,
		     CALLBACKF_mask_events),
		 0);
	CHECK_EQ("syscall",
		 set(CALLBACKTYPE_syscall, (uint64_t)entry_syscall,
		     CALLBACKF_mask_events),
		 0);
	CHECK_EQ("syscall32",
		 set(CALLBACKTYPE_syscall32, here, CALLBACKF_mask_events), 0);
	CHECK_EQ("sysenter",
		 set(CALLBACKTYPE_sysenter, here, CALLBACKF_mask_events), 0);
	CHECK_EQ("sysenter-deprecated",
		 set(CALLBACKTYPE_sysenter_deprecated, here, 0), -XEN_ENOSYS);
	CHECK_EQ("nmi", set(CALLBACKTYPE_nmi, (uint64_t)entry_nmi, 0), 0);
	SUCCESS(callback_op, CALLBACKOP_unregister, "unregister-nmi",
		!unset(CALLBACKTYPE_nmi));
	FAILURE(callback_op, CALLBACKOP_unregister, "unregister-event",
		unset(CALLBACKTYPE_event), XEN_EINVAL);
	CHECK_EQ("unregister-failsafe", unset(CALLBACKTYPE_failsafe),
		 -XEN_EINVAL);
	CHECK_EQ("unregister-unknown", unset(99), -XEN_ENOSYS);
	CHECK_EQ("unregister-bad",
		 hypercall_callback_op(CALLBACKOP_unregister, NOWHERE),
		 -XEN_EFAULT);
	FAILURE(callback_op, CALLBACKOP_register, "register-not-canonical",
		set(CALLBACKTYPE_event, not_canonical, 0), XEN_EINVAL);
	CHECK_EQ("register-bad",
		 hypercall_callback_op(CALLBACKOP_register, NOWHERE),
		 -XEN_EFAULT);
	CHECK_EQ("register-unknown", set(99, here, 0), -XEN_ENOSYS);
	CHECK_EQ("unknown-command", hypercall_callback_op(99, NULL),
		 -XEN_ENOSYS);
}

static void check_nmi(void)
{
	struct xennmi_callback c = {
		.handler_address = (uint64_t)entry_nmi,
	};

	trap_handler[VECTOR_NMI] = see;
	vector_seen = 0;
	SUCCESS(nmi_op, XENNMI_register_callback, "nmi-register",
		!hypercall_nmi_op(XENNMI_register_callback, &c) &&
			!hypercall_vcpu_op(VCPUOP_send_nmi, 0, NULL) &&
			vector_seen == VECTOR_NMI);
	FAILURE(nmi_op, XENNMI_register_callback, "nmi-register-bad",
		hypercall_nmi_op(XENNMI_register_callback, NOWHERE), XEN_EFAULT);
	vector_seen = 0;
	SUCCESS(nmi_op, XENNMI_unregister_callback, "nmi-unregister",
		!hypercall_nmi_op(XENNMI_unregister_callback, NULL));
	CHECK_EQ("nmi-not-canonical",
		 (c.handler_address = not_canonical,
		  hypercall_nmi_op(XENNMI_register_callback, &c)),
		 -XEN_EINVAL);
	CHECK_EQ("nmi-unknown", hypercall_nmi_op(9, NULL), -XEN_ENOSYS);
}

int main(void)
{
	check_traps();
	check_no_traps();
	check_events();
	check_types();
	check_nmi();
	return check_done();
}
