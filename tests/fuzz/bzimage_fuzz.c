/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a packed kernel. The first byte chooses the room for it; the
 * second lends the rest a format's magic, so that no mutation is lost on that.
 * What unpacks must do so again into a block of just its size, to the same
 * bytes, and must not into one byte less.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bzimage.h"

#define ROOM ((size_t)1 << 20)

static uint8_t first[ROOM];

/* Into memory of just that size; *len is what came out. Did it work? */
static int unpack(const struct kernel_file *kf, size_t room, size_t *len)
{
	uint8_t *buf = malloc(room ? room : 1), *work = malloc(UNPACK_WORK);
	const char *why = bzimage_unpack(kf, buf, room, work, len);

	if (*len > room || (why && !*why))
		abort();
	memcpy(first, buf, *len);
	free(work);
	free(buf);
	return !why;
}

static void check_again(const struct kernel_file *kf, size_t len)
{
	static uint8_t before[ROOM];
	size_t again;

	memcpy(before, first, len);
	if (!unpack(kf, len, &again) || again != len ||
	    memcmp(before, first, len))
		abort();
	if (len && unpack(kf, len - 1, &again))
		abort();
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
	struct kernel_file kf;
	uint8_t *file, *exact;
	const char *why;
	size_t len;

	if (size < 2)
		return 0;
	size -= 2;
	file = dress(data + 2, &size, data[1]);
	exact = malloc(size);
	memcpy(exact, file, size);
	free(file);
	why = bzimage_open(&kf, exact, size);
	if (why && !*why)
		abort();
	if (!why && kf.codec && unpack(&kf, ROOM >> data[0] % 16, &len))
		check_again(&kf, len);
	free(exact);
	return 0;
}
