/* SPDX-License-Identifier: MIT */
/*
 * What the boot loader told us, by Multiboot 1 or 2, copied out of its
 * structures: nothing here points into memory that the heap may get, apart
 * from the modules, which stay where they are until dom0_build() is done
 * with them.
 */
#ifndef BOOTINFO_H
#define BOOTINFO_H

#include "domain.h"

#define BOOT_MODULES 8
#define BOOT_ROWS    64

/* Physical bytes [start, end), anywhere in the direct map. */
struct boot_module {
	uint64_t start, end;
	char cmdline[1024]; /* without the module's file name */
};

struct boot_info {
	char cmdline[1024]; /* without the image's name */
	/* The memory map as given, sorted; e820 types. */
	struct e820_row rows[BOOT_ROWS];
	unsigned int nr_rows;
	struct boot_module modules[BOOT_MODULES];
	unsigned int nr_modules;
	uint64_t rsdp;		       /* physical; 0: search the BIOS areas */
	uint64_t info_start, info_end; /* where rsdp may point; or 0, 0 */
};

#define E820_RAM      1
#define E820_RESERVED 2
#define E820_UNUSABLE 5 /* the last one; 3 is ACPI, 4 NVS */

/*
 * Fill *bi from what the loader left at info; magic says in which format.
 * Stops the machine with a sentence when it is neither.
 */
void multiboot_parse(uint32_t magic, uint64_t info, struct boot_info *bi);

/*
 * The initial domain: any 64-bit PV kernel, given as the first boot module,
 * with an optional ramdisk as the second, laid out as xen.h's "start of day"
 * describes. Build it and make its first vCPU runnable. Gives the modules'
 * memory to the heap. Stops the machine with a sentence when it cannot be
 * done.
 */
void dom0_build(const struct boot_info *bi);

#endif
