/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries: which are legal, what a guest reads back, and changing
 * them. A table is written under a typed reference of it only, an entry by one
 * exchange; who gets the old value out gives its references back.
 */
#include "pte.h"
#include "pagetype.h"
#include "panic.h"

#define PTE_CACHE (PTE_PWT | PTE_PCD | PTE_PSE)
/* What may change in an entry without looking at what it names. */
#define PTE_FREE \
	(PTE_NX | 0x7fful << 52 | 7ul << 9 | PTE_G | PTE_D | PTE_A | PTE_US)

struct domain *pte_pseudo_domain(domid_t id)
{
	static struct domain pseudo[] = { { .id = DOMID_IO },
					  { .id = DOMID_XEN } };

	for (unsigned int i = 0; i < ARRAY_SIZE(pseudo); i++)
		if (pseudo[i].id == id)
			return &pseudo[i];
	return NULL;
}

/* ---- What is legal, what is read back --------------------------------------- */

bool pte_upper_legal(uint64_t pte)
{
	return !(pte & (PTE_CACHE | PTE_G));
}

/* Only who may have device memory chooses cache types. */
static bool l1_legal(const struct domain *d, uint64_t pte)
{
	return d->privileged || !(pte & PTE_CACHE);
}

/*
 * All is user to the CPU; bit 52 says whose kernel's pages are, and user
 * pages are global, so that going to the kernel and back keeps them.
 */
static uint64_t l1_adjust(uint64_t pte)
{
	if (!(pte & PTE_US))
		pte |= PTE_GUEST_KERNEL | PTE_US;
	if (!(pte & PTE_GUEST_KERNEL))
		pte |= PTE_G;
	return pte;
}

/* ---- References of L1 entries --------------------------------------------------- */

/* Device memory has no references; it is never cached. */
static int io_take(struct domain *l1_dom, struct domain *fg_dom, uint64_t *pte)
{
	mfn_t m = pte_mfn(*pte);

	if (m.n == PTE_ADDR >> PAGE_SHIFT)
		return -XEN_EINVAL;
	if (!fg_dom->privileged || !l1_dom->privileged || !frame_io_allowed(m))
		return -XEN_EPERM;
	if (!(*pte & (PTE_PCD | PTE_PSE)))
		*pte |= PTE_PWT | PTE_PCD;
	else if ((*pte & PTE_CACHE) == (PTE_PWT | PTE_PSE))
		*pte ^= PTE_PSE | PTE_PCD;
	return 0;
}

/*
 * A reference of the frame m for an entry of l1_dom's. *owner: fg_dom, or NULL
 * if it is someone's whose frames privileged fg_dom may give to l1_dom.
 */
static bool ram_get(struct domain *l1_dom, struct domain *fg_dom, mfn_t m,
		    struct domain **owner)
{
	*owner = fg_dom;
	if (frame_get(m, fg_dom->id))
		return true;
	*owner = NULL;
	return fg_dom != l1_dom && fg_dom->privileged && frame_get_any(m);
}

static int ram_take(struct domain *l1_dom, struct domain *fg_dom, uint64_t pte)
{
	mfn_t m = pte_mfn(pte);
	struct domain *owner = fg_dom;

	if (!(pte & PTE_RW && !type_get(fg_dom, m, FT_WRITABLE))) {
		if (!ram_get(l1_dom, fg_dom, m, &owner))
			return -XEN_EBUSY;
		if (pte & PTE_RW && type_take(owner, m, FT_WRITABLE)) {
			frame_put(m);
			return -XEN_EBUSY;
		}
	}
	if (owner != l1_dom)
		WRITE_ONCE(frame_of(m)->foreign, 1);
	/* Our own view of a share page is cached: so must be all others'. */
	if (pte & PTE_CACHE && frame_of(m)->kind == FRAME_SHARE) {
		pte_l1_drop(pte);
		return -XEN_EACCES;
	}
	return 0;
}

int pte_l1_take(struct domain *l1_dom, struct domain *fg_dom, uint64_t *pte)
{
	int rc;

	if (!l1_legal(l1_dom, *pte))
		return -XEN_EINVAL;
	rc = frame_is_io(pte_mfn(*pte)) ? io_take(l1_dom, fg_dom, pte)
					: ram_take(l1_dom, fg_dom, *pte);
	if (!rc)
		*pte = l1_adjust(*pte);
	return rc;
}

void pte_l1_drop(uint64_t pte)
{
	mfn_t m = pte_mfn(pte);

	if (frame_is_io(m))
		return;
	if (!(pte & PTE_RW))
		frame_put(m);
	else if (type_put(m))
		ASSERT(!"a writable page took long to put");
}

/* ---- Changing an entry -------------------------------------------------------------- */

struct change {
	struct vcpu *v;
	struct domain *pt_dom, *fg_dom;
	uint64_t value; /* as the guest gave it */
	bool preserve_ad;
	uint64_t *expect; /* or NULL */
	uint64_t *slot;
};

/* The value as it is written over old. */
static uint64_t slot_value(const struct change *c, uint64_t old, uint64_t value)
{
	return c->preserve_ad ? value | (old & (PTE_A | PTE_D)) : value;
}

/*
 * Write value; *old is what it replaced. just_free: only if no other bits
 * change. 0; not written: 1, -XEN_EAGAIN: it is not what the caller expects.
 */
static inline int slot_write(const struct change *c, uint64_t value,
			     uint64_t *old, bool just_free)
{
	if (!c->expect && !c->preserve_ad && !just_free) {
		*old = __atomic_exchange_n(c->slot, value, __ATOMIC_SEQ_CST);
		return 0;
	}
	*old = READ_ONCE(*c->slot);
	do {
		if (c->expect && *old != *c->expect) {
			*c->expect = *old;
			return -XEN_EAGAIN;
		}
		if (just_free && (*old ^ c->value) & ~PTE_FREE)
			return 1;
	} while (!__atomic_compare_exchange_n(
		c->slot, old, slot_value(c, *old, value), false,
		__ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return 0;
}

/* Its own code for L1 and for the rest: type is known where it is called. */
static inline __attribute__((always_inline)) int update_entry(
	const struct change *c, enum frame_type type)
{
	bool l1 = type == FT_L1;
	uint64_t value = l1 ? c->value : pte_upper_adjust(c->value), old;
	int rc;

	if (value & PTE_P) {
		if (l1 ? !l1_legal(c->pt_dom, value) : !pte_upper_legal(value))
			return -XEN_EINVAL;
		rc = slot_write(c, l1 ? l1_adjust(value) : value, &old, true);
		if (rc <= 0)
			return rc;
		rc = l1 ? pte_l1_take(c->pt_dom, c->fg_dom, &value)
			: type_get(c->pt_dom, pte_mfn(value), type - 1);
		if (rc)
			return rc;
	}
	rc = slot_write(c, value, &old, false);
	if (rc)
		old = value;
	if (!(old & PTE_P))
		return rc;
	if (l1)
		pte_l1_drop(old);
	else
		pte_put(c->v, pte_mfn(old));
	return rc;
}

/* By what the table is used as. */
static int update_as(const struct change *c, enum frame_type type,
		     unsigned int index)
{
	uint64_t old;

	if (type == FT_L1)
		return update_entry(c, FT_L1);
	if (type == FT_WRITABLE)
		return slot_write(c, c->value, &old, false);
	if (type < FT_L2 || type > FT_L4 || c->fg_dom != c->pt_dom)
		return -XEN_EINVAL;
	if (type == FT_L4 && pte_root_slot_xen(index))
		return -XEN_EINVAL;
	return update_entry(c, type);
}

int pte_update(struct vcpu *v, struct domain *pt_dom, struct domain *fg_dom,
	       mfn_t table, unsigned int index, uint64_t value,
	       bool preserve_ad, uint64_t *expect)
{
	struct change c = { v, pt_dom, fg_dom, value, preserve_ad, expect, NULL };
	enum frame_type type;
	int rc = pte_finish(v);

	if (rc)
		return rc;
	/* Device memory is judged by who asks. */
	if (fg_dom->id == DOMID_IO && frame_is_io(pte_mfn(value)))
		c.fg_dom = v->domain;
	if (type_hold(pt_dom, table, &type))
		return -XEN_EINVAL;
	c.slot = (uint64_t *)frame_ptr(table) + index;
	rc = update_as(&c, type, index);
	pte_put(v, table);
	return rc;
}

/* ---- Walking to an L1 table -------------------------------------------------------------- */

/*
 * The tables may change while we look: then the answer is one that was right,
 * or a frame of the domain's that the caller's checks refuse.
 */
bool pte_walk_l1(const struct vcpu *v, gva_t va, mfn_t *table,
		 unsigned int *index)
{
	mfn_t m = v->x86.kernel_mode ? v->x86.root : v->x86.user_root;

	if (!guest_range_ok(va, 1) || !m.n)
		return false;
	for (unsigned int shift = PAGE_SHIFT + 27; shift > PAGE_SHIFT;
	     shift -= 9) {
		const uint64_t *entries = frame_ptr(m);
		uint64_t pte = READ_ONCE(entries[va >> shift & (PTES - 1)]);

		m = pte_mfn(pte);
		if ((pte & (PTE_P | PTE_PSE)) != PTE_P || m.n >= frame_limit ||
		    READ_ONCE(frame_of(m)->owner) != v->domain->id)
			return false;
	}
	*table = m;
	*index = va >> PAGE_SHIFT & (PTES - 1);
	return true;
}

bool pte_find_l1(struct vcpu *v, gva_t va, mfn_t *table, unsigned int *index)
{
	return pte_walk_l1(v, va, table, index) &&
	       frame_get(*table, v->domain->id);
}

/* ---- Roots, and what is left to do --------------------------------------------------------- */

void pte_defer(struct vcpu *v, mfn_t m)
{
	unsigned int i = pte_unfinished(v) ? 1 : 0;

	ASSERT(!v->old_table[i].n);
	v->old_table[i] = m;
}

int pte_finish(struct vcpu *v)
{
	while (unlikely(pte_unfinished(v))) {
		int rc = type_finish(v->old_table[0], false);

		if (rc)
			return rc;
		v->old_table[0] = v->old_table[1];
		v->old_table[1] = MFN(0);
	}
	return 0;
}

void pte_put(struct vcpu *v, mfn_t m)
{
	if (m.n && type_put(m))
		pte_defer(v, m);
}

int pte_set_root(struct vcpu *v, mfn_t m, bool user)
{
	mfn_t *root = user ? &v->x86.user_root : &v->x86.root, old = *root;
	bool change = !mfn_eq(old, m);
	int rc = pte_finish(v);

	if (!rc && change && (m.n || !user))
		rc = type_get(v->domain, m, FT_L4);
	if (rc)
		return rc;
	if (!user && change)
		arch_ldt_drop(v);
	*root = m;
	if (!user)
		arch_load_root(v);
	if (change)
		pte_put(v, old);
	return 0;
}

int pte_drop_roots(struct vcpu *v)
{
	mfn_t root = v->x86.root, user_root = v->x86.user_root;
	int rc = pte_finish(v);

	if (rc)
		return rc;
	v->x86.root = v->x86.user_root = MFN(0);
	pte_put(v, root);
	pte_put(v, user_root);
	return pte_finish(v);
}
