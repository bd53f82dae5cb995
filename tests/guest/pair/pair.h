/* SPDX-License-Identifier: MIT */
/*
 * Two domains that run the same program. The initial one builds the second
 * and has it call functions: what they print comes out of the initial
 * domain's console, in order, so that checks look alike in both.
 *
 *	static int64_t in_second(uint64_t arg) { CHECK(...); return 0; }
 *
 *	int main(void)
 *	{
 *		pair_serve_if_second();
 *		pair_init(&p);
 *		pair_start(&p);
 *		pair_call(&p, in_second, 0);
 *		pair_end(&p);
 *
 * Text and calls go through one page of the second domain's image, the link,
 * which the initial domain maps, and one event channel. Every wait has a
 * limit, at which the guest ends with an ERROR.
 */
#ifndef PAIR_H
#define PAIR_H

#include "builder.h"
#include "check.h"

typedef int64_t pair_fn(uint64_t arg);

bool pair_is_second(void);
void pair_serve_if_second(void);

/* Builds it whole, links up, lets it run. */
void pair_start(struct pair *p);
void pair_start_paused(struct pair *p);
/* The call's result; the second domain's text on the way. */
int64_t pair_call(struct pair *p, pair_fn *fn, uint64_t arg);
/* In two halves: the second domain works meanwhile. */
void pair_ask(struct pair *p, pair_fn *fn, uint64_t arg);
int64_t pair_answer(struct pair *p);
/* Asks for what ends it; waits until it shut down; the reason. */
int pair_last_call(struct pair *p, pair_fn *fn, uint64_t arg);
/* Waits for a shutdown: its code, ends the guest without one. */
int pair_wait_shutdown(struct pair *p);
/* Lets go of what we have of it: the link and our port. */
void pair_unlink(struct pair *p);
/* Unlinks, destroys, waits until it is gone. */
void pair_end(struct pair *p);

/* A page of the second domain's that holds the variable, mapped here, at the
 * variable's place in it. NULL: refused. foreign_unmap() takes it back. */
void *pair_map(struct pair *p, void *variable);

/* In either domain: waits for an event on a port, takes it; false after
 * that many milliseconds. */
bool port_wait(evtchn_port_t port, unsigned int ms);

#endif
