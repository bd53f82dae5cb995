/* SPDX-License-Identifier: MIT */
/*
 * A 64-bit x86 ELF kernel with Xen's notes, in memory.
 *
 * Nothing is allocated and the file is never written; it may be hostile.
 * Addresses are those of the guest's start of day: the byte at p_paddr lives
 * at p_paddr - PADDR_OFFSET + virt_base, and virt_base is pseudo-physical
 * frame 0.
 */
#ifndef IMAGE_ELFLOAD_H
#define IMAGE_ELFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_UNSET    UINT64_MAX /* the kernel does not name this */
#define ELF_SEGMENTS 64

/* filesz bytes of data for virt_base + offset, then memsz - filesz zeros. */
struct elf_segment {
	uint64_t offset, filesz, memsz;
	const uint8_t *data; /* in the file */
};

struct elf_image {
	uint64_t virt_base;
	uint64_t virt_end;	 /* exclusive, bss included; never wraps */
	uint64_t virt_entry;	 /* in [virt_base, virt_end) */
	uint64_t p2m_base;	 /* or ELF_UNSET: p2m after the image */
	uint64_t hypercall_page; /* or ELF_UNSET: none wanted */

	uint32_t supported; /* bits by XENFEAT_*, the required ones too */
	bool initrd_by_pfn; /* MOD_START_PFN: no initrd mapping */
	bool no_dom0;	    /* supports features, XENFEAT_dom0 not */
	char guest_os[16], guest_version[16];

	/* They do not overlap and end at or before virt_end. */
	struct elf_segment segments[ELF_SEGMENTS];
	unsigned int nr_segments;
};

/*
 * Reads and checks it. NULL, or a sentence for the console, and then img is
 * undefined. It is a sentence and no number because nobody could do more than
 * say it. The hypercall page and p2m_base are the kernel's word: whoever lays
 * out the domain checks the first against its end, the second against its map.
 */
const char *elf_parse(struct elf_image *img, const void *data, size_t size);

/* Needs from below: memcpy, memset, memcmp. */
#endif
