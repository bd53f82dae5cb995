/* SPDX-License-Identifier: MIT */
/*
 * The frame table: who owns each machine frame, what it is used as, and how
 * often. docs/page-types.md argues the rules.
 *
 * One 64-bit word holds reference count, type, type count and the flags, so
 * that every step is one compare-and-swap. Taking a typed reference takes a
 * plain one with it. The owner changes only while the count is 0.
 */
#ifndef FRAME_H
#define FRAME_H

#include "arch.h"
#include "types.h"

enum frame_type {
	FT_NONE,
	FT_L1,
	FT_L2,
	FT_L3,
	FT_L4,
	FT_SEGDESC,	/* GDT or LDT page */
	FT_WRITABLE,
};

/* 32 bytes, aligned: never two cache lines. */
struct frame {
	uint64_t word;	     /* FRAME_* fields below */
	uint32_t next, prev; /* heap free list, or the owner's list */
	domid_t owner;	     /* DOMID_* or a domain's id; valid while count */
	uint8_t order;	     /* of a free block's head */
	uint8_t heap;	     /* 1: head of a free block */
	uint32_t stamp;	     /* flush clock when it was last let go */
	uint16_t done;	     /* entries validated: progress of a type change */
	uint16_t spare;
	uint32_t spare2;
} __attribute__((aligned(32)));

#define FRAME_COUNT_MASK 0x7ffffffful	    /* bits 0..30: references */
#define FRAME_ALLOCATED (1ul << 31)	    /* holds the owner's reference */
#define FRAME_TCOUNT_SHIFT 32		    /* bits 32..58: typed references */
#define FRAME_TCOUNT_MASK (0x7fffffful << FRAME_TCOUNT_SHIFT)
#define FRAME_TYPE_SHIFT 59		    /* bits 59..61: enum frame_type */
#define FRAME_TYPE_MASK (7ul << FRAME_TYPE_SHIFT)
#define FRAME_VALIDATED (1ul << 62)	    /* the type may be used */
#define FRAME_PINNED (1ul << 63)	    /* one typed reference is the pin */

extern struct frame *frame_table;	    /* frame_limit records */

/* Owners that are no domain: the hypervisor itself, and device memory. */
#define OWNER_XEN DOMID_XEN
#define OWNER_IO DOMID_IO
#define OWNER_NONE DOMID_INVALID	    /* in the heap */

static inline struct frame *frame_of(mfn_t m)
{
	return &frame_table[m.n];
}
static inline mfn_t frame_mfn(const struct frame *f)
{
	return MFN((uint64_t)(f - frame_table));
}
/* Is there RAM of ours at m? (Not: does anyone own it.) */
bool frame_is_ram(mfn_t m);

/*
 * Take a reference of m if owner owns it now. False: it does not, m is no
 * RAM, or the count would overflow. Any m may be asked for.
 */
bool frame_get(mfn_t m, domid_t owner);
/* Give one back. The last one returns the frame to the heap. */
void frame_put(mfn_t m);

/*
 * Boot: records for frames 0..limit-1 at table, all OWNER_NONE and no RAM
 * until heap_add() names them.
 */
void frame_init(struct frame *table, uint64_t limit);

#endif
