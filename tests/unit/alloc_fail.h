/* SPDX-License-Identifier: MIT */
/* Allocations that fail only while the daemon works (around_work). */
#ifndef ALLOC_FAIL_H
#define ALLOC_FAIL_H

#include "host_alloc.h"

static unsigned long daemon_fail; /* as host_alloc_fail */

static inline void alloc_around(bool begins)
{
	if (begins) {
		host_alloc_fail = daemon_fail;
		return;
	}
	daemon_fail = host_alloc_fail;
	host_alloc_fail = 0;
}

#endif
