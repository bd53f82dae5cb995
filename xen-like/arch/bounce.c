/* SPDX-License-Identifier: MIT */
#include "bounce.h"
#include "switch.h"
#include "trap.h"
#include "x86.h"

/* What hardware clears in rflags on a trap, and alignment checks. */
#define CLEARED (RFLAGS_AC | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT | RFLAGS_TF)

/* A frame under construction, from its end (ss) down. */
struct bounce_frame {
	uint64_t word[16];
	unsigned int first;
};

static void put(struct bounce_frame *f, uint64_t word)
{
	f->word[--f->first] = word;
}

static uint64_t guest_rflags(const struct vcpu *v, bool masked)
{
	uint64_t flags = v->regs.rflags & ~(RFLAGS_IF | RFLAGS_IOPL);

	if (!masked)
		flags |= RFLAGS_IF;
	if (v->domain->vm_assist & (1u << VMASST_TYPE_architectural_iopl))
		flags |= v->x86.iopl;
	return flags;
}

/* Enter the guest kernel; the frame's common part. Returns its stack. */
static uint64_t frame_begin(struct vcpu *v, struct bounce_frame *f)
{
	struct cpu_user_regs *r = &v->regs;
	bool masked = READ_ONCE(v->info->evtchn_upcall_mask);
	uint64_t cs = r->cs, sp = r->rsp;

	f->first = ARRAY_SIZE(f->word);
	if (v->x86.kernel_mode) {
		cs &= ~3ul;
	} else {
		mode_toggle(v);
		sp = v->x86.kernel_sp;
	}
	put(f, r->ss);
	put(f, r->rsp);
	put(f, guest_rflags(v, masked));
	put(f, cs | (uint64_t)masked << 32);
	put(f, r->rip);
	return sp & ~15ul;
}

static void frame_end(struct vcpu *v, struct bounce_frame *f, uint64_t sp,
		      const struct callback *to)
{
	struct cpu_user_regs *r = &v->regs;
	size_t size;

	put(f, r->r11);
	put(f, r->rcx);
	size = (ARRAY_SIZE(f->word) - f->first) * sizeof(f->word[0]);
	if (!to->handler)
		return domain_crash(v, "no handler for it");
	if (copy_to_guest(sp - size, &f->word[f->first], size))
		return domain_crash(v, "no stack for a frame at %lx", sp - size);
	if (to->mask)
		WRITE_ONCE(v->info->evtchn_upcall_mask, 1);
	r->error_code = EXIT_SYSRET;
	r->rip = to->handler;
	r->cs = FLAT_KERNEL_CS;
	r->rflags = (r->rflags & ~CLEARED) | RFLAGS_IF;
	r->rsp = sp - size;
	r->ss = FLAT_KERNEL_SS;
}

void bounce_callback(struct vcpu *v, const struct callback *cb)
{
	struct bounce_frame f;

	frame_end(v, &f, frame_begin(v, &f), cb);
}

void bounce_exception(struct vcpu *v, unsigned int vector)
{
	bounce_callback(v, &v->x86.trap[vector]);
}

void bounce_exception_error(struct vcpu *v, unsigned int vector, uint32_t error)
{
	struct bounce_frame f;
	uint64_t sp = frame_begin(v, &f);

	if (vector <= EXC_LAST && EXC_WITH_ERROR >> vector & 1)
		put(&f, error);
	frame_end(v, &f, sp, &v->x86.trap[vector]);
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
	struct bounce_frame f;
	uint64_t sp = frame_begin(v, &f);

	put(&f, v->x86.gs);
	put(&f, v->x86.fs);
	put(&f, v->x86.es);
	put(&f, v->x86.ds);
	frame_end(v, &f, sp, &v->x86.failsafe);
}
