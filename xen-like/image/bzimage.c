/* SPDX-License-Identifier: MIT */
/*
 * Finds the kernel in a file and unpacks it.
 *
 * The header fields are those of Linux's Documentation/x86/boot.rst. The four
 * libraries are Debian's sources, unmodified: XZ Embedded (public domain, as
 * carried in busybox), lz4 and zstd (BSD), zlib. Each unpacks in one call.
 */
#include "bzimage.h"

#include <stdbool.h>
#include <string.h>

#include <lz4.h>
#include <xz.h>
#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include "shim/stdlib.h"

/* Offsets in the file of the boot protocol's fields. */
#define SETUP_SECTS    0x1f1 /* u8, in sectors of 512; 0 means 4 */
#define HEADER_MAGIC   0x202 /* "HdrS" */
#define VERSION	       0x206 /* u16 */
#define PAYLOAD_OFFSET 0x248 /* u32, from the protected-mode code */
#define PAYLOAD_LENGTH 0x24c /* u32 */
#define HEADER_END     0x250

#define MIN_VERSION 0x208

#define LZ4_BLOCK ((size_t)8 << 20)

struct unpack {
	const uint8_t *in;
	size_t in_len;
	uint8_t *out;
	size_t cap, len; /* len: how much of out is filled */
};

static const char corrupt[] = "the compressed kernel is corrupt or truncated";
static const char too_large[] =
	"the unpacked kernel is larger than the memory for it";

static uint32_t get_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* ---- Memory for XZ and zlib -------------------------------------------- */

/* What is left of the work area: malloc() has no place for a context. */
static struct {
	uint8_t *next;
	size_t left;
} arena;

void *image_malloc(size_t size)
{
	uint8_t *mem = arena.next;

	if (size > arena.left)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	arena.next += size;
	arena.left -= size;
	return mem;
}

/* All at once: with the work area. */
void image_free(void *mem)
{
	(void)mem;
}

static voidpf gzip_alloc(voidpf opaque, uInt items, uInt size)
{
	(void)opaque;
	return image_malloc((size_t)items * size);
}

static void gzip_free(voidpf opaque, voidpf mem)
{
	(void)opaque;
	image_free(mem);
}

/* ---- Progress --------------------------------------------------------------- */

static const struct kernel_file *current;

static void progress(const uint8_t *at)
{
	uintptr_t done = (uintptr_t)at - (uintptr_t)current->payload;

	if (current->progress && done <= current->size)
		current->progress(done, current->size);
}

static struct xz_buf xz_at;

void image_chunk_enter(void *function, void *from)
{
	(void)function;
	(void)from;
	progress(xz_at.in + xz_at.in_pos);
}

void image_chunk_exit(void *function, void *from)
{
	(void)function;
	(void)from;
}

/* ---- The codecs -------------------------------------------------------- */

static uInt clamp(size_t n)
{
	return n < UINT32_MAX ? (uInt)n : UINT32_MAX;
}

static const char *gzip_unpack(struct unpack *u)
{
	z_stream z = {
		.next_in = (z_const Bytef *)u->in,
		.avail_in = clamp(u->in_len),
		.next_out = u->out,
		.avail_out = clamp(u->cap),
		.zalloc = gzip_alloc,
		.zfree = gzip_free,
	};
	int rc;

	/* 15 bits of window, + 16: a gzip header, with its checksum. */
	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return corrupt;
	rc = inflate(&z, Z_FINISH);
	u->len = (size_t)(z.next_out - u->out);
	if (rc == Z_STREAM_END)
		return NULL;
	/* Stuck with input left: then it is room that is missing. */
	return rc == Z_BUF_ERROR && z.avail_in ? too_large : corrupt;
}

/* XZ Embedded leaves its CRC to whoever embeds it; zlib has the same one. */
uint32_t xz_crc32(const uint8_t *buf, size_t size, uint32_t crc)
{
	return (uint32_t)crc32_z(crc, buf, size);
}

static const char *xz_unpack(struct unpack *u)
{
	struct xz_dec *xz = xz_dec_init(XZ_SINGLE, 0);

	xz_at = (struct xz_buf){
		.in = u->in,
		.in_size = u->in_len,
		.out = u->out,
		.out_size = u->cap,
	};
	switch (xz ? xz_dec_run(xz, &xz_at) : XZ_MEM_ERROR) {
	case XZ_STREAM_END:
		u->len = xz_at.out_pos;
		return NULL;
	case XZ_BUF_ERROR:
		return too_large;
	case XZ_OPTIONS_ERROR:
		return "packed with unusual options (xz wants --check=crc32)";
	default:
		return corrupt;
	}
}

/* The frame: magic, then blocks, each a u32 length and as many bytes. */
static const char *lz4_unpack(struct unpack *u)
{
	const uint8_t *in = u->in + 4;
	size_t left = u->in_len - 4, room, len;
	int got;

	for (; left; in += len, left -= len) {
		if (left < 4)
			return corrupt;
		len = get_u32(in);
		in += 4;
		left -= 4;
		if (len > left || len > LZ4_COMPRESSBOUND(LZ4_BLOCK))
			return corrupt;
		room = u->cap - u->len;
		if (room > LZ4_BLOCK)
			room = LZ4_BLOCK;
		got = LZ4_decompress_safe((const char *)in,
					  (char *)u->out + u->len, (int)len,
					  (int)room);
		if (got < 0) /* with less room than a block may want: who knows */
			return room < LZ4_BLOCK ? too_large : corrupt;
		u->len += (size_t)got;
		progress(in + len);
	}
	return NULL;
}

static const char *zstd_unpack(struct unpack *u)
{
	ZSTD_DCtx *zstd = ZSTD_initStaticDCtx(arena.next, arena.left);
	size_t rc = ZSTD_decompressDCtx(zstd, u->out, u->cap, u->in, u->in_len);

	if (ZSTD_getErrorCode(rc) == ZSTD_error_dstSize_tooSmall)
		return too_large;
	if (ZSTD_isError(rc))
		return corrupt;
	u->len = rc;
	return NULL;
}

static const struct codec {
	const char *magic;
	size_t magic_len;
	size_t appended; /* bytes that Linux adds to a payload of this kind */
	const char *(*unpack)(struct unpack *u);
} codecs[] = {
	{ "\037\213", 2, 0, gzip_unpack }, /* has its size at the end anyway */
	{ "\3757zXZ", 6, 4, xz_unpack },
	{ "\002\041\114\030", 4, 4, lz4_unpack }, /* the legacy frame */
	{ "\050\265\057\375", 4, 4, zstd_unpack },
};

/* ---- Interface --------------------------------------------------------- */

/* Narrows kf from the bzImage to its payload. */
static const char *find_payload(struct kernel_file *kf)
{
	const uint8_t *file = kf->payload;
	uint64_t start, len;

	if (kf->size < HEADER_END)
		return "truncated in the setup header";
	if ((file[VERSION] | file[VERSION + 1] << 8) < MIN_VERSION)
		return "a bzImage of a boot protocol before 2.08";
	start = file[SETUP_SECTS] ? file[SETUP_SECTS] : 4;
	start = (start + 1) * 512 + get_u32(file + PAYLOAD_OFFSET);
	len = get_u32(file + PAYLOAD_LENGTH);
	if (start > kf->size || len > kf->size - start)
		return "truncated: the payload runs past the end";
	if (len < 8)
		return "a bzImage without payload";
	kf->payload += start;
	kf->size = len;
	kf->unpacked = get_u32(kf->payload + len - 4);
	return NULL;
}

static bool starts_with(const struct kernel_file *kf, const char *magic,
			size_t len)
{
	return kf->size >= len && !memcmp(kf->payload, magic, len);
}

static const char *find_codec(struct kernel_file *kf)
{
	if (starts_with(kf, "\177ELF", 4)) {
		kf->unpacked = 0;
		return NULL;
	}
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		const struct codec *c = &codecs[i];

		if (!starts_with(kf, c->magic, c->magic_len))
			continue;
		kf->codec = c;
		if (kf->unpacked)
			kf->size -= c->appended;
		return NULL;
	}
	return "neither ELF nor compressed by gzip, XZ, LZ4 (legacy) or zstd";
}

const char *bzimage_open(struct kernel_file *kf, const void *file, size_t size)
{
	const char *why = NULL;

	*kf = (struct kernel_file){ .payload = file, .size = size };
	if (!size)
		return "an empty file";
	if (size >= HEADER_MAGIC + 4 &&
	    !memcmp(kf->payload + HEADER_MAGIC, "HdrS", 4))
		why = find_payload(kf);
	return why ? why : find_codec(kf);
}

const char *bzimage_unpack(const struct kernel_file *kf, void *buf, size_t cap,
			   void *work, size_t *len)
{
	struct unpack u = { kf->payload, kf->size, buf, cap, 0 };
	const char *why;

	current = kf;
	arena.next = work;
	arena.left = UNPACK_WORK;
	why = kf->codec->unpack(&u);
	*len = u.len;
	/* LZ4 has neither end mark nor checksum; for the others it is free. */
	if (!why && kf->unpacked && (uint32_t)u.len != kf->unpacked)
		return corrupt;
	return why;
}
