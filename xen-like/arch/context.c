/* SPDX-License-Identifier: MIT */
/*
 * The x86 part of a vCPU's life: made, given a context of the ABI's layout,
 * parted from what the context references.
 */
#include "bounce.h"
#include "cpu.h"
#include "debugreg.h"
#include "mem.h"
#include "pagetype.h"
#include "pte.h"
#include "switch.h"
#include "window.h"
#include "x86.h"
#include "xstate.h"

/* All options of <xen/xen.h>; some have no effect on 64-bit guests. */
#define VM_ASSIST_KNOWN (0x3ful | 1ul << VMASST_TYPE_m2p_strict)

int arch_vcpu_create(struct vcpu *v)
{
	v->x86.kernel_mode = true;
	v->x86.cr4 = cr4_guest(0);
	debugreg_init(v);
	return v->domain ? xstate_create(v) : 0;
}

/* ---- Taking a context --------------------------------------------------------- */

static bool context_ok(const struct vcpu *v, const struct vcpu_guest_context *c)
{
	const uint64_t addresses[] = {
		c->user_regs.rip,
		c->user_regs.rsp,
		c->kernel_sp,
		c->fs_base,
		c->gs_base_kernel,
		c->gs_base_user,
		c->event_callback_eip,
		c->failsafe_callback_eip,
		c->syscall_callback_eip,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++)
		if (!canonical(addresses[i]))
			return false;
	for (i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++)
		if (!canonical(c->trap_ctxt[i].address))
			return false;
	return !(c->ldt_base & ~PAGE_MASK) && c->ldt_ents <= LDT_MAX &&
	       guest_range_ok(c->ldt_base, c->ldt_ents * 8) &&
	       c->gdt_ents <= GDT_MAX &&
	       /* User mode needs a table of its own. */
	       (c->flags & VGCF_in_kernel || c->ctrlreg[1]) &&
	       (v->id || !(c->vm_assist & ~VM_ASSIST_KNOWN));
}

static void take_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct cpu_user_regs *r = &v->regs;
	struct vcpu_x86 *x = &v->x86;

	*r = c->user_regs;
	r->cs |= 3;
	r->ss |= 3;
	x->iopl = r->rflags & RFLAGS_IOPL;
	r->rflags &= ~(RFLAGS_IOPL | RFLAGS_VM);
	r->rflags |= RFLAGS_IF | 2;
	r->error_code = 0; /* leave by iret */
	r->entry_vector = 0;
	x->ds = r->ds;
	x->es = r->es;
	x->fs = r->fs;
	x->gs = r->gs;
	x->fs_base = c->fs_base;
	x->gs_base_kernel = c->gs_base_kernel;
	x->gs_base_user = c->gs_base_user;
	x->kernel_mode = c->flags & VGCF_in_kernel;
	x->kernel_sp = c->kernel_sp;
}

static void take_traps(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct vcpu_x86 *x = &v->x86;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(x->trap); i++)
		x->trap[i] = trap_callback(&c->trap_ctxt[i]);
	x->event = (struct callback){ c->event_callback_eip, true, 0 };
	x->failsafe =
		(struct callback){ c->failsafe_callback_eip,
				   c->flags & VGCF_failsafe_disables_events, 0 };
	x->syscall = (struct callback){ c->syscall_callback_eip,
					c->flags & VGCF_syscall_disables_events,
					0 };
}

static void take_control(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct vcpu_x86 *x = &v->x86;
	unsigned int i;

	x->cr0_ts = c->ctrlreg[0] & CR0_TS;
	x->cr2 = c->ctrlreg[2];
	x->cr4 = cr4_guest(c->ctrlreg[4]);
	debugreg_init(v);
	/* What is not legal in them is left out, as by Xen. */
	for (i = 0; i < 8; i++)
		if (i != 4 && i != 5)
			(void)debugreg_set(v, i, c->debugreg[i]);
	x->ldt_base = c->ldt_ents ? c->ldt_base : 0;
	x->ldt_entries = (unsigned int)c->ldt_ents;
	if (c->flags & VGCF_I387_VALID)
		xstate_put_legacy(v, &c->fpu_ctxt);
}

/* A root that is not there yet; may have to be continued. */
static int take_root(struct vcpu *v, mfn_t *root, uint64_t cr3)
{
	mfn_t m = MFN(xen_cr3_to_pfn(cr3));
	int err = root->n ? 0 : type_get(v->domain, m, FT_L4);

	if (!err && !root->n)
		*root = m;
	return err;
}

/* GDT and roots: 0, -XEN_EINVAL, -XEN_ERESTART. What is there, stays. */
static int take_references(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int err = 0;

	if (v->x86.context_failed)
		return -XEN_EINVAL;
	if (!v->x86.gdt_entries)
		err = window_set_gdt(v, c->gdt_frames,
				     (unsigned int)c->gdt_ents);
	if (!err)
		err = take_root(v, &v->x86.root, c->ctrlreg[3]);
	if (!err && c->ctrlreg[1])
		err = take_root(v, &v->x86.user_root, c->ctrlreg[1]);
	return err;
}

int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int err;

	if (!context_ok(v, c))
		return -XEN_EINVAL;
	err = take_references(v, c);
	if (err == -XEN_ERESTART)
		return err;
	if (err) {
		/* Dropping may have to be continued too, and only that. */
		v->x86.context_failed = true;
		if (arch_vcpu_drop_context(v))
			return -XEN_ERESTART;
		v->x86.context_failed = false;
		return err;
	}
	take_registers(v, c);
	take_traps(v, c);
	take_control(v, c);
	if (!v->id)
		v->domain->vm_assist = (uint32_t)c->vm_assist;
	arch_load_root(v);
	return 0;
}

/* ---- Giving one back ---------------------------------------------------------- */

static uint64_t cr3_of(mfn_t root)
{
	return root.n ? xen_pfn_to_cr3(root.n) : 0;
}

static uint64_t flag_of(bool set, uint64_t flag)
{
	return set ? flag : 0;
}

static void give_registers(const struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct vcpu_x86 *x = &v->x86;

	c->user_regs = v->regs;
	c->user_regs.rflags |= x->iopl;
	c->user_regs.ds = x->ds;
	c->user_regs.es = x->es;
	c->user_regs.fs = x->fs;
	c->user_regs.gs = x->gs;
	c->fs_base = x->fs_base;
	c->gs_base_kernel = x->gs_base_kernel;
	c->gs_base_user = x->gs_base_user;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = x->kernel_sp;
	memcpy(&c->fpu_ctxt, x->xsave, sizeof(c->fpu_ctxt));
}

static void give_traps(const struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct vcpu_x86 *x = &v->x86;

	for (unsigned int i = 0; i < ARRAY_SIZE(x->trap); i++) {
		struct trap_info *t = &c->trap_ctxt[i];

		t->vector = (uint8_t)i;
		t->cs = x->trap[i].handler ? FLAT_KERNEL_CS : 0;
		t->address = x->trap[i].handler;
		TI_SET_DPL(t, x->trap[i].dpl);
		TI_SET_IF(t, x->trap[i].mask);
	}
	c->event_callback_eip = x->event.handler;
	c->failsafe_callback_eip = x->failsafe.handler;
	c->syscall_callback_eip = x->syscall.handler;
}

void arch_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	const struct vcpu_x86 *x = &v->x86;

	memset(c, 0, sizeof(*c));
	c->flags = VGCF_I387_VALID | flag_of(x->kernel_mode, VGCF_in_kernel) |
		   flag_of(vcpu_is_up(v), VGCF_online) |
		   flag_of(x->failsafe.mask, VGCF_failsafe_disables_events) |
		   flag_of(x->syscall.mask, VGCF_syscall_disables_events);
	give_registers(v, c);
	give_traps(v, c);
	for (unsigned int i = 0; i < ARRAY_SIZE(x->gdt); i++)
		c->gdt_frames[i] = x->gdt[i].n;
	c->gdt_ents = x->gdt_entries;
	c->ldt_base = x->ldt_base;
	c->ldt_ents = x->ldt_entries;
	c->ctrlreg[0] = (read_cr0() & ~CR0_TS) | x->cr0_ts;
	c->ctrlreg[1] = cr3_of(x->user_root);
	c->ctrlreg[2] = x->cr2;
	c->ctrlreg[3] = cr3_of(x->root);
	c->ctrlreg[4] = x->cr4;
	for (unsigned int i = 0; i < 8; i++)
		if (i != 4 && i != 5)
			(void)debugreg_get(v, i, &c->debugreg[i]);
	c->vm_assist = v->domain->vm_assist;
}

/* ---- Parting ---------------------------------------------------------------------- */

int arch_vcpu_drop_context(struct vcpu *v)
{
	int err = pte_drop_roots(v);

	if (err)
		return err;
	if (v->x86.eoi_map.n)
		type_put(v->x86.eoi_map); /* a writable page: at once */
	v->x86.eoi_map = MFN(0);
	arch_ldt_drop(v);
	return window_set_gdt(v, NULL, 0);
}
