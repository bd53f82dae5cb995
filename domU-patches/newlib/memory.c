// SPDX-License-Identifier: MIT
/*
 * The guest's own memory and page tables.
 */
#include <string.h>
#include "hypercall.h"
#include "memory.h"
#include "frame.h"
#include "start.h"

#define POOL_PAGES     1024
#define LEVEL_SHIFT(n) (PAGE_SHIFT + 9 * ((n)-1))

static char pool[POOL_PAGES][PAGE_SIZE]
	__attribute__((aligned(4096), section(".pool,\"aw\",@nobits#")));
static unsigned int pool_used;
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
	void *va = pool[pool_used];

	if (count > POOL_PAGES - pool_used)
		guest_fail("the pool of pages is empty");
	pool_used += count;
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
