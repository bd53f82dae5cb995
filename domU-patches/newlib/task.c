// SPDX-License-Identifier: MIT
/*
 * Tasks and their loop.
 *
 * A task is in at most one list by its next: the ready ones, or those of a
 * waitq. Who waits for a time is in the list of sleepers too, by its own
 * link. The one that ended is freed by the loop, off its stack.
 */
#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "event.h"
#include "hypercall.h"
#include "start.h"
#include "task.h"
#include "vcpu.h"
#include <xen/sched.h>

#define FOREVER UINT64_MAX

struct task {
	uint64_t sp; /* while it does not run */
	struct task *next;
	struct waitq *in; /* where it waits, NULL: it is ready, or sleeps */
	struct task *sleeper_next;
	uint64_t when; /* FOREVER: it is no sleeper */
	bool timed_out, ended;
	int error; /* its errno */
	const char *name;
	void (*fn)(void *);
	void *arg;
	char stack[TASK_STACK] __attribute__((aligned(16)));
};

/* task.S: saves what a call keeps, changes the stack, and goes on there. */
void task_switch(uint64_t *save_sp, uint64_t sp);

static struct task *self, *ready, **ready_end = &ready, *sleepers;
static uint64_t loop_sp;

/* ---- Lists ------------------------------------------------------------------ */

static void make_ready(struct task *t)
{
	t->in = NULL;
	t->next = NULL;
	*ready_end = t;
	ready_end = &t->next;
}

static void append(struct waitq *q, struct task *t)
{
	struct task **at = &q->first;

	while (*at)
		at = &(*at)->next;
	t->in = q;
	t->next = NULL;
	*at = t;
}

static void take_out(struct waitq *q, struct task *t)
{
	struct task **at = &q->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
}

static void sleepers_add(struct task *t, uint64_t when)
{
	t->when = when;
	t->sleeper_next = sleepers;
	sleepers = t;
}

static void sleepers_drop(struct task *t)
{
	struct task **at = &sleepers;

	while (*at != t)
		at = &(*at)->sleeper_next;
	*at = t->sleeper_next;
	t->when = FOREVER;
}

/* ---- For tasks ---------------------------------------------------------------- */

struct task *task_self(void)
{
	return self;
}

static void task_main(void)
{
	self->fn(self->arg);
	self->ended = true;
	task_switch(&self->sp, loop_sp);
}

struct task *task_start(const char *name, void (*fn)(void *), void *arg)
{
	struct task *t = memalign(16, sizeof(*t));
	uint64_t *sp;

	if (!t)
		return NULL;
	memset(t, 0, offsetof(struct task, stack));
	t->name = name;
	t->fn = fn;
	t->arg = arg;
	t->when = FOREVER;
	sp = (uint64_t *)(t->stack + sizeof(t->stack));
	*--sp = 0; /* task_main() is entered as if it were called */
	*--sp = (uint64_t)task_main;
	t->sp = (uint64_t)(sp - 6); /* the registers that a call keeps */
	make_ready(t);
	return t;
}

/* To the loop, until it comes back to us. */
static void give_way(void)
{
	struct task *t = self;

	if (!t)
		guest_fail("the loop itself cannot wait");
	t->error = errno;
	task_switch(&t->sp, loop_sp);
	errno = t->error;
}

void task_yield(void)
{
	if (self)
		make_ready(self);
	give_way();
}

bool task_wait_until(struct waitq *q, uint64_t when)
{
	if (self) {
		append(q, self);
		if (when != FOREVER)
			sleepers_add(self, when);
		self->timed_out = false;
	}
	give_way();
	return !self->timed_out;
}

void task_wait(struct waitq *q)
{
	task_wait_until(q, FOREVER);
}

void task_sleep_until(uint64_t when)
{
	struct waitq nobody = { NULL };

	task_wait_until(&nobody, when);
}

void task_wake(struct waitq *q)
{
	while (q->first) {
		struct task *t = q->first;

		q->first = t->next;
		if (t->when != FOREVER)
			sleepers_drop(t);
		make_ready(t);
	}
}

/* ---- The loop ------------------------------------------------------------------- */

static void run(struct task *t)
{
	self = t;
	task_switch(&loop_sp, t->sp);
	self = NULL;
	if (t->ended)
		free(t);
}

/* Those that were ready: who becomes it meanwhile runs in the next turn. */
static void run_ready(void)
{
	struct task *t = ready, *next;

	ready = NULL;
	ready_end = &ready;
	for (; t; t = next) {
		next = t->next;
		run(t);
	}
}

static void wake_sleepers(uint64_t now)
{
	struct task *t, *next;

	for (t = sleepers; t; t = next) {
		next = t->sleeper_next;
		if (t->when > now)
			continue;
		sleepers_drop(t);
		take_out(t->in, t);
		t->timed_out = true;
		make_ready(t);
	}
}

static uint64_t first_time(void)
{
	uint64_t first = FOREVER;
	struct task *t;

	for (t = sleepers; t; t = t->sleeper_next)
		if (t->when < first)
			first = t->when;
	return first;
}

/* Blocking opens the mask for one upcall, here and only here. */
static void block_until(uint64_t when)
{
	struct vcpu_set_singleshot_timer timer = { .timeout_abs_ns = when };

	if (when != FOREVER)
		hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer);
	hypercall_sched_op(SCHEDOP_block, NULL);
	upcalls_off();
	if (when != FOREVER)
		hypercall_vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL);
}

void task_loop(void)
{
	int64_t port = event_bind_virq(VIRQ_TIMER, 0);

	event_one_upcall = true;
	upcalls_off();
	if (port < 0)
		guest_fail("no timer: %ld", (long)port);
	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	event_unmask(port);
	for (;;) {
		event_poll();
		if (sleepers)
			wake_sleepers(time_now());
		if (ready)
			run_ready();
		else
			block_until(first_time());
	}
}
