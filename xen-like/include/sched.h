/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: a queue per CPU, round robin with a time slice. Woken vCPUs
 * go to an idle CPU that they may use, or to the front of a queue for what is
 * left of their slice. Softirq words, one per CPU, say what a
 * CPU must do before it leaves to a guest.
 */
#ifndef SCHED_H
#define SCHED_H

#include "vcpu.h"

enum softirq { SOFTIRQ_TIMER, SOFTIRQ_SCHED, SOFTIRQ_CONSOLE };

/* Per-CPU softirq words; arch reads its own on the exit path. */
extern uint32_t softirq_pending[MAX_CPUS];

/* Raise on cpu, with a kick if it is not this one. */
void softirq_raise(unsigned int cpu, enum softirq nr);
/* Run all that is pending here; may switch current_vcpu(). */
void softirq_run(void);

void sched_init_cpu(unsigned int cpu, struct vcpu *idle);

/* Wake v (VCPU_BLOCKED off) wherever it may run. */
void sched_wake(struct vcpu *v);
/* v has an event: wake it if it is blocked, interrupt it if it runs. */
void sched_notify(struct vcpu *v);
/* Set or clear reasons; whoever runs v stops soon. */
void sched_stop(struct vcpu *v, uint32_t why);
void sched_start(struct vcpu *v, uint32_t why);
/* Wait until v's state is saved and it runs nowhere. */
void sched_sync(struct vcpu *v);
/* Let v run on these CPUs only: 0, -XEN_EINVAL: none of them is online. */
int sched_pin(struct vcpu *v, cpumask_t mask);
/*
 * SCHEDOP_pin_override for current: on cpu only, until it is called with a
 * negative one. 0, -XEN_EBUSY: it is already, -XEN_EINVAL: it is not, or not
 * online.
 */
int sched_pin_override(struct vcpu *v, int cpu);

/* Block current, its upcalls unmasked, until one is due (or is already). */
void sched_block(struct vcpu *v);
void sched_give_way(struct vcpu *v);
/* SCHEDOP_poll: ports are checked; timeout 0 is none. */
int sched_poll(struct vcpu *v, const uint32_t *ports, unsigned int n,
	       uint64_t timeout);

/*
 * Copy out the runstate, the present state's time up to now: v's own words do
 * not change.
 */
void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *out);

/* ns that cpu, which is online, has had nothing to do. */
uint64_t sched_idle_time(unsigned int cpu);

/*
 * Write v's runstate to the area it registered; v is current. When its tables
 * do not map the area now (guest user mode), v->runstate_late is set: call
 * again on the way to its kernel.
 */
void sched_publish(struct vcpu *v);

/* Queue and state of each CPU agree; prints and counts findings (audit). */
unsigned int sched_audit(void);

#endif
