/* SPDX-License-Identifier: MIT */
/*
 * Builds the initial domain from the boot modules.
 *
 * Pseudo-physical layout, pfn 0 at virt_base:
 *
 *	kernel, [ramdisk], [p2m], start_info, page tables, stack, slack
 *		mapped at virt_base + pfn * 4 KiB, the page tables read-only;
 *		ends at a multiple of 4 MiB
 *	[p2m] of a kernel that names INIT_P2M: mapped there
 *	[ramdisk] of a kernel with MOD_START_PFN: not mapped
 *	the rest of its memory: not mapped
 *
 * Until the kernel runs, p2m is a plain array of ours; it is copied into the
 * domain when it is complete.
 */
#include "bootinfo.h"
#include "bzimage.h"
#include "elfload.h"
#include "heap.h"
#include "mem.h"
#include "pagetype.h"
#include "panic.h"
#include "param.h"
#include "print.h"
#include "pte.h"
#include "sched.h"
#include <xen/features.h>

#define SLACK_PAGES	  128u	/* after the stack: xen.h asks 512 KiB */
#define REGION_ALIGN	  1024u /* in pages: 4 MiB */
#define TABLE_SPAN(level) (1ul << (PAGE_SHIFT + 9 * (level)))
#define WORK_PAGES	  (UNPACK_WORK / PAGE_SIZE)
#define MAX_NR_PAGES	  (64ul << 18) /* 64 GiB of initial domain */

struct run {
	uint64_t pfn, pages;
};

struct build {
	struct domain *d;
	struct elf_image elf;
	uint64_t ramdisk_size;	   /* in bytes; 0: none */
	uint64_t nr_pages, filled; /* of the domain; of them allocated */
	uint64_t *p2m;		   /* [nr_pages] machine frames */
	mfn_t unpacked;		   /* a run with the kernel's file, or */
	uint64_t unpacked_pages;   /* 0: it is the module itself */
	struct run initrd, list, info, tables, stack;
	uint64_t kernel_pages, region_pages; /* mapped from virt_base */
	uint64_t tables_used;
};

static _Noreturn void refuse(const char *what, const char *why)
{
	print(LOG_ERR, "Cannot build the initial domain: %s%s\n", what, why);
	arch_halt();
}

static uint64_t pages_of(uint64_t bytes)
{
	return ROUND_UP(bytes, PAGE_SIZE) / PAGE_SIZE;
}

/* ---- The kernel's file ---------------------------------------------------- */

/*
 * A buffer for the unpacked kernel and the work of unpacking it: as the kernel
 * claims, or the largest there is.
 */
static void unpack_buffer(struct build *b, const struct kernel_file *kf)
{
	uint64_t pages = kf->unpacked ? kf->unpacked / PAGE_SIZE + 1 + WORK_PAGES
				      : heap_free_frames() / 2;

	for (; pages > WORK_PAGES; pages = kf->unpacked ? 0 : pages / 2) {
		b->unpacked = heap_alloc_run(pages);
		b->unpacked_pages = pages;
		if (!mfn_eq(b->unpacked, MFN_NONE))
			return;
	}
	refuse("too little memory to unpack the kernel", "");
}

static void read_kernel(struct build *b, const struct boot_module *mod)
{
	struct kernel_file kf;
	uint8_t *buf;
	size_t room;
	const char *why = bzimage_open(&kf, direct_map + mod->start,
				       mod->end - mod->start);

	if (!why && kf.codec) {
		unpack_buffer(b, &kf);
		buf = frame_ptr(b->unpacked);
		room = (b->unpacked_pages - WORK_PAGES) * PAGE_SIZE;
		why = bzimage_unpack(&kf, buf, room, buf + room, &kf.size);
		kf.payload = buf;
	}
	if (!why)
		why = elf_parse(&b->elf, kf.payload, kf.size);
	if (!why && b->elf.no_dom0)
		why = "its features say it is no initial domain";
	if (why)
		refuse("kernel: ", why);
	b->kernel_pages = pages_of(b->elf.virt_end - b->elf.virt_base);
}

/* ---- Layout --------------------------------------------------------------- */

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

static bool own_p2m(const struct build *b)
{
	return b->elf.p2m_base != ELF_UNSET;
}

/* Can a guest have so many pages there: canonical, not ours, not wrapping? */
static bool range_ok(uint64_t start, uint64_t pages)
{
	return !(start % PAGE_SIZE) && pages < UINT64_MAX / PAGE_SIZE &&
	       guest_range_ok(start, pages * PAGE_SIZE);
}

/* Space for tables depends on the region's end, which depends on them. */
static void layout_region(struct build *b, uint64_t pfn)
{
	uint64_t base = b->elf.virt_base, next = 4, p;

	do {
		p = pfn;
		b->tables = run_after(&p, next);
		b->stack = run_after(&p, 1);
		b->region_pages = ROUND_UP(p + SLACK_PAGES, REGION_ALIGN);
		if (!range_ok(base, b->region_pages))
			refuse("its VIRT_BASE leaves no room for the domain",
			       "");
		next = 1 + tables_for(base, b->region_pages);
		if (own_p2m(b))
			next += tables_for(b->elf.p2m_base, b->list.pages);
	} while (next != b->tables.pages);
}

static void layout(struct build *b)
{
	uint64_t base = b->elf.virt_base, p2m = b->elf.p2m_base, tail;
	uint64_t call = b->elf.hypercall_page, pfn = b->kernel_pages;
	uint64_t initrd = pages_of(b->ramdisk_size);

	/* What it asks for must lie in itself, or beside its region. */
	if (own_p2m(b) && !range_ok(p2m, b->list.pages))
		refuse("its INIT_P2M range is not usable", "");
	if (call != ELF_UNSET &&
	    (call % PAGE_SIZE || call < base || call >= b->elf.virt_end))
		refuse("its HYPERCALL_PAGE lies outside the kernel", "");
	if (!b->elf.initrd_by_pfn)
		b->initrd = run_after(&pfn, initrd);
	if (!own_p2m(b))
		b->list = run_after(&pfn, b->list.pages);
	b->info = run_after(&pfn, 1);
	layout_region(b, pfn);
	/* Differences, because a range may end where addresses do. */
	if (own_p2m(b) && (p2m - base < b->region_pages * PAGE_SIZE ||
			   base - p2m < b->list.pages * PAGE_SIZE))
		refuse("its INIT_P2M range is not usable", "");
	tail = b->region_pages;
	if (own_p2m(b))
		b->list = run_after(&tail, b->list.pages);
	if (b->elf.initrd_by_pfn)
		b->initrd = run_after(&tail, initrd);
	if (tail > b->nr_pages) {
		print(LOG_ERR,
		      "The kernel and its ramdisk need %lu KiB, the "
		      "domain has %lu KiB: raise dom0_mem= or add memory\n",
		      tail * 4, b->nr_pages * 4);
		refuse("too little memory", "");
	}
}

/* ---- Memory --------------------------------------------------------------- */

static uint8_t *page_of(const struct build *b, uint64_t pfn)
{
	return frame_ptr(MFN(b->p2m[pfn]));
}

/* Give the domain frames until it has `to` of them. */
static void fill_to(struct build *b, uint64_t to)
{
	unsigned int order = HEAP_MAX_ORDER;

	while (b->filled < to) {
		mfn_t m;

		while (order && b->filled + (1ul << order) > to)
			order--;
		m = domain_alloc(b->d, order);
		if (!mfn_eq(m, MFN_NONE)) {
			for (uint64_t i = 0; i < 1ul << order; i++) {
				machphys[m.n + i] = b->filled;
				b->p2m[b->filled++] = m.n + i;
			}
		} else if (!order--) {
			refuse("the machine has too little memory", "");
		}
	}
}

/* Copy into the domain at a byte offset from pfn 0. */
static void put_bytes(struct build *b, uint64_t at, const uint8_t *from,
		      uint64_t size)
{
	for (uint64_t n; size; at += n, from += n, size -= n) {
		n = MIN(size, PAGE_SIZE - at % PAGE_SIZE);
		memcpy(page_of(b, at / PAGE_SIZE) + at % PAGE_SIZE, from, n);
	}
}

/* Default: all that is free, but a sixteenth, 128 MiB at most, for later. */
static uint64_t pages_wanted(uint64_t free_soon)
{
	uint64_t avail = heap_free_frames() + free_soon;
	uint64_t keep = MIN(avail / 16, (128ul << 20) / PAGE_SIZE);
	uint64_t n = params.dom0_mem ? params.dom0_mem / PAGE_SIZE
				     : avail - keep;

	/* p2m and tables of ours, vCPUs, grant frames: 1/256 and 2 MiB */
	if (n > avail - avail / 256 - 512)
		n = avail - avail / 256 - 512;
	n = MAX(n, params.dom0_min / PAGE_SIZE);
	if (params.dom0_max)
		n = MIN(n, params.dom0_max / PAGE_SIZE);
	return MIN(n, MAX_NR_PAGES);
}

/* ---- Page tables ---------------------------------------------------------- */

/* The L1 entry of va; tables on the way are taken from their run. */
static uint64_t *table_entry(struct build *b, uint64_t va)
{
	uint64_t *table = (uint64_t *)page_of(b, b->tables.pfn);

	for (unsigned int level = 3; level; level--) {
		uint64_t *e = &table[va / TABLE_SPAN(level) % PTES];

		if (!*e) {
			ASSERT(b->tables_used < b->tables.pages);
			*e = b->p2m[b->tables.pfn + b->tables_used++]
				     << PAGE_SHIFT |
			     PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
		}
		table = frame_ptr(pte_mfn(*e));
	}
	return &table[va / PAGE_SIZE % PTES];
}

static void map_run(struct build *b, uint64_t va, uint64_t pfn, uint64_t pages)
{
	for (; pages--; pfn++, va += PAGE_SIZE) {
		bool table = pfn - b->tables.pfn < b->tables.pages;

		*table_entry(b, va) = b->p2m[pfn] << PAGE_SHIFT | PTE_P |
				      PTE_US | PTE_A | PTE_GUEST_KERNEL |
				      (table ? 0 : PTE_RW | PTE_D);
	}
}

/* ---- Start of day --------------------------------------------------------- */

static uint64_t va_of(const struct build *b, uint64_t pfn)
{
	return b->elf.virt_base + pfn * PAGE_SIZE;
}

static void fill_start_info(struct build *b, const char *cmdline)
{
	struct start_info *si = (void *)page_of(b, b->info.pfn);

	text_copy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
	si->nr_pages = b->nr_pages;
	si->shared_info = ptr_frame(b->d->shared).n << PAGE_SHIFT;
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = va_of(b, b->tables.pfn);
	si->nr_pt_frames = b->tables.pages;
	si->mfn_list = va_of(b, b->list.pfn);
	if (own_p2m(b)) {
		si->mfn_list = b->elf.p2m_base;
		si->first_p2m_pfn = b->list.pfn;
		si->nr_p2m_frames = b->list.pages;
	}
	if (b->ramdisk_size) {
		si->mod_len = b->ramdisk_size;
		si->mod_start = va_of(b, b->initrd.pfn);
		if (b->elf.initrd_by_pfn) {
			si->mod_start = b->initrd.pfn;
			si->flags |= SIF_MOD_START_PFN;
		}
	}
	text_copy((char *)si->cmd_line, cmdline, sizeof(si->cmd_line));
}

static void start_vcpu(struct build *b, mfn_t root)
{
	struct vcpu *v = b->d->vcpu[0];
	static struct vcpu_guest_context c;
	int err;

	c.flags = VGCF_in_kernel | VGCF_online;
	c.user_regs.rip = b->elf.virt_entry;
	c.user_regs.rsp = c.kernel_sp = va_of(b, b->stack.pfn) + PAGE_SIZE;
	c.user_regs.rsi = va_of(b, b->info.pfn);
	c.user_regs.rflags = 0x200;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ds = c.user_regs.es = FLAT_KERNEL_DS;
	c.kernel_ss = c.user_regs.ss = FLAT_KERNEL_SS;
	c.ctrlreg[3] = root.n << PAGE_SHIFT;
	if (b->elf.supported & 1u << XENFEAT_pae_pgdir_above_4gb)
		c.vm_assist = 1u << VMASST_TYPE_pae_extended_cr3;
	do {
		err = type_pin(b->d, root, FT_L4);
	} while (err == -XEN_ERESTART);
	ASSERT(!err);
	do {
		err = arch_vcpu_set_context(v, &c);
	} while (err == -XEN_ERESTART);
	ASSERT(!err);
	v->initialised = true;
	v->info->evtchn_upcall_mask = 1;
	err = vcpu_up(v);
	ASSERT(!err);
}

static void create_domain(struct build *b)
{
	unsigned int n = (unsigned int)__builtin_popcount(cpus_online());
	mfn_t list;

	n = MAX(n, params.dom0_min_vcpus);
	if (params.dom0_max_vcpus)
		n = MIN(n, params.dom0_max_vcpus);
	n = MIN(n, (unsigned int)MAX_VCPUS);
	b->d = domain_create(0, true, n,
			     params.dom0_max ? params.dom0_max / PAGE_SIZE
					     : UINT64_MAX);
	for (unsigned int i = 0; b->d && i < n; i++)
		if (vcpu_create(b->d, i))
			b->d = NULL;
	b->nr_pages = pages_wanted(b->unpacked_pages);
	b->list.pages = pages_of(b->nr_pages * 8);
	list = heap_alloc_run(b->list.pages);
	if (!b->d || mfn_eq(list, MFN_NONE))
		refuse("too little memory", "");
	b->p2m = frame_ptr(list);
}

void dom0_build(const struct boot_info *bi)
{
	const struct boot_module *kernel = bi->modules, *ramdisk = kernel + 1;
	const struct elf_segment *s;
	static struct build b;
	mfn_t root;

	if (!bi->nr_modules)
		refuse("no kernel: give the boot loader one as first module",
		       "");
	b.ramdisk_size = ramdisk->end - ramdisk->start;
	read_kernel(&b, kernel);
	create_domain(&b);
	layout(&b);
	/* Frames come zeroed; the kernel's file is not needed any more. */
	fill_to(&b, b.kernel_pages);
	for (s = b.elf.segments; s < b.elf.segments + b.elf.nr_segments; s++)
		put_bytes(&b, s->offset, s->data, s->filesz);
	if (b.unpacked_pages)
		heap_free_run(b.unpacked, b.unpacked_pages);
	fill_to(&b, b.nr_pages);
	put_bytes(&b, b.initrd.pfn * PAGE_SIZE, direct_map + ramdisk->start,
		  b.ramdisk_size);
	if (b.elf.hypercall_page != ELF_UNSET)
		arch_hypercall_page_fill(
			page_of(&b, (b.elf.hypercall_page - b.elf.virt_base) /
					    PAGE_SIZE));
	fill_start_info(&b, kernel->cmdline);
	put_bytes(&b, b.list.pfn * PAGE_SIZE, (uint8_t *)b.p2m, b.nr_pages * 8);
	b.tables_used = 1; /* the root */
	map_run(&b, b.elf.virt_base, 0, b.region_pages);
	if (own_p2m(&b))
		map_run(&b, b.elf.p2m_base, b.list.pfn, b.list.pages);
	root = MFN(b.p2m[b.tables.pfn]);
	heap_free_run(ptr_frame(b.p2m), b.list.pages);
	for (unsigned int i = 0; i < bi->nr_modules; i++)
		heap_add(MFN(bi->modules[i].start >> PAGE_SHIFT),
			 MFN(pages_of(bi->modules[i].end)));
	print(LOG_INFO, "Initial domain: %s %s, %lu MiB, %u vCPUs, entry %lx\n",
	      b.elf.guest_os, b.elf.guest_version, b.nr_pages >> 8,
	      b.d->max_vcpus, b.elf.virt_entry);
	start_vcpu(&b, root);
}
