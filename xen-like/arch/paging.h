/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables: root slots 256..271, the same tables
 * under every root. docs/memory-map.md has the picture. Nothing changes after
 * boot but the windows' entries (arch_switch()) and fixmap pages.
 */
#ifndef PAGING_H
#define PAGING_H

#include "types.h"

/* The root without a guest, physical: of idle CPUs; below 4 GiB. */
extern uint64_t idle_root;

/*
 * Leave the early tables for the final ones: direct map, image, M2P (all
 * M2P_INVALID), windows, frame table. Records of frames that are no RAM share
 * one page, which paging_seal() makes read-only once they are written; it
 * also takes away the identity map that APs start through.
 */
void paging_init(void);
void paging_seal(void);

/*
 * size bytes of tables, or of a device that no guest has then, at phys, for
 * good; NULL: no room.
 */
void *fixmap(uint64_t phys, uint64_t size, bool device);

/* The 32 entries of CPU n's window (cpu.h). */
uint64_t *paging_window(unsigned int cpu);

#endif
