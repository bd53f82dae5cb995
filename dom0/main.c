// SPDX-License-Identifier: MIT
/* dom0: what it consists of, put together. */
#include <stdio.h>
#include <string.h>
#include "builder.h"
#include "console.h"
#include "files.h"
#include "heap.h"
#include "hypercall.h"
#include "start.h"
#include "store.h"
#include <xenstore.h>
#include <stdlib.h>
#include "task.h"
#include "term.h"
#include "vcpu.h"
#include "xc.h"

static void progress(const char *what, unsigned int percent)
{
	printf("%s %u%%\n", what, percent);
}

static uint64_t pages(void)
{
	domid_t self = DOMID_SELF;
	return hypercall_memory_op(3 /* current */, &self);
}

static void walk(void *arg)
{
	static struct builder_input in;
	static struct builder_domain out;
	struct xen_domctl op = { .cmd = XEN_DOMCTL_unpausedomain };
	uint64_t t = tsc(), t2;
	int rc;

	(void)arg;
	printf("dom0: %lu pages\n", pages());
	in.domain.max_vcpus = 1;
	in.domain.max_evtchn_port = 1023;
	in.domain.max_grant_frames = 32;
	in.domain.max_maptrack_frames = 64;
	in.domain.uuid[0] = 1;
	in.memory_kib = in.max_kib = 256 << 10;
	in.kernel_name = "/boot/vmlinuz";
	in.kernel = file_map("/boot/vmlinuz", &in.kernel_size);
	in.ramdisk_name = "/boot/initramfs.cpio";
	in.ramdisk = file_map("/boot/initramfs.cpio", &in.ramdisk_size);
	in.cmdline = "console=hvc0";
	in.progress = progress;
	rc = builder_build(&in, &out);
	t2 = tsc();
	printf("build: %d %s: %lu instructions, dom0 %lu pages\n", rc, out.why,
	       t2 - t, pages());
	struct xs_handle *xs = xs_open(0);
	char path[80];
	sprintf(path, "/local/domain/%d/name", out.id);
	printf("xs %p write %d\n", xs, xs_write(xs, 0, path, "linux1", 6));
	sprintf(path, "/local/domain/%d/control/shutdown", out.id);
	xs_write(xs, 0, path, "", 0);
	sprintf(path, "/local/domain/%d/device", out.id);
	xs_mkdir(xs, 0, path);
	printf("intro %d\n",
	       xs_introduce_domain(xs, out.id, out.store_mfn, out.store_port));
	rc = console_open(out.id, "linux1", out.console_mfn, out.console_port);
	op.domain = out.id;
	printf("console %d\n", rc);
	rc = xc_domctl(&op);
	printf("unpause %d\n", rc);
	rc = console_attach(out.id, 0x1d);
	printf("attach %d\n", rc);
	t = tsc();
	console_close(out.id);
	op.cmd = XEN_DOMCTL_destroydomain;
	op.domain = out.id;
	rc = xc_domctl(&op);
	printf("destroy %d: %lu instructions\n", rc, tsc() - t);
	for (;;) {
		char c;
		term_read(&c, 1);
	}
}

int main(void)
{
	term_init();
	frames_keep(256);
	store_start();
	task_start("walk", walk, NULL);
	task_loop();
}
