/* SPDX-License-Identifier: MIT */
/*
 * Calling the hypervisor: hypercall_NAME(arguments), one for each row of the
 * table of hypercalls, with pointers or numbers as arguments, by the syscall
 * instruction or, where hypercall_by_page is set, through the hypercall page.
 * The result is as Xen gives it: 0 or more, or -XEN_E*.
 */
#ifndef HYPERCALL_H
#define HYPERCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/errno.h>

extern bool hypercall_by_page;
extern char hypercall_page[];

/* HYPERCALL_CODE is the whole call: the number lies in rax. */
#define HYPERCALL_REGS(a, b, c, d, e)            \
	register uint64_t r10_ asm("r10") = (d); \
	register uint64_t r8_ asm("r8") = (e);   \
	uint64_t di_ = (a), si_ = (b), dx_ = (c)

static inline int64_t hypercall_syscall(uint64_t nr, uint64_t a, uint64_t b,
					uint64_t c, uint64_t d, uint64_t e)
{
	HYPERCALL_REGS(a, b, c, d, e);

	asm volatile("syscall"
		     : "+a"(nr), "+D"(di_), "+S"(si_), "+d"(dx_), "+r"(r10_),
		       "+r"(r8_)
		     :
		     : "rcx", "r11", "memory");
	return (int64_t)nr;
}

static inline int64_t hypercall_page_call(uint64_t nr, uint64_t a, uint64_t b,
					  uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t entry = (uint64_t)hypercall_page + nr * 32;
	HYPERCALL_REGS(a, b, c, d, e);

	asm volatile("call *%[entry]"
		     : "=a"(nr), [entry] "+b"(entry), "+D"(di_), "+S"(si_),
		       "+d"(dx_), "+r"(r10_), "+r"(r8_)
		     :
		     : "rcx", "r11", "memory");
	return (int64_t)nr;
}

static inline int64_t hypercall5(uint64_t nr, uint64_t a, uint64_t b,
				 uint64_t c, uint64_t d, uint64_t e)
{
	if (__builtin_expect(hypercall_by_page, 0))
		return hypercall_page_call(nr, a, b, c, d, e);
	return hypercall_syscall(nr, a, b, c, d, e);
}

#define HYPERCALL_ARG(x)	   ((uint64_t)(x))
#define hypercall4(nr, a, b, c, d) hypercall5(nr, a, b, c, d, 0)
#define hypercall3(nr, a, b, c)	   hypercall5(nr, a, b, c, 0, 0)
#define hypercall2(nr, a, b)	   hypercall5(nr, a, b, 0, 0, 0)
#define hypercall1(nr, a)	   hypercall5(nr, a, 0, 0, 0, 0)
#define hypercall0(nr)		   hypercall5(nr, 0, 0, 0, 0, 0)

#include "hypercall-stubs.h"

#endif
