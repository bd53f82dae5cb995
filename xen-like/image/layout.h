/* SPDX-License-Identifier: MIT */
/*
 * Where everything of a new domain lies, and what it starts with: pure
 * arithmetic, for the initial domain and for those built later.
 *
 * Pseudo-physical layout, pfn 0 at virt_base:
 *
 *	kernel, [ramdisk], [p2m], start_info, [store page, console page],
 *	page tables, stack, slack
 *		mapped at virt_base + pfn * 4 KiB, the page tables read-only;
 *		ends at a multiple of 4 MiB
 *	[p2m] of a kernel that names INIT_P2M: mapped there
 *	[ramdisk] of a kernel with MOD_START_PFN: not mapped
 *	the rest of its memory: not mapped
 *
 * Errors are sentences for the console, and NULL is success, as in elfload.h.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "elfload.h"
#include <xen/xen.h>

struct run {
	uint64_t pfn, pages;
};

struct layout {
	/* Set by the caller. */
	const struct elf_image *elf;
	uint64_t nr_pages;     /* of the domain */
	uint64_t ramdisk_size; /* in bytes; 0: none */
	bool rings;	       /* has a store page and a console page */

	/* By layout_make(). */
	uint64_t kernel_pages, region_pages; /* mapped from virt_base */
	uint64_t needed; /* pages, also when there are too few */
	struct run initrd, list, info, store, console, tables, stack;
};

/*
 * Lays it out. A sentence, when what the kernel asks for cannot be, or when
 * nr_pages are not enough: then needed > nr_pages.
 */
const char *layout_make(struct layout *l);

/* Where the domain sees a page of its region. */
uint64_t layout_va(const struct layout *l, uint64_t pfn);

/*
 * Writes the page tables, whose pages must be zero; page(arg, i) is where
 * page i of l->tables can be written. p2m has the machine frame of each page.
 */
typedef uint64_t *layout_page_fn(void *arg, uint64_t i);
void layout_tables(const struct layout *l, const uint64_t *p2m,
		   layout_page_fn *page, void *arg);

/*
 * Fills in start_info, which must be zero: all but flags other than
 * SIF_MOD_START_PFN, and the rings. shared_info is a machine address.
 */
void layout_start_info(const struct layout *l, uint64_t shared_info,
		       const char *cmdline, struct start_info *si);

/* What vCPU 0 begins with; root is the machine frame of the L4. */
void layout_context(const struct layout *l, uint64_t root,
		    struct vcpu_guest_context *c);

/* Needs from below: memset. */
#endif
