/* SPDX-License-Identifier: MIT */
/* A domain whose vCPUs are scheduled on CPUs that one thread plays in turn. */
#ifndef SCHED_SETUP_H
#define SCHED_SETUP_H

#include "core_setup.h"
#include "evtchn.h"
#include "unit.h"

static struct domain *d;
static uint64_t t0;

/* A domain of n vCPUs, all up, on a machine of so many CPUs. */
static void setup(unsigned int cpus, unsigned int n)
{
	setup_machine(cpus);
	d = setup_domain(1, n);
	CU_ASSERT_FATAL(d != NULL);
	for (unsigned int i = 0; i < n; i++)
		CU_ASSERT_EQUAL(vcpu_up(d->vcpu[i]), 0);
	host_settle();
	t0 = now_ns();
}

static void check(void)
{
	CU_ASSERT_EQUAL(sched_audit(), 0);
	CU_ASSERT_EQUAL(host_locks_held(), 0);
	host_window(NULL, 0);
	setup_machine(4);
}

static struct vcpu *on(unsigned int cpu)
{
	return host.cpu[cpu].current;
}

static bool idle(unsigned int cpu)
{
	return !on(cpu)->domain;
}

/* v, which is current on its CPU, makes a call there. */
#define as(v, call)                                     \
	do {                                            \
		host_cpu((v)->cpu);                     \
		CU_ASSERT_FATAL(current_vcpu() == (v)); \
		call;                                   \
		host_cpu(0);                            \
		host_settle();                          \
	} while (0)

#endif
