/* SPDX-License-Identifier: MIT */
/*
 * The buddy heap over all free RAM. Guests' frames and our own come from it.
 *
 * Lock: one, last but the console's in the order. It guards the free lists
 * and the next/prev/order/heap fields of free frames.
 */
#ifndef HEAP_H
#define HEAP_H

#include "frame.h"

#define HEAP_MAX_ORDER 18 /* 1 GiB */

/* Hand [start, end) to the heap; must be RAM and unused. */
void heap_add(mfn_t start, mfn_t end);

/*
 * 2^order frames, aligned to their size; MFN_NONE when there are none. No TLB
 * knows them any more from a former owner: flushes what it takes.
 */
mfn_t heap_alloc(unsigned int order);
/* The same for the frame limit that a guest asked for: all below limit. Finds
 * none, perhaps, when all that is low is scattered. */
mfn_t heap_alloc_below(unsigned int order, mfn_t limit);
void heap_free(mfn_t m, unsigned int order);

/*
 * n adjacent frames, any n; MFN_NONE when no run is that long. A scan of the
 * frame table: for boot, and for buffers that are no power of two.
 */
mfn_t heap_alloc_run(uint64_t n);
void heap_free_run(mfn_t m, uint64_t n);

/* Zeroed memory of the hypervisor's own, whole pages; NULL when none. */
void *heap_alloc_zeroed(unsigned int order);
void heap_free_ptr(void *p, unsigned int order);

uint64_t heap_free_frames(void);
uint64_t heap_total_frames(void);

/* Recount the lists: -1 and a message on any disagreement (audit). */
int heap_audit(void);

#endif
