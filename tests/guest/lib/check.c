// SPDX-License-Identifier: MIT
/*
 * How a micro-guest reports.
 */
#include <stdarg.h>
#include <stdio.h>
#include "check.h"

static void print_pair(const char *pair)
{
	if (pair)
		printf(" {%s}", pair);
	printf("\n");
}

bool check_report(const char *name, const char *pair, bool ok,
		  const char *detail)
{
	printf("TEST %s %s", name, ok ? "PASS" : "FAIL ");
	if (!ok)
		printf("%s", detail);
	print_pair(pair);
	return ok;
}

bool check_equal(const char *name, const char *pair, int64_t got, int64_t want)
{
	printf("TEST %s ", name);
	if (got == want)
		printf("PASS");
	else
		printf("FAIL %ld (%#lx), not %ld", got, got, want);
	print_pair(pair);
	return got == want;
}

void check_value(const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("VALUE %s ", name);
	vprintf(format, args);
	printf("\n");
	va_end(args);
}

int check_done(void)
{
	printf("DONE\n");
	return 0;
}
