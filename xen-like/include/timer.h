/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers, a pairing heap of them per CPU. The heap's links lie in the
 * timers, so that arming one never fails. An armed timer belongs to one CPU;
 * its function runs there in softirq context, with no lock held.
 */
#ifndef TIMER_H
#define TIMER_H

#include "types.h"

struct timer {
	uint64_t when; /* ns of system time */
	void (*fn)(void *arg);
	void *arg;
	/* The lock of cpu's heap guards these; cpu changes while not armed. */
	unsigned int cpu;
	bool armed;
	struct timer *child, *next; /* first child, next sibling */
	struct timer **link;	    /* what points to us */
};

void timer_init(struct timer *t, void (*fn)(void *), void *arg);
/* Arm or re-arm on this CPU; a time in the past fires at once. */
void timer_set(struct timer *t, uint64_t when);
/* Disarm; returns when fn does not run anywhere (but by the caller itself). */
void timer_stop(struct timer *t);

/* Softirq: run what is due on this CPU, set the next deadline. */
void timer_run(void);

#endif
