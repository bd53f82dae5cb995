/* SPDX-License-Identifier: MIT */
/*
 * The domain builder on a simulated machine: what it builds is what a kernel
 * expects (host_verify.c), of kernels made here and of Debian's from $PEER
 * (build/peer); what fails, at whatever call or allocation, leaves nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "bzimage.h"
#include "host_alloc.h"
#include "host_machine.h"
#include "host_verify.h"
#include "kernel_setup.h"
#include "unit.h"

#define MIB	(1ul << 20)
#define RAMDISK (5 * PAGE_SIZE + 77)
#define MACHINE (48 * MIB / PAGE_SIZE)

/* Text, data with a bss, of which pages are shared with the file's rest. */
static const struct kernel_spec linux_like = {
	{ { 0x2000, 0x1000000, 0x23456, 0x23456 },
	  { 0x26000, 0x1024000, 0x5000, 0x9123 },
	  { 0x2b800, 0x102d800, 0x3100, 0x8000 } },
	true,
	true,
	false,
};
/* No page of the file is a page of the kernel. */
static const struct kernel_spec crooked = {
	{ { 0x2010, 0x100000, 0x23456, 0x23456 },
	  { 0x26100, 0x124000, 0x5000, 0x9123 } },
	false,
	false,
	true,
};
/* Two segments of the same bytes; two that share a page at their ends. */
static const struct kernel_spec twins = {
	{ { 0x2000, 0x100000, 0x4000, 0x4000 },
	  { 0x2000, 0x110000, 0x4000, 0x4000 },
	  { 0x6000, 0x120000, 0x1800, 0x1800 },
	  { 0x7800, 0x121800, 0x1900, 0x2000 } },
	true,
	false,
	true,
};

static uint8_t ramdisk[RAMDISK];
static struct builder_input in;
static struct builder_domain out;

static void input(struct blob kernel, size_t ramdisk_size, uint64_t mib)
{
	in = (struct builder_input){
		.domain = { .max_vcpus = 2, .uuid = "0123456789abcde" },
		.memory_kib = mib * 1024,
		.max_kib = mib * 1024 + 1024,
		.kernel_name = "vmlinuz",
		.ramdisk_name = ramdisk_size ? "initrd" : NULL,
		.kernel = kernel.p,
		.kernel_size = kernel.size,
		.ramdisk = ramdisk,
		.ramdisk_size = ramdisk_size,
		.cmdline = "console=hvc0 quiet",
	};
}

static int setup(void)
{
	for (size_t i = 0; i < RAMDISK; i++)
		ramdisk[i] = (uint8_t)(i * 7 + i / 251 + 1);
	return 0;
}

/* Builds what in says on a fresh machine, from a file with this plain form. */
static void build_ok(struct blob plain)
{
	struct elf_image elf;
	const char *wrong = elf_parse(&elf, plain.p, plain.size);

	CU_ASSERT_PTR_NULL(wrong);
	CU_ASSERT_EQUAL(builder_build(&in, &out), 0);
	if (out.why[0])
		printf("  %s\n", out.why);
	else
		wrong = verify_domain(&in, &out, &elf);
	if (wrong)
		printf("  %s\n", wrong);
	CU_ASSERT_PTR_NULL(wrong);
	if (!out.why[0])
		xcbuild_destroy(out.id);
	CU_ASSERT(machine_empty());
}

static void build_kinds(const struct kernel_spec *spec, uint64_t mib)
{
	struct blob plain = kernel_make(spec), packed = kernel_pack(plain, 0);
	static const unsigned int orders[] = { 9, 4, 0 };

	for (size_t i = 0; i < 3; i++) {
		machine_start(MACHINE);
		machine_max_order = orders[i];
		input(plain, RAMDISK, mib);
		build_ok(plain);
		input(packed, 0, mib);
		build_ok(plain);
		input(packed, RAMDISK, mib);
		build_ok(plain);
		machine_stop();
	}
	free(packed.p);
	free(plain.p);
}

static void like_linux(void)
{
	build_kinds(&linux_like, 32);
}

static void not_page_congruent(void)
{
	build_kinds(&crooked, 8);
}

static void shared_pages(void)
{
	build_kinds(&twins, 8);
}

/* Packed, and nobody says how large it is. */
static void unknown_size(void)
{
	struct blob plain = kernel_make(&linux_like);
	struct blob packed = kernel_pack(plain, 0);
	struct blob bare = { packed.p + 1024, packed.size - 1024 - 4 };

	machine_start(MACHINE);
	input(bare, RAMDISK, 32);
	build_ok(plain);
	machine_stop();
	free(packed.p);
	free(plain.p);
}

/* The least memory that is enough, found by what it says; not a page less. */
static void just_enough(void)
{
	struct blob plain = kernel_make(&linux_like);
	struct blob packed = kernel_pack(plain, 0);
	unsigned long needed = 16 * 1024, before = 0;

	machine_start(MACHINE);
	input(packed, RAMDISK, 32);
	/* More memory needs a longer p2m. */
	while (needed != before) {
		before = in.memory_kib = needed;
		if (builder_build(&in, &out))
			CU_ASSERT_EQUAL(sscanf(out.why,
					       "kernel vmlinuz and its ramdisk "
					       "need %lu KiB",
					       &needed),
					1);
	}
	CU_ASSERT(needed > 16 * 1024 && !out.why[0]);
	xcbuild_destroy(out.id);
	build_ok(plain);
	in.memory_kib = needed - 4;
	CU_ASSERT_EQUAL(builder_build(&in, &out), -ENOMEM);
	CU_ASSERT(machine_empty());
	machine_stop();
	free(packed.p);
	free(plain.p);
}

/* ---- Debian's kernels --------------------------------------------------------- */

static struct blob slurp(const char *name)
{
	const char *peer = getenv("PEER") ? getenv("PEER") : "build/peer";
	struct blob b = { NULL, 0 };
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", peer, name);
	f = fopen(path, "rb");
	if (!f)
		return b;
	b.p = malloc(64 * MIB);
	b.size = fread(b.p, 1, 64 * MIB, f);
	fclose(f);
	return b;
}

static void debian(const char *name)
{
	struct blob packed = slurp(name), plain;
	struct kernel_file kf;
	uint8_t *work = malloc(UNPACK_WORK);

	CU_ASSERT_PTR_NOT_NULL_FATAL(packed.p);
	CU_ASSERT_PTR_NULL(bzimage_open(&kf, packed.p, packed.size));
	plain.p = malloc(kf.unpacked);
	CU_ASSERT_PTR_NULL(
		bzimage_unpack(&kf, plain.p, kf.unpacked, work, &plain.size));
	machine_start(300 * MIB / PAGE_SIZE);
	input(packed, RAMDISK, 256);
	build_ok(plain);
	input(packed, 0, 96);
	build_ok(plain);
	input(plain, RAMDISK, 256);
	build_ok(plain);
	machine_stop();
	free(work);
	free(plain.p);
	free(packed.p);
}

static void debian_cloud(void)
{
	debian("vmlinuz-cloud");
}

static void debian_full(void)
{
	debian("vmlinuz");
}

/* ---- What goes wrong ------------------------------------------------------------ */

static void refused(int err, const char *why)
{
	CU_ASSERT_EQUAL(builder_build(&in, &out), err);
	if (!strstr(out.why, why))
		printf("  %s\n", out.why);
	CU_ASSERT(strstr(out.why, why) != NULL);
	CU_ASSERT(machine_empty());
}

static void bad_input(void)
{
	static char longline[MAX_GUEST_CMDLINE + 1];
	struct blob plain = kernel_make(&linux_like), bad = plain;
	struct blob more = kernel_pack(plain, 1);
	struct blob packed = kernel_pack(plain, 0);

	machine_start(MACHINE);
	bad.size = 100;
	input(bad, 0, 32);
	refused(-EINVAL, "kernel vmlinuz: ");
	bad = (struct blob){ packed.p, packed.size / 2 };
	input(bad, 0, 32);
	refused(-EINVAL, "kernel vmlinuz: truncated");
	input(more, 0, 32);
	refused(-EINVAL, "kernel vmlinuz: the compressed kernel is corrupt");
	input((struct blob){ ramdisk, RAMDISK }, 0, 32);
	refused(-EINVAL, "kernel vmlinuz: neither ELF");
	input((struct blob){ ramdisk, 0 }, 0, 32);
	refused(-EINVAL, "kernel vmlinuz: an empty file");
	input(plain, 0, 32);
	in.ramdisk_name = "initrd";
	refused(-EINVAL, "ramdisk initrd: an empty file");
	input(plain, 0, 49);
	refused(-ENOMEM, "needs 50176 KiB of memory, 49148 KiB are free");
	input(plain, 0, 12);
	refused(-ENOMEM, "need");
	input(plain, 0, 0);
	refused(-EINVAL, "no memory");
	input(packed, 0, 0);
	in.memory_kib = 64;
	refused(-ENOMEM, "when unpacked, the domain has 64 KiB");
	input(packed, 0, 32);
	in.max_kib = 31 * 1024;
	refused(-ENOMEM, "no frame for page");
	input(plain, 0, 32);
	memset(longline, 'x', MAX_GUEST_CMDLINE);
	in.cmdline = longline;
	refused(-EINVAL, "1024 characters, a domain takes 1023");
	machine_stop();
	free(more.p);
	free(packed.p);
	free(plain.p);
}

/* Fails at each call and at each allocation in turn, until nothing does. */
static void fail_everywhere(const struct kernel_spec *spec, bool pack,
			    unsigned long *which, int err)
{
	struct blob plain = kernel_make(spec), packed = kernel_pack(plain, 0);
	unsigned long n = 0;
	int rc;

	machine_start(MACHINE);
	input(pack ? packed : plain, RAMDISK, spec == &linux_like ? 24 : 8);
	machine_fail_err = err;
	do {
		*which = ++n;
		rc = builder_build(&in, &out);
		if (rc && (!out.why[0] || !machine_empty())) {
			printf("  %lu: \"%s\"\n", n, out.why);
			CU_FAIL("half a domain");
		}
		if (!rc)
			xcbuild_destroy(out.id);
		if (!machine_empty())
			CU_FAIL("something is left");
	} while (!*which);
	*which = 0;
	/* It did go wrong many times. */
	CU_ASSERT(n > 3);
	machine_stop();
	free(packed.p);
	free(plain.p);
}

static void fail_calls(void)
{
	fail_everywhere(&linux_like, true, &machine_fail, EPERM);
	fail_everywhere(&linux_like, false, &machine_fail, ENOMEM);
	fail_everywhere(&crooked, true, &machine_fail, EINVAL);
	fail_everywhere(&twins, true, &machine_fail, ESRCH);
}

static void fail_allocations(void)
{
	fail_everywhere(&linux_like, true, &host_alloc_fail, 0);
	fail_everywhere(&crooked, false, &host_alloc_fail, 0);
}

static unsigned int told;
static unsigned int last_percent;

static void tell(const char *what, unsigned int percent)
{
	CU_ASSERT(*what && percent <= 100);
	last_percent = percent;
	told++;
}

/* The machine's clock moves by a millisecond whenever the builder yields. */
static void progress(void)
{
	struct blob plain = kernel_make(&linux_like);

	machine_start(MACHINE);
	machine_max_order = 0;
	input(plain, 0, 32);
	in.progress = tell;
	CU_ASSERT_EQUAL(builder_build(&in, &out), 0);
	xcbuild_destroy(out.id);
	CU_ASSERT_EQUAL(told, 0);
	machine_step = 500000000;
	CU_ASSERT_EQUAL(builder_build(&in, &out), 0);
	xcbuild_destroy(out.id);
	CU_ASSERT(told > 2 && last_percent > 0);
	machine_stop();
	free(plain.p);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(like_linux),   TEST(not_page_congruent),
		TEST(shared_pages), TEST(unknown_size),
		TEST(just_enough),  TEST(debian_cloud),
		TEST(debian_full),  TEST(bad_input),
		TEST(fail_calls),   TEST(fail_allocations),
		TEST(progress),	    CU_TEST_INFO_NULL,
	};

	setup();
	return unit_main("builder", tests, NULL, NULL);
}
