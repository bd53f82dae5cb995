// SPDX-License-Identifier: MIT
/*
 * sched_op and set_timer_op: yield, block and poll with and without time
 * limits, what shutting down refuses, the watchdog, pinning.
 */
#include "check.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "vcpu.h"
#include <xen/sched.h>

#define MS	     1000000ul
#define OP(cmd, arg) hypercall_sched_op(SCHEDOP_##cmd, arg)

static int64_t timer, port;

static int64_t poll(evtchn_port_t *ports, unsigned int n, uint64_t timeout)
{
	struct sched_poll op = { .nr_ports = n, .timeout = timeout };

	op.ports.p = ports;
	return OP(poll, &op);
}

/* block unmasks: masked until then, no event comes before it. */
static void check_timer(void)
{
	uint64_t start = time_now();

	SUCCESS(set_timer_op, none, "timer",
		!hypercall_set_timer_op(start + 10 * MS) && !OP(block, NULL) &&
			event_count(timer) == 1 &&
			time_now() >= start + 10 * MS);
	CHECK("timer-not-late", time_now() < start + 500 * MS);
	upcalls_off();
	hypercall_set_timer_op(start);
	SUCCESS(sched_op, SCHEDOP_block, "block",
		!OP(block, NULL) && event_count(timer) == 2);
	upcalls_off();
	hypercall_set_timer_op(time_now() + 2 * MS);
	hypercall_set_timer_op(0);
	hypercall_set_timer_op(time_now() + 20 * MS);
	hypercall_set_timer_op(time_now() + 10 * MS);
	OP(block, NULL);
	CHECK_EQ("timer-last-counts", event_count(timer), 3);
	upcalls_off();
}

/* With something pending, block does not wait; it unmasks upcalls. */
static void check_block(void)
{
	event_send(port);
	CHECK_EQ("block-pending", OP(block, NULL), 0);
	CHECK_EQ("block-delivers", event_count(port), 1);
	CHECK_EQ("block-unmasks", vcpu_info()->evtchn_upcall_mask, 0);
	upcalls_off();
	CHECK_EQ("block-argument",
		 (event_send(port), hypercall_sched_op(SCHEDOP_block, NOWHERE)),
		 0);
	upcalls_off();
	SUCCESS(sched_op, SCHEDOP_yield, "yield", !OP(yield, NULL));
}

static void check_poll(void)
{
	evtchn_port_t ports[2] = { port, timer }, beyond = 100000;
	uint64_t start;

	event_mask(port);
	event_mask(timer);
	event_clear(port);
	event_clear(timer);
	vcpu_info()->evtchn_upcall_pending = 0;
	start = time_now();
	CHECK_EQ("poll-timeout", poll(ports, 1, start + 10 * MS), 0);
	CHECK("poll-timeout-waited", time_now() >= start + 10 * MS);
	event_send(port);
	SUCCESS(sched_op, SCHEDOP_poll, "poll-ready",
		!poll(ports, 2, 0) && event_pending(port));
	event_clear(port);
	start = time_now();
	hypercall_set_timer_op(start + 10 * MS);
	CHECK_EQ("poll-wakes", poll(ports, 2, start + 10000 * MS), 0);
	CHECK("poll-wakes-by-event",
	      event_pending(timer) && time_now() < start + 1000 * MS);
	CHECK_EQ("poll-past", poll(ports, 1, 1), 0);
	FAILURE(sched_op, SCHEDOP_poll, "poll-beyond", poll(&beyond, 1, start),
		XEN_EINVAL);
	CHECK_EQ("poll-bad-ports", poll(NOWHERE, 1, start), -XEN_EFAULT);
	CHECK_EQ("poll-bad", OP(poll, NOWHERE), -XEN_EFAULT);
	CHECK_EQ("poll-many", poll(ports, 129, start), -XEN_EINVAL);
	event_clear(timer);
}

static void check_watchdog(void)
{
	struct sched_watchdog dog = { .id = 0, .timeout = 60 };
	int64_t id = OP(watchdog, &dog);

	SUCCESS(sched_op, SCHEDOP_watchdog, "watchdog", id > 0);
	dog.id = id;
	CHECK_EQ("watchdog-again", OP(watchdog, &dog), 0);
	dog.timeout = 0;
	CHECK_EQ("watchdog-off", OP(watchdog, &dog), 0);
	dog.id = 99;
	FAILURE(sched_op, SCHEDOP_watchdog, "watchdog-unknown",
		OP(watchdog, &dog), XEN_EINVAL);
	dog.id = id;
	dog.timeout = 9;
	CHECK_EQ("watchdog-not-in-use", OP(watchdog, &dog), -XEN_EINVAL);
	CHECK_EQ("watchdog-bad", OP(watchdog, NOWHERE), -XEN_EFAULT);
}

static void check_pin(void)
{
	struct sched_pin_override pin = { .pcpu = 0 };

	SUCCESS(sched_op, SCHEDOP_pin_override, "pin", !OP(pin_override, &pin));
	CHECK_EQ("pin-pinned", OP(pin_override, &pin), -XEN_EBUSY);
	pin.pcpu = -1;
	CHECK_EQ("pin-off", OP(pin_override, &pin), 0);
	pin.pcpu = 5000;
	FAILURE(sched_op, SCHEDOP_pin_override, "pin-no-cpu",
		OP(pin_override, &pin), XEN_EINVAL);
	CHECK_EQ("pin-bad", OP(pin_override, NOWHERE), -XEN_EFAULT);
}

/* Those that would end the guest: tests that end show their success. */
static void check_shutdown(void)
{
	struct sched_remote_shutdown other = { .domain_id = 77 };
	struct sched_shutdown how = { .reason = SHUTDOWN_reboot };

	FAILURE(sched_op, SCHEDOP_shutdown, "shutdown-bad",
		OP(shutdown, NOWHERE), XEN_EFAULT);
	FAILURE(sched_op, SCHEDOP_remote_shutdown, "remote-nobody",
		OP(remote_shutdown, &other), XEN_ESRCH);
	other.domain_id = DOMID_SELF;
	CHECK_EQ("remote-self", OP(remote_shutdown, &other), -XEN_ESRCH);
	CHECK_EQ("remote-bad", OP(remote_shutdown, NOWHERE), -XEN_EFAULT);
	SUCCESS(sched_op, SCHEDOP_shutdown_code, "shutdown-code",
		!OP(shutdown_code, &how));
	FAILURE(sched_op, SCHEDOP_shutdown_code, "shutdown-code-bad",
		OP(shutdown_code, NOWHERE), XEN_EFAULT);
	CHECK_EQ("unknown-command", hypercall_sched_op(99, NULL), -XEN_ENOSYS);
}

int main(void)
{
	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	timer = event_bind_virq(VIRQ_TIMER, 0);
	port = event_bind_ipi(0);
	event_unmask(timer);
	event_unmask(port);
	check_timer();
	check_block();
	check_poll();
	check_watchdog();
	check_pin();
	check_shutdown();
	/* The guest's end is the proof: without it, its run is an error. */
	SUCCESS(sched_op, SCHEDOP_shutdown, "shutdown", true);
	return check_done();
}
