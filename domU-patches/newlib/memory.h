/* SPDX-License-Identifier: MIT */
/*
 * The guest's own memory and page tables.
 *
 * The builder maps the guest's first pages at GUEST_VIRT_BASE: for those
 * virtual and physical (pfn) addresses go together. A pool of pages inside
 * the image feeds page_alloc(). What lies beyond is reached by its mfn, from
 * pfn_mfn(), and memory_map().
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#define PAGE_SIZE  4096ul
#define PAGE_SHIFT 12

#define PTE_P		 0x001ul
#define PTE_W		 0x002ul
#define PTE_U		 0x004ul
#define PTE_PWT		 0x008ul
#define PTE_PCD		 0x010ul
#define PTE_A		 0x020ul
#define PTE_D		 0x040ul
#define PTE_PSE		 0x080ul
#define PTE_G		 0x100ul
#define PTE_AVAIL	 0xe00ul
#define PTE_GUEST_KERNEL (1ul << 52)
#define PTE_NX		 (1ul << 63)
#define PTE_ADDR	 0x000ffffffffff000ul
#define PTE_RO		 (PTE_P | PTE_U | PTE_A)
#define PTE_RW		 (PTE_RO | PTE_W | PTE_D)

/* Free for tests: one L4 slot that nothing else uses. */
#define TEST_VA 0x20000000000ul
/* Mappings of memory_map_frames(). */
#define MAP_VA	   0x30000000000ul
#define MAP_VA_END 0x38000000000ul

void memory_init(void);

uint64_t pfn_of(const void *va);
uint64_t pfn_mfn(uint64_t pfn);
uint64_t mfn_pfn(uint64_t mfn);	 /* by the machine's table */
uint64_t mfn_of(const void *va); /* of a page the builder mapped */
void *mfn_va(uint64_t mfn);	 /* where the builder mapped it */
uint64_t maddr_of(const void *va);

static inline uint64_t pte_make(uint64_t mfn, uint64_t flags)
{
	return mfn << PAGE_SHIFT | flags;
}

static inline uint64_t pte_mfn(uint64_t pte)
{
	return (pte & PTE_ADDR) >> PAGE_SHIFT;
}

/* Zeroed pages of the pool; one and many in a row. Ends the guest without. */
void *page_alloc(void);
void *pages_alloc(unsigned int count);
void page_free(void *va); /* must be mapped writable again */
uint64_t pfn_spare(void); /* a frame that is mapped nowhere */

/* The kernel's L4, and the entry that translates va at a level (1: a PTE);
 * NULL where the tables end above. Tables are mapped read-only. */
uint64_t *memory_root(void);
uint64_t *memory_entry(uint64_t va, int level);
uint64_t memory_pte(const void *va);

/* Each returns the hypervisor's answer. */
int64_t memory_update(const uint64_t *entry, uint64_t value);
int64_t memory_set(const void *va, uint64_t pte); /* and INVLPG */
int64_t memory_readonly(const void *va);
int64_t memory_writable(const void *va);

/* This vCPU forgets what it knows of its tables. */
void memory_flush(void);
/* A frame that is the hypervisor's own: of the tables above its space. */
uint64_t memory_hypervisor_mfn(void);

/* A page becomes a table of a level: read-only and, unless level is 0,
 * pinned; and back. */
void memory_make_table(void *va, int level);
void memory_unmake_table(void *va);

/* Maps a PTE at va, adding the tables above it that lack. */
int64_t memory_map(uint64_t va, uint64_t pte);
/* The tables above va, so that the answer of the mapping is all there is. */
void memory_tables(uint64_t va);
/* What the hypervisor shares, at an address of its own. */
void *memory_map_shared(uint64_t maddr);

/*
 * n frames of owner's (DOMID_SELF: our own), one behind the other at an
 * address of their own. NULL, with *err a -errno, and nothing is mapped.
 * memory_unmap_frames() takes such a mapping away, whole.
 */
void *memory_map_frames(domid_t owner, const uint64_t *mfns, size_t n,
			bool writable, int *err);
void memory_unmap_frames(void *va, size_t n);
/*
 * The entries of va's n pages, which are in nobody else's hands: the frames,
 * or none if mfns is NULL. 0, or a -errno with nothing mapped.
 */
int memory_set_frames(uint64_t va, domid_t owner, const uint64_t *mfns,
		      size_t n, bool writable);

#endif
