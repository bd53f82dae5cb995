/* SPDX-License-Identifier: MIT */
/*
 * A 64-bit x86 ELF kernel with Xen's notes, in memory.
 *
 *   struct elf_image img;
 *   const char *why;
 *
 *   if (!elf_parse(&img, data, size, &why))
 *           elf_load(&img, &sink);
 *
 * Nothing is allocated and the file is never written; it may be hostile.
 * Addresses are those of the guest's start of day: the byte at p_paddr lives
 * at p_paddr - paddr_offset + virt_base, and virt_base is pseudo-physical
 * frame 0.
 */
#ifndef IMAGE_ELFLOAD_H
#define IMAGE_ELFLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_UNSET UINT64_MAX /* the kernel does not name this */

struct elf_image {
	const uint8_t *data; /* the caller's; needed by elf_load() */
	size_t size;

	uint64_t virt_base;
	uint64_t paddr_offset;
	uint64_t virt_entry;	 /* in [virt_start, virt_end) */
	uint64_t virt_start;	 /* >= virt_base */
	uint64_t virt_end;	 /* exclusive, bss included */
	uint64_t p2m_base;	 /* or ELF_UNSET: p2m after the image */
	uint64_t hypercall_page; /* or ELF_UNSET: none wanted */
	uint64_t hv_start_low;	 /* or ELF_UNSET */

	uint32_t supported; /* bits by XENFEAT_*, includes: */
	uint32_t required;
	bool initrd_by_pfn; /* MOD_START_PFN: no initrd mapping */
	bool no_dom0;	    /* supports features, XENFEAT_dom0 not */

	char guest_os[16], guest_version[16], xen_version[16], loader[16];
};

/*
 * Reads and checks all that elf_load() will rely on. 0 or -XEN_EINVAL, and
 * then *why is a sentence for the console. img is undefined after an error.
 * The hypercall page and p2m_base are the kernel's word: whoever lays out the
 * domain checks the first against its end, the second against its map.
 */
int elf_parse(struct elf_image *img, const void *data, size_t size,
	      const char **why);

/*
 * put() is called once for each loadable segment, in file order: filesz bytes
 * of data go to virt_base + offset, memsz - filesz zero bytes after them.
 * Segments do not overlap, and all lie in [virt_start, virt_end). A result
 * other than 0 stops the loading and is elf_load()'s.
 */
struct elf_sink {
	int (*put)(void *ctx, uint64_t offset, const void *data,
		   uint64_t filesz, uint64_t memsz);
	void *ctx;
};

int elf_load(const struct elf_image *img, const struct elf_sink *sink);

/* Needs from below: memcpy, memset, memcmp. */
#endif
