/* SPDX-License-Identifier: MIT */
/*
 * How a micro-guest reports. Lines on the console:
 *
 *	TEST name PASS|FAIL [detail] [{hypercall.subop.success|error}]
 *	VALUE name text		must be the same on both hypervisors
 *	NOTE text		for the reader
 *	SEND text		the runner types this line on the console
 *	EXPECT crash		the domain's crash is what comes next
 *	ERROR why		the test is broken, not its subject
 *	DONE			nothing was left out
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include "hypercall.h"

/* A check; its name is one word. */
#define CHECK(name, condition) \
	check_report(name, NULL, condition, "not (" #condition ")")
#define CHECK_EQ(name, got, want) \
	check_equal(name, NULL, (int64_t)(got), (int64_t)(want))

/*
 * Checks that show a pair (hypercall, sub-operation; "none" where a hypercall
 * has none): its effect was seen; it refused with Xen's number.
 */
#define SUCCESS(hypercall, subop, name, condition)                   \
	do {                                                         \
		(void)PAIR_##hypercall##__##subop;                   \
		check_report(name, #hypercall "." #subop ".success", \
			     condition, "not (" #condition ")");     \
	} while (0)
#define FAILURE(hypercall, subop, name, call, err)                      \
	do {                                                            \
		(void)PAIR_##hypercall##__##subop;                      \
		_Static_assert((err) != XEN_ENOSYS, "proves nothing");  \
		check_equal(name, #hypercall "." #subop ".error", call, \
			    -(err));                                    \
	} while (0)
/* Some refuse by what they return instead: how many were done. */
#define REFUSAL(hypercall, subop, name, call, answer)                   \
	do {                                                            \
		(void)PAIR_##hypercall##__##subop;                      \
		check_equal(name, #hypercall "." #subop ".error", call, \
			    answer);                                    \
	} while (0)

/* Bad pointers: mapped by nobody, and the hypervisor's. */
#define NOWHERE	      ((void *)0x1000)
#define HYPERVISOR_VA ((void *)0xffff830000000000)

bool check_report(const char *name, const char *pair, bool ok,
		  const char *detail);
bool check_equal(const char *name, const char *pair, int64_t got, int64_t want);
void check_value(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The last line; the result of main(). */
int check_done(void);

#endif
