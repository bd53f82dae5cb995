/* SPDX-License-Identifier: MIT */
/* Names of the hypervisor's functions, and the way to one of them. */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include "types.h"

/*
 * The function that addr lies in and how far, or NULL when it is not in our
 * text. Takes no lock, touches constants only.
 */
const char *symbol_lookup(uint64_t addr, uint64_t *offset);

/* Print rip's function, then the callers by the frame pointers from rbp on. */
void backtrace(uint64_t rip, uint64_t rbp);

#endif
