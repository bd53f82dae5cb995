/* SPDX-License-Identifier: MIT */
#include "irq.h"
#include "apic.h"
#include "flush.h"
#include "sched.h"
#include "smp.h"
#include "uart.h"

void irq_handle(unsigned int vector)
{
	switch (vector) {
	case VECTOR_TIMER:
		apic_eoi();
		softirq_raise(cpu_id(), SOFTIRQ_TIMER);
		break;
	case VECTOR_FLUSH:
		apic_eoi();
		flush_serve();
		break;
	case VECTOR_UART:
		apic_eoi();
		uart_interrupt();
		break;
	case VECTOR_KICK:
		/* The way out looks at the softirq word. */
		apic_eoi();
		break;
	default:
		/* Spurious, of the local APIC or a PIC: no end of interrupt. */
		break;
	}
}

void irq_nmi(void)
{
	smp_park_if_stopping();
}

void irq_idle(void)
{
	struct cpu *c = this_cpu();

	if (flush_wanted(c))
		flush_serve();
	if (READ_ONCE(softirq_pending[c->id]))
		return;
	c->in_window = true;
	asm volatile("sti; hlt; cli" : : : "memory");
	c->in_window = false;
	c->last_poll = 0;
}

void arch_kick(unsigned int cpu)
{
	apic_send_ipi(cpu_at(cpu)->apic_id, VECTOR_KICK);
}
