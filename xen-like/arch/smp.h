/* SPDX-License-Identifier: MIT */
/* CPUs: bringing them up, stopping them. */
#ifndef SMP_H
#define SMP_H

#include "cpu.h"

/*
 * This CPU's own state, from the early one: descriptor tables, TSS, system
 * call and control registers. cpu->id is set and the page tables are final.
 */
void cpu_init(void);
/* Stop in words if the CPU lacks what Enso needs; once, on the first one. */
void cpu_check(void);
/* CR4 that CPUs run with between guests, XCR0 that guests may have. */
extern uint64_t cpu_cr4, cpu_xcr0;

/* An idle vCPU for this CPU, which then is online. */
void smp_enter_cpu(void);
/* Take the page below 1 MiB that APs begin in; before memory_to_heap(). */
void smp_reserve(void);
/* Start all other CPUs of the MADT, up to max (0: all). */
void smp_start(unsigned int max);

/*
 * Park all other CPUs, by NMI, whatever they do; returns when they have
 * stopped, or will not. May be called again. From then on the machine is
 * stopping: locks are not waited for, flushes not acknowledged.
 */
void smp_stop_others(void);
bool machine_stopping(void);
_Noreturn void smp_park(void);

#endif
