/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers, a heap of them per CPU. A timer belongs to one CPU; its
 * function runs there in softirq context, with no lock held.
 */
#ifndef TIMER_H
#define TIMER_H

#include "types.h"

struct timer {
	uint64_t when;		/* ns of system time */
	void (*fn)(void *arg);
	void *arg;
	unsigned int cpu;
	int slot;		/* place in the heap, -1 not armed */
};

void timer_init(struct timer *t, void (*fn)(void *), void *arg);
/* Arm or re-arm on this CPU; a time in the past fires at once. */
void timer_set(struct timer *t, uint64_t when);
/* Disarm; returns when fn does not run anywhere (but by the caller itself). */
void timer_stop(struct timer *t);

/* Softirq: run what is due on this CPU, set the next deadline. */
void timer_run(void);

#endif
