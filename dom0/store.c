// SPDX-License-Identifier: MIT
/*
 * The daemon runs as a task; whoever opens a connection waits in its own queue
 * for the daemon's bytes. Nothing but bytes of the wire protocol passes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "link_guest.h"
#include "local.h"
#include "store.h"
#include "task.h"
#include "vcpu.h"

static void wait(void *arg)
{
	task_wait(arg);
}

static void woken(void *arg)
{
	task_wake(arg);
}

int xs_transport_open(struct xs_transport *t)
{
	struct waitq *q = calloc(1, sizeof(*q));
	struct xsd_local_client client = { wait, woken, free, q };
	int rc = -ENOMEM;

	if (q)
		rc = xsd_local_open(0, &client, t);
	if (rc)
		free(q);
	return rc;
}

static void say(const char *line)
{
	printf("xenstored: %s\n", line);
}

int store_start(void)
{
	/* What a guest cannot know: when we were started, to the cycle. */
	uint64_t secret = time_wall() ^ tsc() << 32;

	if (xsd_init(secret, say, xsd_task_wake) ||
	    !task_start("xenstored", xsd_task, NULL))
		return -ENOMEM;
	return 0;
}
