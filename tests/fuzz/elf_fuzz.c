/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a kernel: elf_parse() must not read outside them, and what it
 * accepts must keep the promises that loaders build upon.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elfload.h"

struct load {
	const struct elf_image *img;
	unsigned int sum;
};

static int put(void *ctx, uint64_t off, const void *data, uint64_t filesz,
	       uint64_t memsz)
{
	struct load *l = ctx;
	const struct elf_image *img = l->img;
	const uint8_t *p = data;

	if (filesz > memsz || off < img->virt_start - img->virt_base ||
	    memsz > img->virt_end - img->virt_start ||
	    off - (img->virt_start - img->virt_base) >
		    img->virt_end - img->virt_start - memsz)
		abort();
	/* AddressSanitizer looks at the ends; the middle is between them. */
	if (filesz)
		l->sum += p[0] + p[filesz - 1];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image img;
	struct load load = { &img, 0 };
	const struct elf_sink sink = { put, &load };
	const char *why = NULL;

	if (elf_parse(&img, data, size, &why)) {
		if (!why || !*why)
			abort();
		return 0;
	}
	if (img.virt_start >= img.virt_end || img.virt_base > img.virt_start ||
	    img.virt_entry < img.virt_start || img.virt_entry >= img.virt_end ||
	    (img.required & ~img.supported) || img.guest_os[15] ||
	    img.guest_version[15] || img.xen_version[15] || img.loader[15])
		abort();
	if (elf_load(&img, &sink))
		abort();
	return load.sum == UINT32_MAX;
}
