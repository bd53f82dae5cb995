/* SPDX-License-Identifier: MIT */
/*
 * The doors between guests and C: entry.S calls what is declared here, and
 * names its own places. irq.h has what brings a CPU up.
 */
#ifndef ENTRY_H
#define ENTRY_H

/*
 * In error_code of a vCPU's saved registers: rcx and r11 are the guest's to
 * lose, so that it may be left to by sysret. Set by entry by syscall and by
 * each bounce, as the ABI's frames carry both registers.
 */
#define EXIT_SYSRET 0x40000000

/* idt_stubs: one of this size per vector. */
#define IDT_STUB_SIZE 16

#ifndef __ASSEMBLY__
#include "vcpu.h"

/* An exception or interrupt from guest mode; v->regs has its registers. */
void trap_guest(struct vcpu *v);
/* The same from ring 0: mended, served, or a panic. */
void trap_hypervisor(struct cpu_user_regs *r);
/* A system call of guest user mode (32: from a 32-bit code segment). */
void trap_syscall(struct vcpu *v);
void trap_syscall32(struct vcpu *v);
/* The iret to v's registers faulted; v->regs has vector and error code. */
void trap_iret_failed(struct vcpu *v);
/* Something is due before v (current, or idle) is left to: do one thing. */
void trap_exit_work(struct vcpu *v);

/* Places of entry.S. */
extern const uint8_t idt_stubs[], iret_guest[], iret_failed[];
#endif
#endif
