/* SPDX-License-Identifier: MIT */
/*
 * Event channels, two-level.
 *
 * The pending, mask and selector words lie in memory that the guest writes at
 * any time: each is changed by one atomic operation and believed for nothing
 * but whether to go on. Records are ours, under d->evtchn_lock; their pages
 * stay until the domain is freed, so a port below d->ports always has one.
 */
#include "evtchn.h"
#include "heap.h"
#include "panic.h"
#include "print.h"
#include "sched.h"

#define WORD_BITS 64u

_Static_assert(sizeof(struct evtchn) * EVTCHN_PAGE_PORTS == PAGE_SIZE,
	       "a page holds EVTCHN_PAGE_PORTS records");

static struct evtchn *record(struct domain *d, port_t port)
{
	return &d->evtchn[port / EVTCHN_PAGE_PORTS][port % EVTCHN_PAGE_PORTS];
}

static bool port_valid(const struct domain *d, port_t port)
{
	return port < load_acquire(&d->ports);
}

/* The record of port, d->evtchn_lock taken; NULL: no such port, not taken. */
static struct evtchn *record_lock(struct domain *d, port_t port)
{
	if (unlikely(!port_valid(d, port)))
		return NULL;
	lock_take(&d->evtchn_lock);
	return record(d, port);
}

/* ---- Pending: the shared words -------------------------------------------- */

static void select_word(struct vcpu *v, unsigned int word)
{
	if (!atomic_bit_set(&v->info->evtchn_pending_sel, word) &&
	    !__atomic_exchange_n(&v->info->evtchn_upcall_pending, 1,
				 __ATOMIC_SEQ_CST))
		sched_notify(v);
}

static void set_pending(struct domain *d, unsigned int vcpu, port_t port)
{
	struct shared_info *s = d->shared;
	unsigned int word = port / WORD_BITS, bit = port % WORD_BITS;
	struct vcpu *v = d->vcpu[vcpu];

	if (atomic_bit_set(&s->evtchn_pending[word], bit))
		return;
	if (v && !(READ_ONCE(s->evtchn_mask[word]) >> bit & 1))
		select_word(v, word);
	if (likely(!__atomic_load_n(&d->poll_mask, __ATOMIC_SEQ_CST)))
		return;
	for_each_vcpu (d, poller) {
		uint32_t wants = READ_ONCE(poller->poll_port);

		if (wants == port || wants == ~0u)
			sched_wake(poller);
	}
}

bool evtchn_pending(struct domain *d, port_t port)
{
	return READ_ONCE(d->shared->evtchn_pending[port / WORD_BITS]) >>
		       (port % WORD_BITS) &
	       1;
}

int evtchn_unmask(struct domain *d, port_t port)
{
	unsigned int word = port / WORD_BITS, bit = port % WORD_BITS;
	struct evtchn *c = record_lock(d, port);
	struct vcpu *v;

	if (!c)
		return -XEN_EINVAL;
	v = vcpu_find(d, c->vcpu);
	if (v && atomic_bit_clear(&d->shared->evtchn_mask[word], bit) &&
	    evtchn_pending(d, port))
		select_word(v, word);
	lock_drop(&d->evtchn_lock);
	return 0;
}

/* ---- Records ----------------------------------------------------------------- */

/* Both domains' locks, in id order; the same domain twice is one lock. */
static void lock_both(struct domain *a, struct domain *b)
{
	struct domain *first = a->id < b->id ? a : b;
	struct domain *last = a->id < b->id ? b : a;

	lock_take(&first->evtchn_lock);
	if (first != last)
		lock_take(&last->evtchn_lock);
}

static void drop_both(struct domain *a, struct domain *b)
{
	lock_drop(&a->evtchn_lock);
	if (a != b)
		lock_drop(&b->evtchn_lock);
}

/* A free port, now as c says; -XEN_ENOSPC, ENOMEM, EINVAL: d dies. Locked. */
static int open_locked(struct domain *d, struct evtchn c)
{
	struct evtchn *page;
	port_t port;

	if (!domain_alive(d))
		return -XEN_EINVAL;
	/* Port 0 is nobody's: it stays free. */
	for (port = 1; port < d->ports; port++)
		if (record(d, port)->state == PORT_FREE)
			goto out;
	if (port >= EVTCHN_2L_PORTS)
		return -XEN_ENOSPC;
	page = heap_alloc_zeroed(0);
	if (!page)
		return -XEN_ENOMEM;
	d->evtchn[d->ports / EVTCHN_PAGE_PORTS] = page;
	store_release(&d->ports, d->ports + EVTCHN_PAGE_PORTS);
out:
	if (port > d->max_port)
		return -XEN_ENOSPC;
	*record(d, port) = c;
	return (int)port;
}

static int open_port(struct domain *d, struct evtchn c)
{
	int port;

	lock_take(&d->evtchn_lock);
	port = open_locked(d, c);
	lock_drop(&d->evtchn_lock);
	return port;
}

int evtchn_alloc_unbound(struct domain *d, domid_t remote)
{
	return open_port(d, (struct evtchn){ .state = PORT_UNBOUND,
					     .remote_domid = remote });
}

int evtchn_bind_ipi(struct domain *d, uint32_t vcpu)
{
	if (!vcpu_find(d, vcpu))
		return -XEN_ENOENT;
	return open_port(d, (struct evtchn){ .state = PORT_IPI,
					     .vcpu = (uint16_t)vcpu });
}

static void join(struct domain *d, port_t port, struct domain *r,
		 port_t remote_port)
{
	struct evtchn *c = record(d, port);

	c->state = PORT_INTERDOMAIN;
	c->remote = r;
	c->remote_domid = r->id;
	c->remote_port = remote_port;
}

/* Is port of d unbound, and for domain id to take? */
static bool waits_for(struct domain *d, port_t port, domid_t id)
{
	return port_valid(d, port) && record(d, port)->state == PORT_UNBOUND &&
	       record(d, port)->remote_domid == id;
}

int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
			    port_t remote_port)
{
	int port;

	lock_both(d, remote);
	port = open_locked(d, (struct evtchn){ .state = PORT_FREE });
	if (port >= 0 && !waits_for(remote, remote_port, d->id))
		port = -XEN_EINVAL;
	if (port >= 0) {
		join(d, (port_t)port, remote, remote_port);
		join(remote, remote_port, d, (port_t)port);
		/* What was sent before us may be lost: look at it once. */
		set_pending(d, 0, (port_t)port);
	}
	drop_both(d, remote);
	return port;
}

bool evtchn_virq_is_global(uint32_t virq)
{
	return virq < NR_VIRQS && virq != VIRQ_TIMER && virq != VIRQ_DEBUG &&
	       virq != VIRQ_XENOPROF && virq != VIRQ_XENPMU;
}

int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu)
{
	struct vcpu *v;
	int port;

	if (virq >= NR_VIRQS || (evtchn_virq_is_global(virq) && vcpu))
		return -XEN_EINVAL;
	v = vcpu_find(d, vcpu);
	if (!v)
		return -XEN_ENOENT;
	lock_take(&d->evtchn_lock);
	port = v->virq_port[virq]
		       ? -XEN_EEXIST
		       : open_locked(d,
				     (struct evtchn){ .state = PORT_VIRQ,
						      .virq = (uint8_t)virq,
						      .vcpu = (uint16_t)vcpu });
	if (port > 0) {
		lock_take(&v->virq_lock);
		v->virq_port[virq] = (unsigned int)port;
		lock_drop(&v->virq_lock);
	}
	lock_drop(&d->evtchn_lock);
	return port;
}

int evtchn_bind_vcpu(struct domain *d, port_t port, uint32_t vcpu)
{
	struct evtchn *c;
	int rc = 0;

	if (!vcpu_find(d, vcpu))
		return -XEN_ENOENT;
	c = record_lock(d, port);
	if (!c)
		return -XEN_EINVAL;
	if (c->state == PORT_UNBOUND || c->state == PORT_INTERDOMAIN ||
	    (c->state == PORT_VIRQ && evtchn_virq_is_global(c->virq)))
		WRITE_ONCE(c->vcpu, (uint16_t)vcpu);
	else
		rc = -XEN_EINVAL;
	lock_drop(&d->evtchn_lock);
	return rc;
}

/* ---- Close ----------------------------------------------------------------------- */

static void close_virq(struct domain *d, port_t port, uint32_t virq)
{
	for_each_vcpu (d, v) {
		if (v->virq_port[virq] != port)
			continue;
		/* Whoever raises it now has either done it or finds 0. */
		lock_take(&v->virq_lock);
		v->virq_port[virq] = 0;
		lock_drop(&v->virq_lock);
	}
}

/* 1: port became interdomain or got another remote meanwhile. */
static int close_locked(struct domain *d, port_t port, struct domain *r)
{
	struct evtchn *c = record(d, port), *other;

	switch (c->state) {
	case PORT_FREE:
		return -XEN_EINVAL;
	case PORT_INTERDOMAIN:
		if (c->remote != r)
			return 1;
		/* The other end waits for d to bind again. */
		other = record(r, c->remote_port);
		ASSERT(other->state == PORT_INTERDOMAIN && other->remote == d &&
		       other->remote_port == port);
		other->state = PORT_UNBOUND;
		other->remote = NULL;
		other->remote_port = 0;
		break;
	case PORT_VIRQ:
		close_virq(d, port, c->virq);
	}
	/* Nothing of it stays behind for the next user. */
	*c = (struct evtchn){ .state = PORT_FREE };
	atomic_bit_clear(&d->shared->evtchn_pending[port / WORD_BITS],
			 port % WORD_BITS);
	return 0;
}

int evtchn_close(struct domain *d, port_t port)
{
	struct evtchn *c;
	struct domain *r;
	int rc;

	do {
		c = record_lock(d, port);
		if (!c)
			return -XEN_EINVAL;
		/* The other's lock may come before ours: with a reference
		 * to it, let go, take both, and look again. */
		r = c->state == PORT_INTERDOMAIN ? c->remote : d;
		__atomic_fetch_add(&r->refs, 1, __ATOMIC_RELAXED);
		lock_drop(&d->evtchn_lock);
		lock_both(d, r);
		rc = close_locked(d, port, r);
		drop_both(d, r);
		domain_put(r);
	} while (rc == 1);
	return rc;
}

/* Each call closes some before it looks whether to stop. */
int evtchn_reset(struct domain *d)
{
	unsigned int closed = 0;

	for (port_t port = 1; port_valid(d, port); port++)
		if (!evtchn_close(d, port) && ++closed % 32 == 0 &&
		    preempt_check())
			return -XEN_ERESTART;
	return 0;
}

/* ---- Send -------------------------------------------------------------------------- */

int evtchn_send(struct domain *d, port_t port)
{
	struct evtchn *c = record_lock(d, port);
	int rc = 0;

	if (!c)
		return -XEN_EINVAL;
	switch (c->state) {
	case PORT_INTERDOMAIN:
		set_pending(c->remote,
			    READ_ONCE(record(c->remote, c->remote_port)->vcpu),
			    c->remote_port);
		break;
	case PORT_IPI:
		set_pending(d, c->vcpu, port);
		break;
	case PORT_UNBOUND: /* nobody is there yet: as if it were lost */
		break;
	default:
		rc = -XEN_EINVAL;
	}
	lock_drop(&d->evtchn_lock);
	return rc;
}

/* One that belongs to a vCPU notifies it, another as EVTCHNOP_bind_vcpu says. */
void evtchn_virq(struct vcpu *v, uint32_t virq)
{
	port_t port;

	lock_take(&v->virq_lock);
	port = v->virq_port[virq];
	if (port)
		set_pending(v->domain, READ_ONCE(record(v->domain, port)->vcpu),
			    port);
	lock_drop(&v->virq_lock);
}

void evtchn_virq_global(struct domain *d, uint32_t virq)
{
	struct vcpu *v = d ? vcpu_find(d, 0) : NULL;

	if (v)
		evtchn_virq(v, virq);
}

/* ---- Status -------------------------------------------------------------------------- */

int evtchn_status(struct domain *d, port_t port, struct evtchn_status *out)
{
	struct evtchn *c = record_lock(d, port);

	if (!c)
		return -XEN_EINVAL;
	out->vcpu = c->vcpu;
	out->status = c->state;
	if (c->state == PORT_UNBOUND) {
		out->u.unbound.dom = c->remote_domid;
	} else if (c->state == PORT_INTERDOMAIN) {
		out->u.interdomain.dom = c->remote_domid;
		out->u.interdomain.port = c->remote_port;
	} else if (c->state == PORT_VIRQ) {
		out->u.virq = c->virq;
	}
	lock_drop(&d->evtchn_lock);
	return 0;
}

/* ---- Audit --------------------------------------------------------------------------- */

static const char *audit_port(struct domain *d, port_t port)
{
	struct evtchn *c = record(d, port), *o;
	const struct vcpu *v;

	if (c->vcpu && !vcpu_find(d, c->vcpu))
		return "names no vCPU";
	switch (c->state) {
	case PORT_VIRQ:
		/* A global one may notify any, but is bound at vCPU 0. */
		v = d->vcpu[evtchn_virq_is_global(c->virq) ? 0 : c->vcpu];
		if (!v || v->virq_port[c->virq] != port)
			return "is no vCPU's VIRQ";
		break;
	case PORT_INTERDOMAIN:
		if (!c->remote || c->remote->id != c->remote_domid ||
		    c->remote_port >= c->remote->ports)
			return "leads nowhere";
		o = record(c->remote, c->remote_port);
		if (o->state != PORT_INTERDOMAIN || o->remote != d ||
		    o->remote_port != port)
			return "is not known to its other end";
		break;
	case PORT_FREE:
		if (c->remote || c->remote_port || c->vcpu || c->virq)
			return "is free but not empty";
		break;
	}
	return c->remote && c->state != PORT_INTERDOMAIN ? "holds a domain"
							 : NULL;
}

int evtchn_audit(struct domain *d)
{
	int rc = 0;

	for (port_t port = 0; port < d->ports; port++) {
		const char *bad = audit_port(d, port);

		if (bad) {
			print(LOG_ERR, "audit: d%u port %u %s\n", d->id, port,
			      bad);
			rc = -1;
		}
	}
	for_each_vcpu (d, v) {
		for (uint32_t virq = 0; virq < NR_VIRQS; virq++) {
			port_t port = v->virq_port[virq];

			if (!port || (port < d->ports &&
				      record(d, port)->state == PORT_VIRQ &&
				      record(d, port)->virq == virq))
				continue;
			print(LOG_ERR, "audit: d%uv%u virq %u: port %u\n",
			      d->id, v->id, virq, port);
			rc = -1;
		}
	}
	return rc;
}
