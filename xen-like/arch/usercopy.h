/* SPDX-License-Identifier: MIT */
/* The exception table: where a fault of ours is expected, and what then. */
#ifndef USERCOPY_H
#define USERCOPY_H

#include "types.h"

/*
 * In inline assembly: a fault at label `at` continues at label `to`. Both
 * are stored as distances, so that the table needs no relocation.
 */
#define EXTABLE(at, to)                                 \
	".pushsection .extable, \"a\"\n\t.balign 4\n\t" \
	".long " #at " - ., " #to " - .\n\t.popsection\n\t"

/* Where to go on after a fault at rip; 0: nobody expected one. */
uint64_t extable_find(uint64_t rip);

/* Read and write an MSR that may not exist: false, and nothing done. */
bool rdmsr_safe(uint32_t nr, uint64_t *value);
bool wrmsr_safe(uint32_t nr, uint64_t value);

#endif
