/* SPDX-License-Identifier: MIT */
/*
 * What frames hold of themselves: pins, and the end of a domain, which lets go
 * of them, of changes that nobody continues, and of the owner's references.
 */
#include "pagetype.h"
#include "pte.h"

#define BATCH 64u /* frames between two preemption points */

/* ---- Pins ------------------------------------------------------------------------------------ */

/* Set or clear the pin: was it otherwise before? */
static bool pin_change(struct frame *f, bool pinned)
{
	uint64_t w = pinned ? __atomic_fetch_or(&f->word, FRAME_PINNED,
						__ATOMIC_SEQ_CST)
			    : __atomic_fetch_and(&f->word, ~FRAME_PINNED,
						 __ATOMIC_SEQ_CST);

	return !(w & FRAME_PINNED) == pinned;
}

int type_pin(struct domain *d, mfn_t m, enum frame_type type)
{
	struct frame *f;
	int rc = type_get(d, m, type);

	if (rc)
		return rc;
	f = frame_of(m);
	if (!pin_change(f, true)) {
		/* Mostly not the last reference, but somebody may unpin. */
		pte_put(current_vcpu(), m);
		return -XEN_EINVAL;
	}
	/* Was d's end faster, and has passed this frame by? */
	if (unlikely(READ_ONCE(f->swept)) && pin_change(f, false))
		pte_put(current_vcpu(), m);
	return 0;
}

int type_unpin(struct domain *d, mfn_t m)
{
	int rc = -XEN_EINVAL;

	if (!frame_get(m, d->id))
		return rc;
	if (pin_change(frame_of(m), false))
		rc = type_put(m);
	frame_put(m);
	return rc;
}

/* ---- The end of a domain ------------------------------------------------------------------------ */

/*
 * Frames after d->sweep are passed by as long as they hold nothing of
 * themselves. The first one that does, or the last of a batch, with a
 * reference; MFN(0): no more.
 */
static mfn_t sweep_next(struct domain *d, unsigned int batch)
{
	uint32_t n;

	lock_take(&d->frames_lock);
	n = d->sweep ? frame_of(MFN(d->sweep))->next : d->frames_head;
	for (; n; n = frame_of(MFN(n))->next) {
		struct frame *f = frame_of(MFN(n));

		WRITE_ONCE(f->swept, 1);
		/* Whoever pins it sees that, or we see the pin. */
		smp_mb();
		if (batch)
			batch--;
		/* One without references is on its way out of the list. */
		if ((READ_ONCE(f->word) & (FRAME_PINNED | FRAME_PARTIAL) ||
		     !batch) &&
		    frame_get_any(MFN(n)))
			break;
	}
	lock_drop(&d->frames_lock);
	return MFN(n);
}

/* What all of d's frames hold themselves: their pins, their partial states. */
static int unpin_all(struct domain *d)
{
	for (;;) {
		mfn_t m = sweep_next(d, BATCH);
		int rc = 0;

		if (m.n)
			rc = pin_change(frame_of(m), false)
				     ? type_put(m)
				     : type_finish(m, true);
		if (rc) {
			frame_put(m);
			return rc;
		}
		if (d->sweep)
			frame_put(MFN(d->sweep));
		d->sweep = (uint32_t)m.n;
		if (!m.n)
			return 0;
		if (preempt_check())
			return -XEN_ERESTART;
	}
}

int type_relinquish(struct domain *d)
{
	int rc = d->unpinned ? 0 : unpin_all(d);

	if (rc)
		return rc;
	d->unpinned = true;
	return domain_free_all(d);
}
