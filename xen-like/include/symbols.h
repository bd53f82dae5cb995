/* SPDX-License-Identifier: MIT */
/* Names of the hypervisor's functions, for backtraces. */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include "types.h"

/*
 * The function that addr lies in and how far, or NULL when addr is below the
 * first function. Above the last one it is still the last: check the text's
 * bounds before, if that matters. Takes no lock, touches constants only.
 */
const char *symbol_lookup(uint64_t addr, uint64_t *offset);

#endif
