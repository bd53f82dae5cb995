/* SPDX-License-Identifier: MIT */
/*
 * Kernels packed by the system's gzip, xz, lz4 and zstd; Debian's own kernel
 * from $PEER (build/peer), against those tools again. Input, output and work
 * area are blocks of their exact sizes, so that AddressSanitizer sees the
 * first byte past them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bzimage.h"
#include "elf_setup.h"
#include "unit.h"

/* ---- Packed kernels ------------------------------------------------------ */

struct bytes {
	uint8_t *p;
	size_t len;
};

static const char *why;

/* Unpacks a copy of in to *out, whose len is the room. Did it work? */
static bool unpack(struct bytes in, struct bytes *out)
{
	struct kernel_file kf;
	uint8_t *copy = malloc(in.len), *work = malloc(UNPACK_WORK);
	size_t room = out->len;

	memcpy(copy, in.p, in.len);
	out->p = malloc(room);
	out->len = 0;
	why = bzimage_open(&kf, copy, in.len);
	if (!why)
		why = bzimage_unpack(&kf, out->p, room, work, &out->len);
	CU_ASSERT(out->len <= room && (!why || *why));
	free(work);
	free(copy);
	return !why;
}

static bool corrupt(void)
{
	return why && strstr(why, "corrupt or truncated");
}

static struct bytes slurp(FILE *f)
{
	struct bytes b = { NULL, 0 };
	size_t room = 0, n;

	do {
		if (room - b.len < 1 << 20)
			b.p = realloc(b.p, room += 16 << 20);
		n = fread(b.p + b.len, 1, room - b.len, f);
		b.len += n;
	} while (n);
	return b;
}

static struct bytes shell(const char *command)
{
	FILE *f = popen(command, "r");
	struct bytes b = slurp(f);

	if (pclose(f) || !b.len)
		printf("ERROR %s\n", command);
	return b;
}

static char dir[] = "/tmp/image-test-XXXXXX";
static struct bytes plain; /* 17 MiB: three LZ4 blocks, x86 code for BCJ */

static int plain_make(void)
{
	struct bytes self;
	FILE *f = fopen("/proc/self/exe", "rb");
	char path[64];
	uint32_t r = 1;

	self = slurp(f);
	fclose(f);
	plain.len = (17 << 20) + 12345;
	plain.p = malloc(plain.len);
	for (size_t i = 0; i < plain.len; i++) {
		r = r * 1664525 + 1013904223;
		plain.p[i] = r >> 24 < 2 ? (uint8_t)(r >> 16)
					 : self.p[i % self.len];
	}
	free(self.p);
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/plain", dir);
	f = fopen(path, "wb");
	return fwrite(plain.p, 1, plain.len, f) != plain.len || fclose(f);
}

static int plain_remove(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/plain", dir);
	free(plain.p);
	return unlink(path) || rmdir(dir);
}

static const struct format {
	const char *tool;
	bool strict;   /* it has a checksum */
	bool appended; /* Linux adds the size */
} formats[] = {
	{ "gzip -9", true, false },
	{ "xz --check=crc32 --x86 --lzma2=dict=32MiB", true, true },
	{ "lz4 -l -9", false, true },
	{ "zstd -3", true, true },
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static struct bytes packed[FORMATS];

static struct bytes pack(const char *tool)
{
	char command[128];

	snprintf(command, sizeof(command), "%s -c %s/plain", tool, dir);
	return shell(command);
}

/* A bzImage around payload, which gets Linux's size appended (but gzip). */
static struct bytes wrap(struct bytes payload, bool append)
{
	uint32_t size = (uint32_t)plain.len, off = 0x123;
	uint32_t len = (uint32_t)payload.len + (append ? 4 : 0);
	struct bytes b = { NULL, 3 * 512 + off + len + 99 };

	b.p = calloc(1, b.len);
	b.p[0x1f1] = 2;
	memcpy(b.p + 0x202, "HdrS\x0f\x02", 6);
	memcpy(b.p + 0x248, &off, 4);
	memcpy(b.p + 0x24c, &len, 4);
	memcpy(b.p + 1536 + off, payload.p, payload.len);
	if (append)
		memcpy(b.p + 1536 + off + payload.len, &size, 4);
	return b;
}

static bool is_plain(struct bytes b)
{
	return b.len == plain.len && !memcmp(b.p, plain.p, b.len);
}

static void round_trip(struct bytes in)
{
	struct bytes out = { NULL, plain.len };

	CU_ASSERT(unpack(in, &out));
	CU_ASSERT(is_plain(out));
	free(out.p);
}

static void unpack_round_trip(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		struct bytes bz = wrap(packed[i], formats[i].appended);
		struct kernel_file kf;

		CU_ASSERT_PTR_NULL(bzimage_open(&kf, bz.p, bz.len));
		CU_ASSERT(kf.codec && kf.unpacked == plain.len);
		CU_ASSERT_EQUAL(kf.size, packed[i].len);
		round_trip(bz);
		CU_ASSERT_PTR_NULL(bzimage_open(&kf, packed[i].p, packed[i].len));
		CU_ASSERT(kf.codec && !kf.unpacked);
		round_trip(packed[i]);
		free(bz.p);
	}
}

static void unpack_other_levels(void)
{
	static const char *const tools[] = {
		"gzip -1",
		"xz -0 --check=crc32 --block-size=1MiB",
		"xz -0 --check=none --lzma2=dict=64MiB,mode=fast,nice=32",
		"lz4 -l -1",
		"zstd -1 --no-check --long=27",
	};

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		struct bytes b = pack(tools[i]);

		round_trip(b);
		free(b.p);
	}
}

/* What is recorded is checked, be it too much or too little. */
static void unpack_other_size(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		for (int d = -1; d < 2; d += 2) {
			struct bytes bz = wrap(packed[i], formats[i].appended);
			struct bytes out = { NULL, plain.len };

			bz.p[bz.len - 99 - 4] += d;
			CU_ASSERT(!unpack(bz, &out) && corrupt());
			free(out.p);
			free(bz.p);
		}
	}
}

static void bzimage_plain_elf(void)
{
	struct bytes in = { (uint8_t *)&file, sizeof(file) }, bz;
	struct kernel_file kf;

	file_make();
	CU_ASSERT_PTR_NULL(bzimage_open(&kf, in.p, in.len));
	CU_ASSERT(!kf.codec && kf.payload == in.p);
	CU_ASSERT(kf.size == in.len);
	bz = wrap(in, false);
	CU_ASSERT_PTR_NULL(bzimage_open(&kf, bz.p, bz.len));
	CU_ASSERT(!kf.codec && kf.size == in.len && !kf.unpacked);
	free(bz.p);
}

static void unpack_too_small(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		struct bytes out = { NULL, plain.len - 1 };

		CU_ASSERT(!unpack(packed[i], &out) &&
			  strstr(why, "larger than the memory"));
		free(out.p);
	}
}

static void unpack_truncated(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		for (int k = 0; k < 24; k++) {
			struct bytes in = packed[i], out = { NULL, plain.len };

			in.len = k < 12 ? in.len - (k < 11 ? 1 + k : 1000)
					: in.len / 13 * (k - 12) + 6;
			CU_ASSERT(!unpack(in, &out) && corrupt());
			free(out.p);
		}
	}
}

/* LZ4 has no end mark: cut between two blocks, only the record tells. */
static void unpack_lz4_lost_block(void)
{
	struct bytes in = packed[2], bz, out = { NULL, plain.len };
	uint32_t block;

	memcpy(&block, in.p + 4, 4);
	in.len = 8 + block;
	bz = wrap(in, true);
	CU_ASSERT(!unpack(bz, &out) && corrupt());
	free(out.p);
	free(bz.p);
}

/* A flipped bit is found, or, without a checksum, does no harm. */
static void unpack_corrupt(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		for (size_t k = 0; k < 40; k++) {
			struct bytes in = packed[i], out = { NULL, plain.len };
			size_t at = k < 16 ? k : in.len / 41 * k;
			bool good;

			in.p[at] ^= 1 << k % 8;
			good = unpack(in, &out);
			in.p[at] ^= 1 << k % 8;
			CU_ASSERT(!good || !formats[i].strict || is_plain(out));
			free(out.p);
		}
	}
}

static void unpack_xz_crc64(void)
{
	struct bytes in = pack("xz -0"), out = { NULL, plain.len };

	CU_ASSERT(!unpack(in, &out) && strstr(why, "--check=crc32"));
	free(out.p);
	free(in.p);
}

static bool refused(struct bytes in, const char *words)
{
	struct bytes out = { NULL, 64 };
	bool good = unpack(in, &out);

	free(out.p);
	return !good && strstr(why, words);
}

static void bzimage_refused(void)
{
	struct bytes b = wrap(packed[0], false), cut = b;

	CU_ASSERT(refused((struct bytes){ b.p, 0 }, "empty"));
	CU_ASSERT(refused((struct bytes){ b.p, 0x205 }, "neither ELF"));
	CU_ASSERT(refused((struct bytes){ b.p, 0x24f }, "setup header"));
	cut.len -= 100;
	CU_ASSERT(refused(cut, "past the end"));
	b.p[1536 + 0x123] ^= 1;
	CU_ASSERT(refused(b, "neither ELF"));
	memset(b.p + 0x248, 0xff, 8);
	CU_ASSERT(refused(b, "past the end"));
	memset(b.p + 0x248, 0, 8);
	CU_ASSERT(refused(b, "without payload"));
	b.p[0x206] = 7;
	CU_ASSERT(refused(b, "2.08"));
	free(b.p);
}

/* ---- Debian's kernel ------------------------------------------------------ */

/* Another program finds the payload and the tools unpack it. */
static const char reference[] =
	"python3 -c '"
	"import struct, subprocess, sys\n"
	"b = open(sys.argv[1], \"rb\").read()\n"
	"o, n = struct.unpack_from(\"<II\", b, 0x248)\n"
	"s = ((b[0x1f1] or 4) + 1) * 512 + o\n"
	"p = b[s:s + n - 4]\n"
	"t = \"xz\" if p[:2] == b\"\\xfd7\" else \"lz4\"\n"
	"subprocess.run([t, \"-dc\"], input=p, check=True)' ";

static void unpack_debian(const char *path)
{
	char command[1024];
	struct bytes vmlinuz, want, got;
	struct kernel_file kf;
	FILE *f = fopen(path, "rb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	vmlinuz = slurp(f);
	fclose(f);
	snprintf(command, sizeof(command), "%s%s", reference, path);
	want = shell(command);
	CU_ASSERT_PTR_NULL(bzimage_open(&kf, vmlinuz.p, vmlinuz.len));
	CU_ASSERT(kf.codec && kf.unpacked == want.len);
	got.len = want.len;
	CU_ASSERT(unpack(vmlinuz, &got) && got.len == want.len);
	CU_ASSERT(!memcmp(got.p, want.p, want.len));
	CU_ASSERT_PTR_NULL(elf_parse(&img, got.p, got.len));
	CU_ASSERT(img.virt_base == BASE && img.p2m_base == 0x8000000000);
	CU_ASSERT(img.segments[0].offset == TEXT);
	CU_ASSERT(img.initrd_by_pfn && img.hypercall_page == ELF_UNSET);
	CU_ASSERT_STRING_EQUAL(img.guest_version, "2.6");
	free(got.p);
	free(want.p);
	free(vmlinuz.p);
}

static void debian_kernels(void)
{
	const char *peer = getenv("PEER") ? getenv("PEER") : "build/peer";
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/vmlinuz", peer);
	unpack_debian(path);
	/* The cloud flavour, where a guest test has fetched it. */
	snprintf(path, sizeof(path), "%s/vmlinuz-cloud", peer);
	if (!stat(path, &st))
		unpack_debian(path);
}

/* ---- All of them ----------------------------------------------------------- */

static int suite_start(void)
{
	if (plain_make())
		return 1;
	for (size_t i = 0; i < FORMATS; i++)
		packed[i] = pack(formats[i].tool);
	return 0;
}

static int suite_end(void)
{
	for (size_t i = 0; i < FORMATS; i++)
		free(packed[i].p);
	return plain_remove();
}

int main(void)
{
	int failed;
	CU_TestInfo tests[] = {
		TEST(unpack_round_trip),     TEST(unpack_other_levels),
		TEST(unpack_other_size),     TEST(bzimage_plain_elf),
		TEST(unpack_too_small),	     TEST(unpack_truncated),
		TEST(unpack_lz4_lost_block), TEST(unpack_corrupt),
		TEST(unpack_xz_crc64),	     TEST(bzimage_refused),
		TEST(debian_kernels),	     CU_TEST_INFO_NULL,
	};

	if (suite_start())
		return 2;
	failed = unit_main("bzimage", tests, NULL, NULL);
	return suite_end() || failed;
}
