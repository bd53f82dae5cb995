/* SPDX-License-Identifier: MIT */
#include "bounce.h"
#include "switch.h"
#include "trap.h"
#include "x86.h"

/* What hardware clears in rflags on a trap, and alignment checks. */
#define CLEARED (RFLAGS_AC | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT | RFLAGS_TF)

/*
 * Enter the guest kernel at `to`, by a frame with n words of extra between
 * rcx and r11 and what an iret takes.
 */
static void bounce(struct vcpu *v, const struct callback *to,
		   const uint64_t *extra, unsigned int n)
{
	struct cpu_user_regs *r = &v->regs;
	uint64_t flags = r->rflags & ~(RFLAGS_IF | RFLAGS_IOPL);
	bool masked = READ_ONCE(v->info->evtchn_upcall_mask);
	uint64_t cs = r->cs, sp = r->rsp, frame[16], *f = frame;
	size_t size;

	if (!masked)
		flags |= RFLAGS_IF;
	if (v->domain->vm_assist & (1u << VMASST_TYPE_architectural_iopl))
		flags |= v->x86.iopl;
	if (v->x86.kernel_mode) {
		cs &= ~3ul;
	} else {
		mode_toggle(v);
		sp = v->x86.kernel_sp;
	}
	*f++ = r->rcx;
	*f++ = r->r11;
	while (n--)
		*f++ = *extra++;
	*f++ = r->rip;
	*f++ = cs | (uint64_t)masked << 32;
	*f++ = flags;
	*f++ = r->rsp;
	*f++ = r->ss;
	size = (size_t)(f - frame) * sizeof(*f);
	sp = (sp & ~15ul) - size;
	if (!to->handler)
		return domain_crash(v, "no handler for it");
	if (copy_to_guest(sp, frame, size))
		return domain_crash(v, "no stack for a frame at %lx", sp);
	if (to->mask)
		WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
	r->error_code = EXIT_SYSRET;
	r->rip = to->handler;
	r->cs = FLAT_KERNEL_CS;
	r->rflags = (r->rflags & ~CLEARED) | RFLAGS_IF;
	r->rsp = sp;
	r->ss = FLAT_KERNEL_SS;
}

void bounce_callback(struct vcpu *v, const struct callback *cb)
{
	bounce(v, cb, NULL, 0);
}

void bounce_exception(struct vcpu *v, unsigned int vector)
{
	bounce_callback(v, &v->x86.trap[vector]);
}

void bounce_exception_error(struct vcpu *v, unsigned int vector, uint32_t error)
{
	const uint64_t extra = error;

	bounce(v, &v->x86.trap[vector], &extra,
	       vector <= EXC_LAST && EXC_WITH_ERROR >> vector & 1);
}

void bounce_page_fault(struct vcpu *v, gva_t va, uint32_t error)
{
	error &= ~PF_USER;
	if (!v->x86.kernel_mode)
		error |= PF_USER;
	v->x86.cr2 = va;
	v->info->arch.cr2 = va;
	bounce_exception_error(v, EXC_PF, error);
}

void bounce_failsafe(struct vcpu *v)
{
	const uint64_t extra[] = { v->x86.ds, v->x86.es, v->x86.fs, v->x86.gs };

	bounce(v, &v->x86.failsafe, extra, ARRAY_SIZE(extra));
}
