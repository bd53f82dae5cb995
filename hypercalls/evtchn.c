/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op. The FIFO operations are not there: a guest that tries
 * them hears -ENOSYS and stays with the two-level ABI.
 */
#include "evtchn.h"
#include "hypercall.h"

#define PIRQS 256u

union op {
	struct evtchn_alloc_unbound alloc_unbound;
	struct evtchn_bind_interdomain bind_interdomain;
	struct evtchn_bind_virq bind_virq;
	struct evtchn_bind_pirq bind_pirq;
	struct evtchn_bind_ipi bind_ipi;
	struct evtchn_close close;
	struct evtchn_send send;
	struct evtchn_status status;
	struct evtchn_bind_vcpu bind_vcpu;
	struct evtchn_unmask unmask;
	struct evtchn_reset reset;
};

/* A port that was bound: into the argument. */
static int64_t bound(int port, port_t *where)
{
	if (port < 0)
		return port;
	*where = (port_t)port;
	return 0;
}

static int64_t op_alloc_unbound(struct hypercall *h, union op *u)
{
	struct evtchn_alloc_unbound *a = &u->alloc_unbound;
	domid_t remote = a->remote_dom;
	struct domain *d;
	int64_t rc;

	if (remote == DOMID_SELF)
		remote = h->v->domain->id;
	d = hypercall_domain(h, a->dom, &rc);
	if (!d)
		return rc;
	rc = bound(evtchn_alloc_unbound(d, remote), &a->port);
	domain_put(d);
	return rc;
}

/* Any domain may be named: the port says who may bind to it. */
static int64_t op_bind_interdomain(struct hypercall *h, union op *u)
{
	struct evtchn_bind_interdomain *b = &u->bind_interdomain;
	domid_t id = b->remote_dom;
	struct domain *d;
	int64_t rc;

	d = domain_get(id == DOMID_SELF ? h->v->domain->id : id);
	if (!d)
		return -XEN_ESRCH;
	rc = bound(evtchn_bind_interdomain(h->v->domain, d, b->remote_port),
		   &b->local_port);
	domain_put(d);
	return rc;
}

static int64_t op_bind_virq(struct hypercall *h, union op *u)
{
	return bound(evtchn_bind_virq(h->v->domain, u->bind_virq.virq,
				      u->bind_virq.vcpu),
		     &u->bind_virq.port);
}

static int64_t op_bind_ipi(struct hypercall *h, union op *u)
{
	return bound(evtchn_bind_ipi(h->v->domain, u->bind_ipi.vcpu),
		     &u->bind_ipi.port);
}

/* No physical interrupt belongs to any domain yet. */
static int64_t op_bind_pirq(struct hypercall *h, union op *u)
{
	(void)h;
	return u->bind_pirq.pirq < PIRQS ? -XEN_EPERM : -XEN_EINVAL;
}

static int64_t op_close(struct hypercall *h, union op *u)
{
	return evtchn_close(h->v->domain, u->close.port);
}

static int64_t op_send(struct hypercall *h, union op *u)
{
	return evtchn_send(h->v->domain, u->send.port);
}

static int64_t op_status(struct hypercall *h, union op *u)
{
	struct domain *d;
	int64_t rc;

	d = hypercall_domain(h, u->status.dom, &rc);
	if (!d)
		return rc;
	rc = evtchn_status(d, u->status.port, &u->status);
	domain_put(d);
	return rc;
}

static int64_t op_bind_vcpu(struct hypercall *h, union op *u)
{
	return evtchn_bind_vcpu(h->v->domain, u->bind_vcpu.port,
				u->bind_vcpu.vcpu);
}

static int64_t op_unmask(struct hypercall *h, union op *u)
{
	return evtchn_unmask(h->v->domain, u->unmask.port);
}

/* Another domain's ports only while a tool holds it still. */
static int64_t op_reset(struct hypercall *h, union op *u)
{
	struct domain *d;
	int64_t rc;

	d = hypercall_domain(h, u->reset.dom, &rc);
	if (!d)
		return rc;
	if (d != h->v->domain && !d->paused_by_tool)
		rc = -XEN_EINVAL;
	else
		rc = evtchn_reset(d);
	domain_put(d);
	return rc;
}

static const struct row {
	int64_t (*fn)(struct hypercall *h, union op *u);
	uint8_t size;
	bool binds; /* copied back; its port is at this offset */
	uint8_t port;
	bool answers; /* copied back */
} rows[] = {
#define ROW(NAME, ...)                                           \
	[EVTCHNOP_##NAME] = { .fn = op_##NAME,                   \
			      .size = sizeof(evtchn_##NAME##_t), \
			      __VA_ARGS__ }
#define BINDS(NAME, member) \
	ROW(NAME, .binds = true, .port = offsetof(evtchn_##NAME##_t, member))
	BINDS(alloc_unbound, port),
	BINDS(bind_interdomain, local_port),
	BINDS(bind_virq, port),
	BINDS(bind_ipi, port),
	ROW(bind_pirq),
	ROW(close),
	ROW(send),
	ROW(status, .answers = true),
	ROW(bind_vcpu),
	ROW(unmask),
	ROW(reset),
#undef ROW
#undef BINDS
};

/* Whose port it is that was bound: everything but alloc_unbound is ours. */
static void unbind(struct hypercall *h, const struct row *r, union op *u)
{
	domid_t id = r == &rows[EVTCHNOP_alloc_unbound] ? u->alloc_unbound.dom
							: DOMID_SELF;
	struct domain *d;
	int64_t rc;

	d = hypercall_domain(h, id, &rc);
	if (!d)
		return;
	evtchn_close(d, *(port_t *)((char *)u + r->port));
	domain_put(d);
}

static int64_t operate(struct hypercall *h, unsigned int cmd, gva_t arg)
{
	const struct row *r;
	union op u;
	int64_t rc;

	if (cmd >= ARRAY_SIZE(rows) || !rows[cmd].fn)
		return -XEN_ENOSYS;
	r = &rows[cmd];
	if (copy_from_guest(&u, arg, r->size))
		return -XEN_EFAULT;
	rc = r->fn(h, &u);
	if (rc || !(r->binds || r->answers))
		return rc;
	if (!copy_to_guest(arg, &u, r->size))
		return 0;
	if (r->binds)
		unbind(h, r, &u);
	return -XEN_EFAULT;
}

int64_t hc_event_channel_op(struct hypercall *h)
{
	return operate(h, (unsigned int)h->arg[0], h->arg[1]);
}

/* Command and argument in one structure. */
int64_t hc_event_channel_op_compat(struct hypercall *h)
{
	uint32_t cmd;

	if (copy_from_guest(&cmd, h->arg[0] + offsetof(struct evtchn_op, cmd),
			    sizeof(cmd)))
		return -XEN_EFAULT;
	if (cmd > EVTCHNOP_unmask)
		return -XEN_ENOSYS;
	return operate(h, cmd, h->arg[0] + offsetof(struct evtchn_op, u));
}
