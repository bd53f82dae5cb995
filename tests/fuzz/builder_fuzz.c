/* SPDX-License-Identifier: MIT */
/*
 * Any file as a kernel for the domain builder, plain or packed, in a domain of
 * some size, on a machine whose calls and allocations fail now and then. What
 * is built must be what the file says, by host_verify.c; what is refused must
 * have a reason and leave nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"
#include "host_alloc.h"
#include "host_machine.h"
#include "host_verify.h"
#include "kernel_setup.h"

#define FRAMES	    3600u
#define LEAST_PAGES 1024u
#define FILE_MAX    (1u << 20)

/* The first bytes of the input: the circumstances. */
struct how {
	uint8_t pages; /* in eights, above the least */
	uint8_t kind;  /* bits of KIND_* */
	int8_t more;   /* that a packed kernel claims */
	uint8_t fail_call, fail_alloc;
	uint8_t order;
};
#define KIND_PACKED  1
#define KIND_BARE    2 /* no bzImage around it, so no size */
#define KIND_RAMDISK 4

static uint8_t ramdisk[3 * PAGE_SIZE + 5];

static struct blob dress(struct blob plain, const struct how *how)
{
	struct blob b = kernel_pack(plain, how->more);

	if (!(how->kind & KIND_PACKED)) {
		memcpy(b.p, plain.p, plain.size);
		b.size = plain.size;
	} else if (how->kind & KIND_BARE) {
		b.size -= 1024 + 4;
		memmove(b.p, b.p + 1024, b.size);
	}
	/* Of just its size, so that the first byte past it is seen. */
	b.p = realloc(b.p, b.size);
	return b;
}

static void check_built(struct blob plain, const struct builder_input *in,
			const struct builder_domain *out)
{
	static struct elf_image elf;
	const char *wrong = elf_parse(&elf, plain.p, plain.size);

	if (!wrong)
		wrong = verify_domain(in, out, &elf);
	if (wrong) {
		fprintf(stderr, "built, but: %s\n", wrong);
		abort();
	}
	xcbuild_destroy(out->id);
}

static void build(struct blob plain, const struct how *how)
{
	struct blob file = dress(plain, how);
	struct builder_domain out;
	struct builder_input in = {
		.domain.max_vcpus = 1,
		.memory_kib = (LEAST_PAGES + how->pages * 8u) * 4,
		.max_kib = FRAMES * 4,
		.kernel_name = "kernel",
		.kernel = file.p,
		.kernel_size = file.size,
		.cmdline = "quiet",
	};

	if (how->kind & KIND_RAMDISK) {
		in.ramdisk_name = "ramdisk";
		in.ramdisk = ramdisk;
		in.ramdisk_size = sizeof(ramdisk) - how->order;
	}
	machine_max_order = how->order % 10;
	machine_fail = how->fail_call;
	host_alloc_fail = how->fail_alloc;
	if (!builder_build(&in, &out)) {
		machine_fail = host_alloc_fail = 0;
		check_built(plain, &in, &out);
	} else if (!out.why[0]) {
		abort();
	}
	machine_fail = host_alloc_fail = 0;
	if (!machine_empty())
		abort();
	free(file.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	struct blob plain;
	struct how how;

	if (size <= sizeof(how) || size > FILE_MAX)
		return 0;
	if (!started)
		machine_start(FRAMES);
	started = true;
	memset(ramdisk, 0x5a, sizeof(ramdisk));
	memcpy(&how, data, sizeof(how));
	plain.size = size - sizeof(how);
	plain.p = malloc(plain.size);
	memcpy(plain.p, data + sizeof(how), plain.size);
	build(plain, &how);
	free(plain.p);
	return 0;
}
