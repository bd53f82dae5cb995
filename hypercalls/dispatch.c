/* SPDX-License-Identifier: MIT */
/*
 * From number to handler: one table, filled from hypercalls.def. A call that
 * is to be repeated goes back to the guest with its arguments as they stand
 * and rip on the syscall instruction, so events are taken in between.
 */
#include "hypercall.h"
#include "param.h"

/* entry.S pushes one of these, word by word. */
_Static_assert(offsetof(struct hypercall, v) == 0 &&
		       offsetof(struct hypercall, nr) == 8 &&
		       offsetof(struct hypercall, arg) == 16 &&
		       sizeof(struct hypercall) == 56,
	       "entry.S knows the layout");

#define SYSCALL_BYTES 2 /* of the instruction, in the hypercall page too */

hypercall_fn *const hypercall_table[HYPERCALL_MAX] = {
#define HYPERCALL(name, nargs, names) [__HYPERVISOR_##name] = hc_##name,
#define SUBOP(name, subop)
#include "hypercalls.def"
#undef HYPERCALL
#undef SUBOP
};

bool hypercall_again(const struct hypercall *h, int64_t rc)
{
	/* What these answer is the guest's own value, whichever it is. */
	return rc == -XEN_ERESTART && h->nr != __HYPERVISOR_iret &&
	       h->nr != __HYPERVISOR_get_debugreg;
}

static void repeat(const struct hypercall *h)
{
	struct cpu_user_regs *r = &h->v->regs;

	r->rdi = h->arg[0];
	r->rsi = h->arg[1];
	r->rdx = h->arg[2];
	r->r10 = h->arg[3];
	r->r8 = h->arg[4];
	r->rip -= SYSCALL_BYTES;
	r->rax = h->nr;
}

static inline __attribute__((always_inline)) void run(struct hypercall *h)
{
	struct cpu_user_regs *r = &h->v->regs;
	int64_t rc = -XEN_ENOSYS;

	if (likely(r->rax < HYPERCALL_MAX && hypercall_table[h->nr]))
		rc = hypercall_table[h->nr](h);
	if (unlikely(rc == -XEN_ERESTART) && hypercall_again(h, rc))
		repeat(h);
	else
		r->rax = (uint64_t)rc;
}

static __attribute__((noinline)) void run_measured(struct hypercall *h)
{
	arch_stretch_begin();
	run(h);
	arch_stretch_end();
}

/* The way of every call: each instruction counts. */
void hypercall_run(struct hypercall *h)
{
	if (unlikely(params.stretch))
		run_measured(h);
	else
		run(h);
}

struct domain *hypercall_domain(struct hypercall *h, domid_t id, int64_t *err)
{
	struct domain *self = h->v->domain;
	struct domain *d = domain_get(id == DOMID_SELF ? self->id : id);

	*err = d ? -XEN_EPERM : -XEN_ESRCH;
	if (!d || d == self || self->privileged)
		return d;
	domain_put(d);
	return NULL;
}
