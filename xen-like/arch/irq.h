/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of the machine: vectors, what a trap handler calls for them, and
 * what bringing a CPU up needs from the entry code.
 *
 * Interrupts come from guest mode, from the idle loop, and in the window of
 * preempt_check(); in the latter two they hit ring 0 and return to it.
 */
#ifndef IRQ_H
#define IRQ_H

#include "cpu.h"

/* Vectors 0x20 .. 0x2f: the masked PICs, where spurious ones may come from. */
#define VECTOR_UART	  0xf0
#define VECTOR_TIMER	  0xf1
#define VECTOR_KICK	  0xf2
#define VECTOR_FLUSH	  0xf3
#define VECTOR_SPURIOUS	  0xff
#define SYSCALL_STUB_SIZE 64

#ifndef __ASSEMBLY__
/*
 * Serve interrupt `vector` (>= 32), end of interrupt included; interrupts are
 * off. Raises softirqs, never switches: the exit path runs what is pending.
 */
void irq_handle(unsigned int vector);

/*
 * The NMI handler calls this first, on whatever stack. Does not return while
 * the machine is being stopped for good (the CPU parks here).
 */
void irq_nmi(void);

/*
 * One wait of an idle CPU, interrupts off: serves flush requests, then, if no
 * softirq is pending, halts with interrupts on until one comes. Off again on
 * return; the exit path calls it in a loop while current_vcpu() is idle.
 */
void irq_idle(void);

/* Serve what other CPUs asked of this one: VECTOR_FLUSH and every wait. */
void flush_serve(void);

/* ---- From the entry code (entry.S, trap.c) ------------------------------ */

/* Load this CPU's IDTR with the one table; NMI, #DF, #MC use IST 1, 2, 3. */
void idt_load(void);

/* LSTAR and CSTAR of CPU n: syscall_stubs + n * SYSCALL_STUB_SIZE. */
extern uint8_t syscall_stubs[], syscall32_stubs[];

/*
 * Leave the hypervisor for current_vcpu(), for the first time on this CPU:
 * pending softirqs first, then the guest, or irq_idle() and again.
 */
_Noreturn void cpu_leave(void);
#endif
#endif
