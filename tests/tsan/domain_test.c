// SPDX-License-Identifier: MIT
/*
 * Two tool stacks at once lead the same few domains through their lives, step
 * by step and each step twice, while the domains' vCPUs run on two other CPUs,
 * block, end and are in the middle of something when they are killed. At the
 * end nothing is left of any, and no frame is lost.
 */
#include "threads.h"
#include "heap.h"
#include "pagetype.h"
#include "reservation.h"
#include <xen/sched.h>

#define GUEST_CPUS 2u /* and as many tool stacks */
#define IDS	   3u
#define STEPS	   60000u

static unsigned int born, buried, ran, contexts; /* atomic */

static void count(unsigned int *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

/* ---- What guests do ------------------------------------------------------------- */

static void guest_step(struct vcpu *v, unsigned int *seed)
{
	struct domain *d = v->domain;

	count(&ran);
	switch (rnd(seed, 32)) {
	case 0:
		domain_shutdown(d, SHUTDOWN_crash);
		break;
	case 1:
		vcpu_down(v);
		break;
	case 2:
		(void)evtchn_alloc_unbound(d, 0);
		break;
	case 3:
		(void)domain_alloc(d, 0);
		break;
	case 4:
		vcpu_set_singleshot(v, now_ns() + rnd(seed, 1000));
		sched_block(v);
		break;
	default:
		sched_give_way(v);
	}
}

/* ---- What tool stacks do ----------------------------------------------------------- */

static void give_context(struct domain *d, struct vcpu *v)
{
	struct vcpu_guest_context c = { .flags = VGCF_in_kernel };
	mfn_t m;
	int rc;

	if (reserve_add(d, 0, MFN_NONE, PFN(0), &m))
		return;
	c.ctrlreg[3] = m.n << PAGE_SHIFT;
	domain_pause(d);
	do
		rc = vcpu_set_context(v, &c, true);
	while (rc == -XEN_ERESTART);
	if (!rc) {
		sched_start(v, VCPU_DOWN);
		count(&contexts);
	}
	domain_unpause(d);
}

static void drop_context(struct vcpu *v)
{
	domain_pause(v->domain);
	sched_stop(v, VCPU_DOWN);
	while (vcpu_drop_context(v) == -XEN_ERESTART)
		cpu_relax_poll();
	domain_unpause(v->domain);
}

static void live(struct domain *d, unsigned int *seed)
{
	struct vcpu *v = vcpu_find(d, rnd(seed, 2));
	unsigned int what = rnd(seed, 12);

	if (!v) {
		(void)vcpu_create(d, rnd(seed, 2));
		v = vcpu_find(d, rnd(seed, 2));
		if (v)
			(void)sched_pin(v, 3);
	} else if (what < 3)
		give_context(d, v);
	else if (what == 3)
		drop_context(v);
	else if (what == 4)
		(void)sched_pin(v, 1u + rnd(seed, 3));
	else if (what == 5)
		(void)evtchn_alloc_unbound(d, 0);
	else if (what == 6)
		(void)domain_set_clock(d, 7);
	else if (what == 7)
		(void)domain_ctl_pause(d);
	else if (what < 10)
		(void)domain_ctl_unpause(d);
	else
		domain_resume(d);
}

/* One more step of some domain's life, or a new one. */
static void step(unsigned int *seed)
{
	domid_t id = (domid_t)(1 + rnd(seed, IDS));
	struct domain *d = domain_get(id);

	if (!d) {
		if (domain_create(id, false, 2, 32))
			count(&born);
		return;
	}
	if (rnd(seed, 40))
		live(d, seed);
	else if (!domain_destroy(d))
		count(&buried);
	domain_put(d);
}

/* A vCPU that strays here before it is pinned has its turn first. */
static void tool_stack_step(unsigned int *seed)
{
	if (READ_ONCE(softirq_pending[cpu_id()]))
		softirq_run();
	if (current_vcpu()->domain)
		guest_step(current_vcpu(), seed);
	else
		step(seed);
}

static void *tool_stack(void *arg)
{
	unsigned int n = (unsigned int)(uintptr_t)arg, seed = n + 77;

	host_cpu(n);
	for (unsigned int i = 0; i < STEPS || current_vcpu()->domain; i++)
		tool_stack_step(&seed);
	return NULL;
}

int main(void)
{
	pthread_t other;
	struct domain *d;

	threads_init();
	cpus = GUEST_CPUS;
	threads_start();
	pthread_create(&other, NULL, tool_stack, (void *)3ul);
	for (unsigned int i = 0, seed = 5; i < STEPS || current_vcpu()->domain;
	     i++) {
		tool_stack_step(&seed);
		host_advance(100);
	}
	pthread_join(other, NULL);
	while ((d = domain_next(NULL))) {
		while (domain_destroy(d) == -XEN_ERESTART)
			softirq_run();
		domain_put(d);
	}
	threads_stop();
	printf("%u born, %u buried, %u contexts, %u steps of guests\n", born,
	       buried, contexts, ran);
	report("domain_lives", born > 100 && contexts > 100 && ran > 1000,
	       "too little happened");
	report("domain_recount", !audit_run(), "the audit");
	report("domain_frames", heap_free_frames() == heap_total_frames(),
	       "frames are lost");
	return failures != 0;
}
