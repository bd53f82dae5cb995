/* SPDX-License-Identifier: MIT */
#include "apic.h"
#include "acpi.h"
#include "irq.h"
#include "paging.h"
#include "panic.h"
#include "x86.h"

/* Registers, as indices of 32-bit words. */
#define APIC_ID		   (0x20 / 4)
#define APIC_TPR	   (0x80 / 4)
#define APIC_EOI	   (0xb0 / 4)
#define APIC_SVR	   (0xf0 / 4)
#define APIC_ICR	   (0x300 / 4)
#define APIC_ICR_HIGH	   (0x310 / 4)
#define APIC_LVT_TIMER	   (0x320 / 4)
#define APIC_LVT_THERMAL   (0x330 / 4)
#define APIC_LVT_PERF	   (0x340 / 4)
#define APIC_LVT_LINT0	   (0x350 / 4)
#define APIC_LVT_LINT1	   (0x360 / 4)
#define APIC_LVT_ERROR	   (0x370 / 4)
#define APIC_TIMER_INITIAL (0x380 / 4)
#define APIC_TIMER_CURRENT (0x390 / 4)
#define APIC_TIMER_DIVIDE  (0x3e0 / 4)

#define SVR_ENABLE  0x100u
#define LVT_MASKED  0x10000u
#define ICR_PENDING 0x1000u
#define ICR_ASSERT  0x4000u
#define DIVIDE_BY_1 0xbu
#define BASE_ENABLE (1ul << 11)

static volatile uint32_t *apic;

void apic_init(void)
{
	if (!apic)
		apic = fixmap(acpi.lapic, PAGE_SIZE, true);
	ASSERT(apic);
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | BASE_ENABLE);
	apic[APIC_SVR] = SVR_ENABLE | VECTOR_SPURIOUS;
	apic[APIC_TPR] = 0;
	/* First: older CPUs have no thermal entry and call it an error. */
	apic[APIC_LVT_ERROR] = LVT_MASKED;
	apic[APIC_LVT_THERMAL] = LVT_MASKED;
	apic[APIC_LVT_PERF] = LVT_MASKED;
	apic[APIC_LVT_LINT0] = LVT_MASKED;
	apic[APIC_LVT_LINT1] = APIC_NMI;
	apic[APIC_TIMER_DIVIDE] = DIVIDE_BY_1;
	apic[APIC_LVT_TIMER] = VECTOR_TIMER;
	apic_timer_set(0);
	this_cpu()->apic_id = apic[APIC_ID] >> 24;
}

void apic_eoi(void)
{
	apic[APIC_EOI] = 0;
}

/* Interrupts are off: nobody comes between the two words. */
void apic_send(unsigned int id, uint32_t what)
{
	while (apic[APIC_ICR] & ICR_PENDING)
		cpu_relax_poll();
	apic[APIC_ICR_HIGH] = id << 24;
	apic[APIC_ICR] = what | ICR_ASSERT;
}

void apic_timer_set(uint32_t count)
{
	apic[APIC_TIMER_INITIAL] = count;
}

uint32_t apic_timer_left(void)
{
	return apic[APIC_TIMER_CURRENT];
}
