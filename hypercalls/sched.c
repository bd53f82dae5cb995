/* SPDX-License-Identifier: MIT */
/* sched_op: giving way, blocking, polling, the end of domains. */
#include "sched.h"
#include "subop.h"
#include "watchdog.h"
#include <xen/sched.h>

#define POLL_PORTS_MAX 128u

static int64_t op_yield(struct subcall *c)
{
	sched_give_way(c->v);
	return 0;
}

static int64_t op_block(struct subcall *c)
{
	sched_block(c->v);
	return 0;
}

/* Now, or the reason that a later shutdown is to have. */
static int64_t op_shutdown(struct subcall *c)
{
	const struct sched_shutdown *s = c->arg;

	if (c->cmd == SCHEDOP_shutdown)
		domain_shutdown(c->d, (uint8_t)s->reason);
	else
		domain_shutdown_code(c->d, (uint8_t)s->reason);
	return 0;
}

static int64_t op_poll(struct subcall *c)
{
	const struct sched_poll *p = c->arg;
	uint32_t ports[POLL_PORTS_MAX];

	if (p->nr_ports > POLL_PORTS_MAX)
		return -XEN_EINVAL;
	if (copy_from_guest(ports, (gva_t)p->ports.p,
			    p->nr_ports * sizeof(ports[0])))
		return -XEN_EFAULT;
	return sched_poll(c->v, ports, p->nr_ports, p->timeout);
}

static int64_t op_remote_shutdown(struct subcall *c)
{
	const struct sched_remote_shutdown *s = c->arg;
	struct domain *d = domain_get(s->domain_id);

	if (!d)
		return -XEN_ESRCH;
	/* Its own end may not return from there; it stays without this. */
	if (d == c->d)
		domain_put(d);
	if (c->d->privileged)
		domain_shutdown(d, (uint8_t)s->reason);
	if (d != c->d)
		domain_put(d);
	return c->d->privileged ? 0 : -XEN_EPERM;
}

static int64_t op_watchdog(struct subcall *c)
{
	const struct sched_watchdog *w = c->arg;

	return watchdog_set(c->d, w->id, w->timeout);
}

static int64_t op_pin_override(struct subcall *c)
{
	const struct sched_pin_override *p = c->arg;

	return sched_pin_override(c->v, p->pcpu);
}

int64_t hc_sched_op(struct hypercall *h)
{
	static const struct subop ops[] = {
		[SCHEDOP_yield] = { .fn = op_yield },
		[SCHEDOP_block] = { .fn = op_block },
		[SCHEDOP_shutdown] = { op_shutdown, ARG_IN(sched_shutdown_t) },
		[SCHEDOP_poll] = { op_poll, ARG_IN(sched_poll_t) },
		[SCHEDOP_remote_shutdown] = { op_remote_shutdown,
					      ARG_IN(sched_remote_shutdown_t) },
		[SCHEDOP_shutdown_code] = { op_shutdown,
					    ARG_IN(sched_shutdown_t) },
		[SCHEDOP_watchdog] = { op_watchdog, ARG_IN(sched_watchdog_t) },
		[SCHEDOP_pin_override] = { op_pin_override,
					   ARG_IN(sched_pin_override_t),
					   .privileged = true },
	};

	return SUBOP_RUN(h, ops);
}

/* The argument is a value: the reason of a shutdown. */
int64_t hc_sched_op_compat(struct hypercall *h)
{
	unsigned int cmd = (unsigned int)h->arg[0];

	if (cmd == SCHEDOP_yield || cmd == SCHEDOP_block)
		return hc_sched_op(h);
	if (cmd != SCHEDOP_shutdown)
		return -XEN_ENOSYS;
	domain_shutdown(h->v->domain, (uint8_t)h->arg[1]);
	return 0;
}
