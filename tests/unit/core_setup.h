/* SPDX-License-Identifier: MIT */
/* A machine and domains for the tests of core. */
#ifndef CORE_SETUP_H
#define CORE_SETUP_H

#include <string.h>
#include "audit.h"
#include "domain.h"
#include "heap.h"
#include "host.h"
#include "sched.h"
#include "vcpu.h"

#define MS 1000000ul

/* A machine with that many CPUs, this is CPU 0; whatever was there is gone. */
static inline void setup_machine(unsigned int cpus)
{
	static bool there;

	if (!there)
		host_init(16ul << 20, 4);
	there = true;
	host_cpu(0);
	host.nr_cpus = 4;
	host_destroy_all();
	host.nr_cpus = cpus;
	host.console_len = 0;
	host.console[0] = 0;
}

/* Was text printed since the machine started? */
static inline bool said(const char *text)
{
	return strstr(host.console, text) != NULL;
}

/* The clock goes to this time, and all CPUs do what is due. */
static inline void at(uint64_t when)
{
	host_advance(when - host.now);
	host_settle();
}

/* A domain with n vCPUs that have a context but are down. */
static inline struct domain *setup_domain(domid_t id, unsigned int n)
{
	struct domain *d = domain_create(id, false, n, 1024);

	for (unsigned int i = 0; d && i < n; i++) {
		vcpu_create(d, i);
		d->vcpu[i]->initialised = true;
		/* No ticks: a test that wants them says so. */
		vcpu_set_periodic(d->vcpu[i], 0);
	}
	return d;
}

/* The calls until a restartable operation is done. */
#define until_done(call)                                \
	({                                              \
		int rc_;                                \
		while ((rc_ = (call)) == -XEN_ERESTART) \
			;                               \
		rc_;                                    \
	})

#endif
