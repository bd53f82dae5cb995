/* SPDX-License-Identifier: MIT */
/*
 * RAM until the heap has it: ranges of free physical bytes, from which the
 * page tables, the frame table and the M2P are taken. Boot only, one CPU.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include "arch.h"
#include "print.h"

/* [start, end) is RAM, above what was added before; whole pages of it. */
void memory_add(uint64_t start, uint64_t end);
/* [start, end) is no RAM after all, not even a part of a page. */
void memory_remove(uint64_t start, uint64_t end);
/* [start, end) is RAM in use; partial pages whole. */
void memory_reserve(uint64_t start, uint64_t end);

/* memory_pages() takes only what lies below; no limit is UINT64_MAX. */
extern uint64_t memory_limit;
/*
 * 2^order zeroed pages of our own, aligned to their size: the physical
 * address. Stops if there are none. From the heap, wherever they lie, once
 * memory_to_heap() was called.
 */
uint64_t memory_pages(unsigned int order);

/* All RAM, in order, free or not; the range behind the last is empty. */
struct memory_range {
	uint64_t start, end;
};
extern struct memory_range memory_ram[];
uint64_t memory_ram_pages(void);

/* Hand all that is free to the heap. */
void memory_to_heap(void);

/* Stop the machine: what stands in the way of starting, in words. */
#define boot_stop(why, ...)                                                     \
	do {                                                                    \
		print(LOG_ERR, "Enso cannot start: " why ".\n", ##__VA_ARGS__); \
		arch_halt();                                                    \
	} while (0)

#endif
