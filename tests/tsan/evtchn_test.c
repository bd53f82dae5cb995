/* SPDX-License-Identifier: MIT */
/*
 * Threads as CPUs, two domains: all vCPUs open, bind, send, look at and close
 * ports at random, interdomain ones from both ends, while VIRQs are raised;
 * at the end both domains' ports and references recount.
 */
#include "threads.h"

#define VCPUS 2u
#define PORTS 24u
#define STEPS 1000000u

static struct domain *dom[2];
static uint32_t steps, sends, opens, joins, closes; /* atomic */

static void count(uint32_t *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

/* Few ports, so that all meet: what is beyond is given back. */
static void opened(struct domain *d, int port)
{
	if (port >= (int)PORTS)
		evtchn_close(d, (port_t)port);
	else if (port > 0)
		count(&opens);
}

static void guest_step(struct vcpu *v, unsigned int *seed)
{
	struct domain *d = v->domain, *o = dom[d == dom[0]];
	port_t port = rnd(seed, PORTS);
	struct evtchn_status s;
	int rc;

	count(&steps);
	if (d->id == 1 && rnd(seed, 2))
		o = d;
	switch (rnd(seed, 10)) {
	case 0:
		opened(d, evtchn_alloc_unbound(d, o->id));
		break;
	case 1:
	case 2:
		rc = evtchn_bind_interdomain(d, o, port);
		if (rc > 0)
			count(&joins);
		opened(d, rc);
		break;
	case 3:
		if (!evtchn_close(d, port))
			count(&closes);
		break;
	case 4:
		evtchn_bind_vcpu(d, port, rnd(seed, VCPUS));
		break;
	case 5:
		evtchn_status(d, port, &s);
		evtchn_unmask(d, port);
		break;
	case 6:
		opened(d, evtchn_bind_virq(d, rnd(seed, 3), rnd(seed, VCPUS)));
		evtchn_virq(v, VIRQ_TIMER);
		evtchn_virq_global(o, VIRQ_CONSOLE);
		break;
	case 7:
		if (!rnd(seed, 4))
			opened(d, evtchn_bind_ipi(d, rnd(seed, VCPUS)));
		break;
	default:
		if (!evtchn_send(d, port))
			count(&sends);
	}
	if (!rnd(seed, 4096))
		evtchn_reset(d);
	/* The guest handles all that came. */
	WRITE_ONCE(v->info->evtchn_upcall_pending, 0);
	__atomic_exchange_n(&v->info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < 2; i++)
		__atomic_exchange_n(&d->shared->evtchn_pending[i], 0,
				    __ATOMIC_SEQ_CST);
}

int main(void)
{
	threads_init();
	for (unsigned int i = 0; i < 2; i++)
		dom[i] = threads_domain((domid_t)(i + 1), VCPUS);
	threads_start();
	while (READ_ONCE(steps) < STEPS) {
		host_advance(1000000);
		if (softirq_pending[MAIN_CPU])
			softirq_run();
		sched_yield();
	}
	domain_pause(dom[0]);
	domain_pause(dom[1]);
	threads_stop();
	printf("%u sends, %u opens, %u joins, %u closes\n", sends, opens, joins,
	       closes);
	report("evtchn_all_done", sends && joins && closes, "no such step");
	report("evtchn_recount", !evtchn_audit(dom[0]) && !evtchn_audit(dom[1]),
	       host.console);
	report("evtchn_queues", !sched_audit(), host.console);
	/* Dead, all references come back, or this panics. */
	host_destroy_all();
	report("evtchn_references", true, "");
	return failures != 0;
}
