/* SPDX-License-Identifier: MIT */
/*
 * Bounce frames: how a guest kernel gets exceptions and upcalls. Each writes
 * a frame on the guest kernel's stack (its own if it runs, its kernel_sp and
 * a change of mode if user mode runs), and points v->regs at the handler:
 *
 *	rcx r11 [error code] rip cs|saved_upcall_mask<<32 rflags rsp ss
 *
 * with RPL 0 in a cs that was the kernel's. A frame that cannot be written,
 * and a handler that is not there, crash the domain. v is current.
 */
#ifndef BOUNCE_H
#define BOUNCE_H

#include "vcpu.h"

/* By the guest's trap table, without an error code: as by software. */
void bounce_exception(struct vcpu *v, unsigned int vector);
/* An exception of the CPU's: with its error code, if the vector has one. */
void bounce_exception_error(struct vcpu *v, unsigned int vector, uint32_t error);
/* A page fault: the error code's U bit is made to say the guest's mode. */
void bounce_page_fault(struct vcpu *v, gva_t va, uint32_t error);

/* A row of the guest's trap table, from the ABI's. */
static inline struct callback trap_callback(const struct trap_info *t)
{
	return (struct callback){ t->address, TI_GET_IF(t), TI_GET_DPL(t) };
}

/* To a registered callback. */
void bounce_callback(struct vcpu *v, const struct callback *cb);
/* The failsafe callback: v's data segments could not be loaded. */
void bounce_failsafe(struct vcpu *v);

#endif
