// SPDX-License-Identifier: MIT
/*
 * The CPU as the initial domain is told of it: every CPUID leaf and MSR.
 *
 * RUN: timeout=60
 */
#include "check.h"
#include "cpupolicy.h"

int main(void)
{
	cpupolicy_show();
	return check_done();
}
