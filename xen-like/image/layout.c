/* SPDX-License-Identifier: MIT */
/*
 * A new domain's layout, page tables, start_info and first context.
 */
#include "layout.h"

#include <string.h>
#include <xen/features.h>

#define PAGE_SHIFT	  12
#define PAGE_SIZE	  (1ul << PAGE_SHIFT)
#define PTES		  512u
#define SLACK_PAGES	  128u	/* after the stack: xen.h asks 512 KiB */
#define REGION_ALIGN	  1024u /* in pages: 4 MiB */
#define TABLE_SPAN(level) (1ul << (PAGE_SHIFT + 9 * (level)))

/* Present, user, accessed; writable and dirty; the guest kernel's own. */
#define PTE_RO	   0x025ul
#define PTE_RW	   (PTE_RO | 0x042ul)
#define PTE_KERNEL (1ul << 52)
#define PTE_FRAME  0x000ffffffffff000ul

/* What a guest may use: the lower half, and above the hypervisor's part. */
#define LOW_END	 (1ul << 47)
#define HIGH_END 0xffff880000000000ul

/* ---- The runs -------------------------------------------------------------- */

static uint64_t pages_of(uint64_t bytes)
{
	return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

static struct run run_after(uint64_t *pfn, uint64_t pages)
{
	struct run r = { *pfn, pages };

	*pfn += pages;
	return r;
}

/* Tables below the root for so many pages at start. */
static uint64_t tables_for(uint64_t start, uint64_t pages)
{
	uint64_t last = start + pages * PAGE_SIZE - 1, n = 0;

	for (unsigned int level = 1; level <= 3; level++)
		n += last / TABLE_SPAN(level) - start / TABLE_SPAN(level) + 1;
	return n;
}

static bool own_p2m(const struct layout *l)
{
	return l->elf->p2m_base != ELF_UNSET;
}

/* Can a guest have so many pages there: canonical, its own, not wrapping? */
static bool range_ok(uint64_t start, uint64_t pages)
{
	if (start % PAGE_SIZE || pages >= UINT64_MAX / PAGE_SIZE)
		return false;
	if (start < LOW_END)
		return pages * PAGE_SIZE <= LOW_END - start;
	return start >= HIGH_END && pages * PAGE_SIZE <= -start;
}

/* Space for tables depends on the region's end, which depends on them. */
static bool layout_region(struct layout *l, uint64_t pfn)
{
	uint64_t base = l->elf->virt_base, next = 4, p;

	do {
		p = pfn;
		l->tables = run_after(&p, next);
		l->stack = run_after(&p, 1);
		p += SLACK_PAGES + REGION_ALIGN - 1;
		l->region_pages = p - p % REGION_ALIGN;
		if (!range_ok(base, l->region_pages))
			return false;
		next = 1 + tables_for(base, l->region_pages);
		if (own_p2m(l))
			next += tables_for(l->elf->p2m_base, l->list.pages);
	} while (next != l->tables.pages);
	return true;
}

/* What it asks for must lie in itself, or beside its region. */
static const char *check_wishes(const struct layout *l)
{
	const struct elf_image *elf = l->elf;
	uint64_t call = elf->hypercall_page;

	if (own_p2m(l) && !range_ok(elf->p2m_base, l->list.pages))
		return "its INIT_P2M range is not usable";
	if (call != ELF_UNSET && (call % PAGE_SIZE || call < elf->virt_base ||
				  call >= elf->virt_end))
		return "its HYPERCALL_PAGE lies outside the kernel";
	return NULL;
}

const char *layout_make(struct layout *l)
{
	const struct elf_image *elf = l->elf;
	uint64_t base = elf->virt_base, p2m = elf->p2m_base, pfn;
	const char *why;

	pfn = l->kernel_pages = pages_of(elf->virt_end - base);
	l->list.pages = pages_of(l->nr_pages * 8);
	l->initrd.pages = pages_of(l->ramdisk_size);
	why = check_wishes(l);
	if (why)
		return why;
	if (!elf->initrd_by_pfn)
		l->initrd = run_after(&pfn, l->initrd.pages);
	if (!own_p2m(l))
		l->list = run_after(&pfn, l->list.pages);
	l->info = run_after(&pfn, 1);
	l->store = run_after(&pfn, l->rings);
	l->console = run_after(&pfn, l->rings);
	if (!layout_region(l, pfn))
		return "its VIRT_BASE leaves no room for the domain";
	/* Differences, because a range may end where addresses do. */
	if (own_p2m(l) && (p2m - base < l->region_pages * PAGE_SIZE ||
			   base - p2m < l->list.pages * PAGE_SIZE))
		return "its INIT_P2M range is not usable";
	l->needed = l->region_pages;
	if (own_p2m(l))
		l->list = run_after(&l->needed, l->list.pages);
	if (elf->initrd_by_pfn)
		l->initrd = run_after(&l->needed, l->initrd.pages);
	return l->needed > l->nr_pages ? "the domain has too little memory"
				       : NULL;
}

uint64_t layout_va(const struct layout *l, uint64_t pfn)
{
	return l->elf->virt_base + pfn * PAGE_SIZE;
}

/* ---- Page tables ----------------------------------------------------------- */

struct walk {
	const struct layout *l;
	const uint64_t *p2m;
	layout_page_fn *page;
	void *arg;
	uint64_t used; /* tables taken from the run; the first is the root */
};

/* The table that an entry names; one with none gets the next of the run. */
static uint64_t *table_of(struct walk *w, uint64_t *e)
{
	const uint64_t *mfn = w->p2m + w->l->tables.pfn;
	uint64_t i = w->used;

	if (!*e) {
		*e = mfn[w->used++] << PAGE_SHIFT | PTE_RW;
	} else {
		/* Nearly always it is one of the last three. */
		do
			i--;
		while (mfn[i] != (*e & PTE_FRAME) >> PAGE_SHIFT);
	}
	return w->page(w->arg, i);
}

static uint64_t *l1_of(struct walk *w, uint64_t va)
{
	uint64_t *table = w->page(w->arg, 0);

	for (unsigned int level = 3; level; level--)
		table = table_of(w, &table[va / TABLE_SPAN(level) % PTES]);
	return table;
}

static void map_run(struct walk *w, uint64_t va, uint64_t pfn, uint64_t pages)
{
	const struct run *tables = &w->l->tables;
	uint64_t *l1 = NULL;

	for (; pages--; pfn++, va += PAGE_SIZE) {
		uint64_t i = va / PAGE_SIZE % PTES;

		if (!l1 || !i)
			l1 = l1_of(w, va);
		l1[i] = w->p2m[pfn] << PAGE_SHIFT | PTE_KERNEL |
			(pfn - tables->pfn < tables->pages ? PTE_RO : PTE_RW);
	}
}

void layout_tables(const struct layout *l, const uint64_t *p2m,
		   layout_page_fn *page, void *arg)
{
	struct walk w = { l, p2m, page, arg, 1 };

	map_run(&w, l->elf->virt_base, 0, l->region_pages);
	if (own_p2m(l))
		map_run(&w, l->elf->p2m_base, l->list.pfn, l->list.pages);
}

/* ---- Start of day ---------------------------------------------------------- */

/* Cut off where there is no more room; dst is zero before. */
static void text_put(char *dst, const char *src, size_t room)
{
	while (*src && --room)
		*dst++ = *src++;
}

void layout_start_info(const struct layout *l, uint64_t shared_info,
		       const char *cmdline, struct start_info *si)
{
	text_put(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
	si->nr_pages = l->nr_pages;
	si->shared_info = shared_info;
	si->pt_base = layout_va(l, l->tables.pfn);
	si->nr_pt_frames = l->tables.pages;
	si->mfn_list = layout_va(l, l->list.pfn);
	if (own_p2m(l)) {
		si->mfn_list = l->elf->p2m_base;
		si->first_p2m_pfn = l->list.pfn;
		si->nr_p2m_frames = l->list.pages;
	}
	if (l->ramdisk_size) {
		si->mod_len = l->ramdisk_size;
		si->mod_start = layout_va(l, l->initrd.pfn);
		if (l->elf->initrd_by_pfn) {
			si->mod_start = l->initrd.pfn;
			si->flags |= SIF_MOD_START_PFN;
		}
	}
	text_put((char *)si->cmd_line, cmdline, sizeof(si->cmd_line));
}

void layout_context(const struct layout *l, uint64_t root,
		    struct vcpu_guest_context *c)
{
	memset(c, 0, sizeof(*c));
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = l->elf->virt_entry;
	c->kernel_sp = layout_va(l, l->stack.pfn) + PAGE_SIZE;
	c->user_regs.rsp = c->kernel_sp;
	c->user_regs.rsi = layout_va(l, l->info.pfn);
	c->user_regs.rflags = 0x200;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_DS;
	c->kernel_ss = c->user_regs.ss = FLAT_KERNEL_SS;
	c->ctrlreg[3] = root << PAGE_SHIFT;
	if (l->elf->supported & 1u << XENFEAT_pae_pgdir_above_4gb)
		c->vm_assist = 1u << VMASST_TYPE_pae_extended_cr3;
}
