/* SPDX-License-Identifier: MIT */
/*
 * How a hypercall reaches its handler. A handler copies its arguments in
 * once, checks and resolves them, makes one core call, copies out.
 */
#ifndef HYPERCALL_H
#define HYPERCALL_H

#include "vcpu.h"

#define HYPERCALL_ARGS 5

struct hypercall {
	struct vcpu *v; /* the caller, current */
	unsigned int nr;
	uint64_t arg[HYPERCALL_ARGS];
};

/*
 * A result or -XEN_E*. -XEN_ERESTART: the call is made again, after whatever
 * was due, with h->arg as the handler left it (a batch advances its pointer
 * and count there, and nothing that was done is done twice).
 */
typedef int64_t hypercall_fn(struct hypercall *h);

#define HYPERCALL(name, nargs, names) hypercall_fn hc_##name;
#define SUBOP(name, subop)
#include "hypercalls.def"
#undef HYPERCALL
#undef SUBOP

/* By number; NULL: no such hypercall. */
#define HYPERCALL_MAX 64u
extern hypercall_fn *const hypercall_table[HYPERCALL_MAX];

/* Does rc of h's handler ask for repetition? */
bool hypercall_again(const struct hypercall *h, int64_t rc);

/*
 * The way in from entry.S, which has read the call out of current_vcpu()'s
 * registers: runs it, writes the result to rax, or arranges its repetition.
 */
void hypercall_run(struct hypercall *h);

/* A domain named by a handler's argument: DOMID_SELF, or one the caller may
 * touch; NULL and *err otherwise. domain_put() it. */
struct domain *hypercall_domain(struct hypercall *h, domid_t id, int64_t *err);

#endif
