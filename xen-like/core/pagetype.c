/* SPDX-License-Identifier: MIT */
/*
 * The page-type machine; docs/page-types.md argues why it is right.
 *
 * States of a frame, by its word:
 *	idle	no typed reference; the last type stays, as a memory
 *	busy	typed references, not validated: one CPU changes the type
 *	usable	typed references, validated
 *	partial	FRAME_PARTIAL: a change that was interrupted; its one typed
 *		and one plain reference are the frame's own
 * Who makes a frame busy (or takes a partial one up) is alone with its fields
 * done, fail and way, and with its entries. A table is validated from entry 0
 * up; entries below `done` have their references. It is taken down from `done`
 * to 0. Tables below are done first, on a stack of four: no recursion. Waiting
 * goes from a table to one of the next lower type only, so it ends.
 */
#include "pagetype.h"
#include "panic.h"
#include "pte.h"

#define BATCH 64 /* entries between two preemption points */

struct walk {
	struct domain *d;   /* the tables' owner, when validating */
	mfn_t table[FT_L4]; /* busy by us; each below is named by the one above */
	int depth;	    /* the one at work */
	bool worked;	    /* more than going down the stack was done */
	uint8_t fail;	    /* of the top table, when it is idle again */
};

static enum frame_type type_now(const struct frame *f)
{
	return frame_type_in(READ_ONCE(f->word));
}

static bool type_is_table(enum frame_type type)
{
	return type >= FT_L1 && type <= FT_L4;
}

/* ---- Stale translations ---------------------------------------------------- */

/*
 * f is let go of now. The stamp only grows: of two CPUs that put references
 * at once, the one that read the clock first may come last.
 */
static void stamp_now(struct frame *f)
{
	uint32_t now = arch_flush_clock();
	uint32_t old = READ_ONCE(f->stamp);

	while ((int32_t)(now - old) > 0 &&
	       !__atomic_compare_exchange_n(&f->stamp, &old, now, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		;
}

/* ---- Claiming ----------------------------------------------------------------- */

/* From idle, by its word w: false when it has changed meanwhile (*w anew). */
static bool claim_idle(struct domain *d, struct frame *f, enum frame_type type,
		       uint64_t *w)
{
	enum frame_type was = frame_type_in(*w);
	cpumask_t mask;
	uint64_t new = (*w & ~(FRAME_TYPE_MASK | FRAME_VALIDATED)) +
		       FRAME_TCOUNT_ONE + ((uint64_t)type << FRAME_TYPE_SHIFT);

	if (!frame_swap(f, w, new))
		return false;
	f->done = f->fail = f->way = 0;
	if (was == type || was == FT_NONE)
		return true;
	/*
	 * No CPU may know f as what it was, neither as a writable page nor as
	 * a table on its way to others. NULL d: its owner is not known.
	 */
	mask = d && !READ_ONCE(f->foreign) ? READ_ONCE(d->dirty) : cpus_online();
	mask = arch_flush_filter(mask, READ_ONCE(f->stamp));
	if (mask)
		arch_flush(mask, FLUSH_TLB | FLUSH_GLOBAL, 0);
	return true;
}

/*
 * A typed reference of a frame of which the caller holds a plain one:
 * 0: usable; 1: busy by us, perhaps half done by others; -XEN_EINVAL, -XEN_ERESTART (tables only).
 */
static int type_claim(struct domain *d, mfn_t m, enum frame_type type)
{
	struct frame *f = frame_of(m);
	uint64_t w = load_acquire(&f->word);

	for (;;) {
		bool same = frame_type_in(w) == type;

		if (!(w & FRAME_TCOUNT_MASK) && !(same && w & FRAME_VALIDATED)) {
			if (claim_idle(d, f, type, &w))
				return 1;
		} else if (!same ||
			   (w & FRAME_TCOUNT_MASK) == FRAME_TCOUNT_MASK) {
			return -XEN_EINVAL;
		} else if (w & FRAME_VALIDATED) {
			if (frame_swap(f, &w, w + FRAME_TCOUNT_ONE))
				return 0;
		} else if (w & FRAME_PARTIAL) {
			if (!frame_swap(f, &w, w & ~FRAME_PARTIAL))
				continue;
			/* Up again, but for a failure that was found. */
			if (!f->fail)
				f->way = 0;
			frame_put(m); /* the frame's own */
			return 1;
		} else {
			cpu_relax_poll();
			if (type_is_table(type) && preempt_check())
				return -XEN_ERESTART;
			w = load_acquire(&f->word);
		}
	}
}

/* Take up f's interrupted change, if it has one: of type, FT_NONE: of any. */
static bool partial_take(struct frame *f, enum frame_type type)
{
	uint64_t w = load_acquire(&f->word);

	do {
		if (!(w & FRAME_PARTIAL) ||
		    (type != FT_NONE && frame_type_in(w) != type))
			return false;
	} while (!frame_swap(f, &w, w & ~FRAME_PARTIAL));
	return true;
}

/* What f has become may be used. */
static void type_usable(struct frame *f)
{
	__atomic_or_fetch(&f->word, FRAME_VALIDATED, __ATOMIC_SEQ_CST);
}

/* Busy f becomes idle: it loses our typed reference, its type stays. */
static void type_idle(struct frame *f)
{
	stamp_now(f);
	__atomic_sub_fetch(&f->word, FRAME_TCOUNT_ONE, __ATOMIC_SEQ_CST);
}

/* ---- The stack -------------------------------------------------------------------- */

static struct frame *walk_frame(const struct walk *k)
{
	return frame_of(k->table[k->depth]);
}

/* The entry at work, going up. */
static uint64_t *walk_entry(const struct walk *k)
{
	return (uint64_t *)frame_ptr(k->table[k->depth]) + walk_frame(k)->done;
}

static void walk_push(struct walk *k, mfn_t m)
{
	ASSERT(k->depth + 1 < (int)ARRAY_SIZE(k->table));
	k->table[++k->depth] = m;
}

/*
 * Interrupted: all tables on the stack become partial, the lowest first. The
 * plain references of those below the top pass to them; the top's caller
 * keeps its own, so it gets another.
 */
static int walk_suspend(struct walk *k)
{
	for (int i = k->depth; i >= 0; i--) {
		struct frame *f = frame_of(k->table[i]);

		if (i < k->depth)
			f->way |= WAY_BELOW;
		__atomic_add_fetch(&f->word, FRAME_PARTIAL + (i ? 0 : 1),
				   __ATOMIC_SEQ_CST);
	}
	return -XEN_ERESTART;
}

/* ---- Validating --------------------------------------------------------------------- */

/* The entry of f at work is validated: pte is what the guest reads back. */
static void entry_done(struct frame *f, uint64_t *entry, uint64_t pte)
{
	if (pte != *entry)
		WRITE_ONCE(*entry, pte);
	f->done++;
}

/*
 * The table that entry names, for a table of type: 0 when it has its
 * reference, 1 when it lies on the stack first, errors.
 */
static int child_get(struct walk *k, enum frame_type type, uint64_t entry)
{
	mfn_t m = pte_mfn(entry);
	int rc;

	if (!pte_upper_legal(entry) || !frame_get(m, k->d->id))
		return -XEN_EINVAL;
	rc = type_claim(k->d, m, type - 1);
	if (rc < 0)
		frame_put(m);
	else if (rc)
		walk_push(k, m);
	return rc;
}

/* The whole of f is validated. 1: the walk is over. */
static int up_complete(struct walk *k, struct frame *f)
{
	uint64_t *entry;

	if (type_now(f) == FT_L4)
		arch_root_install(frame_ptr(k->table[0]));
	type_usable(f);
	if (!k->depth--)
		return 1;
	f = walk_frame(k);
	entry = walk_entry(k);
	entry_done(f, entry, pte_upper_adjust(*entry));
	return 0;
}

/* One present entry up: 0, 1: now at work on a table below, errors. */
static int up_entry(struct walk *k, struct frame *f, enum frame_type type,
		    uint64_t pte)
{
	uint64_t *entry = walk_entry(k);
	int rc;

	if (type == FT_L4 && pte_root_slot_xen(f->done)) {
		f->done++;
		return 0;
	}
	rc = type == FT_L1 ? pte_l1_take(k->d, k->d, &pte)
			   : child_get(k, type, pte);
	if (!rc)
		entry_done(f, entry,
			   type == FT_L1 ? pte : pte_upper_adjust(pte));
	return rc;
}

/* Some entries up: 0 go on, 1 over, -XEN_ERESTART. */
static int walk_up(struct walk *k, struct frame *f)
{
	const uint64_t *table = frame_ptr(k->table[k->depth]);
	enum frame_type type = type_now(f);

	f->way = 0;
	for (int n = 0; n < BATCH; n++) {
		uint64_t pte;
		int rc;

		if (f->done == PTES)
			return up_complete(k, f);
		pte = READ_ONCE(table[f->done]);
		if (!(pte & PTE_P)) {
			f->done++;
			continue;
		}
		rc = up_entry(k, f, type, pte);
		if (rc == -XEN_ERESTART)
			return rc;
		if (rc < 0) {
			f->fail = (uint8_t)-rc;
			f->way = WAY_DOWN;
		}
		if (rc)
			return 0;
	}
	return 0;
}

/* ---- Taking down ------------------------------------------------------------------------ */

/*
 * Drop a typed reference of m with its plain one. But of a table's last one
 * both stay: true, it is busy, and has to be taken down.
 */
static inline bool put_last(mfn_t m)
{
	struct frame *f = frame_of(m);
	uint64_t w = load_acquire(&f->word), new;
	bool table = type_is_table(frame_type_in(w));

	if (!table)
		stamp_now(f);
	do {
		ASSERT(w & FRAME_TCOUNT_MASK && w & FRAME_VALIDATED);
		if (table && (w & FRAME_TCOUNT_MASK) == FRAME_TCOUNT_ONE)
			new = w & ~FRAME_VALIDATED;
		else
			new = w - FRAME_TCOUNT_ONE - 1;
	} while (!frame_swap(f, &w, new));
	if (new &FRAME_VALIDATED) {
		if (!(new &FRAME_COUNT_MASK))
			frame_gone(m);
		return false;
	}
	f->done = PTES;
	f->fail = 0;
	f->way = WAY_DOWN;
	return true;
}

/* f has no entries left. 1: the walk is over. */
static int down_complete(struct walk *k, struct frame *f)
{
	uint8_t fail = f->fail;

	type_idle(f);
	if (!k->depth) {
		k->fail = fail;
		return 1;
	}
	frame_put(k->table[k->depth--]);
	f = walk_frame(k);
	if (!(f->way & WAY_DOWN)) {
		/* It was to become part of a table that now fails, too. */
		f->fail = fail;
		f->way = WAY_DOWN;
	}
	return 0;
}

/* Some entries down: 0 go on, 1 over. */
static int walk_down(struct walk *k, struct frame *f)
{
	enum frame_type type = type_now(f);
	const uint64_t *table = frame_ptr(k->table[k->depth]);
	int depth = k->depth;
	uint64_t pte;

	if (f->way & WAY_BELOW) {
		/* The table below was left partial; if it still is, it goes on. */
		f->way = WAY_DOWN;
		pte = READ_ONCE(table[f->done]);
		if (partial_take(frame_of(pte_mfn(pte)), type - 1)) {
			frame_of(pte_mfn(pte))->way |= WAY_DOWN;
			walk_push(k, pte_mfn(pte));
		}
		return 0;
	}
	for (int n = 0; n < BATCH && k->depth == depth; n++) {
		if (!f->done)
			return down_complete(k, f);
		pte = READ_ONCE(table[--f->done]);
		if (!(pte & PTE_P) ||
		    (type == FT_L4 && pte_root_slot_xen(f->done)))
			continue;
		if (type == FT_L1)
			pte_l1_drop(pte);
		else if (put_last(pte_mfn(pte)))
			walk_push(k, pte_mfn(pte));
	}
	return 0;
}

/*
 * Work on busy m to the end, in the direction that it has. 0: usable, or idle
 * after a last put; -XEN_ERESTART: partial, with references of its own; other
 * errors: idle, for that reason. The caller has a plain reference throughout.
 */
static int walk_run(struct domain *d, mfn_t m)
{
	struct walk k = { .d = d, .table = { m } };
	struct frame *f;
	int rc = 0, depth;

	while (!rc) {
		if (k.worked && preempt_check())
			return walk_suspend(&k);
		f = walk_frame(&k);
		depth = k.depth;
		rc = f->way & WAY_DOWN ? walk_down(&k, f) : walk_up(&k, f);
		k.worked |= k.depth <= depth;
		if (rc == -XEN_ERESTART)
			return walk_suspend(&k);
	}
	return -k.fail;
}

/* ---- References -------------------------------------------------------------------------- */

/* Descriptors of a GDT or LDT page: made safe in place. */
static int segdesc_validate(struct frame *f, uint64_t *desc)
{
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*desc); i++) {
		uint64_t fixed = desc[i];

		if (!segdesc_fix(&fixed)) {
			type_idle(f);
			return -XEN_EINVAL;
		}
		if (fixed != desc[i])
			WRITE_ONCE(desc[i], fixed);
	}
	type_usable(f);
	return 0;
}

int type_take(struct domain *d, mfn_t m, enum frame_type type)
{
	int rc = type_claim(d, m, type);

	if (rc <= 0)
		return rc;
	if (type_is_table(type))
		return walk_run(d, m);
	if (type == FT_SEGDESC)
		return segdesc_validate(frame_of(m), frame_ptr(m));
	type_usable(frame_of(m));
	return 0;
}

/*
 * Both references by one swap, if m is d's and usable as some type in mask:
 * most calls find it so. Writable pages are usable without references, too.
 */
static bool get_usable(struct domain *d, mfn_t m, unsigned int mask,
		       enum frame_type *type)
{
	struct frame *f;
	uint64_t w;

	if (m.n >= frame_limit || READ_ONCE(frame_of(m)->owner) != d->id)
		return false;
	f = frame_of(m);
	w = load_acquire(&f->word);
	do {
		*type = frame_type_in(w);
		if (!(w & FRAME_VALIDATED) || !(mask >> *type & 1) ||
		    (*type != FT_WRITABLE && !(w & FRAME_TCOUNT_MASK)) ||
		    !frame_room(w) ||
		    (w & FRAME_TCOUNT_MASK) == FRAME_TCOUNT_MASK)
			return false;
	} while (!frame_swap(f, &w, w + FRAME_TCOUNT_ONE + 1));
	if (likely(READ_ONCE(f->owner) == d->id))
		return true;
	/* It was somebody else's meanwhile. */
	pte_put(current_vcpu(), m);
	return false;
}

int type_get(struct domain *d, mfn_t m, enum frame_type type)
{
	enum frame_type found;
	int rc;

	if (get_usable(d, m, 1u << type, &found))
		return 0;
	if (!frame_get(m, d->id))
		return -XEN_EINVAL;
	rc = type_take(d, m, type);
	if (rc)
		frame_put(m);
	return rc;
}

int type_hold(struct domain *d, mfn_t m, enum frame_type *type)
{
	if (get_usable(d, m, ~0u, type))
		return 0;
	*type = FT_WRITABLE;
	return type_get(d, m, FT_WRITABLE);
}

int type_put(mfn_t m)
{
	int rc;

	if (likely(!put_last(m)))
		return 0;
	rc = walk_run(NULL, m);
	frame_put(m);
	return rc;
}

int type_finish(mfn_t m, bool abandon)
{
	struct frame *f = frame_of(m);
	int rc;

	if (!partial_take(f, FT_NONE))
		return 0;
	if (!abandon && !(f->way & WAY_DOWN)) {
		__atomic_or_fetch(&f->word, FRAME_PARTIAL, __ATOMIC_SEQ_CST);
		return 0;
	}
	f->way |= WAY_DOWN;
	rc = walk_run(NULL, m);
	frame_put(m);
	return rc == -XEN_ERESTART ? rc : 0;
}
