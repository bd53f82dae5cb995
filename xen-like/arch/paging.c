/* SPDX-License-Identifier: MIT */
#include "paging.h"
#include "cpu.h"
#include "image.h"
#include "mem.h"
#include "memory.h"
#include "panic.h"
#include "pte.h"
#include "x86.h"

#define TABLE_FLAGS	 (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define DATA_RW		 (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)
#define DATA_RO		 (PTE_P | PTE_A | PTE_NX)
#define CODE		 (PTE_P | PTE_A)
#define M2P_PIECE	 (DATA_RW | PTE_US | PTE_PSE)
#define DEVICE		 (DATA_RW | PTE_PCD | PTE_PWT)
#define ORDER_2M	 9u
#define SIZE_2M		 (PAGE_SIZE << ORDER_2M)
#define SIZE_1G		 (1ul << 30)
#define DIRECT_MAX	 (9ul << 39) /* slots 262..270 */
#define RECORDS_PER_PAGE (PAGE_SIZE / sizeof(struct frame))

uint8_t *direct_map = (uint8_t *)VA_DIRECT;
uint64_t *machphys = (uint64_t *)VA_M2P_RW;
uint64_t idle_root;

static uint64_t *root;	    /* idle_root, in the direct map */
static uint64_t hole;	    /* the page of records of frames that are no RAM */
static uint64_t frames_end; /* one more than the last frame of RAM */
static uint64_t fixmap_used;

static unsigned int slot(uint64_t va, unsigned int level)
{
	return va >> (PAGE_SHIFT + 9 * (level - 1)) & (PTES - 1);
}

/* The entry of va at level (1: of a 4 KiB page), with the tables above it. */
static uint64_t *entry(uint64_t va, unsigned int level)
{
	uint64_t *table = root;

	for (unsigned int l = 4; l > level; l--) {
		uint64_t *e = &table[slot(va, l)];

		if (!*e)
			*e = memory_pages(0) | TABLE_FLAGS;
		ASSERT(!(*e & PTE_PSE));
		table = frame_ptr(pte_mfn(*e));
	}
	return &table[slot(va, level)];
}

static void map(uint64_t va, uint64_t phys, uint64_t size, uint64_t flags)
{
	for (uint64_t o = 0; o < size; o += PAGE_SIZE)
		*entry(va + o, 1) = (phys + o) | flags;
}

/* ---- The parts ------------------------------------------------------------ */

/* [start, end) by the largest pages; 2 MiB pages may reach beyond it. */
static void map_direct(uint64_t start, uint64_t end)
{
	bool huge = cpuid(0x80000001, 0).d >> 26 & 1;
	uint64_t step;

	for (uint64_t p = start & ~(SIZE_2M - 1); p < end; p += step) {
		step = SIZE_2M;
		if (huge && p && !(p & (SIZE_1G - 1)) && end - p >= SIZE_1G)
			step = SIZE_1G;
		*entry(VA_DIRECT + p, step == SIZE_1G ? 3 : 2) = p | DATA_RW |
								 PTE_PSE;
	}
}

static void map_image(void)
{
	uint64_t va = VA_IMAGE, text = (uint64_t)__text_end;
	uint64_t rodata = (uint64_t)__rodata_end, end = (uint64_t)__image_end;

	map(va, PA_IMAGE, text - va, CODE);
	map(text, PA_IMAGE + (text - va), rodata - text, DATA_RO);
	map(rodata, PA_IMAGE + (rodata - va), end - rodata, DATA_RW);
}

/* The M2P pieces of frames [start, end); neighbours may share one. */
static void map_m2p(uint64_t start, uint64_t end)
{
	uint64_t va = VA_M2P_RW + (start * 8 & -SIZE_2M);

	for (; va < VA_M2P_RW + end * 8; va += SIZE_2M) {
		uint64_t *e = entry(va, 2), piece;

		if (*e)
			continue;
		piece = memory_pages(ORDER_2M);
		memset(direct_map + piece, 0xff, SIZE_2M);
		*e = piece | M2P_PIECE;
	}
}

mfn_t arch_machphys_piece(uint64_t i)
{
	uint64_t e = *entry(VA_M2P_RW + i * SIZE_2M, 2);

	return e ? pte_mfn(e) : MFN_NONE;
}

/* Frame records of [start, end), and of the hole before it. */
static void map_records(uint64_t start, uint64_t end)
{
	static uint64_t mapped; /* pages */

	for (; mapped < start / RECORDS_PER_PAGE; mapped++)
		map(VA_FRAMES + mapped * PAGE_SIZE, hole, 1, DATA_RW);
	for (; mapped * RECORDS_PER_PAGE < end; mapped++)
		map(VA_FRAMES + mapped * PAGE_SIZE, memory_pages(0), 1, DATA_RW);
	frames_end = end;
}

static void map_frames(void)
{
	const struct memory_range *r;
	uint64_t last = 0;

	hole = memory_pages(0);
	for (r = memory_ram; r->end; r++) {
		map_m2p(r->start >> PAGE_SHIFT, r->end >> PAGE_SHIFT);
		map_records(r->start >> PAGE_SHIFT, r->end >> PAGE_SHIFT);
	}
	/*
	 * What guests see is the same tables: read-only and theirs through
	 * this slot, writable and ours through the other.
	 */
	root[slot(VA_M2P, 4)] = (root[slot(VA_M2P_RW, 4)] & ~PTE_RW) | PTE_NX;
	root[slot(VA_M2P_RW, 4)] &= ~PTE_US;
	/* Their records: holes are devices' until somebody denies it. */
	frame_init((struct frame *)VA_FRAMES, frames_end);
	for (r = memory_ram; r->end; last = r++->end)
		frame_set_io(MFN(last >> PAGE_SHIFT),
			     MFN(r->start >> PAGE_SHIFT));
	/* Privileged domains may map the pieces. */
	for (uint64_t i = 0; i < MACHPHYS_PIECES; i++) {
		mfn_t m = arch_machphys_piece(i);

		for (uint64_t k = 0; !mfn_eq(m, MFN_NONE) && k < PTES; k++)
			frame_show(MFN(m.n + k));
	}
	/* What no address can name: the CPU would fault on reserved bits. */
	frame_deny_io(MFN(1ul << ((cpuid(0x80000008, 0).a & 0xff) - PAGE_SHIFT)),
		      MFN_NONE);
}

void paging_init(void)
{
	memory_remove(DIRECT_MAX, PAGE_MASK);
	/* The early map of 4 GiB is what there is to write tables through. */
	memory_limit = 1ul << 32;
	idle_root = memory_pages(0);
	root = frame_ptr(MFN(idle_root >> PAGE_SHIFT));
	/* The firmware's areas, the trampoline; all RAM. */
	map_direct(0, SIZE_2M);
	for (const struct memory_range *r = memory_ram; r->end; r++)
		map_direct(r->start, r->end);
	map_image();
	root[0] = ((uint64_t)early_l3 - VA_IMAGE + PA_IMAGE) | PTE_P | PTE_RW;
	write_cr3(idle_root);
	memory_limit = UINT64_MAX;
	entry(VA_WINDOWS, 1);
	entry(VA_FIXMAP, 1);
	map_frames();
}

void paging_seal(void)
{
	uint64_t end = VA_FRAMES + frames_end * sizeof(struct frame);

	for (uint64_t va = VA_FRAMES; va < end; va += PAGE_SIZE) {
		uint64_t *e = entry(va, 1);

		if ((*e & PTE_ADDR) == hole)
			*e &= ~PTE_RW;
	}
	root[0] = 0;
	arch_flush(cpus_online(), FLUSH_GLOBAL, 0);
}

/* ---- Later ---------------------------------------------------------------- */

void *fixmap(uint64_t phys, uint64_t size, bool device)
{
	uint64_t off = phys & ~PAGE_MASK, va = VA_FIXMAP + fixmap_used;

	size = ROUND_UP(off + size, PAGE_SIZE);
	if (size > SIZE_2M - fixmap_used)
		return NULL;
	map(va, phys - off, size, device ? DEVICE : DATA_RO);
	fixmap_used += size;
	if (device)
		frame_deny_io(MFN(phys >> PAGE_SHIFT),
			      MFN((phys - off + size) >> PAGE_SHIFT));
	return (void *)(va + off);
}

uint64_t *paging_window(unsigned int cpu)
{
	return entry(WINDOW_GDT(cpu), 1);
}

void arch_root_install(uint64_t *table)
{
	memcpy(&table[ROOT_XEN_FIRST], &root[ROOT_XEN_FIRST],
	       (ROOT_XEN_LAST - ROOT_XEN_FIRST + 1) * sizeof(*table));
}
