/* SPDX-License-Identifier: MIT */
#include "ioapic.h"
#include "acpi.h"
#include "arch.h"
#include "paging.h"
#include "panic.h"
#include "print.h"
#include "x86.h"

#define IOREGSEL     0 /* word index */
#define IOWIN	     4
#define REG_VERSION  0x01
#define REG_ENTRY    0x10 /* two words each */
#define ENTRY_MASKED 0x10000u
#define ENTRY_LEVEL  0x8000u
#define ENTRY_LOW    0x2000u
#define INTI_LOW     3u /* MPS INTI flags: polarity, trigger */
#define INTI_LEVEL   0xcu

static volatile uint32_t *ioapic[ARRAY_SIZE(acpi.ioapic)];
static unsigned int inputs[ARRAY_SIZE(acpi.ioapic)];

static uint32_t reg_read(unsigned int i, uint32_t reg)
{
	ioapic[i][IOREGSEL] = reg;
	return ioapic[i][IOWIN];
}

static void reg_write(unsigned int i, uint32_t reg, uint32_t v)
{
	ioapic[i][IOREGSEL] = reg;
	ioapic[i][IOWIN] = v;
}

void ioapic_init(void)
{
	/* 8259A: vectors away from the exceptions, then every input masked. */
	static const uint8_t words[][2] = {
		{ 0x20, 0x11 }, { 0x21, 0x20 }, { 0x21, 4 },	{ 0x21, 1 },
		{ 0x21, 0xff }, { 0xa0, 0x11 }, { 0xa1, 0x28 }, { 0xa1, 2 },
		{ 0xa1, 1 },	{ 0xa1, 0xff },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		outb(words[i][0], words[i][1]);
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++) {
		ioapic[i] = fixmap(acpi.ioapic[i], PAGE_SIZE, true);
		ASSERT(ioapic[i]);
		inputs[i] = (reg_read(i, REG_VERSION) >> 16 & 0xff) + 1;
		for (unsigned int n = 0; n < inputs[i]; n++)
			reg_write(i, REG_ENTRY + 2 * n, ENTRY_MASKED);
	}
}

void ioapic_route_isa(unsigned int irq, uint8_t vector, unsigned int id)
{
	uint32_t gsi = acpi.isa_gsi[irq], entry = vector;

	if ((acpi.isa_flags[irq] & INTI_LOW) == INTI_LOW)
		entry |= ENTRY_LOW;
	if ((acpi.isa_flags[irq] & INTI_LEVEL) == INTI_LEVEL)
		entry |= ENTRY_LEVEL;
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++) {
		uint32_t n = gsi - acpi.ioapic_gsi[i];

		if (n >= inputs[i])
			continue;
		reg_write(i, REG_ENTRY + 2 * n + 1, id << 24);
		reg_write(i, REG_ENTRY + 2 * n, entry);
		return;
	}
	print(LOG_WARNING, "ISA interrupt %u has no IO-APIC input\n", irq);
}

bool ioapic_read(uint64_t base, uint32_t reg, uint32_t *value)
{
	static struct lock lock; /* a register's number, then its value */

	for (unsigned int i = 0; i < acpi.nr_ioapics; i++) {
		if (acpi.ioapic[i] != base)
			continue;
		lock_take(&lock);
		*value = reg_read(i, reg & 0xff);
		lock_drop(&lock);
		return true;
	}
	return false;
}
