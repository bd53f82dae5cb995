/* SPDX-License-Identifier: MIT */
/*
 * Builds the initial domain from the boot modules.
 *
 * Its layout is that of layout.h, with no pages for rings. Until the kernel
 * runs, p2m is a plain array of ours; it is copied into the domain when it is
 * complete.
 */
#include "bootinfo.h"
#include "bzimage.h"
#include "elfload.h"
#include "heap.h"
#include "layout.h"
#include "mem.h"
#include "pagetype.h"
#include "panic.h"
#include "param.h"
#include "print.h"
#include "sched.h"

#define WORK_PAGES   (UNPACK_WORK / PAGE_SIZE)
#define MAX_NR_PAGES (64ul << 18) /* 64 GiB of initial domain */

struct build {
	struct domain *d;
	struct elf_image elf;
	struct layout l;
	uint64_t filled;	 /* pages of the domain that have frames */
	uint64_t *p2m;		 /* [l.nr_pages] machine frames */
	mfn_t unpacked;		 /* a run with the kernel's file, or */
	uint64_t unpacked_pages; /* 0: it is the module itself */
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
}

static void layout(struct build *b)
{
	const char *why = layout_make(&b->l);

	if (why && b->l.needed > b->l.nr_pages)
		print(LOG_ERR,
		      "The kernel and its ramdisk need %lu KiB, the "
		      "domain has %lu KiB: raise dom0_mem= or add memory\n",
		      b->l.needed * 4, b->l.nr_pages * 4);
	if (why)
		refuse(why, "");
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

/* ---- Start of day --------------------------------------------------------- */

static uint64_t *table_page(void *arg, uint64_t i)
{
	const struct build *b = arg;

	return (uint64_t *)page_of(b, b->l.tables.pfn + i);
}

static void start_vcpu(struct build *b, mfn_t root)
{
	struct vcpu *v = b->d->vcpu[0];
	static struct vcpu_guest_context c;
	int err;

	layout_context(&b->l, root.n, &c);
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
	b->l.nr_pages = pages_wanted(b->unpacked_pages);
	list = heap_alloc_run(pages_of(b->l.nr_pages * 8));
	if (!b->d || mfn_eq(list, MFN_NONE))
		refuse("too little memory", "");
	b->p2m = frame_ptr(list);
}

void dom0_build(const struct boot_info *bi)
{
	const struct boot_module *kernel = bi->modules, *ramdisk = kernel + 1;
	const struct elf_segment *s;
	static struct build b = { .l.elf = &b.elf };
	struct start_info *si;
	mfn_t root;

	if (!bi->nr_modules)
		refuse("no kernel: give the boot loader one as first module",
		       "");
	b.l.ramdisk_size = ramdisk->end - ramdisk->start;
	read_kernel(&b, kernel);
	create_domain(&b);
	layout(&b);
	/* Frames come zeroed; the kernel's file is not needed any more. */
	fill_to(&b, b.l.kernel_pages);
	for (s = b.elf.segments; s < b.elf.segments + b.elf.nr_segments; s++)
		put_bytes(&b, s->offset, s->data, s->filesz);
	if (b.unpacked_pages)
		heap_free_run(b.unpacked, b.unpacked_pages);
	fill_to(&b, b.l.nr_pages);
	put_bytes(&b, b.l.initrd.pfn * PAGE_SIZE, direct_map + ramdisk->start,
		  b.l.ramdisk_size);
	if (b.elf.hypercall_page != ELF_UNSET)
		arch_hypercall_page_fill(
			page_of(&b, (b.elf.hypercall_page - b.elf.virt_base) /
					    PAGE_SIZE));
	si = (void *)page_of(&b, b.l.info.pfn);
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	layout_start_info(&b.l, ptr_frame(b.d->shared).n << PAGE_SHIFT,
			  kernel->cmdline, si);
	put_bytes(&b, b.l.list.pfn * PAGE_SIZE, (uint8_t *)b.p2m,
		  b.l.nr_pages * 8);
	layout_tables(&b.l, b.p2m, table_page, &b);
	root = MFN(b.p2m[b.l.tables.pfn]);
	heap_free_run(ptr_frame(b.p2m), b.l.list.pages);
	for (unsigned int i = 0; i < bi->nr_modules; i++)
		heap_add(MFN(bi->modules[i].start >> PAGE_SHIFT),
			 MFN(pages_of(bi->modules[i].end)));
	print(LOG_INFO, "Initial domain: %s %s, %lu MiB, %u vCPUs, entry %lx\n",
	      b.elf.guest_os, b.elf.guest_version, b.l.nr_pages >> 8,
	      b.d->max_vcpus, b.elf.virt_entry);
	start_vcpu(&b, root);
}
