// SPDX-License-Identifier: MIT
/*
 * The guest's own memory and page tables.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hypercall.h"
#include "memory.h"
#include "frame.h"
#include "start.h"
#include "xenerr.h"

#define LEVEL_SHIFT(n) (PAGE_SHIFT + 9 * ((n)-1))
#define BATCH	       256 /* updates in one call */

extern char pool_start[], pool_end[]; /* guest.lds */
static char *pool = pool_start;
static void *pool_free; /* a chain through the pages */
static uint64_t spare_next;
static const uint64_t *p2m;

void memory_init(void)
{
	p2m = (const uint64_t *)start_info->mfn_list;
	spare_next = start_info->nr_pages;
}

uint64_t pfn_of(const void *va)
{
	return ((uint64_t)va - GUEST_VIRT_BASE) >> PAGE_SHIFT;
}

uint64_t pfn_mfn(uint64_t pfn)
{
	return pfn < start_info->nr_pages ? p2m[pfn] : ~0ul;
}

uint64_t mfn_pfn(uint64_t mfn)
{
	return machine_to_phys_mapping[mfn];
}

uint64_t mfn_of(const void *va)
{
	return pfn_mfn(pfn_of(va));
}

void *mfn_va(uint64_t mfn)
{
	return (void *)(GUEST_VIRT_BASE + (mfn_pfn(mfn) << PAGE_SHIFT));
}

uint64_t maddr_of(const void *va)
{
	return mfn_of(va) << PAGE_SHIFT | ((uint64_t)va & (PAGE_SIZE - 1));
}

/* ---- Pages ---------------------------------------------------------------- */

void *pages_alloc(unsigned int count)
{
	char *va = pool;

	if (count > (size_t)(pool_end - pool) / PAGE_SIZE)
		guest_fail("the pool of pages is empty");
	pool += count * PAGE_SIZE;
	return va;
}

void *page_alloc(void)
{
	void **va = pool_free;

	if (!va)
		return pages_alloc(1);
	pool_free = *va;
	*va = NULL;
	return va;
}

void page_free(void *va)
{
	memset(va, 0, PAGE_SIZE);
	*(void **)va = pool_free;
	pool_free = va;
}

/* From the top: the builder fills the bottom. */
uint64_t pfn_spare(void)
{
	return --spare_next;
}

/* ---- Tables ---------------------------------------------------------------- */

uint64_t *memory_root(void)
{
	return (uint64_t *)start_info->pt_base;
}

uint64_t *memory_entry(uint64_t va, int level)
{
	uint64_t *table = memory_root();
	int l;

	for (l = 4;; l--) {
		uint64_t *entry = table + (va >> LEVEL_SHIFT(l) & 511);

		if (l == level)
			return entry;
		if (!(*entry & PTE_P))
			return NULL;
		table = mfn_va(pte_mfn(*entry));
	}
}

uint64_t memory_pte(const void *va)
{
	uint64_t *entry = memory_entry((uint64_t)va, 1);

	return entry ? *entry : 0;
}

int64_t memory_update(const uint64_t *entry, uint64_t value)
{
	struct mmu_update req = {
		.ptr = maddr_of(entry) | MMU_NORMAL_PT_UPDATE,
		.val = value,
	};

	return hypercall_mmu_update(&req, 1, NULL, DOMID_SELF);
}

int64_t memory_set(const void *va, uint64_t pte)
{
	return hypercall_update_va_mapping(va, pte, UVMF_INVLPG | UVMF_ALL);
}

int64_t memory_readonly(const void *va)
{
	return memory_set(va, pte_make(mfn_of(va), PTE_RO));
}

int64_t memory_writable(const void *va)
{
	return memory_set(va, pte_make(mfn_of(va), PTE_RW));
}

static int64_t pin(const void *va, unsigned int cmd)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn_of(va) };

	return hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

void memory_flush(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

	hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

uint64_t memory_hypervisor_mfn(void)
{
	return pte_mfn(memory_root()[HYPERVISOR_VIRT_START >> 39 & 511]);
}

void memory_make_table(void *va, int level)
{
	int64_t rc = memory_readonly(va);

	if (!rc && level)
		rc = pin(va, MMUEXT_PIN_L1_TABLE + level - 1);
	if (rc)
		guest_fail("a table of level %d: %ld", level, (long)rc);
}

void memory_unmake_table(void *va)
{
	int64_t rc = pin(va, MMUEXT_UNPIN_TABLE);

	if (!rc)
		rc = memory_writable(va);
	if (rc)
		guest_fail("a table is not given back: %ld", (long)rc);
}

void memory_tables(uint64_t va)
{
	int level;

	for (level = 4; level > 1; level--) {
		uint64_t *entry = memory_entry(va, level);
		void *table;

		if (*entry & PTE_P)
			continue;
		table = page_alloc();
		memory_make_table(table, 0);
		if (memory_update(entry, pte_make(mfn_of(table), PTE_RW)))
			guest_fail("no table of level %d", level - 1);
	}
}

int64_t memory_map(uint64_t va, uint64_t pte)
{
	memory_tables(va);
	return memory_set((void *)va, pte);
}

void *memory_map_shared(uint64_t maddr)
{
	void *va = pages_alloc(1);
	int64_t rc = memory_set(va, maddr | PTE_RW);

	if (rc)
		guest_fail("frame %lx is not mapped: %ld", maddr, (long)rc);
	return va;
}

/* ---- Mappings of frames ------------------------------------------------------ */

/* Those there are, by address. */
static struct mapping {
	struct mapping *next;
	uint64_t va;
	size_t pages;
} * mappings;

/* As many entries of one L1 table as fit a call, from va on. */
static int set_batch(uint64_t va, domid_t owner, const uint64_t *mfns, size_t n,
		     uint64_t flags, uint32_t *done)
{
	static struct mmu_update req[BATCH];
	uint64_t entry = maddr_of(memory_entry(va, 1));
	size_t i;

	for (i = 0; i < n; i++) {
		req[i].ptr = entry + i * 8;
		req[i].val = mfns ? pte_make(mfns[i], flags) : 0;
	}
	*done = 0;
	return (int)xen_errno(hypercall_mmu_update(req, n, done, owner));
}

int memory_set_frames(uint64_t va, domid_t owner, const uint64_t *mfns,
		      size_t n, bool writable)
{
	uint64_t flags = writable ? PTE_RW : PTE_RO;
	size_t at = 0, count, left;
	uint32_t done;
	int err = 0;

	for (; at < n && !err; at += done) {
		left = 512 - ((va >> PAGE_SHIFT) + at) % 512;
		count = n - at < left ? n - at : left;
		if (count > BATCH)
			count = BATCH;
		memory_tables(va + at * PAGE_SIZE);
		err = set_batch(va + at * PAGE_SIZE, owner,
				mfns ? mfns + at : NULL, count, flags, &done);
	}
	if (err && mfns)
		memory_set_frames(va, DOMID_SELF, NULL, at, false);
	return err;
}

/* A place for n pages: the link behind which it is to stand, and its va. */
static struct mapping **find_place(size_t n, uint64_t *va)
{
	struct mapping **at = &mappings;

	*va = MAP_VA;
	for (; *at && (*at)->va - *va < n * PAGE_SIZE; at = &(*at)->next)
		*va = (*at)->va + (*at)->pages * PAGE_SIZE;
	return MAP_VA_END - *va < n * PAGE_SIZE ? NULL : at;
}

void *memory_map_frames(domid_t owner, const uint64_t *mfns, size_t n,
			bool writable, int *err)
{
	struct mapping *m = malloc(sizeof(*m)), **at;

	*err = -ENOMEM;
	if (!m)
		return NULL;
	m->pages = n;
	at = find_place(n, &m->va);
	if (at)
		*err = memory_set_frames(m->va, owner, mfns, n, writable);
	if (*err) {
		free(m);
		return NULL;
	}
	m->next = *at;
	*at = m;
	return (void *)m->va;
}

void memory_unmap_frames(void *va, size_t n)
{
	struct mapping **at = &mappings, *m;

	while (*at && (*at)->va != (uint64_t)va)
		at = &(*at)->next;
	m = *at;
	if (!m || m->pages != n)
		guest_fail("no mapping of %zu pages at %p", n, va);
	memory_set_frames(m->va, DOMID_SELF, NULL, n, false);
	memory_flush();
	*at = m->next;
	free(m);
}
