/* SPDX-License-Identifier: MIT */
/* The local APIC, by memory (xAPIC). Intel SDM volume 3, chapter 11. */
#ifndef APIC_H
#define APIC_H

#include "types.h"

void apic_map(uint64_t phys);
/* This CPU's: enabled, all local interrupts masked but NMI. */
void apic_init(void);
unsigned int apic_id(void);
void apic_eoi(void);

void apic_send_ipi(unsigned int id, uint8_t vector);
void apic_send_nmi(unsigned int id);
void apic_send_init(unsigned int id);
void apic_send_startup(unsigned int id, uint8_t page);

/* The timer: interrupt VECTOR_TIMER once after count ticks; 0 never. */
void apic_timer_set(uint32_t count);
uint32_t apic_timer_left(void);

#endif
