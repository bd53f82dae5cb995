/* SPDX-License-Identifier: MIT */
/* IO-APICs (82093AA data sheet) and the PICs, which are put away. */
#ifndef IOAPIC_H
#define IOAPIC_H

#include "types.h"

/*
 * Map all IO-APICs, mask all their inputs, and the PICs'. Before apic_init():
 * what a PIC had pending would come as an interrupt without a number.
 */
void ioapic_init(void);
/* Deliver ISA interrupt irq as vector to the CPU with that APIC id. */
void ioapic_route_isa(unsigned int irq, uint8_t vector, unsigned int id);

/* Is there an IO-APIC at that physical address? Then its register reg. */
bool ioapic_read(uint64_t base, uint32_t reg, uint32_t *value);

#endif
