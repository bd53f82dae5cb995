// SPDX-License-Identifier: MIT
/*
 * A guest that asks for iret with no frame to read is stopped.
 */
#include <stdio.h>
#include "check.h"
#include "frame.h"

int main(void)
{
	printf("EXPECT crash\n");
	asm volatile("mov $0x1000, %%esp\n\tmov %0, %%eax\n\tsyscall"
		     :
		     : "i"(HYPERCALL_IRET)
		     : "memory");
	return check_done();
}
