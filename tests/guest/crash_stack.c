// SPDX-License-Identifier: MIT
/*
 * A guest whose stack cannot take an exception's frame is stopped.
 */
#include <stdio.h>
#include "check.h"

int main(void)
{
	printf("EXPECT crash\n");
	asm volatile("mov $0x1000, %%esp\n\tud2" : : : "memory");
	return check_done();
}
