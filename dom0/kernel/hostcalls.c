// SPDX-License-Identifier: MIT
/* The machine as its administrator sees it: two hypercalls, two numbers. */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include "heap.h"
#include "hostcalls.h"
#include "hypercall.h"
#include "memory.h"
#include "vcpu.h"
#include "xenerr.h"

int host_version(unsigned int what, void *answer)
{
	return xen_errno(hypercall_xen_version(what, answer));
}

int host_shutdown(unsigned int reason)
{
	struct sched_shutdown how = { .reason = reason };

	return xen_errno(hypercall_sched_op(SCHEDOP_shutdown, &how));
}

unsigned long host_own_peak(void)
{
	return frames_peak() * (PAGE_SIZE >> 10);
}

unsigned long host_tsc(void)
{
	return tsc();
}
