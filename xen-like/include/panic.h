/* SPDX-License-Identifier: MIT */
/*
 * Our own broken invariants. Guest input never reaches these: what a guest
 * can cause is an error to the guest or the guest's crash.
 */
#ifndef PANIC_H
#define PANIC_H

#include "types.h"

/* Print, show registers, backtrace and the audit's findings, stop for good. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define ASSERT(cond)                                                   \
	do {                                                           \
		if (unlikely(!(cond)))                                 \
			panic("%s:%d: assertion failed: %s", __FILE__, \
			      __LINE__, #cond);                        \
	} while (0)

#endif
