/* SPDX-License-Identifier: MIT */
/*
 * The handlers that are x86 to the bone are not there on the host: the table
 * has them as hypercalls that this machine does not know.
 */
#include "hypercall.h"

#define ABSENT(name)                           \
	int64_t hc_##name(struct hypercall *h) \
	{                                      \
		(void)h;                       \
		return -XEN_ENOSYS;            \
	}
ABSENT(set_trap_table)
ABSENT(set_gdt)
ABSENT(stack_switch)
ABSENT(set_callbacks)
ABSENT(fpu_taskswitch)
ABSENT(set_debugreg)
ABSENT(get_debugreg)
ABSENT(update_descriptor)
ABSENT(set_segment_base)
ABSENT(callback_op)
ABSENT(nmi_op)
ABSENT(physdev_op)

/* Its answer is the guest's own rax, whatever that is. */
int64_t hc_iret(struct hypercall *h)
{
	return (int64_t)h->v->regs.rbx;
}
