/* SPDX-License-Identifier: MIT */
#include "apic.h"
#include "arch.h"
#include "irq.h"
#include "paging.h"
#include "panic.h"
#include "x86.h"

#define APIC_ID		   0x20
#define APIC_VERSION	   0x30
#define APIC_TPR	   0x80
#define APIC_EOI	   0xb0
#define APIC_SVR	   0xf0
#define APIC_ESR	   0x280
#define APIC_ICR	   0x300
#define APIC_ICR_HIGH	   0x310
#define APIC_LVT_TIMER	   0x320
#define APIC_LVT_THERMAL   0x330
#define APIC_LVT_PERF	   0x340
#define APIC_LVT_LINT0	   0x350
#define APIC_LVT_LINT1	   0x360
#define APIC_LVT_ERROR	   0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE  0x3e0

#define SVR_ENABLE	0x100u
#define LVT_MASKED	0x10000u
#define DELIVER_NMI	0x400u
#define DELIVER_INIT	0x500u
#define DELIVER_STARTUP 0x600u
#define ICR_PENDING	0x1000u
#define ICR_ASSERT	0x4000u
#define DIVIDE_BY_1	0xbu
#define BASE_ENABLE	(1ul << 11)

static volatile uint32_t *apic;

static uint32_t reg_read(unsigned int reg)
{
	return apic[reg / 4];
}

static void reg_write(unsigned int reg, uint32_t v)
{
	apic[reg / 4] = v;
}

void apic_map(uint64_t phys)
{
	apic = fixmap(phys, PAGE_SIZE, true);
	ASSERT(apic);
}

void apic_init(void)
{
	static const unsigned int masked[] = { APIC_LVT_THERMAL, APIC_LVT_PERF,
					       APIC_LVT_LINT0, APIC_LVT_ERROR };
	unsigned int last;

	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | BASE_ENABLE);
	last = reg_read(APIC_VERSION) >> 16 & 0xff;
	reg_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	reg_write(APIC_TPR, 0);
	/* The thermal entry is the sixth. */
	for (unsigned int i = last >= 5 ? 0 : 1; i < ARRAY_SIZE(masked); i++)
		reg_write(masked[i], LVT_MASKED);
	reg_write(APIC_LVT_LINT1, DELIVER_NMI);
	reg_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	reg_write(APIC_LVT_TIMER, VECTOR_TIMER);
	reg_write(APIC_TIMER_INITIAL, 0);
	reg_write(APIC_ESR, 0);
}

unsigned int apic_id(void)
{
	return reg_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	reg_write(APIC_EOI, 0);
}

/* Interrupts are off: nobody comes between the two words. */
static void send(unsigned int id, uint32_t command)
{
	while (reg_read(APIC_ICR) & ICR_PENDING)
		cpu_relax_poll();
	reg_write(APIC_ICR_HIGH, id << 24);
	reg_write(APIC_ICR, command | ICR_ASSERT);
}

void apic_send_ipi(unsigned int id, uint8_t vector)
{
	send(id, vector);
}

void apic_send_nmi(unsigned int id)
{
	send(id, DELIVER_NMI);
}

void apic_send_init(unsigned int id)
{
	send(id, DELIVER_INIT);
}

void apic_send_startup(unsigned int id, uint8_t page)
{
	send(id, DELIVER_STARTUP | page);
}

void apic_timer_set(uint32_t count)
{
	reg_write(APIC_TIMER_INITIAL, count);
}

uint32_t apic_timer_left(void)
{
	return reg_read(APIC_TIMER_CURRENT);
}
