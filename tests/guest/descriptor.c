// SPDX-License-Identifier: MIT
/*
 * Segment descriptors: set_gdt and update_descriptor make selectors that can
 * be loaded, tables become read-only, privileges are lowered to the guest's,
 * and descriptors that would harm the hypervisor are refused.
 */
#include <string.h>
#include "check.h"
#include "memory.h"
#include "trap.h"

#define DATA   0x00cff3000000fffful /* flat, DPL 3 */
#define DATA_0 0x00cf93000000fffful /* flat, DPL 0 */
#define CODE64 0x00affb000000fffful
#define GATE   0x0000ec00e0080000ul /* a call gate to Xen */
#define TSS    0x0000890000000067ul

static uint64_t *gdt;

static int64_t set_gdt(const void *page, unsigned int entries)
{
	unsigned long frames[16];
	int i;

	for (i = 0; i < 16; i++)
		frames[i] = mfn_of((const char *)page + 4096 * i);
	return hypercall_set_gdt(frames, entries);
}

static int64_t update(const void *at, uint64_t value)
{
	return hypercall_update_descriptor(maddr_of(at), value);
}

static int load_fs(unsigned int selector)
{
	int vector = TRY("mov %w0, %%fs", : : "r"(selector));

	asm volatile("mov %w0, %%fs" : : "r"(0));
	return vector;
}

static void check_gdt(void)
{
	gdt[4] = DATA;
	gdt[5] = DATA_0;
	memory_readonly(gdt);
	CHECK_EQ("none-yet", load_fs(0x23), 13);
	SUCCESS(set_gdt, none, "gdt",
		!set_gdt(gdt, 512) && load_fs(0x23) == TRY_NONE);
	CHECK("gdt-read-only", memory_writable(gdt) != 0);
	CHECK_EQ("gdt-dpl-0", gdt[5] >> 45 & 3, 3);
	CHECK_EQ("gdt-dpl-0-loads", load_fs(0x2b), TRY_NONE);
	CHECK_EQ("gdt-zero", load_fs(0x33), 13);
	CHECK_EQ("flat-still-there",
		 TRY("mov %w0, %%es",
		     :
		     : "r"(FLAT_USER_DS)),
		 TRY_NONE);
	FAILURE(set_gdt, none, "too-many", set_gdt(gdt, 14 * 512 + 1),
		XEN_EINVAL);
	CHECK_EQ("bad-list", hypercall_set_gdt(NOWHERE, 512), -XEN_EFAULT);
	CHECK_EQ("hypervisor-list", hypercall_set_gdt(HYPERVISOR_VA, 512),
		 -XEN_EFAULT);
	CHECK_EQ("too-many-by-far", hypercall_set_gdt((void *)gdt, 512 * 512),
		 -XEN_EINVAL);
	CHECK_EQ("old-stays", load_fs(0x23), TRY_NONE);
}

static void check_update(void)
{
	SUCCESS(update_descriptor, none, "update",
		!update(gdt + 7, DATA) && gdt[7] == DATA &&
			load_fs(0x3b) == TRY_NONE);
	CHECK_EQ("update-dpl-0", update(gdt + 8, DATA_0), 0);
	CHECK_EQ("update-dpl-0-raised", gdt[8], DATA_0 | 3ul << 45);
	CHECK_EQ("update-code", update(gdt + 9, CODE64), 0);
	CHECK_EQ("update-clear", update(gdt + 7, 0), 0);
	CHECK_EQ("update-cleared", load_fs(0x3b), 13);
	CHECK_EQ("update-absent", update(gdt + 10, 0x1234), 0);
	CHECK_EQ("update-absent-kept", gdt[10], 0x1234);
	FAILURE(update_descriptor, none, "update-tss", update(gdt + 7, TSS),
		XEN_EINVAL);
	CHECK_EQ("update-gate", update(gdt + 7, GATE), -XEN_EINVAL);
	CHECK_EQ("update-unaligned", update((char *)gdt + 4, DATA), -XEN_EINVAL);
	CHECK_EQ("update-no-frame",
		 hypercall_update_descriptor(1ul << 51, DATA), -XEN_EINVAL);
	CHECK_EQ("update-hypervisor",
		 hypercall_update_descriptor(memory_hypervisor_mfn() << 12, DATA),
		 -XEN_EINVAL);
}

/* A page that is no descriptor table is written as data. */
static void check_plain(void)
{
	uint64_t *page = page_alloc(), *table = page_alloc();

	CHECK_EQ("update-plain", update(page + 3, DATA), 0);
	CHECK_EQ("update-plain-written", page[3], DATA);
	memory_make_table(table, 1);
	CHECK_EQ("update-table", update(table, DATA), -XEN_EINVAL);
	memory_unmake_table(table);
}

static void check_bad_page(void)
{
	uint64_t *bad = page_alloc();

	bad[3] = TSS;
	CHECK_EQ("gdt-writable-page", set_gdt(bad, 512), -XEN_EINVAL);
	memory_readonly(bad);
	CHECK_EQ("gdt-with-tss", set_gdt(bad, 512), -XEN_EINVAL);
	CHECK_EQ("gdt-with-tss-free", memory_writable(bad), 0);
	CHECK_EQ("gdt-none", hypercall_set_gdt(NULL, 0), 0);
	CHECK_EQ("gdt-gone", load_fs(0x23), 13);
	CHECK_EQ("gdt-page-free", memory_writable(gdt), 0);
	CHECK_EQ("gdt-15-pages", set_gdt(bad, 15 * 512), -XEN_EINVAL);
}

int main(void)
{
	gdt = pages_alloc(17);
	check_gdt();
	check_update();
	check_plain();
	check_bad_page();
	return check_done();
}
