/* SPDX-License-Identifier: MIT */
/*
 * Grant tables: shared frames, entries and their pins.
 *
 * d->grant.lock guards the frames' list and what is in use. The frames only
 * grow while the domain lives, so that a frame number read under the lock
 * stays true. Entries are the guest's: each is read as one word, once, and
 * changed by one compare-and-swap of all of it; one that changes faster than
 * a few of those is refused.
 */
#include "gnttab.h"
#include "grantmap.h"
#include "heap.h"
#include "pagetype.h"
#include "panic.h"
#include "print.h"

#define RETRIES 5

/* An entry, as a word. */
union entry {
	uint64_t word;
	struct grant_entry_v1 is;
};

/* ---- Frames ------------------------------------------------------------------ */

static bool frame_add(struct domain *d, unsigned int i)
{
	struct grant_state *g = &d->grant;

	g->active[i] = heap_alloc_zeroed(0);
	if (!g->active[i])
		return false;
	g->shared[i] = domain_share_alloc(d);
	if (g->shared[i])
		return true;
	heap_free_ptr(g->active[i], 0);
	g->active[i] = NULL;
	return false;
}

int gnttab_grow(struct domain *d, unsigned int n)
{
	struct grant_state *g = &d->grant;
	int rc = 0;

	lock_take(&g->lock);
	if (n > g->max_frames || !domain_alive(d))
		rc = -XEN_EINVAL;
	while (!rc && g->frames < n) {
		if (frame_add(d, g->frames))
			g->frames++;
		else
			rc = -XEN_ENOMEM;
	}
	lock_drop(&g->lock);
	return rc;
}

mfn_t gnttab_frame(struct domain *d, unsigned int i)
{
	struct grant_state *g = &d->grant;
	mfn_t m = MFN_NONE;

	lock_take(&g->lock);
	if (i < g->frames)
		m = ptr_frame(g->shared[i]);
	lock_drop(&g->lock);
	return m;
}

int gnttab_destroy(struct domain *d)
{
	struct grant_state *g = &d->grant;
	int rc = grantmap_destroy(d);

	if (rc)
		return rc;
	lock_take(&g->lock);
	while (g->frames)
		domain_share_free(d, g->shared[--g->frames]);
	lock_drop(&g->lock);
	return 0;
}

void gnttab_free(struct domain *d)
{
	struct grant_state *g = &d->grant;

	for (unsigned int i = 0; i < ARRAY_SIZE(g->active); i++)
		if (g->active[i])
			heap_free_ptr(g->active[i], 0);
	if (!g->map)
		return;
	for (unsigned int i = 0; i < GRANT_MAP_FRAMES && g->map[i]; i++)
		heap_free_ptr(g->map[i], 0);
	heap_free_ptr(g->map, 1);
}

/* ---- Pins ---------------------------------------------------------------------- */

static union entry *entry_at(struct grant_state *g, uint32_t ref)
{
	return (union entry *)g->shared[ref / GRANT_ENTRIES] +
	       ref % GRANT_ENTRIES;
}

/*
 * Set the flags of the entry for a pin: *e is what it says. by: it must be
 * granted to that domain; DOMID_INVALID: that was seen to at the first pin.
 */
static int entry_mark(union entry *at, domid_t by, bool write, bool whole,
		      union entry *e)
{
	uint16_t mask = whole ? GTF_type_mask | GTF_sub_page : GTF_type_mask;
	union entry new;

	e->word = READ_ONCE(at->word);
	for (unsigned int i = 0; i < RETRIES; i++) {
		if (by != DOMID_INVALID &&
		    ((e->is.flags & mask) != GTF_permit_access ||
		     e->is.domid != by))
			return -XEN_EINVAL;
		if (write && e->is.flags & GTF_readonly)
			return -XEN_EINVAL;
		new.word = e->word |
			   (write ? GTF_reading | GTF_writing : GTF_reading);
		if (__atomic_compare_exchange_n(&at->word, &e->word, new.word,
						false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			return 0;
	}
	return -XEN_EINVAL;
}

/* Clear flags of entry ref, if the table is still there. */
static void entry_clear(struct grant_state *g, uint32_t ref, uint16_t flags)
{
	if (ref / GRANT_ENTRIES < g->frames)
		__atomic_fetch_and(&entry_at(g, ref)->is.flags,
				   (uint16_t)~flags, __ATOMIC_SEQ_CST);
}

/* The first pin of the entry: what it says is true of now. */
static int pin_first(struct domain *d, uint32_t ref, domid_t by, bool write,
		     bool whole)
{
	struct grant_active *a = gnttab_active(d, ref);
	union entry e;
	int rc = entry_mark(entry_at(&d->grant, ref), by, write, whole, &e);

	if (rc)
		return rc;
	if (!domain_alive(d))
		rc = -XEN_EINVAL;
	else if (!frame_get(MFN(e.is.frame), d->id))
		rc = -XEN_ENXIO;
	if (rc) {
		entry_clear(&d->grant, ref, GTF_reading | GTF_writing);
		return rc;
	}
	a->frame = e.is.frame;
	a->by = by;
	return 0;
}

/* With the lock held. */
static inline int pin(struct domain *d, uint32_t ref, domid_t by, bool write,
		      bool whole)
{
	struct grant_active *a = gnttab_active(d, ref);
	union entry e;

	if (!(a->readers | a->writers))
		return pin_first(d, ref, by, write, whole);
	if (a->by != by || a->readers >= GRANT_PINS || a->writers >= GRANT_PINS)
		return -XEN_EINVAL;
	if (write && !a->writers)
		return entry_mark(entry_at(&d->grant, ref), DOMID_INVALID, true,
				  whole, &e);
	return 0;
}

int gnttab_pin(struct domain *d, uint32_t ref, domid_t by, bool write,
	       bool whole, unsigned int n, mfn_t *m)
{
	struct grant_state *g = &d->grant;
	struct grant_active *a;
	uint8_t *pins;
	int rc = -XEN_ENOENT;

	lock_take(&g->lock);
	if (ref / GRANT_ENTRIES < g->frames)
		rc = pin(d, ref, by, write, whole);
	if (!rc) {
		a = gnttab_active(d, ref);
		pins = write ? &a->writers : &a->readers;
		*pins = (uint8_t)(*pins + n);
		*m = MFN(a->frame);
	}
	lock_drop(&g->lock);
	return rc;
}

void gnttab_unpin(struct domain *d, uint32_t ref, bool write, unsigned int n)
{
	struct grant_state *g = &d->grant;
	struct grant_active *a = gnttab_active(d, ref);
	uint8_t *pins = write ? &a->writers : &a->readers;
	uint32_t frame;
	uint16_t flags;
	bool last;

	lock_take(&g->lock);
	ASSERT(*pins >= n);
	*pins = (uint8_t)(*pins - n);
	frame = a->frame;
	last = !(a->readers | a->writers);
	flags = last ? GTF_reading : 0;
	if (write && !a->writers)
		flags |= GTF_writing;
	if (flags)
		entry_clear(g, ref, flags);
	lock_drop(&g->lock);
	if (last)
		frame_put(MFN(frame));
}

int gnttab_swap(struct domain *d, uint32_t a, uint32_t b)
{
	struct grant_state *g = &d->grant;
	const struct grant_active *x, *y;
	uint64_t word;
	int rc = -XEN_ENOENT;

	lock_take(&g->lock);
	if (MAX(a, b) / GRANT_ENTRIES < g->frames) {
		x = gnttab_active(d, a);
		y = gnttab_active(d, b);
		rc = a != b && (x->readers | x->writers | y->readers | y->writers)
			     ? -XEN_EAGAIN
			     : 0;
	}
	if (!rc && a != b) {
		word = READ_ONCE(entry_at(g, a)->word);
		WRITE_ONCE(entry_at(g, a)->word,
			   READ_ONCE(entry_at(g, b)->word));
		WRITE_ONCE(entry_at(g, b)->word, word);
	}
	lock_drop(&g->lock);
	return rc;
}

#define LOOK 4096u /* entries at once */

int gnttab_granted(struct domain *d, mfn_t m, domid_t by, uint32_t *from)
{
	struct grant_state *g = &d->grant;
	uint32_t last;
	int rc = 0;

	lock_take(&g->lock);
	last = g->frames * (uint32_t)GRANT_ENTRIES;
	for (uint32_t end = MIN(*from + LOOK, last); !rc && *from < end;
	     ++*from) {
		const struct grant_active *a = gnttab_active(d, *from);

		rc = a->readers | a->writers && a->by == by && a->frame == m.n;
	}
	if (!rc && *from < last)
		rc = -XEN_ERESTART;
	lock_drop(&g->lock);
	return rc;
}

/* ---- Transfer ---------------------------------------------------------------------- */

/* The entry that accepts a frame from domain `from` is told that it comes. */
static int accept_begin(struct domain *d, uint32_t ref, domid_t from,
			union entry *e)
{
	struct grant_state *g = &d->grant;
	int rc = -XEN_EINVAL;

	lock_take(&g->lock);
	if (ref / GRANT_ENTRIES < g->frames) {
		e->word = READ_ONCE(entry_at(g, ref)->word);
		if (e->is.flags == GTF_accept_transfer && e->is.domid == from &&
		    __atomic_compare_exchange_n(
			    &entry_at(g, ref)->word, &e->word,
			    e->word | GTF_transfer_committed, false,
			    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
			rc = 0;
	}
	lock_drop(&g->lock);
	return rc;
}

/* First the frame's number, then that it is there. */
static void accept_end(struct domain *d, uint32_t ref, mfn_t m)
{
	struct grant_state *g = &d->grant;

	lock_take(&g->lock);
	if (ref / GRANT_ENTRIES < g->frames) {
		WRITE_ONCE(entry_at(g, ref)->is.frame, (uint32_t)m.n);
		__atomic_fetch_or(&entry_at(g, ref)->is.flags,
				  GTF_transfer_completed, __ATOMIC_SEQ_CST);
	}
	lock_drop(&g->lock);
}

int gnttab_transfer(struct domain *d, mfn_t m, struct domain *to, uint32_t ref)
{
	union entry e;
	int rc = -XEN_ESRCH;

	if (!frame_steal(m, d->id))
		return -XEN_ENXIO;
	/* Who knows it is not to write what is somebody else's. */
	arch_flush(cpus_online(), FLUSH_TLB | FLUSH_GLOBAL, 0);
	domain_disown(m);
	if (to)
		rc = domain_reserve(to, 1, false) ? 0 : -XEN_EINVAL;
	if (!rc && (rc = accept_begin(to, ref, d->id, &e)))
		domain_unreserve(to, 1);
	if (rc) {
		frame_gone(m);
		return rc;
	}
	domain_adopt(to, m, PFN(e.is.frame));
	accept_end(to, ref, m);
	return 0;
}

/* ---- Pages to copy from and to ----------------------------------------------------- */

int gnttab_hold(struct domain *d, uint64_t name, bool by_ref, domid_t by,
		bool write, mfn_t *m)
{
	int rc;

	if (by_ref)
		rc = gnttab_pin(d, (uint32_t)name, by, write, false, 1, m);
	else
		rc = frame_get(*m = MFN(name), d->id) ? 0 : -XEN_ENXIO;
	if (rc || !write || !type_get(d, *m, FT_WRITABLE))
		return rc;
	if (by_ref)
		gnttab_unpin(d, (uint32_t)name, true, 1);
	else
		frame_put(*m);
	return -XEN_EINVAL;
}

void gnttab_release(struct domain *d, uint64_t name, bool by_ref, bool write,
		    mfn_t m)
{
	if (write && type_put(m))
		ASSERT(!"a writable page took long to put");
	if (by_ref)
		gnttab_unpin(d, (uint32_t)name, write, 1);
	else
		frame_put(m);
}

/* ---- Audit -------------------------------------------------------------------------- */

#define WINDOW (4 * (unsigned int)GRANT_ENTRIES) /* entries counted at a time */

static struct {
	uint32_t readers, writers;
} counted[WINDOW];

/* What m, if it is a mapping of d's entries from first on, has pinned. */
static void count_map(const struct domain *d, uint32_t first,
		      const struct grant_map *m)
{
	unsigned int n = (unsigned int)__builtin_popcount(m->flags & GRANT_KINDS);
	uint32_t at = m->ref - first;

	if (m->granter != d || at >= WINDOW)
		return;
	*(m->flags & GNTMAP_readonly ? &counted[at].readers
				     : &counted[at].writers) += n;
}

static unsigned int audit_entry(struct domain *d, uint32_t ref, uint32_t at)
{
	const struct grant_active *a = gnttab_active(d, ref);

	if (a->readers == counted[at].readers &&
	    a->writers == counted[at].writers)
		return 0;
	print(LOG_ERR,
	      "audit: d%u: grant %u: pins %u and %u, mappings %u and %u\n",
	      d->id, ref, a->readers, a->writers, counted[at].readers,
	      counted[at].writers);
	return 1;
}

static unsigned int audit_window(struct domain *d, uint32_t first)
{
	unsigned int bad = 0;

	__builtin_memset(counted, 0, sizeof(counted));
	for (struct domain *by = domain_next(NULL); by; by = domain_next(by))
		for (uint32_t h = 0; h < by->grant.map_used; h++)
			count_map(d, first, grantmap_at(by, h));
	for (uint32_t i = 0; i < WINDOW; i++)
		if (d->grant.active[(first + i) / GRANT_ENTRIES])
			bad += audit_entry(d, first + i, i);
	return bad;
}

unsigned int gnttab_audit(struct domain *d)
{
	unsigned int bad = 0;

	for (uint32_t first = 0; first < GRANT_FRAMES * GRANT_ENTRIES &&
				 d->grant.active[first / GRANT_ENTRIES];
	     first += WINDOW)
		bad += audit_window(d, first);
	return bad;
}
