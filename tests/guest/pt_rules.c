// SPDX-License-Identifier: MIT
/*
 * What a page table may hold, entry by entry and level by level, and what is
 * read back of what was written.
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "start.h"
#include "trap.h"

static uint64_t *entry[5]; /* those of TEST_VA, by level */
static char *page;

static int64_t put(int level, uint64_t value)
{
	return memory_update(entry[level], value);
}

static uint64_t to(const void *va, uint64_t flags)
{
	return pte_make(mfn_of(va), flags);
}

/* ---- Flags of an L1 entry, as they are read back --------------------------------- */

static void flags(const char *name, uint64_t set)
{
	char full[40];
	int64_t rc = put(1, to(page, set));

	snprintf(full, sizeof(full), "l1-%s", name);
	check_value(full, "%ld %lx", rc, rc ? 0 : *entry[1] & ~PTE_ADDR);
	put(1, 0);
}

static void check_flags(void)
{
	flags("user", PTE_P | PTE_U);
	flags("kernel", PTE_P);
	flags("kernel-write", PTE_P | PTE_W);
	flags("user-ad", PTE_RW);
	flags("kernel-ad", PTE_RW & ~PTE_U);
	flags("global", PTE_P | PTE_G);
	flags("nx", PTE_P | PTE_U | PTE_NX);
	flags("avail", PTE_P | PTE_U | PTE_AVAIL);
	flags("pwt", PTE_P | PTE_U | PTE_PWT);
	flags("pcd", PTE_P | PTE_U | PTE_PCD);
	flags("pat", PTE_P | PTE_U | PTE_PSE);
	flags("bit-52", PTE_P | PTE_U | 1ul << 52);
	flags("bit-52-kernel", PTE_P | 1ul << 52);
	flags("bit-53", PTE_P | PTE_U | 1ul << 53);
	flags("bit-58", PTE_P | PTE_U | 1ul << 58);
	flags("bit-59", PTE_P | PTE_U | 1ul << 59);
	flags("bit-62", PTE_P | PTE_U | 1ul << 62);
	flags("bit-51", PTE_P | PTE_U | 1ul << 51);
	flags("bit-46", PTE_P | PTE_U | 1ul << 46);
	flags("not-present", 0xff0 & ~1ul);
}

/* Beyond what the processor's addresses can name there is nothing to map. */
static void check_width(void)
{
	uint32_t a = 0x80000008, b, c, d;
	unsigned int bit;
	char name[40];

	asm("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	for (bit = a & 0xff; bit < 52; bit++) {
		snprintf(name, sizeof(name), "no-address-bit-%u", bit);
		CHECK_EQ(name, put(1, 1ul << bit | PTE_RW), -XEN_EPERM);
	}
	CHECK_EQ("no-address-kept", *entry[1], 0);
	CHECK_EQ("an-address", put(1, 1ul << ((a & 0xff) - 1) | PTE_RO), 0);
	put(1, 0);
}

/* ---- Flags of upper entries ----------------------------------------------------------- */

static void upper(const char *name, int level, uint64_t set)
{
	uint64_t kept = *entry[level];
	char full[40];
	int64_t rc = put(level, (kept & PTE_ADDR) | set);

	snprintf(full, sizeof(full), "l%d-%s", level, name);
	/* A: the processor itself sets it, at times of its own. */
	check_value(full, "%ld %lx", rc, *entry[level] & ~(PTE_ADDR | PTE_A));
	put(level, kept);
}

static void check_upper(void)
{
	int level;

	for (level = 2; level <= 4; level++) {
		upper("plain", level, PTE_P);
		upper("user-write", level, PTE_P | PTE_U | PTE_W);
		upper("ad", level, PTE_RW);
		upper("nx", level, PTE_RW | PTE_NX);
		upper("pse", level, PTE_RW | PTE_PSE);
		upper("global", level, PTE_RW | PTE_G);
		upper("pcd", level, PTE_RW | PTE_PCD);
		upper("avail", level, PTE_RW | PTE_AVAIL);
		upper("bit-52", level, PTE_RW | 1ul << 52);
		upper("bit-62", level, PTE_RW | 1ul << 62);
	}
}

/* ---- A frame has one type ------------------------------------------------------------ */

static void check_types(void)
{
	uint64_t *l1 = page_alloc(), *l2 = page_alloc(), *used = page_alloc();

	memory_readonly(l1);
	memory_readonly(l2);
	CHECK_EQ("writable-as-l1", put(2, to(used, PTE_RW)), -XEN_EINVAL);
	CHECK_EQ("writable-as-l2", put(3, to(used, PTE_RW)), -XEN_EINVAL);
	CHECK_EQ("writable-as-l3", put(4, to(used, PTE_RW)), -XEN_EINVAL);
	CHECK_EQ("l1-in-l2", put(2, to(l1, PTE_RW)), 0);
	CHECK_EQ("l1-in-l3", put(3, to(l1, PTE_RW)), -XEN_EINVAL);
	CHECK_EQ("l1-writable", memory_writable(l1), -XEN_EBUSY);
	CHECK_EQ("l1-read-only", put(1, to(l1, PTE_RO)), 0);
	CHECK_EQ("l1-twice", memory_update(entry[2] + 1, to(l1, PTE_RW)), 0);
	CHECK_EQ("l1-gone", put(2, 0), 0);
	CHECK_EQ("l1-still-used", memory_writable(l1), -XEN_EBUSY);
	CHECK_EQ("l1-gone-twice", memory_update(entry[2] + 1, 0), 0);
	CHECK_EQ("l1-is-a-page", memory_writable(l1), 0);
	memory_readonly(l1);
	CHECK_EQ("read-only-twice-as-l1", put(2, to(l1, PTE_RW)), 0);
	put(2, 0);
	page_free((memory_writable(l1), l1));
}

/* ---- The hypervisor's own ---------------------------------------------------------------- */

static void check_hypervisor(void)
{
	uint64_t *root = memory_root(), *l3 = page_alloc();
	uint64_t used = root[256];
	int64_t rc;

	memory_readonly(l3);
	rc = memory_update(root + 256, to(l3, PTE_RW));
	CHECK("slot-256", rc < 0 && root[256] == used);
	check_value("slot-256-answer", "%ld", rc);
	check_value("slot-271-answer", "%ld",
		    memory_update(root + 271, to(l3, PTE_RW)));
	check_value("slot-271-clear", "%ld", memory_update(root + 271, 0));
	CHECK_EQ("slot-272", memory_update(root + 272, to(l3, PTE_RW)), 0);
	memory_update(root + 272, 0);
	CHECK_EQ("slot-255", memory_update(root + 255, to(l3, PTE_RW)), 0);
	memory_update(root + 255, 0);
	CHECK_EQ("own-frame-as-table",
		 put(3, pte_make(memory_hypervisor_mfn(), PTE_RW)), -XEN_EINVAL);
	CHECK_EQ("no-frame", put(2, pte_make(1ul << 38, PTE_RW)), -XEN_EINVAL);
	CHECK_EQ("m2p-write", try_write((void *)MACH2PHYS_VIRT_START, 1), 14);
	CHECK_EQ("m2p-write-error", trap_last.regs.error, 3);
}

/* ---- A root that refers to itself ------------------------------------------------------------ */

static void check_linear(void)
{
	uint64_t *root = memory_root();
	uint64_t self = to(root, PTE_P | PTE_U | PTE_A), kept = *entry[3];

	check_value("linear-l4", "%ld", memory_update(root + 300, self));
	check_value("linear-l4-writable", "%ld",
		    memory_update(root + 301, self | PTE_W));
	check_value("linear-l3", "%ld",
		    put(3, pte_make(pte_mfn(*entry[4]), PTE_RO)));
	put(3, kept);
	memory_update(root + 300, 0);
	memory_update(root + 301, 0);
}

/* Shared frames of the hypervisor may be mapped. */
static void check_shared(void)
{
	uint64_t mfn = start_info->shared_info >> 12;

	CHECK_EQ("shared-info", put(1, pte_make(mfn, PTE_RW)), 0);
	CHECK("shared-info-m2p", mfn_pfn(mfn) >= 1ul << 40);
	CHECK_EQ("shared-info-as-table", put(2, pte_make(mfn, PTE_RW)),
		 -XEN_EINVAL);
	put(1, 0);
}

int main(void)
{
	int level;

	page = page_alloc();
	memory_tables(TEST_VA);
	for (level = 1; level <= 4; level++)
		entry[level] = memory_entry(TEST_VA, level);
	check_flags();
	check_width();
	check_upper();
	check_hypervisor();
	check_linear();
	check_shared();
	check_types();
	return check_done();
}
