/* SPDX-License-Identifier: MIT */
#ifndef BACKTRACE_H
#define BACKTRACE_H

#include "types.h"

/* Print rip's function, then the callers by the frame pointers from rbp on. */
void backtrace(uint64_t rip, uint64_t rbp);

#endif
