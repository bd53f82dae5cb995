// SPDX-License-Identifier: MIT
/*
 * The steps of building a domain, in their order; what fails is undone.
 */
#include "builder.h"
#include "build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND	    1000000000ul
#define FIRST_AFTER (2 * SECOND)

int build_fail(struct build *b, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->out->why, sizeof(b->out->why), format, args);
	va_end(args);
	return err;
}

void build_breathe(struct build *b, uint64_t done, uint64_t of)
{
	uint64_t now = xcbuild_time();

	if (b->in->progress && now >= b->told + SECOND) {
		b->told = now;
		b->in->progress(b->doing,
				(unsigned int)(of ? done * 100 / of : 0));
	}
	xcbuild_yield();
}

/* ---- The domain ------------------------------------------------------------ */

static int check_input(struct build *b)
{
	const struct builder_input *in = b->in;
	uint64_t free_pages;

	if (!b->nr_pages)
		return build_fail(b, -EINVAL, "a domain with no memory");
	if (in->ramdisk_name && !in->ramdisk_size)
		return build_fail(b, -EINVAL, "ramdisk %s: an empty file",
				  in->ramdisk_name);
	if (strlen(in->cmdline) >= MAX_GUEST_CMDLINE)
		return build_fail(b, -EINVAL,
				  "the command line has %zu characters, a "
				  "domain takes %u",
				  strlen(in->cmdline), MAX_GUEST_CMDLINE - 1);
	if (xcbuild_free_pages(&free_pages) || free_pages >= b->nr_pages)
		return 0;
	return build_fail(b, -ENOMEM,
			  "the domain needs %lu KiB of memory, %lu KiB are "
			  "free",
			  b->nr_pages * 4, free_pages * 4);
}

static int make_domain(struct build *b)
{
	const struct builder_input *in = b->in;
	int err = xcbuild_create(&in->domain);

	if (err < 0)
		return build_fail(b, err, "cannot create a domain: %s",
				  strerror(-err));
	b->id = (domid_t)err;
	b->created = true;
	err = xcbuild_vcpus(b->id, in->domain.max_vcpus);
	if (err)
		return build_fail(b, err, "cannot make %u vCPUs: %s",
				  in->domain.max_vcpus, strerror(-err));
	err = xcbuild_max_mem(b->id, in->max_kib);
	if (err)
		return build_fail(b, err,
				  "cannot limit the memory to %lu KiB: %s",
				  in->max_kib, strerror(-err));
	b->p2m = xcbuild_memory(b->nr_pages * sizeof(uint64_t));
	if (!b->p2m)
		return build_fail(b, -ENOMEM, "dom0 is out of memory");
	return 0;
}

/* ---- Start of day ---------------------------------------------------------- */

static int put_ramdisk(struct build *b)
{
	b->doing = "copying the ramdisk";
	return build_put(b, b->layout.initrd.pfn * PAGE_SIZE, b->in->ramdisk,
			 b->in->ramdisk_size);
}

static int make_ports(struct build *b)
{
	int store = xcbuild_port(b->id), console = xcbuild_port(b->id);
	int err = store < 0 ? store : console < 0 ? console : 0;

	if (err)
		return build_fail(b, err, "cannot make an event channel: %s",
				  strerror(-err));
	b->out->store_port = (evtchn_port_t)store;
	b->out->console_port = (evtchn_port_t)console;
	b->out->store_mfn = b->p2m[b->layout.store.pfn];
	b->out->console_mfn = b->p2m[b->layout.console.pfn];
	return 0;
}

/* Events wait until the kernel says that it can take them. */
static int put_shared_info(struct build *b, uint64_t mfn)
{
	struct shared_info *shared;
	size_t i;
	int err;

	shared = xcbuild_map(b->id, &mfn, 1, &err);
	if (!shared)
		return build_fail(b, err, "cannot map its shared page: %s",
				  strerror(-err));
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		shared->vcpu_info[i].evtchn_upcall_mask = 1;
	xcbuild_unmap(shared, 1);
	return 0;
}

static int put_start_info(struct build *b)
{
	struct start_info *si;
	uint64_t shared;
	int err = xcbuild_shared_info(b->id, &shared);

	if (err)
		return build_fail(b, err, "cannot find its shared page: %s",
				  strerror(-err));
	err = put_shared_info(b, shared);
	if (err)
		return err;
	si = build_map(b, b->layout.info.pfn, 1, &err);
	if (!si)
		return err;
	layout_start_info(&b->layout, shared << PAGE_SHIFT, b->in->cmdline, si);
	si->store_mfn = b->out->store_mfn;
	si->store_evtchn = b->out->store_port;
	si->console.domU.mfn = b->out->console_mfn;
	si->console.domU.evtchn = b->out->console_port;
	xcbuild_unmap(si, 1);
	return 0;
}

static int put_p2m(struct build *b)
{
	return build_put(b, b->layout.list.pfn * PAGE_SIZE, b->p2m,
			 b->nr_pages * sizeof(uint64_t));
}

static int put_hypercall_page(struct build *b)
{
	uint64_t at = b->elf.hypercall_page - b->elf.virt_base;
	int err;

	if (b->elf.hypercall_page == ELF_UNSET)
		return 0;
	err = xcbuild_hypercall_page(b->id, b->p2m[at / PAGE_SIZE]);
	if (err)
		return build_fail(b, err, "cannot fill the hypercall page: %s",
				  strerror(-err));
	return 0;
}

static uint64_t *table_page(void *arg, uint64_t i)
{
	return (uint64_t *)((uint8_t *)arg + i * PAGE_SIZE);
}

static int make_tables(struct build *b)
{
	const struct run *tables = &b->layout.tables;
	int err;
	void *va = build_map(b, tables->pfn, tables->pages, &err);

	if (!va)
		return err;
	layout_tables(&b->layout, b->p2m, table_page, va);
	xcbuild_unmap(va, tables->pages);
	err = xcbuild_pin(b->id, b->p2m[tables->pfn]);
	if (err)
		return build_fail(b, err, "its page tables are refused: %s",
				  strerror(-err));
	return 0;
}

static int set_context(struct build *b)
{
	struct vcpu_guest_context *c = malloc(sizeof(*c));
	int err;

	if (!c)
		return build_fail(b, -ENOMEM, "dom0 is out of memory");
	layout_context(&b->layout, b->p2m[b->layout.tables.pfn], c);
	err = xcbuild_context(b->id, c);
	free(c);
	if (err)
		return build_fail(b, err, "the context of vCPU 0 is refused: %s",
				  strerror(-err));
	return 0;
}

/* ---- All of it -------------------------------------------------------------- */

static int (*const steps[])(struct build *b) = {
	check_input,	     build_open_kernel, make_domain,
	build_unpack_kernel, build_layout,	build_place_kernel,
	build_populate_rest, build_copy_kernel, put_ramdisk,
	make_ports,	     put_start_info,	put_p2m,
	put_hypercall_page,  make_tables,	set_context,
};

static int run_steps(struct build *b)
{
	size_t i;
	int err = 0;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = steps[i](b);
	return err;
}

int builder_build(const struct builder_input *in, struct builder_domain *out)
{
	struct build *b = calloc(1, sizeof(*b));
	int err;

	memset(out, 0, sizeof(*out));
	if (!b) {
		strcpy(out->why, "dom0 is out of memory");
		return -ENOMEM;
	}
	b->in = in;
	b->out = out;
	b->nr_pages = in->memory_kib * 1024 / PAGE_SIZE;
	b->doing = "building the domain";
	b->told = xcbuild_time() + FIRST_AFTER - SECOND;
	err = run_steps(b);
	out->id = b->id;
	out->nr_pages = b->nr_pages;
	build_close_kernel(b);
	if (err && b->created)
		xcbuild_destroy(b->id);
	xcbuild_memory_free(b->p2m, b->nr_pages * sizeof(uint64_t));
	free(b);
	return err;
}
