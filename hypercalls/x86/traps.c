/* SPDX-License-Identifier: MIT */
/* How a guest kernel is entered, and how it returns: tables and callbacks. */
#include "bounce.h"
#include "hypercall.h"
#include "mem.h"
#include "print.h"
#include "switch.h"
#include "trap.h"
#include "x86.h"
#include <xen/callback.h>
#include <xen/nmi.h>

/* ---- The trap table --------------------------------------------------------- */

/* Entries up to one with address 0; no table at all empties ours. */
int64_t hc_set_trap_table(struct hypercall *h)
{
	struct trap_info t;
	unsigned int n = 0;

	if (!h->arg[0]) {
		memset(h->v->x86.trap, 0, sizeof(h->v->x86.trap));
		return 0;
	}
	for (;;) {
		if (copy_from_guest(&t, h->arg[0], sizeof(t)))
			return -XEN_EFAULT;
		if (!t.address)
			return 0;
		if (!canonical(t.address))
			return -XEN_EINVAL;
		h->v->x86.trap[t.vector] = trap_callback(&t);
		h->arg[0] += sizeof(t);
		if (++n % 64 == 0 && preempt_check())
			return -XEN_ERESTART;
	}
}

/* ---- iret ---------------------------------------------------------------------- */

static int64_t iret_crash(struct vcpu *v, const char *why)
{
	domain_crash(v, "iret: %s", why);
	return 0;
}

/* The result is the rax of the frame. */
int64_t hc_iret(struct hypercall *h)
{
	struct vcpu *v = h->v;
	struct cpu_user_regs *r = &v->regs;
	struct iret_context c;

	if (copy_from_guest(&c, r->rsp, sizeof(c)))
		return iret_crash(v, "no frame");
	if ((c.cs & 3) == 3) {
		if (!v->x86.user_root.n)
			return iret_crash(v, "to user mode without a table");
		mode_toggle(v);
	}
	if (v->domain->vm_assist & (1u << VMASST_TYPE_architectural_iopl))
		v->x86.iopl = c.rflags & RFLAGS_IOPL;
	r->rip = c.rip;
	r->cs = (uint16_t)(c.cs | 3);
	r->rflags = (c.rflags & ~(RFLAGS_IOPL | RFLAGS_VM)) | RFLAGS_IF;
	r->rsp = c.rsp;
	r->ss = (uint16_t)(c.ss | 3);
	if (!(c.flags & VGCF_in_syscall)) {
		r->error_code = 0; /* by iret: rcx and r11 count */
		r->r11 = c.r11;
		r->rcx = c.rcx;
	}
	WRITE_ONCE(v->info->evtchn_upcall_mask, !(c.rflags & RFLAGS_IF));
	/* NMIs are taken again. */
	v->x86.nmi_masked = false;
	if (v->x86.nmi_held) {
		v->x86.nmi_held = false;
		v->nmi_pending = true;
	}
	return c.rax;
}

/* ---- Callbacks --------------------------------------------------------------------- */

static struct callback *callback_slot(struct vcpu *v, unsigned int type)
{
	struct callback *const slots[] = {
		[CALLBACKTYPE_event] = &v->x86.event,
		[CALLBACKTYPE_failsafe] = &v->x86.failsafe,
		[CALLBACKTYPE_syscall] = &v->x86.syscall,
		[CALLBACKTYPE_nmi] = &v->x86.trap[EXC_NMI],
		[CALLBACKTYPE_sysenter] = &v->x86.sysenter,
		[CALLBACKTYPE_syscall32] = &v->x86.syscall32,
	};

	return type < ARRAY_SIZE(slots) ? slots[type] : NULL;
}

static int callback_register(struct vcpu *v, unsigned int type, bool mask,
			     uint64_t address)
{
	struct callback *cb = callback_slot(v, type);

	if (!canonical(address))
		return -XEN_EINVAL;
	if (!cb)
		return -XEN_ENOSYS;
	/* Upcalls and NMIs always come masked. */
	mask |= type == CALLBACKTYPE_event || type == CALLBACKTYPE_nmi;
	*cb = (struct callback){ address, mask, 0 };
	return 0;
}

int64_t hc_set_callbacks(struct hypercall *h)
{
	callback_register(h->v, CALLBACKTYPE_event, false, h->arg[0]);
	callback_register(h->v, CALLBACKTYPE_failsafe, false, h->arg[1]);
	callback_register(h->v, CALLBACKTYPE_syscall, false, h->arg[2]);
	return 0;
}

static int nmi_unregister(struct vcpu *v)
{
	v->x86.trap[EXC_NMI] = (struct callback){ 0 };
	return 0;
}

int64_t hc_callback_op(struct hypercall *h)
{
	struct callback_register r;
	struct callback_unregister u;

	switch ((int)h->arg[0]) {
	case CALLBACKOP_register:
		if (copy_from_guest(&r, h->arg[1], sizeof(r)))
			return -XEN_EFAULT;
		return callback_register(h->v, r.type,
					 r.flags & CALLBACKF_mask_events,
					 r.address);
	case CALLBACKOP_unregister:
		if (copy_from_guest(&u, h->arg[1], sizeof(u)))
			return -XEN_EFAULT;
		if (u.type == CALLBACKTYPE_nmi)
			return nmi_unregister(h->v);
		return callback_slot(h->v, u.type) ? -XEN_EINVAL : -XEN_ENOSYS;
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_nmi_op(struct hypercall *h)
{
	struct xennmi_callback cb;

	switch ((unsigned int)h->arg[0]) {
	case XENNMI_register_callback:
		if (copy_from_guest(&cb, h->arg[1], sizeof(cb)))
			return -XEN_EFAULT;
		return callback_register(h->v, CALLBACKTYPE_nmi, true,
					 cb.handler_address);
	case XENNMI_unregister_callback:
		return nmi_unregister(h->v);
	default:
		return -XEN_ENOSYS;
	}
}
