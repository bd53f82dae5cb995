/* SPDX-License-Identifier: MIT */
/* Between bzimage.c, which moves the data, and the four libraries. */
#ifndef IMAGE_UNPACK_H
#define IMAGE_UNPACK_H

#include "bzimage.h"

struct unpack {
	const uint8_t *in;
	size_t in_len, in_pos;
	uint8_t *out;
	size_t out_len, out_pos;
	bool whole; /* out holds all there will be: history */
	const struct unpack_heap *heap;
	void *state; /* the codec's */
};

#define UNPACK_MORE 0
#define UNPACK_END  1

/*
 * step() consumes and produces what it can and says UNPACK_MORE, UNPACK_END,
 * or -errno as bzimage_unpack() does. Without `whole', out is empty at each step. A
 * step without progress means that input or room is missing. close() comes
 * after every successful open().
 */
struct codec {
	uint8_t magic[6];
	uint8_t magic_len;
	size_t piece; /* room that a step wants, for a sink */
	int (*open)(struct unpack *u);
	int (*step)(struct unpack *u);
	void (*close)(struct unpack *u);
};

extern const struct codec unpack_codecs[]; /* by enum kernel_format; ELF has no step */

#endif
