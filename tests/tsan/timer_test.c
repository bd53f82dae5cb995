/* SPDX-License-Identifier: MIT */
/*
 * Timers that one CPU arms and another stops: when timer_stop() returns, the
 * function runs nowhere and what it touches is the caller's. The objects are
 * plain memory, so that ThreadSanitizer sees a function that still runs.
 */
#include "threads.h"
#include "timer.h"

#define OBJECTS 8u
#define ROUNDS	100000u
#define FIRED	5000u

static struct object {
	struct timer t;
	struct lock lock; /* who arms it and who stops it */
	uint64_t plain;	  /* its function's; the stopper's when stopped */
} objects[OBJECTS];
static uint32_t rounds, fired, wrong; /* atomic */

static void fire(void *arg)
{
	struct object *o = arg;

	for (int i = 0; i < 20; i++)
		o->plain += i & 1 ? -1 : 1;
	__atomic_fetch_add(&fired, 1, __ATOMIC_RELAXED);
}

static void guest_step(struct vcpu *v, unsigned int *seed)
{
	struct object *o = &objects[rnd(seed, OBJECTS)];

	(void)v;
	if (!lock_try(&o->lock))
		return;
	timer_stop(&o->t);
	if (o->plain)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	o->plain = 1;
	o->plain = 0;
	timer_set(&o->t, now_ns() + rnd(seed, 20000));
	lock_drop(&o->lock);
	__atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
}

int main(void)
{
	struct domain *d;

	threads_init();
	for (unsigned int i = 0; i < OBJECTS; i++)
		timer_init(&objects[i].t, fire, &objects[i]);
	d = threads_domain(1, CPUS);
	threads_start();
	while (READ_ONCE(rounds) < ROUNDS || READ_ONCE(fired) < FIRED) {
		host_advance(10000);
		if (softirq_pending[MAIN_CPU])
			softirq_run();
		sched_yield();
	}
	domain_pause(d);
	threads_stop();
	for (unsigned int i = 0; i < OBJECTS; i++)
		timer_stop(&objects[i].t);
	printf("%u rounds, %u fired\n", rounds, fired);
	report("timer_stop_waits", !wrong, "it still ran");
	return failures != 0;
}
