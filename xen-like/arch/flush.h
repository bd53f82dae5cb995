/* SPDX-License-Identifier: MIT */
/* TLB flushes between CPUs; the promises are in arch.h. */
#ifndef FLUSH_H
#define FLUSH_H

#include "cpu.h"

/* Serve what other CPUs asked of this one: VECTOR_FLUSH and every wait. */
void flush_serve(void);
static inline bool flush_wanted(const struct cpu *c)
{
	return READ_ONCE(c->flush_wanted) != c->flush_done;
}

#endif
