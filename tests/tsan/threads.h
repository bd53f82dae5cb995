/* SPDX-License-Identifier: MIT */
/*
 * Threads as CPUs. The main thread is the last CPU: no vCPU runs there; it
 * makes the clock go and does what a tool stack does.
 */
#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "audit.h"
#include "domain.h"
#include "evtchn.h"
#include "host.h"
#include "sched.h"
#include "vcpu.h"

#define CPUS	      4u
#define MAIN_CPU      CPUS
#define LIMIT_SECONDS 120 /* a wake-up that is lost stops everything */

static bool stop_cpus;		 /* atomic */
static unsigned int cpus = CPUS; /* that have a thread */

/* What the guest does on v, which is current, until its next exit. */
static void guest_step(struct vcpu *v, unsigned int *seed);

static inline unsigned int rnd(unsigned int *seed, unsigned int n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static void *cpu_main(void *arg)
{
	unsigned int n = (unsigned int)(uintptr_t)arg, seed = n + 1;

	host_cpu(n);
	while (!READ_ONCE(stop_cpus)) {
		struct vcpu *v;

		if (READ_ONCE(softirq_pending[n]))
			softirq_run();
		v = current_vcpu();
		if (v->domain)
			guest_step(v, &seed);
		else
			sched_yield();
	}
	return NULL;
}

static pthread_t threads[CPUS];

static inline void threads_init(void)
{
	alarm(LIMIT_SECONDS);
	host_init(16ul << 20, CPUS + 1);
	host_cpu(MAIN_CPU);
}

static inline void threads_start(void)
{
	host.threaded = true;
	stop_cpus = false;
	for (uintptr_t i = 0; i < cpus; i++)
		if (pthread_create(&threads[i], NULL, cpu_main, (void *)i))
			abort();
}

static inline void threads_join(void)
{
	for (unsigned int i = 0; i < cpus; i++)
		pthread_join(threads[i], NULL);
	host.threaded = false;
	host_settle();
}

static inline void threads_stop(void)
{
	WRITE_ONCE(stop_cpus, true);
	threads_join();
}

static unsigned int failures;

static inline void report(const char *name, bool ok, const char *why)
{
	if (ok)
		printf("PASS %s\n", name);
	else
		printf("FAIL %s %s\n", name, why);
	failures += !ok;
	fflush(stdout);
}

static inline struct domain *threads_domain(domid_t id, unsigned int n)
{
	struct domain *d = domain_create(id, false, n, 64);

	for (unsigned int i = 0; i < n; i++) {
		if (vcpu_create(d, i))
			abort();
		d->vcpu[i]->initialised = true;
		vcpu_set_periodic(d->vcpu[i], 0);
		sched_pin(d->vcpu[i], (1u << cpus) - 1);
		vcpu_up(d->vcpu[i]);
	}
	return d;
}

#endif
