/* SPDX-License-Identifier: MIT */
/*
 * Kernels as distributions ship them: Linux bzImage (boot protocol 2.08 or
 * later), a bare gzip, XZ, LZ4 or zstd file, or plain ELF.
 *
 *   struct kernel_file kf;
 *
 *   if (bzimage_open(&kf, file, size, &why))
 *           say(why);
 *   else if (kf.format == KERNEL_ELF)
 *           use kf.payload, kf.size as they are;
 *   else
 *           bzimage_unpack(&kf, &heap, &out, &len, &why);
 *
 * The file may be hostile: the worst it can do is to produce garbage.
 */
#ifndef IMAGE_BZIMAGE_H
#define IMAGE_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kernel_format {
	KERNEL_ELF,
	KERNEL_GZIP,
	KERNEL_XZ,
	KERNEL_LZ4, /* legacy frame, which is what Linux uses */
	KERNEL_ZSTD,
};

struct kernel_file {
	const uint8_t *payload; /* the caller's memory */
	size_t size;
	enum kernel_format format;
	bool sized;	    /* size_hint was recorded by Linux */
	uint32_t size_hint; /* unpacked size modulo 2^32, a claim */
};

/* Recognises the file. 0, or -XEN_EINVAL and *why is a sentence. */
int bzimage_open(struct kernel_file *kf, const void *file, size_t size,
		 const char **why);

/* Memory for one unpacking; all of it is given back before the return. */
struct unpack_heap {
	void *(*alloc)(void *ctx, size_t size); /* 16-byte aligned */
	void (*free)(void *ctx, void *mem);
	void *ctx;
};

/*
 * Where the bytes go: into buf, cap bytes of them at most, or, if buf is NULL,
 * to sink(), piece by piece in order. A buffer is its own history, so that
 * little heap is needed: 40 KiB for gzip, 30 KiB for XZ, 300 KiB for zstd, none
 * for LZ4. A sink costs in addition the piece (64 KiB; 8 MiB for LZ4) and what
 * history the file asks for: up to 64 MiB for XZ, 128 MiB for zstd.
 */
struct unpack_out {
	uint8_t *buf;
	size_t cap;
	int (*sink)(void *ctx, const void *data, size_t len);
	void *ctx;
};

/*
 * Unpacks kf, which is not plain ELF, into out; *len is what came out, also
 * after an error. Returns 0 or, with a sentence in *why:
 *   -XEN_EINVAL      corrupt or truncated, or not of the recorded size
 *   -XEN_E2BIG       does not fit into buf, which is scribbled upon
 *   -XEN_EOPNOTSUPP  XZ with another check or filter than kernels have
 *   -XEN_ENOMEM      the heap said no
 * and what sink() returned, if not 0. sink() may switch to a coroutine that
 * unpacks another file; two threads may not unpack at once.
 */
int bzimage_unpack(const struct kernel_file *kf, const struct unpack_heap *heap,
		   const struct unpack_out *out, size_t *len, const char **why);

/*
 * Needs from below: memcpy, memmove, memset, memcmp (called often with a few
 * bytes: no place for a bare rep movsb), 2 KiB of stack, and XZ Embedded, lz4,
 * zstd and zlib as tools/thirdparty.mk builds them.
 */
#endif
