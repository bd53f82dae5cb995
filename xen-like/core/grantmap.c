/* SPDX-License-Identifier: MIT */
/*
 * Mappings of grants.
 *
 * d->grant.map_lock guards the free handles. A used one is its flags' to
 * guard: who sets GRANT_BUSY by a compare-and-swap is alone with it. Handles
 * are never looked up beyond map_used, whose pages stay as long as the domain.
 * Only vCPUs of d and, after all of them have stopped, its end come here.
 */
#include "grantmap.h"
#include "gnttab.h"
#include "heap.h"
#include "pagetype.h"
#include "panic.h"
#include "pte.h"

#define BATCH 32 /* mappings released between two preemption points */

/* ---- Handles ------------------------------------------------------------------- */

/* A page for handle map_used, if it is the first of one. */
static bool map_grow(struct grant_state *g)
{
	struct grant_map **page;

	if (g->map_used % GRANT_MAPS)
		return true;
	if (g->map_used / GRANT_MAPS >= g->max_map_frames)
		return false;
	if (!g->map)
		g->map = heap_alloc_zeroed(1);
	if (!g->map)
		return false;
	page = &g->map[g->map_used / GRANT_MAPS];
	*page = heap_alloc_zeroed(0);
	return *page;
}

static int handle_alloc(struct domain *d, uint32_t *handle)
{
	struct grant_state *g = &d->grant;
	int rc = 0;

	lock_take(&g->map_lock);
	if (g->map_free) {
		*handle = g->map_free - 1;
		g->map_free = grantmap_at(d, *handle)->ref;
	} else if (map_grow(g)) {
		*handle = g->map_used;
		store_release(&g->map_used, *handle + 1);
	} else {
		rc = -XEN_ENOSPC;
	}
	lock_drop(&g->map_lock);
	return rc;
}

static void handle_free(struct domain *d, uint32_t handle)
{
	struct grant_state *g = &d->grant;

	lock_take(&g->map_lock);
	grantmap_at(d, handle)->ref = g->map_free;
	g->map_free = handle + 1;
	lock_drop(&g->map_lock);
}

/* Be alone with d's used handle: NULL, there is none such. */
static struct grant_map *map_take(struct domain *d, uint32_t handle)
{
	struct grant_map *map;
	uint16_t flags;

	if (handle >= load_acquire(&d->grant.map_used))
		return NULL;
	map = grantmap_at(d, handle);
	flags = load_acquire(&map->flags);
	if (!flags || flags & GRANT_BUSY ||
	    !__atomic_compare_exchange_n(&map->flags, &flags,
					 (uint16_t)(flags | GRANT_BUSY), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return NULL;
	return map;
}

/* What it is, of one that is taken. */
static uint16_t map_flags(const struct grant_map *map)
{
	return (uint16_t)(READ_ONCE(map->flags) & ~GRANT_BUSY);
}

/* ---- Page-table entries ------------------------------------------------------------ */

/* The L1 entry at addr, with a reference of its table; NULL: none. */
static uint64_t *slot_get(struct vcpu *v, uint64_t addr, bool exact,
			  mfn_t *table)
{
	unsigned int index = addr % PAGE_SIZE / sizeof(uint64_t);
	enum frame_type type;

	*table = MFN(addr >> PAGE_SHIFT);
	if (exact ? addr % sizeof(uint64_t)
		  : !pte_walk_l1(v, addr, table, &index))
		return NULL;
	if (type_hold(v->domain, *table, &type))
		return NULL;
	if (type == FT_L1)
		return (uint64_t *)frame_ptr(*table) + index;
	pte_put(v, *table);
	return NULL;
}

void grant_l1_put(struct vcpu *v, struct grant_l1 *l1)
{
	if (l1->table.n)
		pte_put(v, l1->table);
	l1->table = MFN(0);
}

/* The same, by a table that is held on to. */
static inline uint64_t *slot_find(struct vcpu *v, uint64_t addr, bool exact,
				  struct grant_l1 *l1)
{
	uint64_t part = exact ? addr >> PAGE_SHIFT | 1ul << 63 : addr >> 21;
	uint64_t *slot;

	if (likely(l1->table.n && l1->part == part &&
		   !(exact && addr % sizeof(uint64_t))))
		return (uint64_t *)frame_ptr(l1->table) +
		       (exact ? addr / sizeof(uint64_t) : addr >> PAGE_SHIFT) %
			       PTES;
	grant_l1_put(v, l1);
	slot = slot_get(v, addr, exact, &l1->table);
	if (!slot)
		l1->table = MFN(0);
	l1->part = part;
	return slot;
}

static uint64_t host_pte(uint32_t flags, mfn_t m)
{
	uint64_t pte = m.n << PAGE_SHIFT | PTE_P | PTE_A | PTE_D | PTE_NX |
		       (uint64_t)(flags >> _GNTMAP_guest_avail0 & 7) << 9;

	if (flags & GNTMAP_application_map)
		pte |= PTE_US;
	if (!(flags & GNTMAP_readonly))
		pte |= PTE_RW;
	return pte;
}

static int host_map(struct vcpu *v, struct domain *granter, uint64_t addr,
		    uint32_t flags, mfn_t m, struct grant_l1 *l1)
{
	uint64_t pte = host_pte(flags, m), *slot;

	slot = slot_find(v, addr, flags & GNTMAP_contains_pte, l1);
	if (!slot || pte_l1_take(v->domain, granter, &pte))
		return -XEN_EINVAL;
	pte = __atomic_exchange_n(slot, pte, __ATOMIC_SEQ_CST);
	if (pte & PTE_P)
		pte_l1_drop(pte);
	return 0;
}

/* Replace what the mapping has put into slot; false: it is not there. */
static bool slot_replace(uint64_t *slot, mfn_t m, uint16_t flags, uint64_t value)
{
	uint64_t want = flags & GNTMAP_readonly ? PTE_P : PTE_P | PTE_RW;
	uint64_t old = READ_ONCE(*slot);

	do {
		if (!mfn_eq(pte_mfn(old), m) || (old & (PTE_P | PTE_RW)) != want)
			return false;
	} while (!__atomic_compare_exchange_n(
		slot, &old, value, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	pte_l1_drop(old);
	return true;
}

/* With the entry that maps from in its place, which becomes empty. */
static bool slot_move(struct vcpu *v, uint64_t *slot, mfn_t m, uint16_t flags,
		      gva_t from)
{
	mfn_t table;
	uint64_t *other = slot_get(v, from, false, &table), value = 0;
	bool done = false;

	if (!other)
		return false;
	if (other != slot) {
		value = __atomic_exchange_n(other, 0, __ATOMIC_SEQ_CST);
		done = slot_replace(slot, m, flags, value);
	}
	/* As on Xen, what was moved is lost when it finds no place. */
	if (!done && value & PTE_P)
		pte_l1_drop(value);
	pte_put(v, table);
	return done;
}

static int host_unmap(struct vcpu *v, uint64_t addr, mfn_t m, uint16_t flags,
		      gva_t new_addr, struct grant_l1 *l1)
{
	bool exact = flags & GNTMAP_contains_pte, done;
	uint64_t *slot;

	if (exact && new_addr)
		return -XEN_EINVAL;
	slot = slot_find(v, addr, exact, l1);
	if (!slot)
		return -XEN_EINVAL;
	done = new_addr ? slot_move(v, slot, m, flags, new_addr)
			: slot_replace(slot, m, flags, 0);
	return done ? 0 : -XEN_EINVAL;
}

/* ---- Mapping ---------------------------------------------------------------------- */

static unsigned int kinds(uint32_t flags)
{
	return (flags & GRANT_KINDS) == GRANT_KINDS ? 2 : 1;
}

/* A device that writes keeps the frame from being a table. */
static bool device_writes(uint32_t flags)
{
	return flags & GNTMAP_device_map && !(flags & GNTMAP_readonly);
}

static void device_put(mfn_t m)
{
	if (type_put(m))
		ASSERT(!"a writable page took long to put");
}

int gnttab_map(struct vcpu *v, struct domain *granter, uint32_t ref,
	       uint32_t flags, uint64_t addr, struct grant_l1 *l1,
	       uint32_t *handle, mfn_t *m)
{
	struct domain *d = v->domain;
	bool write = !(flags & GNTMAP_readonly);
	struct grant_map *map;
	int rc = handle_alloc(d, handle);

	if (rc)
		return rc;
	rc = gnttab_pin(granter, ref, d->id, write, true, kinds(flags), m);
	if (rc)
		goto free;
	if (device_writes(flags))
		rc = type_get(granter, *m, FT_WRITABLE);
	if (rc)
		goto unpin;
	if (flags & GNTMAP_host_map)
		rc = host_map(v, granter, addr, flags, *m, l1);
	if (rc)
		goto put;
	__atomic_fetch_add(&granter->refs, 1, __ATOMIC_RELAXED);
	map = grantmap_at(d, *handle);
	map->granter = granter;
	map->ref = ref;
	store_release(&map->flags,
		      (uint16_t)(flags & (GRANT_KINDS | GNTMAP_readonly |
					  GNTMAP_contains_pte)));
	return 0;
put:
	if (device_writes(flags))
		device_put(*m);
unpin:
	gnttab_unpin(granter, ref, write, kinds(flags));
free:
	handle_free(d, *handle);
	return rc;
}

/* ---- Unmapping -------------------------------------------------------------------- */

int gnttab_unmap(struct vcpu *v, uint32_t handle, uint64_t host_addr,
		 uint64_t bus_addr, uint64_t new_addr, struct grant_l1 *l1,
		 uint16_t *done)
{
	struct grant_map *map = map_take(v->domain, handle);
	uint16_t flags;
	mfn_t m;
	int rc = 0;

	*done = 0;
	if (!map)
		return -XEN_EBADF;
	flags = map_flags(map);
	m = MFN(gnttab_active(map->granter, map->ref)->frame);
	if (bus_addr && bus_addr != m.n << PAGE_SHIFT)
		rc = -XEN_ENODEV;
	else if (host_addr && flags & GNTMAP_host_map)
		rc = host_unmap(v, host_addr, m, flags, new_addr, l1);
	if (!rc && host_addr)
		*done |= flags & GNTMAP_host_map;
	if (!rc && bus_addr)
		*done |= flags & GNTMAP_device_map;
	if (!*done)
		store_release(&map->flags, flags);
	return rc;
}

void gnttab_unmap_finish(struct domain *d, uint32_t handle, uint16_t done)
{
	struct grant_map *map = grantmap_at(d, handle);
	struct domain *granter = map->granter;
	uint16_t flags = map_flags(map);
	uint32_t ref = map->ref;

	if (device_writes(done | (flags & GNTMAP_readonly)))
		device_put(MFN(gnttab_active(granter, ref)->frame));
	gnttab_unpin(granter, ref, !(flags & GNTMAP_readonly), kinds(done));
	flags &= ~done;
	if (flags & GRANT_KINDS) {
		store_release(&map->flags, flags);
		return;
	}
	map->granter = NULL;
	store_release(&map->flags, (uint16_t)0);
	handle_free(d, handle);
	domain_put(granter);
}

int grantmap_destroy(struct domain *d)
{
	struct grant_state *g = &d->grant;
	struct grant_map *map;

	for (unsigned int n = 1; g->map_swept < g->map_used; n++) {
		/* Its page-table entries go with their tables. */
		map = map_take(d, g->map_swept);
		if (map)
			gnttab_unmap_finish(d, g->map_swept,
					    map_flags(map) & GRANT_KINDS);
		g->map_swept++;
		if (n % BATCH == 0 && preempt_check())
			return -XEN_ERESTART;
	}
	return 0;
}
