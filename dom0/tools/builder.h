/* SPDX-License-Identifier: MIT */
/*
 * The domain builder: a paused 64-bit PV domain from a kernel, a ramdisk and a
 * command line, laid out as layout.h says.
 *
 * A packed kernel is unpacked in place: the domain's first frames, mapped one
 * behind the other, are the output buffer, and then get the numbers (pfns)
 * that the kernel's segments want; only what shares a page with something
 * else is copied. So a kernel takes no memory of dom0's but a few tables.
 * Built is all or nothing: what fails leaves no domain and no frame.
 */
#ifndef BUILDER_H
#define BUILDER_H

#include "xcbuild.h"

struct builder_input {
	struct xcbuild_domain domain;
	uint64_t memory_kib, max_kib; /* now; as a limit */
	/* Files in memory and their names; no ramdisk: size 0. */
	const char *kernel_name, *ramdisk_name;
	const void *kernel, *ramdisk;
	size_t kernel_size, ramdisk_size;
	const char *cmdline;
	/* Called after two seconds, then each second, with what is being done
	 * and how much of it; may be NULL. */
	void (*progress)(const char *what, unsigned int percent);
};

struct builder_domain {
	domid_t id;
	uint64_t nr_pages;
	uint64_t store_mfn, console_mfn;
	evtchn_port_t store_port, console_port;
	char why[200]; /* after a failure: a sentence for the console */
};

/*
 * Builds it. 0, or a -errno with why. Lets other tasks run while it works;
 * one domain at a time: the caller sees to it.
 */
int builder_build(const struct builder_input *in, struct builder_domain *out);

#endif
