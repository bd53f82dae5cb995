/* SPDX-License-Identifier: MIT */
#include "irq.h"
#include "apic.h"
#include "sched.h"
#include "uart.h"

void irq_handle(unsigned int vector)
{
	/* Others are spurious, of the local APIC or a PIC: they do not end. */
	if (vector >= VECTOR_UART && vector <= VECTOR_FLUSH)
		apic_eoi();
	/* For a kick the way out looks at the softirq word. */
	if (vector == VECTOR_TIMER)
		softirq_raise(cpu_id(), SOFTIRQ_TIMER);
	else if (vector == VECTOR_FLUSH)
		flush_serve();
	else if (vector == VECTOR_UART)
		uart_interrupt();
}

void irq_idle(void)
{
	flush_serve();
	if (!READ_ONCE(softirq_pending[cpu_id()]))
		asm volatile("sti; hlt; cli" : : : "memory");
}

void arch_kick(unsigned int cpu)
{
	apic_send(cpu_at(cpu)->apic_id, VECTOR_KICK);
}
