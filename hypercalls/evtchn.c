/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op. The FIFO operations are not there: a guest that tries
 * them hears -ENOSYS and stays with the two-level ABI.
 */
#include "evtchn.h"
#include "subop.h"

#define PIRQS 256u

/* A port that was bound: into the argument. */
static int64_t bound(struct subcall *c, int port, port_t *where)
{
	if (port < 0)
		return port;
	*where = c->made = (port_t)port;
	return 0;
}

static void unbind(struct subcall *c)
{
	evtchn_close(c->d, c->made);
}

static int64_t op_alloc_unbound(struct subcall *c)
{
	struct evtchn_alloc_unbound *a = c->arg;
	domid_t remote = a->remote_dom;

	if (remote == DOMID_SELF)
		remote = c->v->domain->id;
	return bound(c, evtchn_alloc_unbound(c->d, remote), &a->port);
}

/* Any domain may be named: the port says who may bind to it. */
static int64_t op_bind_interdomain(struct subcall *c)
{
	struct evtchn_bind_interdomain *b = c->arg;
	struct domain *d;
	int port;

	d = domain_get(b->remote_dom == DOMID_SELF ? c->d->id : b->remote_dom);
	if (!d)
		return -XEN_ESRCH;
	port = evtchn_bind_interdomain(c->d, d, b->remote_port);
	domain_put(d);
	return bound(c, port, &b->local_port);
}

static int64_t op_bind_virq(struct subcall *c)
{
	struct evtchn_bind_virq *b = c->arg;

	return bound(c, evtchn_bind_virq(c->d, b->virq, b->vcpu), &b->port);
}

static int64_t op_bind_ipi(struct subcall *c)
{
	struct evtchn_bind_ipi *b = c->arg;

	return bound(c, evtchn_bind_ipi(c->d, b->vcpu), &b->port);
}

/* No physical interrupt belongs to any domain yet. */
static int64_t op_bind_pirq(struct subcall *c)
{
	const struct evtchn_bind_pirq *b = c->arg;

	return b->pirq < PIRQS ? -XEN_EPERM : -XEN_EINVAL;
}

static int64_t op_status(struct subcall *c)
{
	struct evtchn_status *s = c->arg;

	return evtchn_status(c->d, s->port, s);
}

static int64_t op_bind_vcpu(struct subcall *c)
{
	const struct evtchn_bind_vcpu *b = c->arg;

	return evtchn_bind_vcpu(c->d, b->port, b->vcpu);
}

/* Close, send and unmask have a port and nothing else. */
static int64_t op_port(struct subcall *c)
{
	port_t port = *(const port_t *)c->arg;

	switch (c->cmd) {
	case EVTCHNOP_send:
		return evtchn_send(c->d, port);
	case EVTCHNOP_unmask:
		return evtchn_unmask(c->d, port);
	default:
		return evtchn_close(c->d, port);
	}
}

/* Another domain must be held still by the tool stack. */
static int64_t op_reset(struct subcall *c)
{
	if (c->d != c->v->domain && !READ_ONCE(c->d->ctl_pauses))
		return -XEN_EINVAL;
	return evtchn_reset(c->d);
}

static const struct subop ops[] = {
#define BINDS(NAME, ...)                                                       \
	[EVTCHNOP_##NAME] = { op_##NAME, unbind, ARG_INOUT(evtchn_##NAME##_t), \
			      __VA_ARGS__ }
	BINDS(alloc_unbound, ARG_DOM(evtchn_alloc_unbound_t, dom)),
	BINDS(bind_interdomain),
	BINDS(bind_virq),
	BINDS(bind_ipi),
#undef BINDS
	[EVTCHNOP_bind_pirq] = { op_bind_pirq, ARG_IN(evtchn_bind_pirq_t) },
	[EVTCHNOP_close] = { op_port, ARG_IN(evtchn_close_t) },
	[EVTCHNOP_send] = { op_port, ARG_IN(evtchn_send_t) },
	[EVTCHNOP_status] = { op_status, ARG_INOUT(evtchn_status_t),
			      ARG_DOM(evtchn_status_t, dom) },
	[EVTCHNOP_bind_vcpu] = { op_bind_vcpu, ARG_IN(evtchn_bind_vcpu_t) },
	[EVTCHNOP_unmask] = { op_port, ARG_IN(evtchn_unmask_t) },
	[EVTCHNOP_reset] = { op_reset, ARG_IN(evtchn_reset_t),
			     ARG_DOM(evtchn_reset_t, dom) },
};

int64_t hc_event_channel_op(struct hypercall *h)
{
	return SUBOP_RUN(h, ops);
}

/* Command and argument in one structure. */
int64_t hc_event_channel_op_compat(struct hypercall *h)
{
	struct subcall c = { .h = h, .v = h->v };

	if (copy_from_guest(&c.cmd, h->arg[0] + offsetof(struct evtchn_op, cmd),
			    sizeof(c.cmd)))
		return -XEN_EFAULT;
	c.at = h->arg[0] + offsetof(struct evtchn_op, u);
	return subop_run(&c, ops, EVTCHNOP_unmask + 1);
}
