/* SPDX-License-Identifier: MIT */
/* Owners and references of frames; frame.h has the layout and the rules. */
#include "frame.h"
#include "domain.h"
#include "heap.h"
#include "panic.h"

struct frame *frame_table;
uint64_t frame_limit;

/* All that the word says of a frame in use. */
#define IN_USE                                                    \
	(FRAME_COUNT_MASK | FRAME_TCOUNT_MASK | FRAME_ALLOCATED | \
	 FRAME_PINNED | FRAME_PARTIAL)
/* A frame that is of type for good. */
#define FIXED(type)                                               \
	((uint64_t)(type) << FRAME_TYPE_SHIFT | FRAME_VALIDATED | \
	 FRAME_TCOUNT_ONE)

/* Device memory that no guest may map. Written at boot only. */
static struct {
	uint64_t start, end;
} denied[16];
static unsigned int nr_denied;

bool frame_is_ram(mfn_t m)
{
	return m.n < frame_limit && frame_of(m)->kind != FRAME_NO_RAM;
}

bool frame_is_io(mfn_t m)
{
	return m.n >= frame_limit || frame_of(m)->owner == OWNER_IO;
}

bool frame_io_allowed(mfn_t m)
{
	for (unsigned int i = 0; i < nr_denied; i++)
		if (m.n >= denied[i].start && m.n < denied[i].end)
			return false;
	return frame_is_io(m);
}

/* ---- Owners ----------------------------------------------------------- */

static inline void own(mfn_t m, domid_t owner, enum frame_kind kind,
		       uint64_t word)
{
	struct frame *f = frame_of(m);

	ASSERT(!f->word && !f->heap);
	f->next = f->prev = 0;
	f->foreign = f->swept = 0;
	f->kind = kind;
	WRITE_ONCE(f->owner, owner);
	store_release(&f->word, word);
}

void frame_own(mfn_t m, domid_t owner)
{
	own(m, owner, FRAME_RAM, FRAME_ALLOCATED | 1);
}

void frame_own_run(mfn_t m, uint64_t n, domid_t owner, pfn_t pfn, uint32_t *head)
{
	uint64_t step = pfn.n != PFN_NONE.n;

	for (uint64_t i = m.n; i < m.n + n; i++) {
		machphys[i] = pfn.n;
		pfn.n += step;
		own(MFN(i), owner, FRAME_RAM, FRAME_ALLOCATED | 1);
		frame_link(head, MFN(i));
	}
}

void frame_own_share(mfn_t m, domid_t owner)
{
	own(m, owner, FRAME_SHARE, FIXED(FT_WRITABLE) | FRAME_ALLOCATED | 2);
}

void frame_drop_share(mfn_t m)
{
	ASSERT(frame_of(m)->kind == FRAME_SHARE);
	__atomic_fetch_sub(&frame_of(m)->word,
			   FRAME_TCOUNT_ONE + FRAME_ALLOCATED + 1,
			   __ATOMIC_SEQ_CST);
	frame_put(m);
}

void frame_gone(mfn_t m)
{
	struct frame *f = frame_of(m);
	domid_t owner = f->owner;

	ASSERT(!(READ_ONCE(f->word) & IN_USE));
	if (owner < DOMID_FIRST_RESERVED)
		domain_frame_gone(owner, m);
	WRITE_ONCE(f->owner, OWNER_NONE);
	machphys[m.n] = M2P_INVALID;
	f->stamp = arch_flush_clock();
	f->stale = 1;
	f->kind = FRAME_RAM;
	WRITE_ONCE(f->word, 0);
	heap_free(m, 0);
}

/* ---- References --------------------------------------------------------- */

bool frame_get_any(mfn_t m)
{
	struct frame *f;
	uint64_t w;

	if (m.n >= frame_limit)
		return false;
	f = frame_of(m);
	w = READ_ONCE(f->word);
	do {
		if (!frame_room(w))
			return false;
	} while (!frame_swap(f, &w, w + 1));
	return true;
}

bool frame_get(mfn_t m, domid_t owner)
{
	if (m.n >= frame_limit || READ_ONCE(frame_of(m)->owner) != owner ||
	    !frame_get_any(m))
		return false;
	/* Only now it cannot change. */
	if (likely(READ_ONCE(frame_of(m)->owner) == owner))
		return true;
	frame_put(m);
	return false;
}

bool frame_rename(mfn_t m, domid_t owner, pfn_t pfn)
{
	if (!frame_get(m, owner))
		return false;
	WRITE_ONCE(machphys[m.n], pfn.n);
	frame_put(m);
	return true;
}

void frame_put(mfn_t m)
{
	uint64_t w = __atomic_fetch_sub(&frame_of(m)->word, 1, __ATOMIC_SEQ_CST);

	ASSERT(w & FRAME_COUNT_MASK);
	if ((w & FRAME_COUNT_MASK) == 1)
		frame_gone(m);
}

bool frame_drop_owner(mfn_t m)
{
	if (!(__atomic_fetch_and(&frame_of(m)->word, ~FRAME_ALLOCATED,
				 __ATOMIC_SEQ_CST) &
	      FRAME_ALLOCATED))
		return false;
	frame_put(m);
	return true;
}

bool frame_steal(mfn_t m, domid_t owner)
{
	struct frame *f;
	uint64_t w;

	if (!frame_get(m, owner))
		return false;
	f = frame_of(m);
	w = READ_ONCE(f->word);
	do {
		/* The owner's and the one just taken? */
		if ((w & IN_USE) != (FRAME_ALLOCATED | 2) ||
		    f->kind != FRAME_RAM) {
			frame_put(m);
			return false;
		}
	} while (!frame_swap(f, &w, w & ~IN_USE));
	return true;
}

void frame_unsteal(mfn_t m)
{
	__atomic_fetch_or(&frame_of(m)->word, FRAME_ALLOCATED | 1,
			  __ATOMIC_SEQ_CST);
}

/* ---- Boot ------------------------------------------------------------------ */

void frame_init(struct frame *table, uint64_t limit)
{
	frame_table = table;
	frame_limit = limit;
	nr_denied = 0;
	for (uint64_t n = 0; n < limit; n++)
		table[n] = (struct frame){ .owner = OWNER_NONE };
}

void frame_set_io(mfn_t start, mfn_t end)
{
	for (uint64_t n = start.n; n < MIN(end.n, frame_limit); n++)
		if (frame_of(MFN(n))->kind == FRAME_NO_RAM)
			frame_of(MFN(n))->owner = OWNER_IO;
}

void frame_show(mfn_t m)
{
	own(m, OWNER_XEN, FRAME_SHARE, FIXED(FT_SEGDESC) | 1);
}

void frame_deny_io(mfn_t start, mfn_t end)
{
	ASSERT(nr_denied < ARRAY_SIZE(denied));
	denied[nr_denied].start = start.n;
	denied[nr_denied++].end = end.n;
}
