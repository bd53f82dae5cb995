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
#include "dom0.h"
#include "arch.h"
#include "bzimage.h"
#include "elfload.h"
#include "heap.h"
#include "hypercall_page.h"
#include "mem.h"
#include "pagetype.h"
#include "panic.h"
#include "param.h"
#include "print.h"
#include "pte.h"
#include "sched.h"
#include "vcpu.h"
#include <xen/features.h>

#define SLACK_PAGES	  128u	/* after the stack: xen.h asks 512 KiB */
#define REGION_ALIGN	  1024u /* in pages: 4 MiB */
#define TABLE_SPAN(level) (1ul << (PAGE_SHIFT + 9 * (level)))
#define MAX_NR_PAGES	  (64ul << 18) /* 64 GiB of initial domain */

struct run {
	uint64_t pfn, pages;
};

struct build {
	struct domain *d;
	struct elf_image elf;
	const struct boot_module *ramdisk; /* NULL: none */
	uint64_t nr_pages, filled; /* of the domain; of them allocated */
	uint64_t *p2m;		   /* [nr_pages] machine frames */
	struct run kernel, initrd, list, info, tables, stack;
	uint64_t region_pages; /* mapped from virt_base */
	uint64_t tables_used;
};

static _Noreturn void refuse(const char *what, const char *why)
{
	print(LOG_ERR, "Cannot build the initial domain: %s%s\n", what, why);
	arch_halt();
}

/* ---- The kernel's file ---------------------------------------------------- */

static void *unpack_alloc(void *ctx, size_t size)
{
	uint64_t pages = ROUND_UP(size, PAGE_SIZE) / PAGE_SIZE + 1;
	mfn_t m = heap_alloc_run(pages);
	uint64_t *mem;

	(void)ctx;
	if (mfn_eq(m, MFN_NONE))
		return NULL;
	mem = frame_ptr(m);
	mem[0] = pages; /* a header, so that unpack_free() knows */
	return mem + 2;
}

static void unpack_free(void *ctx, void *mem)
{
	uint64_t *head = (uint64_t *)mem - 2;

	(void)ctx;
	heap_free_run(ptr_frame(head), head[0]);
}

/* A buffer for the unpacked kernel: its own claim, or the largest there is. */
static uint64_t unpack_buffer(const struct kernel_file *kf, mfn_t *buf)
{
	uint64_t pages = kf->sized ? kf->size_hint / PAGE_SIZE + 1
				   : heap_free_frames() / 2;

	for (; pages; pages = kf->sized ? 0 : pages / 2) {
		*buf = heap_alloc_run(pages);
		if (!mfn_eq(*buf, MFN_NONE))
			return pages;
	}
	refuse("too little memory to unpack the kernel", "");
}

/*
 * The kernel as an ELF file in memory. *pages is 0 if it is the module
 * itself, otherwise the length of the run at *buf that holds it.
 */
static const uint8_t *kernel_open(const struct boot_module *mod, size_t *size,
				  mfn_t *buf, uint64_t *pages)
{
	const struct unpack_heap heap = { unpack_alloc, unpack_free, NULL };
	struct unpack_out out = { 0 };
	struct kernel_file kf;
	const char *why;
	int err;

	if (bzimage_open(&kf, frame_ptr(MFN(0)) + mod->start,
			 mod->end - mod->start, &why))
		refuse("kernel: ", why);
	*pages = 0;
	*size = kf.size;
	if (kf.format == KERNEL_ELF)
		return kf.payload;
	*pages = unpack_buffer(&kf, buf);
	out.buf = frame_ptr(*buf);
	out.cap = *pages * PAGE_SIZE;
	err = bzimage_unpack(&kf, &heap, &out, size, &why);
	if (err)
		refuse("kernel: ", why);
	return out.buf;
}

/* ---- Layout --------------------------------------------------------------- */

static struct run run_after(uint64_t *pfn, uint64_t pages)
{
	struct run r = { *pfn, pages };

	*pfn += pages;
	return r;
}

/* Tables below the root for [start, end). */
static uint64_t tables_for(uint64_t start, uint64_t end)
{
	uint64_t n = 0;

	for (unsigned int level = 1; level <= 3; level++)
		n += (end - 1) / TABLE_SPAN(level) - start / TABLE_SPAN(level) +
		     1;
	return n;
}

static bool own_p2m(const struct build *b)
{
	return b->elf.p2m_base != ELF_UNSET;
}

/* Space for tables depends on the region's end, which depends on them. */
static void layout_region(struct build *b, uint64_t pfn)
{
	uint64_t base = b->elf.virt_base, n = 0, next = 4;

	do {
		uint64_t p = pfn;

		n = next;
		b->tables = run_after(&p, n);
		b->stack = run_after(&p, 1);
		b->region_pages = ROUND_UP(p + SLACK_PAGES, REGION_ALIGN);
		next = 1 + tables_for(base, base + b->region_pages * PAGE_SIZE);
		if (own_p2m(b))
			next += tables_for(b->elf.p2m_base,
					   b->elf.p2m_base +
						   b->list.pages * PAGE_SIZE);
	} while (next != n);
}

static void layout(struct build *b)
{
	uint64_t size = b->ramdisk ? b->ramdisk->end - b->ramdisk->start : 0;
	uint64_t initrd = ROUND_UP(size, PAGE_SIZE) / PAGE_SIZE;
	uint64_t list = ROUND_UP(b->nr_pages * 8, PAGE_SIZE) / PAGE_SIZE;
	uint64_t pfn = ROUND_UP(b->elf.virt_end - b->elf.virt_base, PAGE_SIZE) /
		       PAGE_SIZE;
	uint64_t tail;

	b->kernel = (struct run){ 0, pfn };
	b->list.pages = list;
	if (!b->elf.initrd_by_pfn)
		b->initrd = run_after(&pfn, initrd);
	if (!own_p2m(b))
		b->list = run_after(&pfn, list);
	b->info = run_after(&pfn, 1);
	layout_region(b, pfn);
	tail = b->region_pages;
	if (own_p2m(b))
		b->list = run_after(&tail, list);
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

/* Is [start, end) a guest's to use: canonical, not ours, not wrapping? */
static bool range_ok(uint64_t start, uint64_t end)
{
	return !(start & (PAGE_SIZE - 1)) && start < end &&
	       guest_range_ok(start, end - start);
}

static void check_addresses(const struct build *b)
{
	uint64_t base = b->elf.virt_base, p2m = b->elf.p2m_base;
	uint64_t end = base + b->region_pages * PAGE_SIZE;
	uint64_t p2m_end = p2m + b->list.pages * PAGE_SIZE;

	if (!range_ok(base, end))
		refuse("its VIRT_BASE leaves no room for the domain", "");
	if (b->elf.hypercall_page != ELF_UNSET &&
	    (b->elf.hypercall_page & (PAGE_SIZE - 1) ||
	     b->elf.hypercall_page < base ||
	     b->elf.hypercall_page >= base + b->kernel.pages * PAGE_SIZE))
		refuse("its HYPERCALL_PAGE lies outside the kernel", "");
	/* Its own p2m range may not meet the region it is built from. */
	if (own_p2m(b) &&
	    (!range_ok(p2m, p2m_end) || (p2m < end && base < p2m_end)))
		refuse("its INIT_P2M range is not usable", "");
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
		mfn_t m = MFN_NONE;

		while (order && b->filled + (1ul << order) > to)
			order--;
		for (; mfn_eq(m, MFN_NONE); order -= mfn_eq(m, MFN_NONE)) {
			m = domain_alloc(b->d, order);
			if (mfn_eq(m, MFN_NONE) && !order)
				refuse("the machine has too little memory", "");
		}
		for (uint64_t i = 0; i < 1ul << order; i++, b->filled++) {
			b->p2m[b->filled] = m.n + i;
			machphys[m.n + i] = b->filled;
		}
	}
}

/* Copy into the domain at a byte offset from pfn 0. */
static void put_bytes(struct build *b, uint64_t at, const void *data,
		      uint64_t size)
{
	const uint8_t *from = data;

	while (size) {
		uint64_t off = at & (PAGE_SIZE - 1);
		uint64_t n = MIN(size, PAGE_SIZE - off);

		memcpy(page_of(b, at >> PAGE_SHIFT) + off, from, n);
		at += n;
		from += n;
		size -= n;
	}
}

static int put_segment(void *ctx, uint64_t offset, const void *data,
		       uint64_t filesz, uint64_t memsz)
{
	(void)memsz; /* frames come zeroed */
	put_bytes(ctx, offset, data, filesz);
	return 0;
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
	for (uint64_t i = 0; i < pages; i++) {
		uint64_t p = pfn + i, rw = PTE_RW | PTE_D;

		if (p - b->tables.pfn < b->tables.pages)
			rw = 0;
		*table_entry(b, va + i * PAGE_SIZE) = b->p2m[p] << PAGE_SHIFT |
						      PTE_P | rw | PTE_US |
						      PTE_A | PTE_GUEST_KERNEL;
	}
}

static void build_tables(struct build *b)
{
	b->tables_used = 1; /* the root */
	map_run(b, b->elf.virt_base, 0, b->region_pages);
	if (own_p2m(b))
		map_run(b, b->elf.p2m_base, b->list.pfn, b->list.pages);
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
	if (b->ramdisk) {
		si->mod_len = b->ramdisk->end - b->ramdisk->start;
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
	struct vcpu_guest_context *c = heap_alloc_zeroed(1);
	int err;

	if (!c)
		refuse("too little memory", "");
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = b->elf.virt_entry;
	c->user_regs.rsp = va_of(b, b->stack.pfn) + PAGE_SIZE;
	c->user_regs.rsi = va_of(b, b->info.pfn);
	c->user_regs.rflags = 0x200;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_DS;
	c->user_regs.ss = FLAT_KERNEL_SS;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = root.n << PAGE_SHIFT;
	if (b->elf.supported & 1u << XENFEAT_pae_pgdir_above_4gb)
		c->vm_assist = 1u << VMASST_TYPE_pae_extended_cr3;
	do {
		err = arch_vcpu_set_context(v, c);
	} while (err == -XEN_ERESTART);
	ASSERT(!err);
	heap_free_ptr(c, 1);
	v->initialised = true;
	v->info->evtchn_upcall_mask = 1;
	err = vcpu_up(v);
	ASSERT(!err);
}

static void pin_root(struct build *b, mfn_t root)
{
	int err;

	do {
		err = type_pin(b->d, root, FT_L4);
	} while (err == -XEN_ERESTART);
	ASSERT(!err);
}

static unsigned int cpus_wanted(void)
{
	unsigned int n = (unsigned int)__builtin_popcount(cpus_online());

	n = MAX(n, params.dom0_min_vcpus);
	if (params.dom0_max_vcpus)
		n = MIN(n, params.dom0_max_vcpus);
	return MIN(n, (unsigned int)MAX_VCPUS);
}

static void create_domain(struct build *b)
{
	unsigned int n = cpus_wanted();

	b->d = domain_create(0, true, n,
			     params.dom0_max ? params.dom0_max / PAGE_SIZE
					     : UINT64_MAX);
	for (unsigned int i = 0; b->d && i < n; i++)
		if (vcpu_create(b->d, i))
			b->d = NULL;
	if (!b->d)
		refuse("too little memory", "");
}

/* Read and place the kernel; its file is not needed afterwards. */
static void load_kernel(struct build *b, const struct boot_module *mod)
{
	const struct elf_sink sink = { put_segment, b };
	uint64_t pages;
	const uint8_t *file;
	const char *why;
	size_t size;
	mfn_t buf, p2m;

	file = kernel_open(mod, &size, &buf, &pages);
	if (elf_parse(&b->elf, file, size, &why))
		refuse("kernel: ", why);
	if (b->elf.no_dom0)
		refuse("kernel: its features say it is no initial domain", "");
	create_domain(b);
	b->nr_pages = pages_wanted(pages);
	p2m = heap_alloc_run(b->nr_pages / 512 + 1);
	if (mfn_eq(p2m, MFN_NONE))
		refuse("too little memory", "");
	b->p2m = frame_ptr(p2m);
	layout(b);
	check_addresses(b);
	fill_to(b, b->kernel.pages);
	elf_load(&b->elf, &sink);
	if (pages)
		heap_free_run(buf, pages);
}

void dom0_build(const struct boot_info *bi)
{
	static struct build b;
	mfn_t root;

	if (!bi->nr_modules)
		refuse("no kernel: give the boot loader one as first module",
		       "");
	if (bi->nr_modules > 1)
		b.ramdisk = &bi->modules[1];
	load_kernel(&b, &bi->modules[0]);
	fill_to(&b, b.nr_pages);
	if (b.ramdisk)
		put_bytes(&b, b.initrd.pfn * PAGE_SIZE,
			  frame_ptr(MFN(0)) + b.ramdisk->start,
			  b.ramdisk->end - b.ramdisk->start);
	if (b.elf.hypercall_page != ELF_UNSET)
		hypercall_page_fill(
			page_of(&b, (b.elf.hypercall_page - b.elf.virt_base) /
					    PAGE_SIZE));
	fill_start_info(&b, bi->modules[0].cmdline);
	put_bytes(&b, b.list.pfn * PAGE_SIZE, b.p2m, b.nr_pages * 8);
	build_tables(&b);
	root = MFN(b.p2m[b.tables.pfn]);
	heap_free_run(ptr_frame(b.p2m), b.nr_pages / 512 + 1);
	bootinfo_release_modules(bi);
	print(LOG_INFO, "Initial domain: %s %s, %lu MiB, %u vCPUs, entry %lx\n",
	      b.elf.guest_os, b.elf.guest_version, b.nr_pages >> 8,
	      b.d->max_vcpus, b.elf.virt_entry);
	pin_root(&b, root);
	start_vcpu(&b, root);
}
