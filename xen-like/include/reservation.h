/* SPDX-License-Identifier: MIT */
/* How much memory a domain has: more, less, other frames for the same. */
#ifndef RESERVATION_H
#define RESERVATION_H

#include "domain.h"

/* The machine's own map, as it was at boot: for a privileged domain. */
#define MACHINE_MAP_ROWS 128u
extern struct e820_row machine_map[MACHINE_MAP_ROWS];
extern unsigned int machine_map_rows;

/*
 * 2^order frames for d, all below limit, at *m. They are its pages pfn on;
 * PFN_NONE: it says later where they are.
 * 0, -XEN_ENOMEM: none left, others have claimed them, or over max_frames.
 */
int reserve_add(struct domain *d, unsigned int order, mfn_t limit, pfn_t pfn,
		mfn_t *m);
/* Undo it, or give back 2^order frames one by one: 0, or -XEN_EINVAL at the
 * first that is not d's to give, those before it are gone. */
int reserve_drop(struct domain *d, mfn_t m, unsigned int order);

/*
 * Others for the frames of d that in names: n_in extents of 2^in_order, none
 * in use, for n_out of 2^out_order below limit, into out. All or nothing.
 * 0, -XEN_EINVAL: one is in use or not d's, -XEN_ENOMEM.
 */
int reserve_exchange(struct domain *d, const uint64_t *in, unsigned long n_in,
		     unsigned int in_order, uint64_t *out, unsigned long n_out,
		     unsigned int out_order, mfn_t limit);

/*
 * Keep memory for d until it has n frames in all; 0 gives up. The claim
 * shrinks as d grows. 0, -XEN_EINVAL: it has one, has as many, or may not;
 * -XEN_ENOMEM.
 */
int reserve_claim(struct domain *d, uint64_t n);
/* The sum of all claims. */
uint64_t reserve_claimed(void);

#endif
