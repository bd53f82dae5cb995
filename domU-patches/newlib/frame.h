/* SPDX-License-Identifier: MIT */
/*
 * Numbers that start.S and C share.
 */
#ifndef FRAME_H
#define FRAME_H

#define GUEST_VIRT_BASE 0x10000000
#define GUEST_P2M_BASE	0x8000000000
#define GUEST_STACK	0x10000 /* a vCPU's, aligned to its size */
#define HYPERCALL_IRET	23

/* Ways into the guest that have no vector. */
#define VECTOR_UPCALL	256
#define VECTOR_SYSCALL	257
#define VECTOR_FAILSAFE 258
#define VECTOR_NMI	259
#define VECTORS		260

#define REGS_VECTOR 120 /* offset of struct regs' vector */

/* The one system call libguest itself has for user mode. */
#define USER_EXIT 0x7fff0001

#endif
