/* SPDX-License-Identifier: MIT */
/*
 * Allocations that fail when told: malloc(), calloc() and realloc() of all
 * that is linked with the tests (by the linker's --wrap).
 */
#ifndef HOST_ALLOC_H
#define HOST_ALLOC_H

#include <stdbool.h>

/* The so manieth allocation from now on fails, once; 0: none. */
extern unsigned long host_alloc_fail;
extern bool host_alloc_failed; /* one did */

#endif
