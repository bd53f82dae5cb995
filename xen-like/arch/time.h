/* SPDX-License-Identifier: MIT */
/* The clock: TSC scaled to nanoseconds, the same line on all CPUs. */
#ifndef TIME_H
#define TIME_H

#include "types.h"

/*
 * System time 0 is here. Calibrates TSC and LAPIC timer (apic_init() was
 * called) against the ACPI timer, reads the wall clock. Stops without that timer.
 */
void time_init(void);

/*
 * The CPUs of a pair call it at once: do their TSCs ever run backwards from
 * one to the other? If so, guests are told not to compare them.
 */
void time_check_pair(void);

/* Wait, serving flush requests. */
void time_delay(uint64_t ns);

/* Ticks of the TSC in a second, and a number of them as time. */
extern uint64_t tsc_hz;
uint64_t tsc_to_ns(uint64_t ticks);

#endif
