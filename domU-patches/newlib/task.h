/* SPDX-License-Identifier: MIT */
/*
 * Tasks: stackful coroutines of one vCPU, and the loop that runs them.
 *
 * Upcalls stay masked while a task runs: it gives way only where it waits,
 * so that what it works on needs no lock. Between tasks the loop calls the
 * handlers of events (event.h) and wakes whom a time was set for. errno is
 * each task's own; other state of the C library (strtok, rand) is shared.
 */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <stdint.h>

struct task;
struct waitq {
	struct task *first; /* who came first is woken first */
};

#define TASK_STACK (64ul << 10)

/*
 * Runs fn(arg) from the next turn of the loop on; the task ends when fn
 * returns. name is kept, not copied. NULL: no memory.
 */
struct task *task_start(const char *name, void (*fn)(void *), void *arg);

/* Who runs; NULL: the loop (an event's handler). */
struct task *task_self(void);

/* For a task: let all others that can run, run, and events be taken. */
void task_yield(void);
/* Until time_now() >= when. */
void task_sleep_until(uint64_t when);
/* Until somebody wakes q; false: when came first. */
void task_wait(struct waitq *q);
bool task_wait_until(struct waitq *q, uint64_t when);

/* All who wait in q can run; they are no more in it. From anywhere. */
void task_wake(struct waitq *q);

/*
 * For main(), which becomes the loop: tasks, events, times; the vCPU blocks
 * when there is nothing to do. Binds VIRQ_TIMER.
 */
void task_loop(void) __attribute__((noreturn));

#endif
