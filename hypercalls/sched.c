/* SPDX-License-Identifier: MIT */
/* sched_op: giving way, blocking, polling, the end of domains. */
#include "sched.h"
#include "hypercall.h"
#include "watchdog.h"
#include <xen/sched.h>

#define POLL_PORTS_MAX 128u

static int64_t op_shutdown(struct hypercall *h)
{
	struct sched_shutdown s;

	if (copy_from_guest(&s, h->arg[1], sizeof(s)))
		return -XEN_EFAULT;
	domain_shutdown(h->v->domain, (uint8_t)s.reason);
	return 0;
}

/* The reason that a later shutdown is to have. */
static int64_t op_shutdown_code(struct hypercall *h)
{
	struct sched_shutdown s;

	if (copy_from_guest(&s, h->arg[1], sizeof(s)))
		return -XEN_EFAULT;
	domain_shutdown_code(h->v->domain, (uint8_t)s.reason);
	return 0;
}

static int64_t op_poll(struct hypercall *h)
{
	uint32_t ports[POLL_PORTS_MAX];
	struct sched_poll p;

	if (copy_from_guest(&p, h->arg[1], sizeof(p)))
		return -XEN_EFAULT;
	if (p.nr_ports > POLL_PORTS_MAX)
		return -XEN_EINVAL;
	if (copy_from_guest(ports, (gva_t)p.ports.p,
			    p.nr_ports * sizeof(ports[0])))
		return -XEN_EFAULT;
	return sched_poll(h->v, ports, p.nr_ports, p.timeout);
}

static int64_t op_remote_shutdown(struct hypercall *h)
{
	struct sched_remote_shutdown s;
	struct domain *d;

	if (copy_from_guest(&s, h->arg[1], sizeof(s)))
		return -XEN_EFAULT;
	d = domain_get(s.domain_id);
	if (!d)
		return -XEN_ESRCH;
	if (!h->v->domain->privileged) {
		domain_put(d);
		return -XEN_EPERM;
	}
	/* Its own end may not return from there. */
	if (d == h->v->domain) {
		domain_put(d);
		domain_shutdown(h->v->domain, (uint8_t)s.reason);
		return 0;
	}
	domain_shutdown(d, (uint8_t)s.reason);
	domain_put(d);
	return 0;
}

static int64_t op_watchdog(struct hypercall *h)
{
	struct sched_watchdog w;

	if (copy_from_guest(&w, h->arg[1], sizeof(w)))
		return -XEN_EFAULT;
	return watchdog_set(h->v->domain, w.id, w.timeout);
}

static int64_t op_pin_override(struct hypercall *h)
{
	struct sched_pin_override p;

	if (!h->v->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&p, h->arg[1], sizeof(p)))
		return -XEN_EFAULT;
	return sched_pin_override(h->v, p.pcpu);
}

int64_t hc_sched_op(struct hypercall *h)
{
	switch ((unsigned int)h->arg[0]) {
	case SCHEDOP_yield:
		sched_give_way(h->v);
		return 0;
	case SCHEDOP_block:
		sched_block(h->v);
		return 0;
	case SCHEDOP_shutdown:
		return op_shutdown(h);
	case SCHEDOP_poll:
		return op_poll(h);
	case SCHEDOP_remote_shutdown:
		return op_remote_shutdown(h);
	case SCHEDOP_shutdown_code:
		return op_shutdown_code(h);
	case SCHEDOP_watchdog:
		return op_watchdog(h);
	case SCHEDOP_pin_override:
		return op_pin_override(h);
	default:
		return -XEN_ENOSYS;
	}
}

/* The argument is a value: the reason of a shutdown. */
int64_t hc_sched_op_compat(struct hypercall *h)
{
	switch ((unsigned int)h->arg[0]) {
	case SCHEDOP_yield:
	case SCHEDOP_block:
		return hc_sched_op(h);
	case SCHEDOP_shutdown:
		domain_shutdown(h->v->domain, (uint8_t)h->arg[1]);
		return 0;
	default:
		return -XEN_ENOSYS;
	}
}
