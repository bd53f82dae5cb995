// SPDX-License-Identifier: MIT
/*
 * A guest with no handler for what it raises is stopped.
 */
#include <stdio.h>
#include "check.h"

int main(void)
{
	hypercall_set_trap_table(NULL);
	printf("EXPECT crash\n");
	asm volatile("ud2");
	return check_done();
}
