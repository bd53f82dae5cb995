/* SPDX-License-Identifier: MIT */
/*
 * The frame table: who owns each machine frame, what it is used as, and how
 * often. docs/page-types.md argues the rules.
 *
 * One 64-bit word holds reference count, type, type count and the flags, so
 * that every step is one compare-and-swap. Taking a typed reference takes a
 * plain one with it. The owner changes only while the count is 0. A change of
 * a table's type that was interrupted (FRAME_PARTIAL) holds one typed and one
 * plain reference itself; next and prev of an owned frame are domain.c's.
 */
#ifndef FRAME_H
#define FRAME_H

#include "arch.h"

enum frame_type {
	FT_NONE,
	FT_L1,
	FT_L2,
	FT_L3,
	FT_L4,
	FT_SEGDESC, /* GDT or LDT page */
	FT_WRITABLE,
};

enum frame_kind {
	FRAME_NO_RAM, /* hypervisor's, or no memory: nobody may have it */
	FRAME_RAM,    /* what heap_add() named */
	FRAME_SHARE,  /* RAM of ours that its owner may map */
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
	uint8_t fail;	     /* why it is taken down: XEN_E*, 0: last put */
	uint8_t way;	     /* WAY_*: the direction of the type change */
	uint8_t kind;	     /* enum frame_kind */
	uint8_t foreign;     /* somebody but the owner has mapped it */
	uint8_t stale;	     /* TLBs may know it from its last owner */
	uint8_t swept;	     /* type_relinquish() has been here */
} __attribute__((aligned(32)));

#define WAY_DOWN  1 /* being taken down, else being validated */
#define WAY_BELOW 2 /* so is the table that entry `done` names */

#define FRAME_COUNT_MASK   0x7ffffffful /* bits 0..30: references */
#define FRAME_ALLOCATED	   (1ul << 31)	/* holds the owner's reference */
#define FRAME_TCOUNT_SHIFT 32		/* bits 32..57: typed references */
#define FRAME_TCOUNT_ONE   (1ul << FRAME_TCOUNT_SHIFT)
#define FRAME_TCOUNT_MASK  (0x3fffffful << FRAME_TCOUNT_SHIFT)
#define FRAME_PARTIAL	   (1ul << 58) /* a type change was interrupted */
#define FRAME_TYPE_SHIFT   59	       /* bits 59..61: enum frame_type */
#define FRAME_TYPE_MASK	   (7ul << FRAME_TYPE_SHIFT)
#define FRAME_VALIDATED	   (1ul << 62) /* the type may be used */
#define FRAME_PINNED	   (1ul << 63) /* one typed reference is the pin */

static inline enum frame_type frame_type_in(uint64_t word)
{
	return (enum frame_type)((word & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT);
}

/* Can there be one more reference? The last few are for those that must be. */
static inline bool frame_room(uint64_t word)
{
	uint64_t count = word & FRAME_COUNT_MASK;

	return count && count <= FRAME_COUNT_MASK - MAX_CPUS;
}

extern struct frame *frame_table; /* frame_limit records */

/* Owners that are no domain: the hypervisor itself, device memory, nobody. */
#define OWNER_XEN  DOMID_XEN
#define OWNER_IO   DOMID_IO
#define OWNER_NONE DOMID_INVALID /* in the heap */

static inline struct frame *frame_of(mfn_t m)
{
	return &frame_table[m.n];
}
/* Change f's word from *old to new; false: it is another, now in *old. */
static inline bool frame_swap(struct frame *f, uint64_t *old, uint64_t new)
{
	return __atomic_compare_exchange_n(&f->word, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE);
}
/* Lists by next and prev: head is the first frame's number, 0 ends one. */
static inline void frame_link(uint32_t *head, mfn_t m)
{
	struct frame *f = frame_of(m);

	f->prev = 0;
	f->next = *head;
	if (f->next)
		frame_table[f->next].prev = (uint32_t)m.n;
	*head = (uint32_t)m.n;
}
static inline void frame_unlink(uint32_t *head, mfn_t m)
{
	struct frame *f = frame_of(m);

	if (f->prev)
		frame_table[f->prev].next = f->next;
	else
		*head = f->next;
	if (f->next)
		frame_table[f->next].prev = f->prev;
	f->next = f->prev = 0;
}

/* Is there RAM of ours at m? (Not: does anyone own it.) */
bool frame_is_ram(mfn_t m);

/*
 * Is m device memory, or none at all? That never changes. Who may use it:
 * a privileged domain, but for what frame_deny_io() keeps.
 */
bool frame_is_io(mfn_t m);
bool frame_io_allowed(mfn_t m);

/*
 * Make m, fresh from the heap, owner's: untyped, with the owner's reference.
 * A share page is writable by its owner, for good.
 */
void frame_own(mfn_t m, domid_t owner);
void frame_own_share(mfn_t m, domid_t owner);
/* n adjacent ones, each at the head of the owner's list, its pages pfn on. */
void frame_own_run(mfn_t m, uint64_t n, domid_t owner, pfn_t pfn,
		   uint32_t *head);
/* Drop what frame_own_share() took: the owner's and the typed reference. */
void frame_drop_share(mfn_t m);

/*
 * Take a reference of m if owner owns it now. False: it does not, m is no
 * RAM, or the count would overflow. Any m may be asked for.
 */
bool frame_get(mfn_t m, domid_t owner);
/* The same whoever owns it. */
bool frame_get_any(mfn_t m);
/* m is owner's page pfn, as the M2P has it from now on. False: not owner's. */
bool frame_rename(mfn_t m, domid_t owner, pfn_t pfn);
/* Give one back. The last one returns the frame to the heap. */
void frame_put(mfn_t m);
/* Drop the owner's reference, once. False: it is gone already. */
bool frame_drop_owner(mfn_t m);
/*
 * Take m away from owner if nothing but the owner's reference is left of it:
 * nobody can get one any more, its record stays. Then frame_gone(), or
 * frame_unsteal(). False: it is in use, or not owner's to give.
 */
bool frame_steal(mfn_t m, domid_t owner);
void frame_unsteal(mfn_t m);
/* The count of m has just become 0 by the caller's doing: to the heap. */
void frame_gone(mfn_t m);

/*
 * Boot: records for frames 0..limit-1 at table, all OWNER_NONE and no RAM
 * until heap_add() names them. Before a guest runs: device memory and holes
 * below limit, and what of that or of anything above limit no guest may map
 * (interrupt controllers).
 */
void frame_init(struct frame *table, uint64_t limit);
void frame_set_io(mfn_t start, mfn_t end);
void frame_deny_io(mfn_t start, mfn_t end);
/*
 * m, of our own memory, is OWNER_XEN's, for a privileged domain to read: a
 * descriptor page for good, so that nobody writes to it.
 */
void frame_show(mfn_t m);

#endif
