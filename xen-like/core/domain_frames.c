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
 * From frame_own() on others can find it: the lock keeps whoever drops it
 * waiting until it is in the list.
 */
bool domain_adopt(struct domain *d, mfn_t m)
{
	bool alive;

	lock_take(&d->frames_lock);
	frame_own(m, d->id);
	frame_link(&d->frames_head, m);
	alive = domain_alive(d);
	lock_drop(&d->frames_lock);
	/* The sweep may have passed where it is in the list. */
	if (!alive)
		frame_drop_owner(m);
	return alive;
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
	for (mfn_t i = m; i.n < m.n + n; i.n++) {
		__builtin_memset(frame_ptr(i), 0, PAGE_SIZE);
		machphys[i.n] = pfn.n == PFN_NONE.n ? M2P_INVALID
						    : pfn.n + (i.n - m.n);
		alive = domain_adopt(d, i);
		cpu_relax_poll();
	}
	return alive ? m : MFN_NONE;
}

mfn_t domain_alloc(struct domain *d, unsigned int order)
{
	return domain_alloc_below(d, order, MFN_NONE, false, PFN_NONE);
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
