/* SPDX-License-Identifier: MIT */
/*
 * The trace ring: the last events of each CPU, kept in memory, printed on a
 * panic and by a debug key.
 */
#ifndef TRACE_H
#define TRACE_H

#include "types.h"

enum trace_event {
	TRACE_NONE,
	TRACE_HYPERCALL, /* number, first argument */
	TRACE_TRAP,	 /* vector, rip */
	TRACE_SWITCH,	 /* domain, vcpu */
	TRACE_ERROR,	 /* -errno, place */
};
extern bool trace_on;
void trace_record(enum trace_event ev, uint64_t a, uint64_t b);
static inline void trace(enum trace_event ev, uint64_t a, uint64_t b)
{
	if (unlikely(trace_on))
		trace_record(ev, a, b);
}
void trace_dump(unsigned int last);

#endif
