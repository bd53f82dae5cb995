/* SPDX-License-Identifier: MIT */
/*
 * A domain in the making: what builder.c, buildmem.c and buildload.c share.
 * All functions return 0 or a -errno, and then build_fail() has said why.
 */
#ifndef BUILD_H
#define BUILD_H

#include "builder.h"
#include "bzimage.h"
#include "layout.h"

#define NO_FRAME 0ul /* frame 0 is nobody's */

struct build {
	const struct builder_input *in;
	struct builder_domain *out;
	bool created;
	domid_t id;
	uint64_t nr_pages;
	uint64_t *p2m; /* [nr_pages] frames, or NO_FRAME */

	/* The kernel: its file, where it is now. */
	struct kernel_file file;
	const uint8_t *image;
	size_t image_size;
	struct elf_image elf;
	struct layout layout;

	/* Of a packed one: the frames it was unpacked to, where they are
	 * mapped, and the pfn that each has got, or NOWHERE. */
	uint64_t *frames, *pfns;
	size_t nr_frames;
	uint8_t *unpacked;

	uint64_t list[XCBUILD_MAX]; /* of a hypercall */
	uint64_t numbers[XCBUILD_MAX];

	const char *doing; /* for progress, and when it was last told */
	uint64_t told;
};
#define NOWHERE UINT64_MAX

/* Says why, in out->why; returns err. */
int build_fail(struct build *b, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A place to breathe: others run, and progress is told. */
void build_breathe(struct build *b, uint64_t done, uint64_t of);

/* ---- buildmem.c: the domain's memory ---------------------------------------- */

/* Frames for pfns [pfn, pfn + pages), written to mfns. */
int build_populate(struct build *b, uint64_t pfn, uint64_t pages,
		   uint64_t *mfns);
/* Frames for all of [0, nr_pages) that has none. */
int build_populate_rest(struct build *b);
/* Pages of the domain that have frames, one behind the other; NULL: *err. */
void *build_map(struct build *b, uint64_t pfn, size_t pages, int *err);
/* Copies to a byte offset from pfn 0. */
int build_put(struct build *b, uint64_t at, const void *from, uint64_t size);

/* ---- buildload.c: the kernel -------------------------------------------------- */

/* The file, unpacked and understood: image, elf, layout. */
int build_open_kernel(struct build *b);
int build_unpack_kernel(struct build *b);
int build_layout(struct build *b);
/* Into its place, when all of the domain's memory but that is there. */
int build_place_kernel(struct build *b);
int build_copy_kernel(struct build *b);
/* What unpacking took is given up. */
void build_close_kernel(struct build *b);

#endif
