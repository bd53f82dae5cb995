/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a kernel: elf_parse() must not read outside them, and what it
 * accepts must keep the promises that loaders build upon.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elfload.h"

static void demand(int what)
{
	if (!what)
		abort();
}

/* AddressSanitizer looks at the ends; the middle is between them. */
static unsigned int check_segment(const struct elf_image *img, unsigned int i)
{
	uint64_t room = img->virt_end - img->virt_base;
	const struct elf_segment *s = &img->segments[i], *t;

	demand(s->filesz <= s->memsz && s->memsz <= room &&
	       s->offset <= room - s->memsz);
	for (t = img->segments; t < s; t++)
		demand(t->offset + t->memsz <= s->offset ||
		       s->offset + s->memsz <= t->offset);
	return s->filesz ? s->data[0] + s->data[s->filesz - 1] : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct elf_image img;
	const char *why = elf_parse(&img, data, size);
	unsigned int sum = 0;

	if (why) {
		demand(*why);
		return 0;
	}
	demand(img.virt_base < img.virt_end);
	demand(img.virt_entry >= img.virt_base);
	demand(img.virt_entry < img.virt_end);
	demand(!img.guest_os[15] && !img.guest_version[15]);
	demand(img.nr_segments && img.nr_segments <= ELF_SEGMENTS);
	for (unsigned int i = 0; i < img.nr_segments; i++)
		sum += check_segment(&img, i);
	return sum == UINT32_MAX;
}
