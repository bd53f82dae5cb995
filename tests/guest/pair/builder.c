// SPDX-License-Identifier: MIT
/*
 * Builds a second domain from the initial one's own image.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include "builder.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/memory.h>

#define SIZE(array)  (sizeof(array) / sizeof((array)[0]))
#define ENTRIES	     (PAGE_SIZE / 8)
#define P2M_PAGES    (PAIR_PAGES / ENTRIES)
#define L1_PAGES     (PAIR_PAGES / ENTRIES)
#define WINDOW	     0x28000000000ul /* an L4 slot of the initial domain's */
#define WINDOW_PAGES 64u
#define INDEX(va, level) \
	((uint64_t)(va) >> (PAGE_SHIFT + 9 * ((level)-1)) & (ENTRIES - 1))

extern char start[], guest_start[], guest_end[];

/* pfns from the end of the image on, one after the other */
enum place {
	START_INFO,
	STORE,
	CONSOLE,
	P2M,
	L4 = P2M + P2M_PAGES,
	L3,
	L2,
	L1,
	P2M_L3 = L1 + L1_PAGES,
	P2M_L2,
	P2M_L1,
	PLACES
};

static uint64_t place(unsigned int which)
{
	return pfn_of(guest_end) + which;
}

static void *place_va(unsigned int which)
{
	return (void *)(GUEST_VIRT_BASE + (place(which) << PAGE_SHIFT));
}

uint64_t pair_pfn_start_info(void)
{
	return place(START_INFO);
}

uint64_t pair_pfn_store(void)
{
	return place(STORE);
}

uint64_t pair_pfn_console(void)
{
	return place(CONSOLE);
}

uint64_t pair_pfn_l4(void)
{
	return place(L4);
}

uint64_t pair_pfn_spare(void)
{
	return place(PLACES);
}

uint64_t pair_mfn_of(const struct pair *p, const void *va)
{
	return p->mfns[pfn_of(va)];
}

/* ---- Frames of another domain ---------------------------------------------- */

static bool window_used[WINDOW_PAGES];

void *foreign_map(domid_t domid, uint64_t mfn, uint64_t flags)
{
	unsigned int i = 0;
	uint64_t va;

	while (i < WINDOW_PAGES && window_used[i])
		i++;
	if (i == WINDOW_PAGES)
		guest_fail("the window is full");
	va = WINDOW + i * PAGE_SIZE;
	memory_tables(va);
	if (hypercall_update_va_mapping_otherdomain(va, pte_make(mfn, flags),
						    UVMF_INVLPG, domid))
		return NULL;
	window_used[i] = true;
	return (void *)va;
}

void foreign_unmap(volatile void *va)
{
	if (!va)
		return;
	hypercall_update_va_mapping(va, 0, UVMF_INVLPG);
	window_used[((uint64_t)va - WINDOW) / PAGE_SIZE] = false;
}

/* A kernel starts with upcalls masked. */
static bool mask_upcalls(const struct pair *p, uint64_t mfn)
{
	struct shared_info *info = foreign_map(p->domid, mfn, PTE_RW);
	unsigned int i;

	if (!info)
		return false;
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		info->vcpu_info[i].evtchn_upcall_mask = 1;
	foreign_unmap(info);
	return true;
}

/* Bytes into a frame of the second domain's. */
static bool put(const struct pair *p, uint64_t pfn, unsigned int offset,
		const void *data, size_t size)
{
	uint8_t *at = foreign_map(p->domid, p->mfns[pfn], PTE_RW);

	if (!at)
		return false;
	memcpy(at + offset, data, size);
	foreign_unmap(at);
	return true;
}

/* ---- The steps ----------------------------------------------------------------- */

static int64_t step_create(struct pair *p)
{
	return domain_create(0, p->config, &p->domid);
}

static int64_t step_vcpus(struct pair *p)
{
	return domain_max_vcpus(p->domid, p->config.max_vcpus);
}

static int64_t step_memory(struct pair *p)
{
	return domain_max_mem(p->domid, PAIR_PAGES * 4);
}

static int64_t step_populate(struct pair *p)
{
	struct xen_memory_reservation r = {
		.nr_extents = PAIR_PAGES,
		.domid = p->domid,
	};
	unsigned int i;
	int64_t rc;

	for (i = 0; i < PAIR_PAGES; i++)
		p->mfns[i] = i;
	r.extent_start.p = p->mfns;
	rc = hypercall_memory_op(XENMEM_populate_physmap, &r);
	return rc == PAIR_PAGES ? 0 : rc < 0 ? rc : -XEN_ENOMEM;
}

static int64_t step_ports(struct pair *p)
{
	evtchn_port_t *ports[] = { &p->store, &p->console, &p->link };
	unsigned int i;

	for (i = 0; i < SIZE(ports); i++) {
		int64_t port = event_alloc_unbound(p->domid, DOMID_SELF);

		if (port < 0)
			return port;
		*ports[i] = port;
	}
	return 0;
}

/* The file's bytes; the rest of the image is zero as it comes. */
static bool load_segment(struct pair *p, const uint8_t *file,
			 const Elf64_Phdr *h)
{
	uint64_t at = h->p_vaddr, end = h->p_vaddr + h->p_filesz;
	const uint8_t *from = file + h->p_offset;

	while (at < end) {
		uint64_t offset = at & (PAGE_SIZE - 1);
		uint64_t n = PAGE_SIZE - offset;

		if (n > end - at)
			n = end - at;
		if (!put(p, pfn_of((void *)at), offset, from, n))
			return false;
		at += n;
		from += n;
	}
	return true;
}

static int64_t step_load(struct pair *p)
{
	const uint8_t *file = (const uint8_t *)start_info->mod_start;
	const Elf64_Ehdr *elf = (const Elf64_Ehdr *)file;
	const Elf64_Phdr *h;
	unsigned int i;

	if (!file || memcmp(elf->e_ident, ELFMAG, SELFMAG))
		guest_fail("no image as ramdisk: RUN: pair=1");
	h = (const Elf64_Phdr *)(file + elf->e_phoff);
	for (i = 0; i < elf->e_phnum; i++)
		if (h[i].p_type == PT_LOAD && !load_segment(p, file, &h[i]))
			return -XEN_EPERM;
	return 0;
}

static int64_t step_start_info(struct pair *p)
{
	struct xen_domctl_getdomaininfo info;
	start_info_t si = {
		.nr_pages = PAIR_PAGES,
		.store_mfn = p->mfns[place(STORE)],
		.store_evtchn = p->store,
		.console.domU = {
			.mfn = p->mfns[place(CONSOLE)],
			.evtchn = p->console,
		},
		.pt_base = (unsigned long)place_va(L4),
		.nr_pt_frames = PLACES - L4,
		.mfn_list = GUEST_P2M_BASE,
		.first_p2m_pfn = place(P2M),
		.nr_p2m_frames = P2M_PAGES,
	};

	if (!domain_info(p->domid, &info))
		return -XEN_ESRCH;
	si.shared_info = info.shared_info_frame << PAGE_SHIFT;
	snprintf(si.magic, sizeof(si.magic), "xen-3.0-x86_64");
	if (p->cmdline)
		snprintf((char *)si.cmd_line, sizeof(si.cmd_line), "%s",
			 p->cmdline);
	return mask_upcalls(p, info.shared_info_frame) &&
			       put(p, place(START_INFO), 0, &si, sizeof(si))
		       ? 0
		       : -XEN_EPERM;
}

static uint64_t entry(const struct pair *p, uint64_t pfn, uint64_t flags)
{
	return pte_make(p->mfns[pfn], flags);
}

static uint64_t leaf(const struct pair *p, uint64_t pfn)
{
	bool table = pfn >= place(L4);

	return pfn < place(PLACES) ? entry(p, pfn, table ? PTE_RO : PTE_RW) : 0;
}

/* One table with entries for pfns in a row, from an index on. */
static bool put_table(struct pair *p, unsigned int which, unsigned int index,
		      unsigned int count, uint64_t first, bool leaves)
{
	uint64_t table[ENTRIES] = { 0 };
	unsigned int i;

	for (i = 0; i < count; i++)
		table[index + i] = leaves ? leaf(p, first + i)
					  : entry(p, first + i, PTE_RW);
	return put(p, place(which), 0, table, sizeof(table));
}

static int64_t step_tables(struct pair *p)
{
	const uint64_t base = GUEST_VIRT_BASE, p2m = GUEST_P2M_BASE;
	uint64_t root[ENTRIES] = { 0 };
	bool ok = true;
	unsigned int i;

	for (i = 0; i < P2M_PAGES; i++)
		ok &= put(p, place(P2M + i), 0, p->mfns + i * ENTRIES,
			  PAGE_SIZE);
	root[INDEX(base, 4)] = entry(p, place(L3), PTE_RW);
	root[INDEX(p2m, 4)] = entry(p, place(P2M_L3), PTE_RW);
	ok &= put(p, place(L4), 0, root, sizeof(root));
	ok &= put_table(p, L3, INDEX(base, 3), 1, place(L2), false);
	ok &= put_table(p, L2, INDEX(base, 2), L1_PAGES, place(L1), false);
	for (i = 0; i < L1_PAGES; i++)
		ok &= put_table(p, L1 + i, 0, ENTRIES, i * ENTRIES, true);
	ok &= put_table(p, P2M_L3, INDEX(p2m, 3), 1, place(P2M_L2), false);
	ok &= put_table(p, P2M_L2, INDEX(p2m, 2), 1, place(P2M_L1), false);
	ok &= put_table(p, P2M_L1, INDEX(p2m, 1), P2M_PAGES, place(P2M), true);
	return ok ? 0 : -XEN_EPERM;
}

static int64_t step_hypercall_page(struct pair *p)
{
	struct xen_domctl op = {
		.u.hypercall_init.gmfn = pair_mfn_of(p, hypercall_page),
	};

	return domctl(XEN_DOMCTL_hypercall_init, p->domid, &op);
}

static int64_t step_pin(struct pair *p)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_PIN_L4_TABLE,
		.arg1.mfn = p->mfns[place(L4)],
	};

	return hypercall_mmuext_op(&op, 1, NULL, p->domid);
}

void pair_context(const struct pair *p, struct vcpu_guest_context *context)
{
	memset(context, 0, sizeof(*context));
	context->flags = VGCF_in_kernel | VGCF_online;
	context->user_regs.rip = (uint64_t)start;
	context->user_regs.rsi = (uint64_t)place_va(START_INFO);
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->user_regs.rflags = 0x200;
	context->kernel_ss = FLAT_KERNEL_SS;
	context->ctrlreg[3] = p->mfns[place(L4)] << PAGE_SHIFT;
}

int64_t pair_set_context(const struct pair *p, unsigned int vcpu,
			 struct vcpu_guest_context *context)
{
	struct xen_domctl op = { .u.vcpucontext.vcpu = vcpu };

	op.u.vcpucontext.ctxt.p = (void *)context;
	return domctl(XEN_DOMCTL_setvcpucontext, p->domid, &op);
}

static int64_t step_context(struct pair *p)
{
	static struct vcpu_guest_context context;

	pair_context(p, &context);
	return pair_set_context(p, 0, &context);
}

/* ---- In order ------------------------------------------------------------------- */

static int64_t (*const steps_of_build[PAIR_STEPS])(struct pair *) = {
	[STEP_CREATE] = step_create,
	[STEP_VCPUS] = step_vcpus,
	[STEP_MEMORY] = step_memory,
	[STEP_POPULATE] = step_populate,
	[STEP_PORTS] = step_ports,
	[STEP_LOAD] = step_load,
	[STEP_START_INFO] = step_start_info,
	[STEP_TABLES] = step_tables,
	[STEP_HYPERCALL_PAGE] = step_hypercall_page,
	[STEP_PIN] = step_pin,
	[STEP_CONTEXT] = step_context,
};

const char *const pair_step_names[PAIR_STEPS] = {
	[STEP_CREATE] = "create",
	[STEP_VCPUS] = "vcpus",
	[STEP_MEMORY] = "memory",
	[STEP_POPULATE] = "populate",
	[STEP_PORTS] = "ports",
	[STEP_LOAD] = "load",
	[STEP_START_INFO] = "start-info",
	[STEP_TABLES] = "tables",
	[STEP_HYPERCALL_PAGE] = "hypercall-page",
	[STEP_PIN] = "pin",
	[STEP_CONTEXT] = "context",
};

void pair_init(struct pair *p)
{
	memset(p, 0, sizeof(*p));
	p->config = domain_config(1);
}

int64_t pair_build(struct pair *p, unsigned int steps)
{
	unsigned int i;
	int64_t rc = 0;

	for (i = 0; i < steps && !rc; i++)
		rc = steps_of_build[i](p);
	return rc;
}
