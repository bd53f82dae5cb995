/* SPDX-License-Identifier: MIT */
/*
 * Kernels as distributions ship them: Linux bzImage (boot protocol 2.08 or
 * later), a bare gzip, XZ, LZ4 or zstd file, or plain ELF.
 *
 *   why = bzimage_open(&kf, file, size);
 *   if (!why && kf.codec)
 *           why = bzimage_unpack(&kf, buf, cap, work, &len);
 *   else
 *           use kf.payload, kf.size as they are;
 *
 * The file may be hostile: the worst it can do is to produce garbage. Errors
 * are sentences for the console, and NULL is success, as in elfload.h.
 */
#ifndef IMAGE_BZIMAGE_H
#define IMAGE_BZIMAGE_H

#include <stddef.h>
#include <stdint.h>

struct kernel_file {
	const uint8_t *payload; /* the caller's memory */
	size_t size;
	const struct codec *codec; /* NULL: plain ELF */
	uint32_t unpacked; /* its size as Linux recorded it; 0: unknown */

	/*
	 * Set after bzimage_open() by whom long silence hurts: called with how
	 * many bytes of payload are done, for LZ4 every 8 MiB of output, for
	 * XZ every 64 KiB of payload, for others not at all.
	 */
	void (*progress)(size_t done, size_t of);
};

/* Recognises the file. */
const char *bzimage_open(struct kernel_file *kf, const void *file, size_t size);

/*
 * Unpacks kf, which is not plain ELF, into buf; *len is what came out. The
 * buffer is the codecs' history too, so that UNPACK_WORK bytes at work, aligned
 * to 16, are all they need. What does not fit into cap bytes is an error. Two
 * threads may not unpack at once.
 */
#define UNPACK_WORK ((size_t)256 << 10)
const char *bzimage_unpack(const struct kernel_file *kf, void *buf, size_t cap,
			   void *work, size_t *len);

/*
 * Needs from below: memcpy, memmove, memset, memcmp (called often with a few
 * bytes: no place for a bare rep movsb), 2 KiB of stack, and XZ Embedded, lz4,
 * zstd and zlib as tools/thirdparty.mk builds them.
 */
#endif
