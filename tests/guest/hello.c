// SPDX-License-Identifier: MIT
/*
 * A guest starts, hears its command line, says so and ends: the least that a
 * hypervisor must do for one.
 *
 * RUN: args="one two=2"
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "start.h"

int main(int argc, char **argv)
{
	printf("NOTE hello from a PV guest of %lu pages\n",
	       start_info->nr_pages);
	CHECK("start-info-magic", !memcmp(start_info->magic, "xen-3.0", 7));
	CHECK_EQ("arguments", argc, 2);
	CHECK("argument-0", argc > 0 && !strcmp(argv[0], "one"));
	CHECK("argument-1", argc > 1 && !strcmp(argv[1], "two=2"));
	return check_done();
}
