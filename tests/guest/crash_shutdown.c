// SPDX-License-Identifier: MIT
/*
 * SHUTDOWN_crash is a crash, and says so.
 */
#include <stdio.h>
#include "check.h"
#include <xen/sched.h>

int main(void)
{
	struct sched_shutdown how = { .reason = SHUTDOWN_crash };

	printf("EXPECT crash\n");
	hypercall_sched_op(SCHEDOP_shutdown, &how);
	return check_done();
}
