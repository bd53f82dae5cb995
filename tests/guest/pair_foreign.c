// SPDX-License-Identifier: MIT
/*
 * Memory across domains by page table: an unprivileged domain gets nothing
 * of another's, of the hypervisor's, of a device's, and no say over caches;
 * the initial domain gets all but what would break the other's tables.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "trap.h"

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define VA	      TEST_VA

static struct pair p;

/* What the second domain is told of the initial one's frames. */
static volatile struct {
	uint64_t data, table, root, descriptors;
} given;

/* ---- In the second domain ----------------------------------------------------- */

static int64_t map_pte(uint64_t pte)
{
	return hypercall_update_va_mapping(VA, pte, UVMF_INVLPG);
}

static int64_t map_of(uint64_t mfn, uint64_t flags, domid_t domid)
{
	return hypercall_update_va_mapping_otherdomain(VA, pte_make(mfn, flags),
						       UVMF_INVLPG, domid);
}

static int64_t mmu(uint64_t ptr, uint64_t value, uint32_t foreign)
{
	struct mmu_update u = { .ptr = ptr, .val = value };

	return hypercall_mmu_update(&u, 1, NULL, foreign);
}

static int64_t ext(unsigned int cmd, uint64_t mfn, domid_t domid)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

	return hypercall_mmuext_op(&op, 1, NULL, domid);
}

static void map_as_own(const char *what, uint64_t mfn)
{
	char name[60];

	snprintf(name, sizeof(name), "own-%s", what);
	check_value(name, "rw %ld ro %ld", (long)map_pte(pte_make(mfn, PTE_RW)),
		    (long)map_pte(pte_make(mfn, PTE_RO)));
}

static void map_as(domid_t domid, const char *what)
{
	static const struct {
		const char *name;
		uint64_t mfn;
	} frames[] = {
		{ "vga", 0xb8 },	 { "rom", 0xf0 },
		{ "ioapic", 0xfec00 },	 { "lapic", 0xfee00 },
		{ "hpet", 0xfed00 },	 { "pci", 0xe0000 },
		{ "beyond", 1ul << 27 }, { "last", (1ul << 40) - 1 },
	};
	char name[60];
	unsigned int i;

	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		snprintf(name, sizeof(name), "%s-%s", what, frames[i].name);
		check_value(name, "rw %ld ro %ld",
			    (long)map_of(frames[i].mfn, PTE_RW, domid),
			    (long)map_of(frames[i].mfn, PTE_RO, domid));
	}
}

static int64_t try_maps(uint64_t arg)
{
	(void)arg;
	memory_tables(VA);
	map_as_own("data", given.data);
	map_as_own("table", given.table);
	map_as_own("root", given.root);
	map_as_own("hypervisor", memory_hypervisor_mfn());
	map_as(DOMID_SELF, "self");
	map_as(DOMID_IO, "io");
	map_as(DOMID_XEN, "xen");
	map_as(0, "initial");
	map_as(777, "nobody");
	SAY("initial-data", map_of(given.data, PTE_RO, 0));
	SAY("io-data", map_of(given.data, PTE_RO, DOMID_IO));
	SAY("xen-data", map_of(given.data, PTE_RO, DOMID_XEN));
	SAY("cow-data", map_of(given.data, PTE_RO, DOMID_COW));
	SAY("invalid-data", map_of(given.data, PTE_RO, DOMID_INVALID));
	SAY("xen-hypervisor",
	    map_of(memory_hypervisor_mfn(), PTE_RO, DOMID_XEN));
	return 0;
}

static int64_t try_updates(uint64_t arg)
{
	uint64_t mine = mfn_of(page_alloc()), at = given.table << PAGE_SHIFT;
	uint64_t entry = maddr_of(memory_entry(VA, 1));

	(void)arg;
	SAY("update-their-table", mmu(at, 0, DOMID_SELF));
	SAY("update-their-table-as-initial", mmu(at, 0, 0));
	SAY("update-as-table-of-initial",
	    mmu(at, pte_make(mine, PTE_RW), DOMID_SELF | (0u + 1) << 16));
	SAY("update-table-of-nobody",
	    mmu(entry, 0, DOMID_SELF | (777u + 1) << 16));
	SAY("update-for-initial", mmu(entry, pte_make(given.data, PTE_RO), 0));
	SAY("update-for-nobody", mmu(entry, 0, 777));
	SAY("update-for-self-id",
	    mmu(entry, pte_make(mine, PTE_RW), DOMID_SELF));
	mmu(entry, 0, DOMID_SELF);
	SAY("machphys-theirs", mmu(at | MMU_MACHPHYS_UPDATE, 5, DOMID_SELF));
	SAY("machphys-as-initial", mmu(at | MMU_MACHPHYS_UPDATE, 5, 0));
	SAY("descriptor-theirs",
	    hypercall_update_descriptor(given.descriptors << PAGE_SHIFT, 0));
	SAY("gdt-theirs",
	    hypercall_set_gdt((uint64_t[]){ given.descriptors }, 512));
	return 0;
}

static int64_t try_ext(uint64_t arg)
{
	struct mmuext_op copy = { .cmd = MMUEXT_COPY_PAGE };
	uint64_t mine = mfn_of(page_alloc());

	(void)arg;
	SAY("pin-theirs", ext(MMUEXT_PIN_L1_TABLE, given.data, DOMID_SELF));
	SAY("pin-as-initial", ext(MMUEXT_PIN_L1_TABLE, given.data, 0));
	SAY("pin-as-nobody", ext(MMUEXT_PIN_L1_TABLE, given.data, 777));
	SAY("unpin-theirs", ext(MMUEXT_UNPIN_TABLE, given.root, DOMID_SELF));
	SAY("unpin-as-initial", ext(MMUEXT_UNPIN_TABLE, given.root, 0));
	SAY("root-theirs", ext(MMUEXT_NEW_BASEPTR, given.root, DOMID_SELF));
	SAY("user-root-theirs",
	    ext(MMUEXT_NEW_USER_BASEPTR, given.root, DOMID_SELF));
	SAY("clear-theirs", ext(MMUEXT_CLEAR_PAGE, given.data, DOMID_SELF));
	SAY("clear-as-initial", ext(MMUEXT_CLEAR_PAGE, given.data, 0));
	copy.arg1.mfn = mine;
	copy.arg2.src_mfn = given.data;
	SAY("copy-theirs", hypercall_mmuext_op(&copy, 1, NULL, DOMID_SELF));
	SAY("copy-as-initial", hypercall_mmuext_op(&copy, 1, NULL, 0));
	FAILURE(mmuext_op, MMUEXT_FLUSH_CACHE, "flush-cache",
		ext(MMUEXT_FLUSH_CACHE, 0, DOMID_SELF), XEN_EACCES);
	FAILURE(mmuext_op, MMUEXT_FLUSH_CACHE_GLOBAL, "flush-cache-global",
		ext(MMUEXT_FLUSH_CACHE_GLOBAL, 0, DOMID_SELF), XEN_EINVAL);
	SAY("flush-as-initial", ext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0));
	return 0;
}

/* Bits of an entry: the memory's type, and what only a hypervisor sets. */
static int64_t try_bits(uint64_t arg)
{
	static const struct {
		const char *name;
		uint64_t bits;
	} rows[] = {
		{ "none", 0 },		 { "pwt", PTE_PWT },
		{ "pcd", PTE_PCD },	 { "pwt-pcd", PTE_PWT | PTE_PCD },
		{ "pat", PTE_PSE },	 { "pat-pcd", PTE_PSE | PTE_PCD },
		{ "global", PTE_G },	 { "avail", PTE_AVAIL },
		{ "nx", PTE_NX },	 { "kernel", PTE_GUEST_KERNEL },
		{ "bit-53", 1ul << 53 }, { "bit-58", 1ul << 58 },
		{ "bit-62", 1ul << 62 }, { "bit-51", 1ul << 51 },
	};
	uint64_t mine = mfn_of(page_alloc());
	char name[40];
	unsigned int i;

	(void)arg;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "bits-%s", rows[i].name);
		SAY(name, map_pte(pte_make(mine, PTE_RW | rows[i].bits)));
	}
	map_pte(0);
	return 0;
}

static uint64_t table[512] __attribute__((aligned(4096)));

static int64_t make_table(uint64_t arg)
{
	(void)arg;
	memory_make_table(table, 1);
	return 0;
}

static int64_t unmake_table(uint64_t arg)
{
	(void)arg;
	return memory_writable(table);
}

static int64_t look(uint64_t va)
{
	return *(volatile uint64_t *)va;
}

/* ---- The initial domain ------------------------------------------------------------ */

static int64_t mmu_for(uint64_t ptr, uint64_t value)
{
	return mmu(ptr, value, p.domid);
}

/* The second domain's tables, by its own entries and as its toolstack. */
static void check_their_tables(void)
{
	uint64_t mfn = pair_mfn_of(&p, table), at = mfn << PAGE_SHIFT;
	uint64_t other = p.mfns[3], root = p.mfns[pair_pfn_l4()];
	uint64_t foreign = p.domid | (uint32_t)(p.domid + 1) << 16;
	volatile uint64_t *seen;

	pair_call(&p, make_table, 0);
	CHECK("table-writable", !foreign_map(p.domid, mfn, PTE_RW));
	seen = foreign_map(p.domid, mfn, PTE_RO);
	CHECK("table-readable", seen);
	SAY("their-table-as-mine", mmu_for(at, 0));
	SAY("their-table", mmu(at, pte_make(other, PTE_RW), foreign));
	check_value("their-table-entry", "%d", pte_mfn(seen[0]) == other);
	SAY("their-table-my-frame",
	    mmu(at + 8, pte_make(given.data, PTE_RO), foreign));
	SAY("their-table-off", mmu(at, 0, foreign));
	SAY("their-pin-again", ext(MMUEXT_PIN_L1_TABLE, mfn, p.domid));
	SAY("their-unpin", ext(MMUEXT_UNPIN_TABLE, mfn, p.domid));
	SAY("their-table-writable", pair_call(&p, unmake_table, 0));
	foreign_unmap(seen);
	SAY("their-root-as-mine", ext(MMUEXT_NEW_BASEPTR, root, p.domid));
	SAY("their-root-self", ext(MMUEXT_NEW_BASEPTR, root, DOMID_SELF));
	SAY("their-pin-as-mine", ext(MMUEXT_PIN_L1_TABLE, other, DOMID_SELF));
	/* Mapped writable here, it is no table there. */
	seen = foreign_map(p.domid, mfn, PTE_RW);
	SAY("their-pin-mapped", ext(MMUEXT_PIN_L1_TABLE, mfn, p.domid));
	foreign_unmap(seen);
}

static void check_their_frames(void)
{
	static uint64_t word = 0x1122334455667788;
	volatile uint64_t *here = pair_map(&p, &word);
	struct mmuext_op copy = { .cmd = MMUEXT_COPY_PAGE };
	uint64_t mfn = p.mfns[5];
	uint64_t at = mfn << PAGE_SHIFT;

	CHECK("frame-read", here && *here == word);
	*here = 0x4711;
	CHECK_EQ("frame-written", pair_call(&p, look, (uint64_t)&word), 0x4711);
	foreign_unmap(here);
	SAY("frame-clear", ext(MMUEXT_CLEAR_PAGE, mfn, p.domid));
	copy.arg1.mfn = mfn;
	copy.arg2.src_mfn = p.mfns[6];
	SAY("frame-copy", hypercall_mmuext_op(&copy, 1, NULL, p.domid));
	SAY("frame-as-mine", map_of(mfn, PTE_RW, DOMID_SELF));
	SAY("frame-mine-as-theirs", map_of(given.data, PTE_RW, p.domid));
	SAY("frame-beyond", map_of(1ul << 27, PTE_RW, p.domid));
	SAY("machphys-theirs-as-mine",
	    mmu(at | MMU_MACHPHYS_UPDATE, 77, DOMID_SELF));
	SUCCESS(mmu_update, MMU_MACHPHYS_UPDATE, "machphys-theirs-done",
		!mmu(at | MMU_MACHPHYS_UPDATE, 77, p.domid) &&
			mfn_pfn(mfn) == 77);
	mmu(at | MMU_MACHPHYS_UPDATE, 5, p.domid);
	SAY("machphys-mine-as-theirs",
	    mmu(given.data << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 7, p.domid));
}

static void give(void)
{
	volatile uint64_t *there;
	uint64_t *page = page_alloc(), *descriptors = page_alloc();
	uint64_t *l1 = page_alloc();

	memory_make_table(l1, 1);
	memory_readonly(descriptors);
	given.data = mfn_of(page);
	given.table = mfn_of(l1);
	given.root = mfn_of(memory_root());
	given.descriptors = mfn_of(descriptors);
	there = pair_map(&p, (void *)&given);
	memcpy((void *)there, (void *)&given, sizeof(given));
	foreign_unmap(there);
}

int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	pair_start(&p);
	give();
	memory_tables(VA);
	pair_call(&p, try_maps, 0);
	pair_call(&p, try_updates, 0);
	pair_call(&p, try_ext, 0);
	pair_call(&p, try_bits, 0);
	check_their_tables();
	check_their_frames();
	pair_end(&p);
	return check_done();
}
