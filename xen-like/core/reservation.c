/* SPDX-License-Identifier: MIT */
/*
 * Reservations, on top of domain_alloc() and domain_free().
 *
 * Claims: claim_lock, a leaf but for the heap's, guards claimed and every
 * d->claimed. What others have claimed is not given out here; the pages that
 * the hypervisor needs itself do not ask.
 */
#include "reservation.h"
#include "heap.h"

struct e820_row machine_map[MACHINE_MAP_ROWS];
unsigned int machine_map_rows;

static struct lock claim_lock;
static uint64_t claimed; /* the sum of all d->claimed */

/* ---- Claims -------------------------------------------------------------- */

int reserve_claim(struct domain *d, uint64_t n)
{
	int rc = 0;

	lock_take(&claim_lock);
	if (!n) {
		claimed -= d->claimed;
		d->claimed = 0;
	} else if (d->claimed || !domain_alive(d) || n <= d->frames ||
		   n > d->max_frames) {
		rc = -XEN_EINVAL;
	} else if (n - d->frames + claimed > heap_free_frames()) {
		rc = -XEN_ENOMEM;
	} else {
		d->claimed = n - d->frames;
		claimed += d->claimed;
	}
	lock_drop(&claim_lock);
	return rc;
}

uint64_t reserve_claimed(void)
{
	return READ_ONCE(claimed);
}

/* ---- More and less --------------------------------------------------------- */

int reserve_add(struct domain *d, unsigned int order, mfn_t limit, pfn_t pfn,
		mfn_t *m)
{
	uint64_t n = 1ul << order, used;
	bool ok;

	if (order > HEAP_MAX_ORDER)
		return -XEN_ENOMEM;
	/* Of d's claim, then of what nobody has claimed. */
	lock_take(&claim_lock);
	used = MIN(n, d->claimed);
	ok = heap_free_frames() >= claimed - used + n;
	if (ok) {
		claimed -= used;
		d->claimed -= used;
	}
	lock_drop(&claim_lock);
	if (!ok)
		return -XEN_ENOMEM;
	*m = domain_alloc_below(d, order, limit, false, pfn);
	if (mfn_eq(*m, MFN_NONE)) {
		lock_take(&claim_lock);
		if (domain_alive(d)) {
			claimed += used;
			d->claimed += used;
		}
		lock_drop(&claim_lock);
		return -XEN_ENOMEM;
	}
	return 0;
}

int reserve_drop(struct domain *d, mfn_t m, unsigned int order)
{
	uint64_t end = m.n + (1ul << order), n;

	for (; m.n < end; m.n += n) {
		n = domain_free_run(d, m, end - m.n);
		if (!n && domain_free(d, m))
			return -XEN_EINVAL;
		n = MAX(n, 1);
		/* An extent is all or nothing: poll, but do not stop. */
		if (m.n + n < end)
			(void)preempt_check();
	}
	return 0;
}

/* ---- Exchange ---------------------------------------------------------------- */

static mfn_t nth(const uint64_t *list, unsigned int order, unsigned long i)
{
	return MFN(list[i >> order] + (i & ((1ul << order) - 1)));
}

/* Back to d; if it dies meanwhile nobody would take them from it any more. */
static void unsteal(struct domain *d, const uint64_t *in, unsigned int order,
		    unsigned long n)
{
	lock_take(&d->lock);
	for (unsigned long i = 0; i < n && domain_alive(d); i++)
		frame_unsteal(nth(in, order, i));
	if (domain_alive(d))
		n = 0;
	lock_drop(&d->lock);
	while (n)
		frame_gone(nth(in, order, --n));
}

int reserve_exchange(struct domain *d, const uint64_t *in, unsigned long n_in,
		     unsigned int in_order, uint64_t *out, unsigned long n_out,
		     unsigned int out_order, mfn_t limit)
{
	unsigned long frames = n_in << in_order, i;

	for (i = 0; i < frames; i++) {
		if (!frame_steal(nth(in, in_order, i), d->id)) {
			unsteal(d, in, in_order, i);
			return -XEN_EINVAL;
		}
	}
	for (i = 0; i < n_out; i++) {
		out[i] = domain_alloc_below(d, out_order, limit, true, PFN_NONE).n;
		if (out[i] == MFN_NONE.n)
			goto undo;
	}
	for (i = 0; i < frames; i++)
		frame_gone(nth(in, in_order, i));
	return 0;
undo:
	while (i)
		(void)reserve_drop(d, MFN(out[--i]), out_order);
	unsteal(d, in, in_order, frames);
	return -XEN_ENOMEM;
}
