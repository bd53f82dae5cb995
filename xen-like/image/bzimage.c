/* SPDX-License-Identifier: MIT */
/*
 * Finds the kernel in a file and drives its decompression.
 *
 * The header fields are those of Linux's Documentation/x86/boot.rst. All codecs
 * are streams; this file owns the buffers, hands the pieces to the sink and
 * notices when a stream stops before its end.
 */
#include "bzimage.h"

#include <string.h>
#include <xen/xen.h>
#include <xen/errno.h>

#include "unpack.h"

/* Offsets in the file of the boot protocol's fields. */
#define SETUP_SECTS    0x1f1 /* u8, in sectors of 512; 0 means 4 */
#define HEADER_MAGIC   0x202 /* "HdrS" */
#define VERSION	       0x206 /* u16 */
#define PAYLOAD_OFFSET 0x248 /* u32, from the protected-mode code */
#define PAYLOAD_LENGTH 0x24c /* u32 */
#define HEADER_END     0x250

#define MIN_VERSION 0x208

static uint32_t get_u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static int reject(const char **why, const char *sentence)
{
	*why = sentence;
	return -XEN_EINVAL;
}

/* ---- Recognition ------------------------------------------------------- */

/* Narrows kf from the bzImage to its payload. */
static int find_payload(struct kernel_file *kf, const char **why)
{
	const uint8_t *file = kf->payload;
	uint64_t start, len;

	if (kf->size < HEADER_END)
		return reject(why, "truncated in the setup header");
	if ((file[VERSION] | file[VERSION + 1] << 8) < MIN_VERSION)
		return reject(why, "a bzImage of a boot protocol before 2.08");
	start = file[SETUP_SECTS] ? file[SETUP_SECTS] : 4;
	start = (start + 1) * 512 + get_u32(file + PAYLOAD_OFFSET);
	len = get_u32(file + PAYLOAD_LENGTH);
	if (start > kf->size || len > kf->size - start)
		return reject(why, "truncated: the payload runs past the end");
	if (len < 8)
		return reject(why, "a bzImage without payload");
	kf->payload += start;
	kf->size = len;
	kf->size_hint = get_u32(kf->payload + len - 4);
	kf->sized = true;
	return 0;
}

static bool has_magic(const struct kernel_file *kf, enum kernel_format f)
{
	const struct codec *c = &unpack_codecs[f];

	return kf->size >= c->magic_len &&
	       !memcmp(kf->payload, c->magic, c->magic_len);
}

static int find_format(struct kernel_file *kf, const char **why)
{
	for (kf->format = KERNEL_ELF; kf->format <= KERNEL_ZSTD; kf->format++)
		if (has_magic(kf, kf->format))
			break;
	if (kf->format > KERNEL_ZSTD)
		return reject(
			why,
			"neither ELF nor compressed by gzip, XZ, LZ4 (legacy) or zstd");
	if (kf->format == KERNEL_GZIP && kf->size >= 18) {
		/* The hint is gzip's own trailer. */
		kf->size_hint = get_u32(kf->payload + kf->size - 4);
	} else if (kf->format == KERNEL_ELF) {
		kf->sized = false;
	} else if (kf->sized) {
		kf->size -= 4; /* appended by Linux, foreign to the format */
	}
	return 0;
}

int bzimage_open(struct kernel_file *kf, const void *file, size_t size,
		 const char **why)
{
	int rc = 0;

	memset(kf, 0, sizeof(*kf));
	kf->payload = file;
	kf->size = size;
	if (!size)
		return reject(why, "an empty file");
	if (size >= HEADER_MAGIC + 4 &&
	    !memcmp(kf->payload + HEADER_MAGIC, "HdrS", 4))
		rc = find_payload(kf, why);
	return rc ? rc : find_format(kf, why);
}

/* ---- Unpacking --------------------------------------------------------- */

static const char *sentence(int rc)
{
	switch (rc) {
	case -XEN_EINVAL:
		return "the compressed kernel is corrupt or truncated";
	case -XEN_E2BIG:
		return "the unpacked kernel is larger than the memory for it";
	case -XEN_ENOMEM:
		return "no memory to unpack the kernel";
	case -XEN_EOPNOTSUPP:
		return "packed with unusual options (xz wants --check=crc32)";
	default:
		return "the receiver of the unpacked kernel failed";
	}
}

/* Hands a piece on; a buffer just keeps what it has. */
static int flush(struct unpack *u, const struct unpack_out *out, size_t *len)
{
	size_t piece = u->out_pos;

	if (u->whole) {
		*len = u->out_pos;
		return 0;
	}
	u->out_pos = 0;
	*len += piece;
	return piece ? out->sink(out->ctx, u->out, piece) : 0;
}

static int run(struct unpack *u, const struct codec *c,
	       const struct unpack_out *out, size_t *len)
{
	size_t in_pos, out_pos;
	int step, rc;

	do {
		in_pos = u->in_pos;
		out_pos = u->out_pos;
		step = c->step(u);
		if (step < 0)
			return step;
		/* Stuck with input left: then it is room that is missing. */
		if (step == UNPACK_MORE && in_pos == u->in_pos &&
		    out_pos == u->out_pos)
			return in_pos < u->in_len ? -XEN_E2BIG : -XEN_EINVAL;
		rc = flush(u, out, len);
		if (rc)
			return rc;
	} while (step != UNPACK_END);
	return 0;
}

int bzimage_unpack(const struct kernel_file *kf, const struct unpack_heap *heap,
		   const struct unpack_out *out, size_t *len, const char **why)
{
	const struct codec *c = &unpack_codecs[kf->format];
	struct unpack u = {
		.in = kf->payload,
		.in_len = kf->size,
		.out = out->buf,
		.out_len = out->cap,
		.whole = out->buf,
		.heap = heap,
	};
	int rc = -XEN_ENOMEM;

	*len = 0;
	if (!u.whole) {
		u.out_len = c->piece;
		u.out = heap->alloc(heap->ctx, c->piece);
	}
	if (u.out && !c->open(&u)) {
		rc = run(&u, c, out, len);
		c->close(&u);
	}
	/* LZ4 has neither end mark nor checksum; for the others it is free. */
	if (!rc && kf->sized && (uint32_t)*len != kf->size_hint)
		rc = -XEN_EINVAL;
	if (!u.whole && u.out)
		heap->free(heap->ctx, u.out);
	if (rc)
		*why = sentence(rc);
	return rc;
}
