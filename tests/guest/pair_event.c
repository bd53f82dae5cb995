// SPDX-License-Identifier: MIT
/*
 * Event channels between two domains: bound both ways, sent, masked, polled,
 * closed by either side, lost by a death; ports allocated for another
 * domain; what is refused.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/sched.h>

#define OP(cmd, arg)  hypercall_event_channel_op(EVTCHNOP_##cmd, arg)
#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define ROUNDS	      1000

static struct pair p;

static int64_t status_of(domid_t dom, evtchn_port_t port,
			 struct evtchn_status *s)
{
	*s = (struct evtchn_status){ .dom = dom, .port = port, .status = 99 };
	return OP(status, s);
}

/* "what other-domain other-port" of a port */
static void say_status(const char *name, domid_t dom, evtchn_port_t port)
{
	struct evtchn_status s;
	int64_t rc = status_of(dom, port, &s);

	if (rc)
		check_value(name, "%ld", (long)rc);
	else if (s.status == EVTCHNSTAT_interdomain)
		check_value(name, "interdomain vcpu %u dom %u port %u",
			    (unsigned)s.vcpu, s.u.interdomain.dom,
			    (unsigned)s.u.interdomain.port);
	else if (s.status == EVTCHNSTAT_unbound)
		check_value(name, "unbound for %u", s.u.unbound.dom);
	else
		check_value(name, "status %u", (unsigned)s.status);
}

static int what(domid_t dom, evtchn_port_t port)
{
	struct evtchn_status s;
	int64_t rc = status_of(dom, port, &s);

	return rc ? (int)rc : (int)s.status;
}

/* ---- In the second domain: one call each ------------------------------------ */

static int64_t alloc(uint64_t remote)
{
	return event_alloc_unbound(DOMID_SELF, remote);
}

static int64_t bind(uint64_t port)
{
	return event_bind_interdomain(0, port);
}

static int64_t bind_own_unbound(uint64_t port)
{
	return event_bind_interdomain(DOMID_SELF, port);
}

static int64_t send(uint64_t port)
{
	return event_send(port);
}

static int64_t close(uint64_t port)
{
	return event_close(port);
}

static int64_t pending(uint64_t port)
{
	bool was = event_pending(port);

	event_clear(port);
	return was;
}

static int64_t mask_for_0(uint64_t port)
{
	event_mask(port);
	return 0;
}

static int64_t unmask(uint64_t port)
{
	return event_unmask(port);
}

static int64_t reset(uint64_t dom)
{
	struct evtchn_reset op = { .dom = dom };

	return OP(reset, &op);
}

static int64_t status_here(uint64_t port)
{
	return what(DOMID_SELF, port);
}

static int64_t answer_each(uint64_t port)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		if (!port_wait(port, 2000))
			break;
		event_send(port);
	}
	return i;
}

/* By upcalls instead: the handler answers. */
static void on_event(evtchn_port_t port)
{
	event_send(port);
}

static int64_t answer_by_upcall(uint64_t port)
{
	event_handle(port, on_event);
	event_unmask(port);
	while (event_count(port) < ROUNDS) {
		hypercall_sched_op(SCHEDOP_block, NULL); /* and upcalls on */
		upcalls_off();
	}
	event_mask(port);
	event_handle(port, NULL);
	return 0;
}

/* What it may not do on behalf of the initial domain. */
static int64_t refused(uint64_t port)
{
	CHECK_EQ("second-status-other", what(0, port), -XEN_EPERM);
	CHECK_EQ("second-reset-other", reset(0), -XEN_EPERM);
	CHECK_EQ("second-alloc-for-other", event_alloc_unbound(0, DOMID_SELF),
		 -XEN_EPERM);
	CHECK_EQ("second-bind-not-its", event_bind_interdomain(0, port),
		 -XEN_EINVAL);
	CHECK_EQ("second-bind-nobody", event_bind_interdomain(777, port),
		 -XEN_ESRCH);
	CHECK_EQ("second-bind-beyond", event_bind_interdomain(0, 1u << 30),
		 -XEN_EINVAL);
	SAY("second-bind-port-0", event_bind_interdomain(0, 0));
	CHECK("second-virq-timer", event_bind_virq(VIRQ_TIMER, 0) > 0);
	SAY("second-virq-debug", event_bind_virq(VIRQ_DEBUG, 0) > 0);
	SAY("second-alloc-nobody", event_alloc_unbound(DOMID_SELF, 777) > 0);
	return 0;
}

static int64_t fill(uint64_t arg)
{
	int64_t port, last = 0, n = 0;

	(void)arg;
	while ((port = event_bind_ipi(0)) > 0) {
		last = port;
		n++;
	}
	CHECK_EQ("second-ports-end", port, -XEN_ENOSPC);
	/* max_evtchn_port of createdomain is the last. */
	CHECK_EQ("second-ports-last", last, 1023);
	for (; n; n--)
		event_close(last--);
	return 0;
}

static int64_t die(uint64_t reason)
{
	struct sched_shutdown how = { .reason = reason };

	return hypercall_sched_op(SCHEDOP_shutdown, &how);
}

/* ---- Bound, sent, closed ---------------------------------------------------------- */

static void check_second_offers(void)
{
	int64_t theirs = pair_call(&p, alloc, 0), ours;

	CHECK("offer", theirs > 0);
	say_status("offer-status", p.domid, theirs);
	CHECK_EQ("offer-wrong-way", event_bind_interdomain(DOMID_SELF, theirs),
		 -XEN_EINVAL);
	ours = event_bind_interdomain(p.domid, theirs);
	SUCCESS(event_channel_op, EVTCHNOP_bind_interdomain, "bind", ours > 0);
	say_status("bind-status-theirs", p.domid, theirs);
	say_status("bind-status-ours", DOMID_SELF, ours);
	/* Who binds is told: something may have been sent before. */
	CHECK_EQ("bind-pends", event_pending(ours), 1);
	CHECK_EQ("bind-pends-not-there", pair_call(&p, pending, theirs), 0);
	FAILURE(event_channel_op, EVTCHNOP_bind_interdomain, "bind-twice",
		event_bind_interdomain(p.domid, theirs), XEN_EINVAL);
	event_clear(ours);
	SUCCESS(event_channel_op, EVTCHNOP_send, "send-there",
		!event_send(ours) && pair_call(&p, pending, theirs) == 1 &&
			!event_pending(ours));
	CHECK_EQ("send-here", pair_call(&p, send, theirs), 0);
	CHECK("send-here-pends", event_pending(ours));
	CHECK_EQ("send-here-not-there", pair_call(&p, pending, theirs), 0);

	CHECK_EQ("close-ours", event_close(ours), 0);
	say_status("close-ours-theirs", p.domid, theirs);
	CHECK_EQ("close-ours-send", pair_call(&p, send, theirs), 0);
	ours = event_bind_interdomain(p.domid, theirs);
	CHECK("close-ours-bind-again", ours > 0);
	CHECK_EQ("close-theirs", pair_call(&p, close, theirs), 0);
	say_status("close-theirs-theirs", p.domid, theirs);
	CHECK_EQ("close-theirs-ours", what(DOMID_SELF, ours),
		 EVTCHNSTAT_unbound);
	say_status("close-theirs-ours-for", DOMID_SELF, ours);
	CHECK_EQ("close-theirs-send", event_send(ours), 0);
	/* Unbound, it is theirs to bind again. */
	CHECK("close-theirs-bind-back", pair_call(&p, bind, ours) > 0);
	event_close(ours);
}

static void check_we_offer(void)
{
	int64_t ours = event_alloc_unbound(DOMID_SELF, p.domid), theirs;

	theirs = pair_call(&p, bind, ours);
	CHECK("back-bind", theirs > 0);
	CHECK_EQ("back-bind-pends", pair_call(&p, pending, theirs), 1);
	CHECK_EQ("back-status", what(DOMID_SELF, ours), EVTCHNSTAT_interdomain);
	event_clear(ours);
	pair_call(&p, mask_for_0, theirs);
	CHECK_EQ("masked-send", event_send(ours), 0);
	CHECK_EQ("masked-send-pends", pair_call(&p, pending, theirs), 1);
	CHECK_EQ("unmask", pair_call(&p, unmask, theirs), 0);
	pair_call(&p, mask_for_0, theirs);
	pair_call(&p, close, theirs);
	event_close(ours);
	ours = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	CHECK_EQ("back-bind-not-for-it", pair_call(&p, bind, ours), -XEN_EINVAL);
	event_close(ours);
	SAY("offer-to-itself", pair_call(&p, bind_own_unbound,
					 pair_call(&p, alloc, DOMID_SELF)) > 0);
}

/* For the second domain: what a toolstack does. */
static void check_on_behalf(void)
{
	int64_t theirs = event_alloc_unbound(p.domid, DOMID_SELF), ours;

	SUCCESS(event_channel_op, EVTCHNOP_alloc_unbound, "behalf",
		theirs > 0 && what(p.domid, theirs) == EVTCHNSTAT_unbound);
	say_status("behalf-status", p.domid, theirs);
	ours = event_bind_interdomain(p.domid, theirs);
	CHECK("behalf-bind", ours > 0);
	event_close(ours);
	CHECK_EQ("behalf-close", pair_call(&p, close, theirs), 0);
	theirs = event_alloc_unbound(p.domid, 777);
	SAY("behalf-for-nobody", theirs > 0);
	CHECK_EQ("status-beyond", what(p.domid, 99999), -XEN_EINVAL);
	CHECK_EQ("status-nobody", what(777, 1), -XEN_ESRCH);
	CHECK_EQ("behalf-nobody", event_alloc_unbound(777, 0), -XEN_ESRCH);
}

/* ---- There and back --------------------------------------------------------------------- */

static unsigned int ping(evtchn_port_t port)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		event_send(port);
		if (!port_wait(port, 2000))
			break;
	}
	return i;
}

static void check_ping_pong(void)
{
	int64_t theirs = pair_call(&p, alloc, 0);
	int64_t ours = event_bind_interdomain(p.domid, theirs);
	unsigned int n;

	pair_call(&p, pending, theirs);
	event_clear(ours);
	pair_ask(&p, answer_each, theirs);
	n = ping(ours);
	CHECK_EQ("ping-pong", n, ROUNDS);
	CHECK_EQ("ping-pong-there", pair_answer(&p), ROUNDS);
	pair_call(&p, pending, theirs);
	event_clear(ours);
	pair_ask(&p, answer_by_upcall, theirs);
	n = ping(ours);
	CHECK_EQ("ping-pong-upcall", n, ROUNDS);
	CHECK_EQ("ping-pong-upcall-there", pair_answer(&p), 0);
	event_close(ours);
	pair_call(&p, close, theirs);
}

/* Sent while it is paused: pends when it runs again, once. */
static void check_paused(void)
{
	int64_t theirs = pair_call(&p, alloc, 0);
	int64_t ours = event_bind_interdomain(p.domid, theirs);

	pair_call(&p, pending, theirs);
	domain_pause(p.domid);
	CHECK_EQ("paused-send", event_send(ours), 0);
	CHECK_EQ("paused-send-again", event_send(ours), 0);
	domain_unpause(p.domid);
	CHECK_EQ("paused-pends", pair_call(&p, pending, theirs), 1);
	CHECK_EQ("paused-once", pair_call(&p, pending, theirs), 0);
	event_close(ours);
	pair_call(&p, close, theirs);
}

/* ---- Ends ----------------------------------------------------------------------------------- */

/* A domain that shut down has its ports; a destroyed one lost them. */
static void check_death(void)
{
	int64_t theirs = pair_call(&p, alloc, 0);
	int64_t ours = event_bind_interdomain(p.domid, theirs);
	int64_t offered = event_alloc_unbound(DOMID_SELF, p.domid);
	int64_t link = p.port;

	pair_last_call(&p, die, SHUTDOWN_poweroff);
	CHECK_EQ("shutdown-status", what(DOMID_SELF, ours),
		 EVTCHNSTAT_interdomain);
	CHECK_EQ("shutdown-send", event_send(ours), 0);
	event_clear(ours);
	domain_destroy(p.domid);
	CHECK_EQ("dead-status", what(DOMID_SELF, ours), EVTCHNSTAT_unbound);
	CHECK_EQ("dead-link-status", what(DOMID_SELF, link), EVTCHNSTAT_unbound);
	CHECK_EQ("dead-offered", what(DOMID_SELF, offered), EVTCHNSTAT_unbound);
	SAY("dead-pends", event_pending(ours));
	CHECK_EQ("dead-send", event_send(ours), 0);
	SAY("dead-bind", event_bind_interdomain(p.domid, theirs));
	SAY("dead-alloc", event_alloc_unbound(p.domid, DOMID_SELF));
	SAY("dead-status-theirs", what(p.domid, theirs));
	pair_end(&p);
	CHECK_EQ("dead-close", event_close(ours), 0);
	CHECK_EQ("dead-close-offered", event_close(offered), 0);
}

/* All the ports of the second domain go; ours at their other ends stay. */
static void check_reset(void)
{
	struct evtchn_reset op = { .dom = p.domid };
	int64_t theirs = pair_call(&p, alloc, 0);
	int64_t ours = event_bind_interdomain(p.domid, theirs);

	domain_pause(p.domid);
	SUCCESS(event_channel_op, EVTCHNOP_reset, "reset",
		!OP(reset, &op) && what(p.domid, theirs) == EVTCHNSTAT_closed &&
			what(DOMID_SELF, ours) == EVTCHNSTAT_unbound);
	CHECK_EQ("reset-link", what(DOMID_SELF, p.port), EVTCHNSTAT_unbound);
	event_close(ours);
	pair_end(&p);
}

int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	pair_start(&p);
	check_second_offers();
	check_we_offer();
	check_on_behalf();
	check_ping_pong();
	check_paused();
	pair_call(&p, refused, p.port);
	pair_call(&p, status_here, 1);
	pair_call(&p, fill, 0);
	check_death();
	pair_init(&p);
	pair_start(&p);
	check_reset();
	return check_done();
}
