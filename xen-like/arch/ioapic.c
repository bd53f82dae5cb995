/* SPDX-License-Identifier: MIT */
#include "ioapic.h"
#include "acpi.h"
#include "arch.h"
#include "paging.h"
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

#define PIC1	    0x20
#define PIC2	    0xa0
#define PIC_VECTORS 0x20

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

/* 8259A: vectors away from the exceptions, then every input masked. */
static void pic_mask(void)
{
	static const uint8_t init[2][4] = { { 0x11, PIC_VECTORS, 4, 1 },
					    { 0x11, PIC_VECTORS + 8, 2, 1 } };
	static const uint16_t port[2] = { PIC1, PIC2 };

	for (int n = 0; n < 2; n++) {
		outb(port[n], init[n][0]);
		for (int i = 1; i < 4; i++)
			outb(port[n] + 1, init[n][i]);
		outb(port[n] + 1, 0xff);
	}
}

void ioapic_init(void)
{
	pic_mask();
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++) {
		ioapic[i] = fixmap(acpi.ioapic[i], PAGE_SIZE, true);
		if (!ioapic[i])
			continue;
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

		if (!ioapic[i] || n >= inputs[i])
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
		if (!ioapic[i] || acpi.ioapic[i] != base)
			continue;
		lock_take(&lock);
		*value = reg_read(i, reg & 0xff);
		lock_drop(&lock);
		return true;
	}
	return false;
}
