/* SPDX-License-Identifier: MIT */
/* The host's memory: the part of it that host.c and host_guest.c use. */
#ifndef HOST_MEMORY_H
#define HOST_MEMORY_H

#include "arch.h"

void host_memory_init(size_t bytes);

/* CR3 is loaded on cpu: its TLB is empty. */
void host_tlb_clear(unsigned int cpu);

#endif
