/* SPDX-License-Identifier: MIT */
/*
 * The doors between guests and C: entry.S calls what is declared here, and
 * names its own places. irq.h has what brings a CPU up.
 */
#ifndef TRAP_H
#define TRAP_H

/* Intel SDM volume 3, table 6-1 */
#define EXC_DB	       1
#define EXC_NMI	       2
#define EXC_BP	       3
#define EXC_OF	       4
#define EXC_UD	       6
#define EXC_NM	       7
#define EXC_DF	       8
#define EXC_GP	       13
#define EXC_PF	       14
#define EXC_MC	       18
#define EXC_LAST       31
#define EXC_WITH_ERROR 0x60227d00 /* bit n: the CPU pushes an error code */

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
/* A system call of guest user mode, for that callback of v's. */
void trap_syscall(struct vcpu *v, const struct callback *cb);
/* The iret to v's registers faulted; v->regs has vector and error code. */
void trap_iret_failed(struct vcpu *v);
/* Something is due before v (current) may be left to: do one thing of it. */
void trap_exit_work(struct vcpu *v);

/* An emulated instruction of current v is complete: single stepping sees it. */
void trap_instruction_done(struct vcpu *v, uint64_t next_rip);

/* Places of entry.S. */
extern const uint8_t idt_stubs[], iret_guest[], iret_failed[];
#endif
#endif
