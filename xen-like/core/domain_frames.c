/* SPDX-License-Identifier: MIT */
/*
 * A domain's frames. Those it was given are in a list (frame.next/prev, 0
 * ends it) and in d->frames until their last reference is gone: a frame that
 * it gave back but still maps counts, or it could hold more than its limit.
 * Pages we share with it are in no list.
 *
 * While there are frames of either kind, they hold a reference of the domain:
 * the list one, each shared page one.
 */
#include "domain.h"
#include "heap.h"
#include "panic.h"
#include "print.h"

/* Frames for which a lock is held once, and no CPU is waited for. */
#define ALLOC_BATCH 32u
#define FREE_BATCH  64u

/* ---- Taking and giving --------------------------------------------------------- */

bool domain_reserve(struct domain *d, uint64_t n, bool over)
{
	bool ok;

	lock_take(&d->frames_lock);
	ok = domain_alive(d) &&
	     (over || (n <= d->max_frames && d->frames <= d->max_frames - n));
	if (ok && !d->frames)
		__atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
	if (ok)
		d->frames += n;
	lock_drop(&d->frames_lock);
	return ok;
}

void domain_unreserve(struct domain *d, uint64_t n)
{
	uint64_t left;

	lock_take(&d->frames_lock);
	left = d->frames -= n;
	lock_drop(&d->frames_lock);
	if (!left)
		domain_put(d);
}

/*
 * From frame_own() on others can find them: the lock keeps whoever drops one
 * waiting until it is in the list.
 */
static bool adopt(struct domain *d, mfn_t m, uint64_t n, pfn_t pfn)
{
	bool alive;

	lock_take(&d->frames_lock);
	frame_own_run(m, n, d->id, pfn, &d->frames_head);
	alive = domain_alive(d);
	lock_drop(&d->frames_lock);
	/* The sweep may have passed where they are in the list. */
	while (!alive && n)
		(void)domain_free(d, MFN(m.n + --n));
	return alive;
}

bool domain_adopt(struct domain *d, mfn_t m, pfn_t pfn)
{
	return adopt(d, m, 1, pfn);
}

mfn_t domain_alloc_below(struct domain *d, unsigned int order, mfn_t limit,
			 bool over, pfn_t pfn)
{
	uint64_t n = 1ul << order;
	bool alive = true;
	mfn_t m;

	if (order > HEAP_MAX_ORDER || !domain_reserve(d, n, over))
		return MFN_NONE;
	m = heap_alloc_below(order, limit);
	if (mfn_eq(m, MFN_NONE)) {
		domain_unreserve(d, n);
		return m;
	}
	for (uint64_t done = 0, some; done < n; done += some) {
		some = MIN(n - done, ALLOC_BATCH);
		__builtin_memset(frame_ptr(MFN(m.n + done)), 0,
				 some * PAGE_SIZE);
		alive = adopt(d, MFN(m.n + done), some, pfn);
		if (pfn.n != PFN_NONE.n)
			pfn.n += some;
		cpu_relax_poll();
	}
	return alive ? m : MFN_NONE;
}

mfn_t domain_alloc(struct domain *d, unsigned int order)
{
	return domain_alloc_below(d, order, MFN_NONE, false, PFN_NONE);
}

/* ---- Letting go of many ------------------------------------------------------------ */

/* Adjacent frames on their way to the heap. */
struct run {
	uint64_t first, end;
	uint64_t frames; /* that were in one */
};

/* As frame_gone() does it; nobody can reach them any more. */
static void run_free(struct run *r)
{
	uint32_t stamp = arch_flush_clock();

	for (uint64_t i = r->first; i < r->end; i++) {
		WRITE_ONCE(frame_table[i].owner, OWNER_NONE);
		frame_table[i].stamp = stamp;
		frame_table[i].stale = 1;
		machphys[i] = M2P_INVALID;
	}
	if (r->first < r->end)
		heap_free_run(MFN(r->first), r->end - r->first);
	r->first = r->end = 0;
}

static void run_add(struct run *r, uint64_t n)
{
	r->frames++;
	if (n + 1 == r->first) {
		r->first = n;
		return;
	}
	if (n != r->end || r->first == r->end) {
		run_free(r);
		r->first = n;
	}
	r->end = n + 1;
}

/*
 * With the lock held: m, of d's list, leaves it for r if nothing but the
 * owner's reference is left of it.
 */
static inline bool let_go(struct domain *d, struct run *r, mfn_t m)
{
	struct frame *f = frame_of(m);
	uint64_t w = READ_ONCE(f->word);

	do {
		if ((w & (FRAME_COUNT_MASK | FRAME_ALLOCATED)) !=
		    (FRAME_ALLOCATED | 1))
			return false;
	} while (!frame_swap(f, &w, 0));
	frame_unlink(&d->frames_head, m);
	run_add(r, m.n);
	return true;
}

/* The lock is held no more: the frames are free, and count no longer. */
static void run_end(struct domain *d, struct run *r)
{
	run_free(r);
	if (r->frames)
		domain_unreserve(d, r->frames);
}

/* One reference by the owner less of m, or it is let go of. */
static bool drop_or_let_go(struct domain *d, struct run *r, mfn_t m)
{
	struct frame *f = frame_of(m);
	uint64_t w;

	do {
		if (let_go(d, r, m))
			return true;
		w = READ_ONCE(f->word);
		/* Not the last one: that was let_go()'s. */
	} while (w & FRAME_ALLOCATED &&
		 ((w & FRAME_COUNT_MASK) == 1 ||
		  !frame_swap(f, &w, w - FRAME_ALLOCATED - 1)));
	return false;
}

/*
 * Some frames from the one after d->sweep on, which has a reference: false,
 * these were the last. Those that others still use stay in the list.
 */
static bool free_some(struct domain *d)
{
	struct run r = { 0 };
	uint32_t n, next, last = 0, old = d->sweep;

	lock_take(&d->frames_lock);
	n = old ? frame_table[old].next : d->frames_head;
	for (unsigned int i = 0; n && i < FREE_BATCH; i++, n = next) {
		next = frame_table[n].next;
		if (!drop_or_let_go(d, &r, MFN(n)))
			last = n;
	}
	if (!n)
		d->sweep = 0;
	else if (last && frame_get_any(MFN(last)))
		d->sweep = last;
	else
		old = 0;
	lock_drop(&d->frames_lock);
	if (old)
		frame_put(MFN(old));
	run_end(d, &r);
	return n;
}

int domain_free_all(struct domain *d)
{
	while (free_some(d))
		if (preempt_check())
			return -XEN_ERESTART;
	return 0;
}

int domain_free(struct domain *d, mfn_t m)
{
	bool ok;

	if (!frame_get(m, d->id))
		return -XEN_EINVAL;
	ok = frame_of(m)->kind != FRAME_SHARE && frame_drop_owner(m);
	frame_put(m);
	return ok ? 0 : -XEN_EINVAL;
}

uint64_t domain_free_run(struct domain *d, mfn_t m, uint64_t n)
{
	struct run r = { 0 };
	uint64_t i = m.n;

	lock_take(&d->frames_lock);
	for (; i < m.n + n && i < frame_limit && r.frames < FREE_BATCH; i++)
		if (READ_ONCE(frame_of(MFN(i))->owner) != d->id ||
		    frame_of(MFN(i))->kind != FRAME_RAM ||
		    !let_go(d, &r, MFN(i)))
			break;
	lock_drop(&d->frames_lock);
	run_end(d, &r);
	return r.frames;
}

/* ---- Pages that are shared with it ---------------------------------------------------- */

void *domain_share_alloc(struct domain *d)
{
	void *page = heap_alloc_zeroed(0);

	if (!page)
		return NULL;
	__atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
	machphys[ptr_frame(page).n] = M2P_INVALID;
	frame_own_share(ptr_frame(page), d->id);
	return page;
}

void domain_share_free(struct domain *d, void *page)
{
	mfn_t m = ptr_frame(page);

	ASSERT(frame_of(m)->owner == d->id && frame_of(m)->kind == FRAME_SHARE);
	frame_drop_share(m);
}

void domain_frame_gone(domid_t owner, mfn_t m)
{
	struct domain *d = domain_held(owner);

	ASSERT(d);
	if (frame_of(m)->kind == FRAME_SHARE) {
		domain_put(d);
		return;
	}
	lock_take(&d->frames_lock);
	frame_unlink(&d->frames_head, m);
	lock_drop(&d->frames_lock);
	domain_unreserve(d, 1);
}

void domain_disown(mfn_t m)
{
	domain_frame_gone(frame_of(m)->owner, m);
	WRITE_ONCE(frame_of(m)->owner, OWNER_NONE);
	WRITE_ONCE(frame_of(m)->word, 0);
}

/* ---- Audit ------------------------------------------------------------------------ */

unsigned int domain_frames_audit(struct domain *d)
{
	uint64_t n = 0;
	uint32_t prev = 0;

	for (uint32_t i = d->frames_head; i; i = frame_table[i].next) {
		struct frame *f = &frame_table[i];

		if (i >= frame_limit || f->owner != d->id || f->prev != prev ||
		    f->kind != FRAME_RAM || !(f->word & FRAME_COUNT_MASK) ||
		    n++ > frame_limit) {
			print(LOG_ERR, "audit: d%u: frame %x in its list\n",
			      d->id, i);
			return 1;
		}
		prev = i;
	}
	if (n == d->frames)
		return 0;
	print(LOG_ERR, "audit: d%u: %lu frames in the list, %lu counted\n",
	      d->id, n, d->frames);
	return 1;
}
