// SPDX-License-Identifier: MIT
/*
 * A guest that goes to user mode without user tables is stopped.
 */
#include <stdio.h>
#include "check.h"
#include "trap.h"

int main(void)
{
	struct regs regs = {
		.rip = 0x1000,
		.cs = FLAT_USER_CS,
		.ss = FLAT_USER_SS,
		.rsp = 0x2000,
		.rflags = 0x202,
	};

	printf("EXPECT crash\n");
	trap_return(&regs);
	return check_done();
}
