/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a packed kernel. The first byte chooses where the output goes
 * and which allocation fails; the second lends the rest a format's magic, so
 * that no mutation is lost on that. Both ways must bring the same to light.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/errno.h>

#include "bzimage.h"

#define ROOM ((size_t)1 << 20)

static int fail_at, blocks;

static void *alloc(void *ctx, size_t size)
{
	void *mem;

	/* A lie about the dictionary costs a fuzzer's machine too much. */
	if (ctx || size > 16 << 20 || (fail_at && !--fail_at))
		return NULL;
	mem = malloc(size);
	blocks += mem != NULL;
	return mem;
}

static void dealloc(void *ctx, void *mem)
{
	(void)ctx;
	blocks--;
	free(mem);
}

struct out {
	uint8_t bytes[ROOM];
	size_t len;
};

static int sink(void *ctx, const void *data, size_t len)
{
	struct out *o = ctx;

	if (len > ROOM - o->len)
		return -XEN_ENOSPC;
	memcpy(o->bytes + o->len, data, len);
	o->len += len;
	return 0;
}

static struct out by_sink, by_buf;

static int unpack(const uint8_t *data, size_t size, bool whole)
{
	static const struct unpack_heap heap = { alloc, dealloc, NULL };
	struct unpack_out out = { .sink = sink, .ctx = &by_sink };
	struct kernel_file kf;
	const char *why = NULL;
	size_t len = 0;
	int rc;

	if (!whole)
		by_sink.len = 0;
	else
		out = (struct unpack_out){ .buf = by_buf.bytes, .cap = ROOM };
	rc = bzimage_open(&kf, data, size, &why);
	if (!rc && kf.format != KERNEL_ELF)
		rc = bzimage_unpack(&kf, &heap, &out, &len, &why);
	if (blocks || (rc && !why))
		abort();
	if (whole)
		by_buf.len = len;
	else if (!rc && by_sink.len != len)
		abort();
	return rc;
}

static bool same_output(void)
{
	return by_sink.len == by_buf.len &&
	       !memcmp(by_sink.bytes, by_buf.bytes, by_buf.len);
}

/* Magics, and a bzImage's header around the last of them. */
static uint8_t *dress(const uint8_t *data, size_t *size, uint8_t how)
{
	static const struct {
		const char *s;
		size_t len;
	} magic[] = {
		{ "\177ELF", 4 },	 { "\37\213\10", 3 },
		{ "\3757zXZ\0\0\1", 8 }, { "\2!L\30", 4 },
		{ "\50\265\57\375", 4 }, { "", 0 },
	};
	size_t m = (how & 0x7f) % 6, head = how & 0x80 ? 1024 : 0;
	size_t len = head + magic[m].len + *size;
	uint32_t payload = (uint32_t)(len - head);
	uint8_t *p = calloc(1, len ? len : 1);

	if (head) {
		p[0x1f1] = 1;
		memcpy(p + 0x202, "HdrS\x0f\x02", 6);
		memcpy(p + 0x24c, &payload, 4);
	}
	memcpy(p + head, magic[m].s, magic[m].len);
	memcpy(p + head + magic[m].len, data, *size);
	*size = len;
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file, *exact;
	int rc;

	if (size < 2)
		return 0;
	size -= 2;
	file = dress(data + 2, &size, data[1]);
	exact = malloc(size);
	memcpy(exact, file, size);
	free(file);
	fail_at = data[0] >> 1 & 7;
	rc = unpack(exact, size, data[0] & 1);
	fail_at = 0;
	/* One way may find more wrong than the other, but not other bytes. */
	if (!rc && !unpack(exact, size, false) && !unpack(exact, size, true) &&
	    !same_output())
		abort();
	free(exact);
	return 0;
}
