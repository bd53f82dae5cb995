// SPDX-License-Identifier: MIT
/*
 * vcpu_op on the one vCPU there is: timers, run state, registered areas, and
 * what each command refuses. (smp.c brings others up.)
 */
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/sched.h>

#define MS		 1000000ul
#define OP(cmd, id, arg) hypercall_vcpu_op(VCPUOP_##cmd, id, arg)

static int64_t timer;

/* An upcall may be due for an event that was taken by hand: block then ends
 * early, with nothing counted. */
static bool block_until(uint64_t limit)
{
	while (!event_count(timer) && time_now() < limit)
		hypercall_sched_op(SCHEDOP_block, NULL);
	upcalls_off();
	return event_count(timer) == 1;
}

/* A limit in case nothing comes: the poll ends then. */
static bool ticks(uint64_t limit)
{
	evtchn_port_t port = timer;
	struct sched_poll op = { .nr_ports = 1 };
	bool came;

	op.ports.p = &port;
	op.timeout = time_now() + limit;
	hypercall_sched_op(SCHEDOP_poll, &op);
	came = event_pending(timer);
	event_clear(timer);
	return came;
}

static void check_periodic(void)
{
	struct vcpu_set_periodic_timer p = { .period_ns = 5 * MS };

	CHECK("periodic-at-start", ticks(500 * MS) && ticks(500 * MS));
	SUCCESS(vcpu_op, VCPUOP_stop_periodic_timer, "periodic-stop",
		!OP(stop_periodic_timer, 0, NULL) && (ticks(0), !ticks(60 * MS)));
	SUCCESS(vcpu_op, VCPUOP_set_periodic_timer, "periodic",
		!OP(set_periodic_timer, 0, &p) && ticks(500 * MS) &&
			ticks(500 * MS) && ticks(500 * MS));
	p.period_ns = 1000;
	FAILURE(vcpu_op, VCPUOP_set_periodic_timer, "periodic-short",
		OP(set_periodic_timer, 0, &p), XEN_EINVAL);
	CHECK_EQ("periodic-bad", OP(set_periodic_timer, 0, NOWHERE),
		 -XEN_EFAULT);
	FAILURE(vcpu_op, VCPUOP_stop_periodic_timer, "periodic-stop-nobody",
		OP(stop_periodic_timer, 99, NULL), XEN_ENOENT);
	OP(stop_periodic_timer, 0, NULL);
	ticks(0);
}

static void check_singleshot(void)
{
	struct vcpu_set_singleshot_timer s = { 0 };
	uint64_t start = time_now();

	s.timeout_abs_ns = start + 10 * MS;
	SUCCESS(vcpu_op, VCPUOP_set_singleshot_timer, "singleshot",
		!OP(set_singleshot_timer, 0, &s) &&
			block_until(start + 1000 * MS) &&
			time_now() >= start + 10 * MS);
	event_mask(timer);
	s.timeout_abs_ns = 1;
	CHECK_EQ("singleshot-past", OP(set_singleshot_timer, 0, &s), 0);
	CHECK("singleshot-past-fires", ticks(500 * MS));
	s.timeout_abs_ns = time_now() + 30 * MS;
	OP(set_singleshot_timer, 0, &s);
	SUCCESS(vcpu_op, VCPUOP_stop_singleshot_timer, "singleshot-stop",
		!OP(stop_singleshot_timer, 0, NULL) && !ticks(80 * MS));
	FAILURE(vcpu_op, VCPUOP_stop_singleshot_timer, "singleshot-stop-nobody",
		OP(stop_singleshot_timer, 99, NULL), XEN_ENOENT);
	FAILURE(vcpu_op, VCPUOP_set_singleshot_timer, "singleshot-bad",
		OP(set_singleshot_timer, 0, NOWHERE), XEN_EFAULT);
}

/* ---- Run state -------------------------------------------------------------------- */

static uint64_t total(const struct vcpu_runstate_info *r)
{
	return r->time[0] + r->time[1] + r->time[2] + r->time[3];
}

static void check_runstate(void)
{
	static struct vcpu_runstate_info info, area;
	struct vcpu_register_runstate_memory_area reg = { 0 };

	SUCCESS(vcpu_op, VCPUOP_get_runstate_info, "runstate",
		!OP(get_runstate_info, 0, &info) &&
			info.state == RUNSTATE_running && info.time[0] > 0);
	CHECK("runstate-blocked", info.time[RUNSTATE_blocked] >= 50 * MS);
	CHECK("runstate-sum", total(&info) <= time_now() &&
				      info.state_entry_time <= time_now());
	FAILURE(vcpu_op, VCPUOP_get_runstate_info, "runstate-nobody",
		OP(get_runstate_info, 99, &info), XEN_ENOENT);
	CHECK_EQ("runstate-bad", OP(get_runstate_info, 0, NOWHERE), -XEN_EFAULT);
	area.state = 77;
	reg.addr.h.p = &area;
	SUCCESS(vcpu_op, VCPUOP_register_runstate_memory_area, "runstate-area",
		!OP(register_runstate_memory_area, 0, &reg) &&
			area.state == RUNSTATE_running && area.time[0] > 0);
	info = area;
	ticks(5 * MS);
	CHECK("runstate-area-updated",
	      area.time[RUNSTATE_blocked] > info.time[RUNSTATE_blocked] &&
		      area.state == 0);
	FAILURE(vcpu_op, VCPUOP_register_runstate_memory_area,
		"runstate-area-bad",
		OP(register_runstate_memory_area, 0, NOWHERE), XEN_EFAULT);
	reg.addr.h.p = HYPERVISOR_VA;
	CHECK_EQ("runstate-area-hypervisor",
		 OP(register_runstate_memory_area, 0, &reg), -XEN_EFAULT);
	memset(&reg, 0, sizeof(reg));
	CHECK_EQ("runstate-area-off",
		 OP(register_runstate_memory_area, 0, &reg), 0);
}

static void check_time_area(void)
{
	static struct vcpu_time_info area;
	struct vcpu_register_time_memory_area reg = { 0 };

	reg.addr.h.p = &area;
	SUCCESS(vcpu_op, VCPUOP_register_vcpu_time_memory_area, "time-area",
		!OP(register_vcpu_time_memory_area, 0, &reg) &&
			area.tsc_to_system_mul ==
				vcpu_info()->time.tsc_to_system_mul &&
			area.system_time);
	FAILURE(vcpu_op, VCPUOP_register_vcpu_time_memory_area, "time-area-bad",
		OP(register_vcpu_time_memory_area, 0, NOWHERE), XEN_EFAULT);
	reg.addr.h.p = HYPERVISOR_VA;
	CHECK_EQ("time-area-hypervisor",
		 OP(register_vcpu_time_memory_area, 0, &reg), -XEN_EFAULT);
}

/* ---- vcpu_info elsewhere -------------------------------------------------------------- */

static int64_t move_info(void *page, unsigned int offset, unsigned int id)
{
	struct vcpu_register_vcpu_info reg = {
		.mfn = mfn_of(page),
		.offset = offset,
	};

	return OP(register_vcpu_info, id, &reg);
}

/* What pends moves along, and an event pends then in any case. */
static void check_info(void)
{
	char *page = page_alloc();
	struct vcpu_info *moved = (void *)(page + 0x100);
	int64_t port = event_bind_ipi(0);

	event_unmask(port);
	CHECK_EQ("info-across", move_info(page, 4096 - 32, 0), -XEN_ENXIO);
	FAILURE(vcpu_op, VCPUOP_register_vcpu_info, "info-unaligned",
		move_info(page, 0x103, 0), XEN_ENXIO);
	CHECK_EQ("info-nobody", move_info(page, 0x100, 99), -XEN_ENOENT);
	CHECK_EQ("info-bad", OP(register_vcpu_info, 0, NOWHERE), -XEN_EFAULT);
	event_send(port);
	SUCCESS(vcpu_op, VCPUOP_register_vcpu_info, "info",
		!move_info(page, 0x100, 0) && moved->evtchn_upcall_pending &&
			moved->evtchn_upcall_mask);
	vcpu_set_info(0, moved);
	CHECK("info-all-selectors", moved->evtchn_pending_sel == ~0ul);
	CHECK("info-time", moved->time.tsc_to_system_mul);
	upcalls_on();
	CHECK_EQ("info-delivers", event_count(port), 1);
	upcalls_off();
	event_send(port);
	CHECK("info-used", moved->evtchn_upcall_pending);
	CHECK_EQ("info-again", move_info(page, 0x200, 0), -XEN_EINVAL);
	CHECK_EQ("info-cr2", try_read(NOWHERE, NULL), 14);
	CHECK_EQ("info-cr2-value", trap_last.cr2, (uint64_t)NOWHERE);
}

/* ---- The rest ---------------------------------------------------------------------------- */

static void check_others(void)
{
	struct vcpu_get_physid id = { 99 };
	static struct vcpu_guest_context context;

	SUCCESS(vcpu_op, VCPUOP_is_up, "is-up", OP(is_up, 0, NULL) == 1);
	FAILURE(vcpu_op, VCPUOP_is_up, "is-up-nobody", OP(is_up, 1, NULL),
		XEN_ENOENT);
	CHECK_EQ("is-up-8191", OP(is_up, 8191, NULL), -XEN_ENOENT);
	CHECK_EQ("is-up-minus-1", OP(is_up, -1, NULL), -XEN_ENOENT);
	FAILURE(vcpu_op, VCPUOP_up, "up-nobody", OP(up, 1, NULL), XEN_ENOENT);
	FAILURE(vcpu_op, VCPUOP_down, "down-nobody", OP(down, 1, NULL),
		XEN_ENOENT);
	FAILURE(vcpu_op, VCPUOP_initialise, "initialise-nobody",
		OP(initialise, 1, &context), XEN_ENOENT);
	CHECK_EQ("up-again", OP(up, 0, NULL), 0);
	CHECK_EQ("initialise-bad", OP(initialise, 0, NOWHERE), -XEN_EFAULT);
	vcpu_context(0, NULL, NULL, &context);
	CHECK_EQ("initialise-running", OP(initialise, 0, &context), -XEN_EEXIST);
	FAILURE(vcpu_op, VCPUOP_send_nmi, "nmi-nobody", OP(send_nmi, 1, NULL),
		XEN_ENOENT);
	/* It can run on one CPU only, so it is as good as pinned. */
	SUCCESS(vcpu_op, VCPUOP_get_physid, "physid",
		!OP(get_physid, 0, &id) && id.phys_id == 0);
	CHECK_EQ("unknown-command", hypercall_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
}

int main(void)
{
	timer = event_bind_virq(VIRQ_TIMER, 0);
	event_mask(timer);
	check_periodic();
	event_unmask(timer);
	check_singleshot();
	check_runstate();
	check_time_area();
	check_info();
	check_others();
	return check_done();
}
