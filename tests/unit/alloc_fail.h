/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail (tests/host/host_alloc.h): of everybody, or of the
 * daemon only, who works between two calls of alloc_around(), which is for
 * around_work of xenstore_world.h.
 */
#ifndef ALLOC_FAIL_H
#define ALLOC_FAIL_H

#include <stdbool.h>
#include "host_alloc.h"

/* As host_alloc_fail, while the daemon works. */
static unsigned long daemon_alloc_fail;

static inline void alloc_around(bool begins)
{
	if (begins) {
		host_alloc_fail = daemon_alloc_fail;
		return;
	}
	daemon_alloc_fail = host_alloc_fail;
	host_alloc_fail = 0;
}

#endif
