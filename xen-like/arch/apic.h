/* SPDX-License-Identifier: MIT */
/* The local APIC, by memory (xAPIC). Intel SDM volume 3, chapter 11. */
#ifndef APIC_H
#define APIC_H

#include "types.h"

/* What can be sent besides a vector; with STARTUP goes a page's number. */
#define APIC_NMI     0x400u
#define APIC_INIT    0x500u
#define APIC_STARTUP 0x600u

/* This CPU's: enabled, all local interrupts masked but NMI. */
void apic_init(void);
void apic_eoi(void);
void apic_send(unsigned int id, uint32_t what);

/* The timer: interrupt VECTOR_TIMER once after count ticks; 0 never. */
void apic_timer_set(uint32_t count);
uint32_t apic_timer_left(void);

#endif
