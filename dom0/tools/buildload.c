// SPDX-License-Identifier: MIT
/*
 * A kernel's way from its file to the domain's pages.
 *
 * A packed one is unpacked to the domain's first frames in the order of the
 * file, whatever pages they will be. Where a whole page of a segment is a
 * whole page of the file, the frame just gets that page's number; the rest
 * of each segment is copied, and frames that no segment wants become pages
 * outside the kernel, zeroed. A plain ELF file is copied where it stands.
 */
#include "build.h"

#include <errno.h>
#include <string.h>

/* bzimage_unpack() tells its progress to nobody in particular. */
static struct build *unpacking;

static void unpack_progress(size_t done, size_t of)
{
	build_breathe(unpacking, done, of);
}

static int kernel_fail(struct build *b, const char *why)
{
	return build_fail(b, -EINVAL, "kernel %s: %s", b->in->kernel_name, why);
}

/* ---- From the file --------------------------------------------------------- */

int build_open_kernel(struct build *b)
{
	const char *why = bzimage_open(&b->file, b->in->kernel,
				       b->in->kernel_size);

	if (why)
		return kernel_fail(b, why);
	b->file.progress = unpack_progress;
	b->image = b->file.payload;
	b->image_size = b->file.size;
	return 0;
}

/* As many frames as it says it needs, or most of what the domain has. */
static int take_frames(struct build *b)
{
	uint64_t n = b->nr_pages - b->nr_pages / 8;

	if (b->file.unpacked)
		n = (b->file.unpacked + PAGE_SIZE - 1) / PAGE_SIZE;
	if (n > b->nr_pages)
		return build_fail(b, -ENOMEM,
				  "kernel %s: %lu KiB when unpacked, the "
				  "domain has %lu KiB",
				  b->in->kernel_name, n * 4, b->nr_pages * 4);
	b->frames = xcbuild_memory(2 * n * sizeof(uint64_t));
	if (!b->frames)
		return build_fail(b, -ENOMEM, "dom0 is out of memory");
	b->nr_frames = n;
	b->pfns = b->frames + n;
	memset(b->pfns, 0xff, n * sizeof(uint64_t)); /* NOWHERE */
	return build_populate(b, 0, n, b->frames);
}

int build_unpack_kernel(struct build *b)
{
	void *work;
	const char *why;
	int err;

	if (!b->file.codec)
		return 0;
	b->doing = "unpacking the kernel";
	err = take_frames(b);
	if (err)
		return err;
	work = xcbuild_memory(UNPACK_WORK);
	if (!work)
		return build_fail(b, -ENOMEM, "dom0 is out of memory");
	b->unpacked = xcbuild_map(b->id, b->frames, b->nr_frames, &err);
	if (!b->unpacked) {
		xcbuild_memory_free(work, UNPACK_WORK);
		return build_fail(b, err, "cannot map %zu pages: %s",
				  b->nr_frames, strerror(-err));
	}
	unpacking = b;
	why = bzimage_unpack(&b->file, b->unpacked, b->nr_frames * PAGE_SIZE,
			     work, &b->image_size);
	xcbuild_memory_free(work, UNPACK_WORK);
	b->image = b->unpacked;
	return why ? kernel_fail(b, why) : 0;
}

int build_layout(struct build *b)
{
	struct layout *l = &b->layout;
	const char *why = elf_parse(&b->elf, b->image, b->image_size);

	if (why)
		return kernel_fail(b, why);
	*l = (struct layout){ .elf = &b->elf,
			      .nr_pages = b->nr_pages,
			      .ramdisk_size = b->in->ramdisk_size,
			      .rings = true };
	why = layout_make(l);
	if (why && l->needed > b->nr_pages)
		return build_fail(b, -ENOMEM,
				  "kernel %s and its ramdisk need %lu KiB, the "
				  "domain has %lu KiB",
				  b->in->kernel_name, l->needed * 4,
				  b->nr_pages * 4);
	return why ? kernel_fail(b, why) : 0;
}

/* ---- To its pages ---------------------------------------------------------- */

/* The frame that holds just what the page of a segment's inside shall hold. */
static bool frame_for(const struct build *b, const struct elf_segment *s,
		      uint64_t pfn, size_t *frame)
{
	uint64_t at = s->data - b->image - s->offset + pfn * PAGE_SIZE;

	if (!b->unpacked || at % PAGE_SIZE)
		return false;
	*frame = at / PAGE_SIZE;
	return true;
}

static void place_segment(struct build *b, const struct elf_segment *s)
{
	uint64_t pfn = (s->offset + PAGE_SIZE - 1) / PAGE_SIZE;
	uint64_t end = (s->offset + s->filesz) / PAGE_SIZE;
	size_t i;

	for (; pfn < end && frame_for(b, s, pfn, &i); pfn++) {
		if (b->pfns[i] != NOWHERE)
			continue; /* two segments of the same bytes */
		b->pfns[i] = pfn;
		b->p2m[pfn] = b->frames[i];
	}
}

static bool in_segment(const struct build *b, uint64_t pfn)
{
	const struct elf_segment *s = b->elf.segments;

	for (; s < b->elf.segments + b->elf.nr_segments; s++)
		if (pfn >= s->offset / PAGE_SIZE &&
		    pfn * PAGE_SIZE < s->offset + s->memsz)
			return true;
	return false;
}

/* A frame that no segment wants: the last page that can be any. */
static bool place_aside(struct build *b, size_t i, uint64_t *pfn)
{
	while (*pfn && --*pfn)
		if (b->p2m[*pfn] == NO_FRAME && !in_segment(b, *pfn))
			break;
	if (!*pfn)
		return false;
	b->pfns[i] = *pfn;
	b->p2m[*pfn] = b->frames[i];
	return true;
}

int build_place_kernel(struct build *b)
{
	const struct elf_segment *s = b->elf.segments;
	uint64_t pfn = b->nr_pages;
	size_t i;

	for (; s < b->elf.segments + b->elf.nr_segments; s++)
		place_segment(b, s);
	for (i = 0; i < b->nr_frames; i++)
		if (b->pfns[i] == NOWHERE && !place_aside(b, i, &pfn))
			return build_fail(b, -ENOMEM,
					  "kernel %s: %lu KiB are too little "
					  "to unpack it",
					  b->in->kernel_name, b->nr_pages * 4);
	return 0;
}

/* Is the page, inside the segment, the frame that was unpacked to? */
static bool placed(const struct build *b, const struct elf_segment *s,
		   uint64_t at, uint64_t *next)
{
	uint64_t pfn = at / PAGE_SIZE, end = s->offset + s->filesz;
	size_t i;

	*next = (pfn + 1) * PAGE_SIZE;
	if (*next > end)
		*next = end;
	return *next - at == PAGE_SIZE && frame_for(b, s, pfn, &i) &&
	       b->pfns[i] == pfn;
}

/* What was not placed. */
static int copy_segment(struct build *b, const struct elf_segment *s)
{
	uint64_t at = s->offset, end = s->offset + s->filesz, to, next;
	int err = 0;

	for (; at < end && !err; at = to) {
		if (placed(b, s, at, &to))
			continue;
		if (!b->unpacked)
			to = end;
		while (to < end && !placed(b, s, to, &next))
			to = next;
		err = build_put(b, at, s->data + (at - s->offset), to - at);
	}
	return err;
}

static int copy_segments(struct build *b)
{
	const struct elf_segment *s = b->elf.segments;
	int err = 0;

	b->doing = "copying the kernel";
	for (; s < b->elf.segments + b->elf.nr_segments && !err; s++)
		err = copy_segment(b, s);
	return err;
}

static int number_frames(struct build *b)
{
	size_t i, n;
	int err = 0;

	for (i = 0; i < b->nr_frames && !err; i += n) {
		n = b->nr_frames - i;
		if (n > XCBUILD_MAX)
			n = XCBUILD_MAX;
		err = xcbuild_number(b->id, b->frames + i, b->pfns + i, n);
	}
	if (err)
		return build_fail(b, err, "cannot number the kernel's pages: %s",
				  strerror(-err));
	return 0;
}

int build_copy_kernel(struct build *b)
{
	int err = copy_segments(b);
	size_t i;

	if (err)
		return err;
	for (i = 0; i < b->nr_frames; i++)
		if (!in_segment(b, b->pfns[i]))
			memset(b->unpacked + i * PAGE_SIZE, 0, PAGE_SIZE);
	err = number_frames(b);
	build_close_kernel(b);
	return err;
}

void build_close_kernel(struct build *b)
{
	if (b->unpacked)
		xcbuild_unmap(b->unpacked, b->nr_frames);
	xcbuild_memory_free(b->frames, 2 * b->nr_frames * sizeof(uint64_t));
	b->unpacked = NULL;
	b->frames = b->pfns = NULL;
	b->nr_frames = 0;
}
