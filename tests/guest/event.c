// SPDX-License-Identifier: MIT
/*
 * event_channel_op, two-level: ports are bound, send, mask, close and say
 * what they are; and each refuses what Xen refuses. What FIFO calls answer.
 */
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "vcpu.h"
#include <xen/event_channel.h>

#define OP(cmd, arg) hypercall_event_channel_op(EVTCHNOP_##cmd, arg)

static struct evtchn_status status(evtchn_port_t port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	s.status = 99;
	OP(status, &s);
	return s;
}

static int64_t bind_vcpu(evtchn_port_t port, uint32_t vcpu)
{
	struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };

	return OP(bind_vcpu, &op);
}

static void check_interdomain(void)
{
	int64_t a = event_alloc_unbound(DOMID_SELF, DOMID_SELF), b;

	SUCCESS(event_channel_op, EVTCHNOP_alloc_unbound, "alloc-unbound",
		a > 0 && status(a).status == EVTCHNSTAT_unbound &&
			status(a).u.unbound.dom == 0);
	CHECK_EQ("send-unbound", event_send(a), 0);
	b = event_bind_interdomain(DOMID_SELF, a);
	SUCCESS(event_channel_op, EVTCHNOP_bind_interdomain, "interdomain",
		b > 0 && b != a && status(a).status == EVTCHNSTAT_interdomain &&
			status(a).u.interdomain.port == b &&
			status(b).u.interdomain.port == a);
	event_clear(a);
	event_clear(b);
	SUCCESS(event_channel_op, EVTCHNOP_send, "send",
		!event_send(a) && event_pending(b) && !event_pending(a));
	SUCCESS(event_channel_op, EVTCHNOP_close, "close",
		!event_close(b) && status(b).status == EVTCHNSTAT_closed &&
			status(a).status == EVTCHNSTAT_unbound);
	CHECK_EQ("send-closed", event_send(b), -XEN_EINVAL);
	event_close(a);
	FAILURE(event_channel_op, EVTCHNOP_close, "close-closed",
		event_close(a), XEN_EINVAL);
	CHECK_EQ("close-0", event_close(0), -XEN_EINVAL);
	CHECK_EQ("close-beyond", event_close(100000), -XEN_EINVAL);
	FAILURE(event_channel_op, EVTCHNOP_send, "send-beyond",
		event_send(100000), XEN_EINVAL);
	CHECK_EQ("send-0", event_send(0), -XEN_EINVAL);
	FAILURE(event_channel_op, EVTCHNOP_bind_interdomain,
		"interdomain-closed", event_bind_interdomain(DOMID_SELF, a),
		XEN_EINVAL);
	CHECK_EQ("interdomain-nobody", event_bind_interdomain(77, 1),
		 -XEN_ESRCH);
	FAILURE(event_channel_op, EVTCHNOP_alloc_unbound, "alloc-unbound-nobody",
		event_alloc_unbound(77, DOMID_SELF), XEN_ESRCH);
}

static void check_virq(void)
{
	int64_t a = event_bind_virq(VIRQ_DEBUG, 0);

	SUCCESS(event_channel_op, EVTCHNOP_bind_virq, "virq",
		a > 0 && status(a).status == EVTCHNSTAT_virq &&
			status(a).u.virq == VIRQ_DEBUG);
	CHECK_EQ("virq-twice", event_bind_virq(VIRQ_DEBUG, 0), -XEN_EEXIST);
	CHECK_EQ("virq-send", event_send(a), -XEN_EINVAL);
	CHECK_EQ("virq-global-vcpu-1", event_bind_virq(VIRQ_DOM_EXC, 1),
		 -XEN_EINVAL);
	FAILURE(event_channel_op, EVTCHNOP_bind_virq, "virq-unknown",
		event_bind_virq(24, 0), XEN_EINVAL);
	CHECK_EQ("virq-vcpu-none", event_bind_virq(VIRQ_TIMER, 99), -XEN_ENOENT);
	CHECK_EQ("virq-rebind", bind_vcpu(a, 0), -XEN_EINVAL);
	CHECK_EQ("virq-close", event_close(a), 0);
	a = event_bind_virq(VIRQ_DEBUG, 0);
	CHECK("virq-again", a > 0);
	event_close(a);
}

static void check_ipi(void)
{
	int64_t a = event_bind_ipi(0);

	SUCCESS(event_channel_op, EVTCHNOP_bind_ipi, "ipi",
		a > 0 && status(a).status == EVTCHNSTAT_ipi &&
			status(a).vcpu == 0 && !event_send(a) &&
			event_pending(a));
	FAILURE(event_channel_op, EVTCHNOP_bind_ipi, "ipi-vcpu-none",
		event_bind_ipi(99), XEN_ENOENT);
	FAILURE(event_channel_op, EVTCHNOP_bind_vcpu, "ipi-rebind",
		bind_vcpu(a, 0), XEN_EINVAL);
	event_clear(a);
	event_close(a);
	a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	SUCCESS(event_channel_op, EVTCHNOP_bind_vcpu, "bind-vcpu",
		!bind_vcpu(a, 0) && status(a).vcpu == 0);
	CHECK_EQ("bind-vcpu-none", bind_vcpu(a, 99), -XEN_ENOENT);
	CHECK_EQ("bind-vcpu-closed", bind_vcpu(a + 9, 0), -XEN_EINVAL);
	event_close(a);
}

/* The level-two protocol: a masked port pends and raises nothing. */
static void check_mask(void)
{
	int64_t a = event_bind_ipi(0);
	struct vcpu_info *v = vcpu_info();

	event_mask(a);
	v->evtchn_upcall_pending = 0;
	v->evtchn_pending_sel = 0;
	event_send(a);
	CHECK("masked-pends", event_pending(a) && !v->evtchn_upcall_pending &&
				      !v->evtchn_pending_sel);
	SUCCESS(event_channel_op, EVTCHNOP_unmask, "unmask",
		!event_unmask(a) && !event_masked(a) &&
			v->evtchn_upcall_pending &&
			v->evtchn_pending_sel == 1ul << a / 64);
	FAILURE(event_channel_op, EVTCHNOP_unmask, "unmask-beyond",
		event_unmask(100000), XEN_EINVAL);
	CHECK_EQ("unmask-closed", event_unmask(a + 9), 0);
	v->evtchn_upcall_pending = 0;
	v->evtchn_pending_sel = 0;
	event_send(a);
	CHECK("pending-raises-once", !v->evtchn_upcall_pending);
	event_clear(a);
	event_send(a);
	CHECK("clear-raises-again", v->evtchn_upcall_pending);
	event_clear(a);
	event_close(a);
	CHECK("closed-not-pending", !event_pending(a));
}

static void check_status(void)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = 200000 };

	SUCCESS(event_channel_op, EVTCHNOP_status, "status-0",
		status(0).status == EVTCHNSTAT_closed);
	FAILURE(event_channel_op, EVTCHNOP_status, "status-beyond",
		OP(status, &s), XEN_EINVAL);
	s.dom = 77;
	CHECK_EQ("status-nobody", OP(status, &s), -XEN_ESRCH);
	CHECK_EQ("bad-argument", OP(send, NOWHERE), -XEN_EFAULT);
	CHECK_EQ("hypervisor-argument", OP(send, HYPERVISOR_VA), -XEN_EFAULT);
	CHECK_EQ("unknown-command", hypercall_event_channel_op(77, NULL),
		 -XEN_ENOSYS);
}

static void check_pirq(void)
{
	struct evtchn_bind_pirq op = { .pirq = 8 };

	FAILURE(event_channel_op, EVTCHNOP_bind_pirq, "pirq-not-mapped",
		OP(bind_pirq, &op), XEN_EPERM);
	op.pirq = 60000;
	CHECK_EQ("pirq-beyond", OP(bind_pirq, &op), -XEN_EINVAL);
}

/* Every port is closed, but for those that others gave. */
static void check_reset(void)
{
	int64_t a = event_bind_ipi(0);
	struct evtchn_reset op = { .dom = DOMID_SELF };

	SUCCESS(event_channel_op, EVTCHNOP_reset, "reset",
		a > 0 && !OP(reset, &op) &&
			status(a).status == EVTCHNSTAT_closed);
	op.dom = 77;
	FAILURE(event_channel_op, EVTCHNOP_reset, "reset-nobody",
		OP(reset, &op), XEN_ESRCH);
}

static void check_all_ports(void)
{
	int64_t first = event_bind_ipi(0), port = first, last = 0, n = 0;

	while (port > 0 && n < 5000) {
		last = port;
		n++;
		port = event_bind_ipi(0);
	}
	CHECK_EQ("ports-end", port, -XEN_ENOSPC);
	CHECK_EQ("ports-last", last, 4095);
	CHECK("ports-last-works", !event_send(last) && event_pending(last));
	while (last >= first)
		event_close(last--);
	port = event_bind_ipi(0);
	CHECK_EQ("ports-again", port, first);
	event_close(port);
}

static void check_fifo(void)
{
	struct evtchn_init_control init = { .vcpu = 0 };
	struct evtchn_expand_array expand = { .array_gfn = 1 };
	struct evtchn_set_priority priority = { .port = 1, .priority = 1 };

	init.control_gfn = mfn_of(page_alloc());
	check_value("fifo-set-priority", "%ld", OP(set_priority, &priority));
	check_value("fifo-expand-array", "%ld", OP(expand_array, &expand));
	check_value("fifo-init-control", "%ld", OP(init_control, &init));
}

int main(void)
{
	check_interdomain();
	check_virq();
	check_ipi();
	check_mask();
	check_status();
	check_pirq();
	check_all_ports();
	check_reset();
	check_fifo();
	return check_done();
}
