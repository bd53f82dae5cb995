/* SPDX-License-Identifier: MIT */
/*
 * Event channels: each operation's effect on the shared words, its errors,
 * and after each test that all ports of two domains recount.
 */
#include "core_setup.h"
#include "evtchn.h"
#include "unit.h"

#define INVALID 0xfffff

static struct domain *a, *b;

static void setup(void)
{
	setup_machine(2);
	a = setup_domain(1, 2);
	b = setup_domain(2, 1);
	CU_ASSERT_FATAL(a && b);
	for (int i = 0; i < 2; i++)
		vcpu_up(a->vcpu[i]);
	host_settle();
}

static void check(void)
{
	CU_ASSERT_EQUAL(evtchn_audit(a), 0);
	CU_ASSERT_EQUAL(evtchn_audit(b), 0);
	CU_ASSERT_EQUAL(host_locks_held(), 0);
	setup_machine(2); /* panics if anything is left */
}

static bool is_masked(struct domain *d, port_t p)
{
	return d->shared->evtchn_mask[p / 64] >> p % 64 & 1;
}

static void mask(struct domain *d, port_t p)
{
	d->shared->evtchn_mask[p / 64] |= 1ul << p % 64;
}

static bool selected(struct vcpu *v, port_t p)
{
	return v->info->evtchn_pending_sel >> p / 64 & 1;
}

/* As a guest does it: all that is pending is handled. */
static void handle(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		d->vcpu[i]->info->evtchn_upcall_pending = 0;
		d->vcpu[i]->info->evtchn_pending_sel = 0;
	}
	memset(d->shared->evtchn_pending, 0, sizeof(d->shared->evtchn_pending));
}

static unsigned int status(struct domain *d, port_t p)
{
	struct evtchn_status s;

	memset(&s, 0x5a, sizeof(s));
	CU_ASSERT_EQUAL(evtchn_status(d, p, &s), 0);
	return s.status;
}

/* ---- Allocation ------------------------------------------------------------ */

static void evtchn_alloc(void)
{
	struct evtchn_status s;

	setup();
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(a, 2), 1); /* 0 is nobody's */
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(a, 7), 2);
	CU_ASSERT_EQUAL(evtchn_status(a, 2, &s), 0);
	CU_ASSERT_EQUAL(s.status, EVTCHNSTAT_unbound);
	CU_ASSERT_EQUAL(s.u.unbound.dom, 7);
	CU_ASSERT_EQUAL(s.vcpu, 0);
	CU_ASSERT_EQUAL(status(a, 0), EVTCHNSTAT_closed);
	CU_ASSERT_EQUAL(status(a, 3), EVTCHNSTAT_closed);
	CU_ASSERT_EQUAL(evtchn_status(a, INVALID, &s), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_status(b, 1, &s), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_close(a, 1), 0);
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(a, 2), 1); /* lowest first */
	check();
}

static void evtchn_all_ports(void)
{
	int rc;

	setup();
	for (int i = 1; i < 4096; i++) {
		rc = evtchn_alloc_unbound(a, 2);
		CU_ASSERT_EQUAL_FATAL(rc, i);
	}
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(a, 2), -XEN_ENOSPC);
	CU_ASSERT_EQUAL(evtchn_bind_ipi(a, 0), -XEN_ENOSPC);
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, VIRQ_TIMER, 0), -XEN_ENOSPC);
	CU_ASSERT_EQUAL(a->vcpu[0]->virq_port[VIRQ_TIMER], 0);
	CU_ASSERT_EQUAL(evtchn_close(a, 4095), 0);
	CU_ASSERT_EQUAL(evtchn_bind_ipi(a, 0), 4095);
	CU_ASSERT_EQUAL(evtchn_send(a, 4095), 0);
	CU_ASSERT_EQUAL(a->shared->evtchn_pending[63], 1ul << 63);
	check();
}

/* ---- Interdomain --------------------------------------------------------------- */

static void evtchn_interdomain(void)
{
	struct evtchn_status s;
	int pa, pb;

	setup();
	pa = evtchn_alloc_unbound(a, 2);
	CU_ASSERT_EQUAL(evtchn_bind_interdomain(b, a, INVALID), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_interdomain(b, a, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_interdomain(a, a, pa), -XEN_EINVAL);
	pb = evtchn_bind_interdomain(b, a, pa);
	CU_ASSERT_FATAL(pb > 0);
	CU_ASSERT_EQUAL(evtchn_bind_interdomain(b, a, pa), -XEN_EINVAL);
	/* What was sent before may be lost: the binder looks once. */
	CU_ASSERT(evtchn_pending(b, pb));
	CU_ASSERT(!evtchn_pending(a, pa));
	CU_ASSERT_EQUAL(evtchn_status(b, pb, &s), 0);
	CU_ASSERT_EQUAL(s.status, EVTCHNSTAT_interdomain);
	CU_ASSERT_EQUAL(s.u.interdomain.dom, 1);
	CU_ASSERT_EQUAL(s.u.interdomain.port, (port_t)pa);
	handle(b);
	CU_ASSERT_EQUAL(evtchn_send(b, pb), 0);
	CU_ASSERT(evtchn_pending(a, pa));
	CU_ASSERT(selected(a->vcpu[0], pa));
	CU_ASSERT(a->vcpu[0]->info->evtchn_upcall_pending);
	CU_ASSERT(!evtchn_pending(b, pb));
	CU_ASSERT_EQUAL(evtchn_send(a, pa), 0);
	CU_ASSERT(evtchn_pending(b, pb));
	/* One end closes: the other waits again, for the same domain. */
	CU_ASSERT_EQUAL(evtchn_close(b, pb), 0);
	CU_ASSERT_EQUAL(status(b, pb), EVTCHNSTAT_closed);
	CU_ASSERT_EQUAL(status(a, pa), EVTCHNSTAT_unbound);
	CU_ASSERT(!evtchn_pending(b, pb)); /* nothing stays behind */
	CU_ASSERT_EQUAL(evtchn_send(a, pa), 0);
	CU_ASSERT_EQUAL(evtchn_send(b, pb), -XEN_EINVAL);
	CU_ASSERT(evtchn_bind_interdomain(b, a, pa) > 0);
	check();
}

/* Both ends in one domain: one lock, not two. */
static void evtchn_loopback(void)
{
	int p, q;

	setup();
	p = evtchn_alloc_unbound(a, 1);
	q = evtchn_bind_interdomain(a, a, p);
	CU_ASSERT_FATAL(q > 0 && q != p);
	handle(a);
	CU_ASSERT_EQUAL(evtchn_send(a, q), 0);
	CU_ASSERT(evtchn_pending(a, p));
	CU_ASSERT_EQUAL(evtchn_close(a, p), 0);
	CU_ASSERT_EQUAL(status(a, q), EVTCHNSTAT_unbound);
	check();
}

static void evtchn_wrong_domain(void)
{
	int p;

	setup();
	p = evtchn_alloc_unbound(a, 5);
	CU_ASSERT_EQUAL(evtchn_bind_interdomain(b, a, p), -XEN_EINVAL);
	/* The port that it would have used is free. */
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(b, 1), 1);
	check();
}

/* ---- VIRQs and IPIs ---------------------------------------------------------------- */

static void evtchn_virqs(void)
{
	int p, q;

	setup();
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, NR_VIRQS, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, ~0u, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, VIRQ_CONSOLE, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, VIRQ_TIMER, 2), -XEN_ENOENT);
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, VIRQ_TIMER, ~0u), -XEN_ENOENT);
	p = evtchn_bind_virq(a, VIRQ_TIMER, 0);
	q = evtchn_bind_virq(a, VIRQ_TIMER, 1);
	CU_ASSERT(p > 0 && q > 0 && p != q);
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, VIRQ_TIMER, 0), -XEN_EEXIST);
	evtchn_virq(a->vcpu[1], VIRQ_TIMER);
	CU_ASSERT(evtchn_pending(a, q) && !evtchn_pending(a, p));
	CU_ASSERT(a->vcpu[1]->info->evtchn_upcall_pending);
	CU_ASSERT(!a->vcpu[0]->info->evtchn_upcall_pending);
	/* It stays with its vCPU; nobody sends it. */
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, q, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_send(a, q), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_close(a, q), 0);
	handle(a);
	evtchn_virq(a->vcpu[1], VIRQ_TIMER);
	CU_ASSERT(!evtchn_pending(a, q));
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, VIRQ_TIMER, 1), q);
	check();
}

static void evtchn_global_virq(void)
{
	struct evtchn_status s;
	int p;

	setup();
	evtchn_virq_global(a, VIRQ_CONSOLE); /* bound by nobody */
	p = evtchn_bind_virq(a, VIRQ_CONSOLE, 0);
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, p, 1), 0);
	evtchn_virq_global(a, VIRQ_CONSOLE);
	CU_ASSERT(evtchn_pending(a, p));
	CU_ASSERT(selected(a->vcpu[1], p) && !selected(a->vcpu[0], p));
	CU_ASSERT_EQUAL(evtchn_status(a, p, &s), 0);
	CU_ASSERT_EQUAL(s.status, EVTCHNSTAT_virq);
	CU_ASSERT_EQUAL(s.u.virq, VIRQ_CONSOLE);
	CU_ASSERT_EQUAL(s.vcpu, 1);
	check();
}

static void evtchn_ipis(void)
{
	int p;

	setup();
	CU_ASSERT_EQUAL(evtchn_bind_ipi(a, 2), -XEN_ENOENT);
	p = evtchn_bind_ipi(a, 1);
	CU_ASSERT(p > 0);
	CU_ASSERT_EQUAL(status(a, p), EVTCHNSTAT_ipi);
	CU_ASSERT_EQUAL(evtchn_send(a, p), 0);
	CU_ASSERT(selected(a->vcpu[1], p) && !selected(a->vcpu[0], p));
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, p, 0), -XEN_EINVAL);
	check();
}

static void evtchn_bind_vcpus(void)
{
	int p;

	setup();
	p = evtchn_alloc_unbound(a, 2);
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, p, 2), -XEN_ENOENT);
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, INVALID, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, INVALID, 9), -XEN_ENOENT);
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, 0, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, p + 1, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_bind_vcpu(a, p, 1), 0);
	CU_ASSERT(evtchn_bind_interdomain(b, a, p) > 0);
	CU_ASSERT_EQUAL(evtchn_send(b, 1), 0);
	CU_ASSERT(selected(a->vcpu[1], p));
	check();
}

/* ---- The shared words ------------------------------------------------------------------ */

static void evtchn_masked(void)
{
	struct vcpu *v;
	int p;

	setup();
	v = a->vcpu[1];
	p = evtchn_bind_ipi(a, 1);
	mask(a, p);
	CU_ASSERT_EQUAL(evtchn_send(a, p), 0);
	CU_ASSERT(evtchn_pending(a, p));
	CU_ASSERT(!selected(v, p) && !v->info->evtchn_upcall_pending);
	CU_ASSERT_EQUAL(evtchn_unmask(a, p), 0);
	CU_ASSERT(!is_masked(a, p));
	CU_ASSERT(selected(v, p) && v->info->evtchn_upcall_pending);
	handle(a);
	/* Unmask without anything pending; and what is unmasked. */
	mask(a, p);
	CU_ASSERT_EQUAL(evtchn_unmask(a, p), 0);
	CU_ASSERT_EQUAL(evtchn_unmask(a, p), 0);
	CU_ASSERT(!selected(v, p));
	CU_ASSERT_EQUAL(evtchn_unmask(a, INVALID), -XEN_EINVAL);
	check();
}

/* Pending already: the guest knows, nobody is interrupted again. */
static void evtchn_kicks(void)
{
	struct vcpu *v;
	unsigned int kicks;
	int p, q;

	setup();
	p = evtchn_bind_ipi(a, 1);
	q = evtchn_bind_ipi(a, 1);
	v = a->vcpu[1];
	CU_ASSERT_FATAL(v->running && v->cpu == 1);
	kicks = host.cpu[1].kicks;
	evtchn_send(a, p);
	CU_ASSERT_EQUAL(host.cpu[1].kicks, kicks + 1);
	evtchn_send(a, p);
	evtchn_send(a, q);
	CU_ASSERT(evtchn_pending(a, q));
	CU_ASSERT_EQUAL(host.cpu[1].kicks, kicks + 1);
	/* Its own CPU looks on the way out: no interrupt. */
	p = evtchn_bind_ipi(a, 0);
	kicks = host.cpu[0].kicks;
	evtchn_send(a, p);
	CU_ASSERT(a->vcpu[0]->info->evtchn_upcall_pending);
	CU_ASSERT_EQUAL(host.cpu[0].kicks, kicks);
	check();
}

/* The guest owns these words: any contents are survived. */
static void evtchn_hostile(void)
{
	int p, q;

	setup();
	p = evtchn_bind_ipi(a, 0);
	memset(a->shared, 0xff, sizeof(*a->shared));
	CU_ASSERT_EQUAL(evtchn_send(a, p), 0);
	CU_ASSERT_EQUAL(evtchn_unmask(a, 4095), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_unmask(a, p), 0);
	memset(a->shared, 0, sizeof(*a->shared));
	CU_ASSERT_EQUAL(evtchn_send(a, p), 0);
	CU_ASSERT(evtchn_pending(a, p));
	q = evtchn_alloc_unbound(a, 2);
	a->shared->evtchn_pending[0] = ~0ul;
	CU_ASSERT_EQUAL(evtchn_close(a, q), 0);
	CU_ASSERT(!evtchn_pending(a, q));
	check();
}

/* ---- Close, reset, death --------------------------------------------------------------------- */

static void evtchn_closing(void)
{
	setup();
	CU_ASSERT_EQUAL(evtchn_close(a, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_close(a, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_close(a, INVALID), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(a, 2), 1);
	CU_ASSERT_EQUAL(evtchn_close(a, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_close(a, 1), 0);
	CU_ASSERT_EQUAL(evtchn_close(a, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_send(a, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_send(a, 0), -XEN_EINVAL);
	/* A vCPU that a closed port named is not what the next one names. */
	CU_ASSERT_EQUAL(evtchn_bind_ipi(a, 1), 1);
	CU_ASSERT_EQUAL(evtchn_close(a, 1), 0);
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(a, 2), 1);
	CU_ASSERT(evtchn_bind_interdomain(b, a, 1) > 0);
	evtchn_send(b, 1);
	CU_ASSERT(selected(a->vcpu[0], 1) && !selected(a->vcpu[1], 1));
	check();
}

static bool always(void)
{
	return true;
}

static void evtchn_resets(void)
{
	unsigned int calls = 1;

	setup();
	for (int i = 0; i < 300; i++)
		evtchn_alloc_unbound(a, 2);
	CU_ASSERT(evtchn_bind_virq(a, VIRQ_TIMER, 1) > 0);
	for (int i = 1; i < 100; i++)
		CU_ASSERT_EQUAL_FATAL(evtchn_bind_interdomain(b, a, i), i);
	host.preempt = always;
	while (evtchn_reset(a) == -XEN_ERESTART)
		calls++;
	host.preempt = NULL;
	CU_ASSERT(calls > 2);
	for (port_t p = 0; p < a->ports; p++)
		CU_ASSERT_EQUAL(status(a, p), EVTCHNSTAT_closed);
	CU_ASSERT_EQUAL(status(b, 50), EVTCHNSTAT_unbound);
	CU_ASSERT_EQUAL(a->vcpu[1]->virq_port[VIRQ_TIMER], 0);
	CU_ASSERT_EQUAL(a->refs, b->refs); /* none of the other */
	CU_ASSERT_EQUAL(evtchn_bind_virq(a, VIRQ_TIMER, 0), 1);
	check();
}

/* A domain dies: the other's ports wait, for nobody; none is taken any more. */
static void evtchn_death(void)
{
	int p, q;

	setup();
	p = evtchn_alloc_unbound(a, 2);
	q = evtchn_bind_interdomain(b, a, p);
	domain_get(2);
	CU_ASSERT_EQUAL(until_done(domain_destroy(b)), 0);
	CU_ASSERT_EQUAL(status(a, p), EVTCHNSTAT_unbound);
	CU_ASSERT_EQUAL(evtchn_send(a, p), 0);
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(b, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(evtchn_close(b, q), -XEN_EINVAL);
	domain_put(b);
	CU_ASSERT_PTR_NULL(domain_get(2));
	CU_ASSERT_EQUAL(evtchn_audit(a), 0);
	setup_machine(2);
}

/* ---- The audit sees what is wrong -------------------------------------------------------- */

static void evtchn_audits(void)
{
	struct evtchn *c;
	int p, q;

	setup();
	p = evtchn_alloc_unbound(a, 2);
	q = evtchn_bind_interdomain(b, a, p);
	c = &a->evtchn[0][p];
	c->remote_port++;
	CU_ASSERT_EQUAL(evtchn_audit(a), -1);
	CU_ASSERT_EQUAL(evtchn_audit(b), -1);
	c->remote_port--;
	c->state = PORT_FREE;
	CU_ASSERT_EQUAL(evtchn_audit(a), -1);
	c->state = PORT_INTERDOMAIN;
	c->vcpu = 2;
	CU_ASSERT_EQUAL(evtchn_audit(a), -1);
	CU_ASSERT(said("d1 port 1 names no vCPU"));
	c->vcpu = 0;
	a->vcpu[1]->virq_port[VIRQ_DEBUG] = (unsigned int)p;
	CU_ASSERT_EQUAL(evtchn_audit(a), -1);
	a->vcpu[1]->virq_port[VIRQ_DEBUG] = 0;
	(void)q;
	check();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(evtchn_alloc),	   TEST(evtchn_all_ports),
		TEST(evtchn_interdomain),  TEST(evtchn_loopback),
		TEST(evtchn_wrong_domain), TEST(evtchn_virqs),
		TEST(evtchn_global_virq),  TEST(evtchn_ipis),
		TEST(evtchn_bind_vcpus),   TEST(evtchn_masked),
		TEST(evtchn_kicks),	   TEST(evtchn_hostile),
		TEST(evtchn_closing),	   TEST(evtchn_resets),
		TEST(evtchn_death),	   TEST(evtchn_audits),
		CU_TEST_INFO_NULL,
	};

	return unit_main("evtchn", tests, NULL, NULL);
}
