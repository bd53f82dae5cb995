/* SPDX-License-Identifier: MIT */
/*
 * The audit. The longest part recounts references and types of all frames from what holds them: entries
 * of tables, vCPUs, domains, and the pins and interrupted changes that frames
 * hold themselves. A window of frames is counted at a time, for all sources,
 * so that no memory is needed. Nothing of pagetype.c or pte.c is used.
 */
#include "audit.h"
#include "evtchn.h"
#include "gnttab.h"
#include "grantmap.h"
#include "heap.h"
#include "print.h"
#include "pte.h"
#include "sched.h"

#define WINDOW	8192u
#define PRINTED 20u /* findings; the rest are only counted */

static struct {
	uint32_t plain, typed;
} counted[WINDOW];
static uint64_t first; /* frame of counted[0] */
static unsigned int findings;

static void finding(mfn_t m, const char *what, uint64_t a, uint64_t b)
{
	const struct frame *f = frame_of(m);

	if (findings++ < PRINTED)
		print(LOG_ERR,
		      "audit: frame %lx (owner d%u, word %lx): %s %lx %lx\n",
		      m.n, f->owner, f->word, what, a, b);
}

/* ---- Counting ----------------------------------------------------------------- */

/* Somebody holds m; with type, if it is not FT_NONE. */
static void held(mfn_t m, enum frame_type type, const char *by)
{
	uint64_t at = m.n - first;

	if (at >= WINDOW)
		return;
	if (m.n >= frame_limit || frame_of(m)->kind == FRAME_NO_RAM) {
		if (findings++ < PRINTED)
			print(LOG_ERR, "audit: no frame: %lx, held by %s\n",
			      m.n, by);
		return;
	}
	counted[at].plain++;
	if (type == FT_NONE)
		return;
	counted[at].typed++;
	if (frame_type_in(frame_of(m)->word) != type)
		finding(m, by, type, 0);
}

static void count_l1_entry(mfn_t table, unsigned int i, uint64_t pte)
{
	const struct frame *t = frame_of(table);
	mfn_t m = pte_mfn(pte);

	if (frame_is_io(m))
		return;
	held(m, pte & PTE_RW ? FT_WRITABLE : FT_NONE, "an L1 entry, type");
	if (m.n - first < WINDOW && frame_of(m)->owner != t->owner &&
	    !frame_of(m)->foreign)
		finding(m, "mapped by another, not marked; by", table.n, i);
	if (!(pte & PTE_US) || !(pte & (PTE_GUEST_KERNEL | PTE_G)))
		finding(table, "not as it is read back: entry", i, pte);
}

static void count_entry(mfn_t table, enum frame_type type, unsigned int i)
{
	uint64_t pte = ((const uint64_t *)frame_ptr(table))[i];

	if (!(pte & PTE_P) || (type == FT_L4 && i >= 256 && i < 272))
		return;
	if (type == FT_L1) {
		count_l1_entry(table, i, pte);
		return;
	}
	held(pte_mfn(pte), type - 1, "an upper entry, type");
	if (!(pte & PTE_US) || pte & (PTE_PWT | PTE_PCD | PTE_PSE | PTE_G))
		finding(table, "not legal: entry", i, pte);
}

/* What m holds of others, and of itself. */
static void count_frame(mfn_t m)
{
	const struct frame *f = frame_of(m);
	enum frame_type type = frame_type_in(f->word);
	unsigned int n = f->word & FRAME_VALIDATED ? PTES : f->done;

	/* Have a table's entries references? */
	if (type < FT_L1 || type > FT_L4 || !(f->word & FRAME_TCOUNT_MASK))
		n = 0;
	for (unsigned int i = 0; i < n; i++)
		count_entry(m, type, i);
	if (f->word & FRAME_ALLOCATED && f->kind == FRAME_RAM)
		held(m, FT_NONE, "its owner");
	if (f->word & FRAME_PINNED)
		held(m, type, "its pin");
	if (f->owner == OWNER_XEN)
		held(m, FT_SEGDESC, "the M2P, type");
	if (f->word & FRAME_PARTIAL)
		held(m, type, "a change of its type");
}

static void count_vcpu(const struct vcpu *v)
{
	if (v->x86.root.n)
		held(v->x86.root, FT_L4, "a root, type");
	if (v->x86.user_root.n)
		held(v->x86.user_root, FT_L4, "a user root, type");
	for (unsigned int i = 0; i < (v->x86.gdt_entries + 511) / 512; i++)
		held(v->x86.gdt[i], FT_SEGDESC, "a GDT, type");
	for (unsigned int i = 0; i < ARRAY_SIZE(v->x86.ldt); i++)
		if (v->x86.ldt[i].n)
			held(v->x86.ldt[i], FT_SEGDESC, "an LDT, type");
	if (v->x86.eoi_map.n)
		held(v->x86.eoi_map, FT_WRITABLE, "an EOI map, type");
	if (!mfn_eq(v->info_frame, MFN_NONE))
		held(v->info_frame, FT_WRITABLE, "a vcpu_info, type");
}

/* A page that we share: the owner's reference, and the type for good. */
static void count_share(const void *page)
{
	if (!page)
		return;
	held(ptr_frame(page), FT_NONE, "its owner");
	held(ptr_frame(page), FT_WRITABLE, "its owner, type");
}

/* What d grants and others use; what its devices may write of others'. */
static void count_grants(struct domain *d)
{
	const struct grant_state *g = &d->grant;
	const unsigned int device = GNTMAP_device_map | GNTMAP_readonly;

	for (unsigned int i = 0; i < ARRAY_SIZE(g->active) && g->active[i]; i++)
		for (unsigned int k = 0; k < GRANT_ENTRIES; k++)
			if (g->active[i][k].readers || g->active[i][k].writers)
				held(MFN(g->active[i][k].frame), FT_NONE,
				     "a grant");
	for (uint32_t h = 0; h < g->map_used; h++) {
		const struct grant_map *m = grantmap_at(d, h);

		if ((m->flags & device) == GNTMAP_device_map)
			held(MFN(gnttab_active(m->granter, m->ref)->frame),
			     FT_WRITABLE, "a device, type");
	}
}

static void count_domain(struct domain *d)
{
	for_each_vcpu (d, v)
		count_vcpu(v);
	count_share(d->shared);
	for (unsigned int i = 0; i < d->grant.frames; i++)
		count_share(d->grant.shared[i]);
	count_grants(d);
	if (d->sweep)
		held(MFN(d->sweep), FT_NONE, "the end of its domain");
}

/* ---- Comparing ---------------------------------------------------------------------- */

static void compare(mfn_t m, uint32_t plain, uint32_t typed)
{
	const struct frame *f = frame_of(m);
	uint64_t w = f->word;
	uint64_t tcount = (w & FRAME_TCOUNT_MASK) >> FRAME_TCOUNT_SHIFT;

	if ((w & FRAME_COUNT_MASK) != plain)
		finding(m, "references, counted and held:", w & FRAME_COUNT_MASK,
			plain);
	if (tcount != typed)
		finding(m, "typed references, counted and held:", tcount, typed);
	if (!(w & FRAME_COUNT_MASK) &&
	    (w || (f->owner != OWNER_NONE && f->owner != OWNER_IO)))
		finding(m, "has no references, but", f->owner, w);
	if (tcount && !(w & (FRAME_VALIDATED | FRAME_PARTIAL)))
		finding(m, "a change of its type is nobody's", w, 0);
	if (w & FRAME_PARTIAL && (w & FRAME_VALIDATED || tcount != 1))
		finding(m, "half a type is used", w, 0);
}

static void audit_window(void)
{
	uint64_t size = MIN(WINDOW, frame_limit - first);

	__builtin_memset(counted, 0, sizeof(counted));
	for (uint64_t n = 0; n < frame_limit; n++)
		if (frame_of(MFN(n))->word & FRAME_COUNT_MASK)
			count_frame(MFN(n));
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d))
		count_domain(d);
	for (uint64_t i = 0; i < size; i++)
		if (frame_of(MFN(first + i))->kind != FRAME_NO_RAM)
			compare(MFN(first + i), counted[i].plain,
				counted[i].typed);
}

unsigned int audit_frames(void)
{
	findings = 0;
	for (first = 0; first < frame_limit; first += WINDOW)
		audit_window();
	return findings;
}

unsigned int audit_run(void)
{
	unsigned int bad = audit_frames() + sched_audit();

	bad += heap_audit() < 0;
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d)) {
		bad += evtchn_audit(d) < 0;
		bad += domain_frames_audit(d);
		bad += gnttab_audit(d);
	}
	return bad;
}
