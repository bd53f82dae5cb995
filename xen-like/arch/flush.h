/* SPDX-License-Identifier: MIT */
/* TLB flushes between CPUs; the promises are in arch.h. */
#ifndef FLUSH_H
#define FLUSH_H

/* Serve what other CPUs asked of this one: VECTOR_FLUSH and every wait. */
void flush_serve(void);

#endif
