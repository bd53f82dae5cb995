/* SPDX-License-Identifier: MIT */
/*
 * The four decompression libraries behind one interface.
 *
 * They are Debian's sources, unmodified: XZ Embedded (public domain, as carried
 * in busybox), lz4 and zstd (BSD), zlib. Two of them allocate through malloc()
 * with no place for a context: image_malloc() serves them from the heap of the
 * unpacking that runs, which every call into XZ sets first.
 */
#include "unpack.h"

#include <string.h>
#include <xen/xen.h>
#include <xen/errno.h>

#include <lz4.h>
#include <xz.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include "shim/stdlib.h"

#define PIECE	    ((size_t)64 << 10)
#define XZ_DICT_MAX (64u << 20)
#define LZ4_BLOCK   ((size_t)8 << 20)

static void *heap_alloc(void *ctx, size_t size)
{
	const struct unpack_heap *heap = ctx;

	return heap->alloc(heap->ctx, size);
}

static void heap_free(void *ctx, void *mem)
{
	const struct unpack_heap *heap = ctx;

	if (mem)
		heap->free(heap->ctx, mem);
}

/* ---- gzip -------------------------------------------------------------- */

static voidpf gzip_alloc(voidpf heap, uInt items, uInt size)
{
	return heap_alloc(heap, (size_t)items * size);
}

static int gzip_open(struct unpack *u)
{
	z_stream *z = heap_alloc((void *)u->heap, sizeof(*z));

	if (!z)
		return -XEN_ENOMEM;
	memset(z, 0, sizeof(*z));
	z->zalloc = gzip_alloc;
	z->zfree = heap_free;
	z->opaque = (voidpf)u->heap;
	/* 15 bits of window, + 16: a gzip header, with its checksum. */
	if (inflateInit2(z, 15 + 16) != Z_OK) {
		heap_free((void *)u->heap, z);
		return -XEN_ENOMEM;
	}
	u->state = z;
	return 0;
}

static uInt clamp(size_t n)
{
	return n < (1u << 30) ? (uInt)n : 1u << 30;
}

static int gzip_step(struct unpack *u)
{
	z_stream *z = u->state;
	int rc;

	z->next_in = (z_const Bytef *)u->in + u->in_pos;
	z->avail_in = clamp(u->in_len - u->in_pos);
	z->next_out = u->out + u->out_pos;
	z->avail_out = clamp(u->out_len - u->out_pos);
	rc = inflate(z, Z_NO_FLUSH);
	u->in_pos = (size_t)(z->next_in - u->in);
	u->out_pos = (size_t)(z->next_out - u->out);
	if (rc == Z_STREAM_END)
		return UNPACK_END;
	if (rc == Z_MEM_ERROR)
		return -XEN_ENOMEM;
	return rc == Z_OK || rc == Z_BUF_ERROR ? UNPACK_MORE : -XEN_EINVAL;
}

static void gzip_close(struct unpack *u)
{
	inflateEnd(u->state);
	heap_free((void *)u->heap, u->state);
}

/* ---- XZ ---------------------------------------------------------------- */

static const struct unpack_heap *malloc_heap;

void *image_malloc(size_t size)
{
	return heap_alloc((void *)malloc_heap, size);
}

void image_free(void *mem)
{
	heap_free((void *)malloc_heap, mem);
}

/* XZ Embedded leaves its CRC to whoever embeds it; zlib has the same one. */
uint32_t xz_crc32(const uint8_t *buf, size_t size, uint32_t crc)
{
	return (uint32_t)crc32_z(crc, buf, size);
}

static int xz_open(struct unpack *u)
{
	malloc_heap = u->heap;
	u->state = xz_dec_init(u->whole ? XZ_SINGLE : XZ_DYNALLOC, XZ_DICT_MAX);
	return u->state ? 0 : -XEN_ENOMEM;
}

static int xz_step(struct unpack *u)
{
	struct xz_buf b = {
		.in = u->in,
		.in_pos = u->in_pos,
		.in_size = u->in_len,
		.out = u->out,
		.out_pos = u->out_pos,
		.out_size = u->out_len,
	};
	enum xz_ret rc;

	malloc_heap = u->heap;
	rc = xz_dec_run(u->state, &b);
	u->in_pos = b.in_pos;
	u->out_pos = b.out_pos;
	switch (rc) {
	case XZ_OK:
		return UNPACK_MORE;
	case XZ_STREAM_END:
		return UNPACK_END;
	case XZ_BUF_ERROR: /* no room in a buffer; else: no input */
		return u->whole ? -XEN_E2BIG : -XEN_EINVAL;
	case XZ_MEM_ERROR:
	case XZ_MEMLIMIT_ERROR:
		return -XEN_ENOMEM;
	case XZ_OPTIONS_ERROR:
		return -XEN_EOPNOTSUPP;
	default:
		return -XEN_EINVAL;
	}
}

static void xz_close(struct unpack *u)
{
	malloc_heap = u->heap;
	xz_dec_end(u->state);
}

/* ---- LZ4 --------------------------------------------------------------- */

/* The frame: magic, then blocks, each a u32 length and as many bytes. */
static int lz4_open(struct unpack *u)
{
	u->in_pos = 4;
	return 0;
}

static int lz4_step(struct unpack *u)
{
	size_t left = u->in_len - u->in_pos, room = u->out_len - u->out_pos;
	const uint8_t *in = u->in + u->in_pos;
	uint32_t len;
	int got;

	if (!left)
		return UNPACK_END;
	if (left < sizeof(len))
		return -XEN_EINVAL;
	memcpy(&len, in, sizeof(len));
	if (len > left - sizeof(len) || len > LZ4_COMPRESSBOUND(LZ4_BLOCK))
		return -XEN_EINVAL;
	if (room > LZ4_BLOCK)
		room = LZ4_BLOCK;
	got = LZ4_decompress_safe((const char *)in + sizeof(len),
				  (char *)u->out + u->out_pos, (int)len,
				  (int)room);
	if (got < 0) /* with less room than a block may want: who knows */
		return room < LZ4_BLOCK ? -XEN_E2BIG : -XEN_EINVAL;
	u->in_pos += sizeof(len) + len;
	u->out_pos += (size_t)got;
	return UNPACK_MORE;
}

static void lz4_close(struct unpack *u)
{
	(void)u;
}

/* ---- zstd -------------------------------------------------------------- */

static int zstd_open(struct unpack *u)
{
	ZSTD_customMem mem = { heap_alloc, heap_free, (void *)u->heap };

	u->state = ZSTD_createDStream_advanced(mem);
	if (u->state && u->whole)
		ZSTD_DCtx_setParameter(u->state, ZSTD_d_stableOutBuffer, 1);
	return u->state ? 0 : -XEN_ENOMEM;
}

static int zstd_step(struct unpack *u)
{
	ZSTD_inBuffer in = { u->in, u->in_len, u->in_pos };
	ZSTD_outBuffer out = { u->out, u->out_len, u->out_pos };
	size_t rc = ZSTD_decompressStream(u->state, &out, &in);

	u->in_pos = in.pos;
	u->out_pos = out.pos;
	switch (ZSTD_getErrorCode(rc)) {
	case ZSTD_error_no_error:
		return rc ? UNPACK_MORE : UNPACK_END;
	case ZSTD_error_memory_allocation:
	case ZSTD_error_frameParameter_windowTooLarge:
		return -XEN_ENOMEM;
	case ZSTD_error_dstSize_tooSmall:
		return -XEN_E2BIG;
	default:
		return -XEN_EINVAL;
	}
}

static void zstd_close(struct unpack *u)
{
	ZSTD_freeDStream(u->state);
}

#define CODEC(name, m, len, size)                                               \
	{                                                                       \
		.magic = m, .magic_len = len, .piece = size,                    \
		.open = name##_open, .step = name##_step, .close = name##_close \
	}

const struct codec unpack_codecs[] = {
	[KERNEL_ELF] = { .magic = "\177ELF", .magic_len = 4 },
	[KERNEL_GZIP] = CODEC(gzip, "\037\213", 2, PIECE),
	[KERNEL_XZ] = CODEC(xz, "\3757zXZ", 6, PIECE),
	[KERNEL_LZ4] = CODEC(lz4, "\002\041\114\030", 4, LZ4_BLOCK),
	[KERNEL_ZSTD] = CODEC(zstd, "\050\265\057\375", 4, PIECE),
};
