// SPDX-License-Identifier: MIT
/*
 * dom0: what it consists of, put together. Its command line:
 *
 *	start=FILE	what the shell runs first, /etc/enso/start unless said
 *			otherwise; "none" for nothing
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xenstore.h>
#include "cli.h"
#include "domexc.h"
#include "guest.h"
#include "heap.h"
#include "start.h"
#include "store.h"
#include "task.h"
#include "term.h"

/* Frames kept of those that the builder left: what the heap takes next. */
#define FRAMES_KEPT 256

static const char *start_file = "/etc/enso/start";

static void must(const char *what, int rc)
{
	if (rc)
		guest_fail("dom0: %s: %s", what, strerror(-rc));
}

/* What the store says of us. */
static int name_ourselves(void)
{
	struct xs_handle *xs = xs_open(0);
	bool ok;

	if (!xs)
		return -errno;
	ok = xs_write(xs, 0, "/local/domain/0/name", "Domain-0", 8) &&
	     xs_write(xs, 0, "/local/domain/0/domid", "0", 1);
	xs_close(xs);
	return ok ? 0 : -errno;
}

static void begin(void *arg)
{
	(void)arg;
	must("the store", name_ourselves());
	must("events of domains", domexc_start());
	must("the guests' watch", guest_watch());
	cli_task((void *)start_file);
}

static void arguments(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "start=", 6))
			start_file = argv[i] + 6;
		else
			printf("dom0: unknown word \"%s\" on its command line\n",
			       argv[i]);
	}
	if (!strcmp(start_file, "none"))
		start_file = NULL;
}

int main(int argc, char **argv)
{
	arguments(argc, argv);
	frames_keep(FRAMES_KEPT);
	must("the console", term_init());
	must("xenstored", store_start());
	if (!task_start("shell", begin, NULL))
		must("the shell", -ENOMEM);
	task_loop();
}
