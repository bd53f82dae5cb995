/* SPDX-License-Identifier: MIT */
/*
 * What we take from the ACPI tables: CPUs and interrupt controllers (MADT), the
 * timer, how to power off and reset (FADT, and _S5 in the DSDT). No AML.
 */
#ifndef ACPI_H
#define ACPI_H

#include "types.h"

#define ACPI_CPUS 256

struct acpi_info {
	uint64_t lapic; /* physical; 0: no MADT */
	unsigned int nr_cpus;
	uint8_t apic_id[ACPI_CPUS];  /* of usable CPUs, table order */
	uint32_t acpi_id[ACPI_CPUS]; /* what ACPI calls them */
	uint64_t ioapic[8];	     /* physical */
	uint32_t ioapic_gsi[8];	     /* first interrupt of each */
	unsigned int nr_ioapics;
	uint16_t pm_timer;	/* its port; 0: none */
	uint32_t isa_gsi[16];	/* where ISA interrupts arrive */
	uint16_t isa_flags[16]; /* MPS INTI flags; 0: ISA's */
};
extern struct acpi_info acpi;

/* rsdp: physical, or 0: look where a BIOS leaves it. Stops without a MADT. */
void acpi_init(uint64_t rsdp);

/* Both return if ACPI cannot do it here. */
void acpi_power_off(void);
void acpi_reset(void);

#endif
