/* SPDX-License-Identifier: MIT */
/*
 * Sub-operations that take one structure: a family's table says how it is
 * copied and whom it names, and a handler is left with its core call.
 */
#ifndef SUBOP_H
#define SUBOP_H

#include "hypercall.h"

#define SUBOP_ARG_MAX 80u

struct subcall {
	struct hypercall *h;
	struct vcpu *v; /* the caller; of vcpu_op: the one it is about */
	unsigned int cmd;
	gva_t at;	  /* the argument */
	struct domain *d; /* whom the argument names, or the caller's */
	void *arg; /* the argument's copy; zeros, if it is only an answer */
	unsigned int made; /* for undo */
};

struct subop {
	int64_t (*fn)(struct subcall *c);
	void (*undo)(struct subcall *c); /* the answer was not to be written */
	uint8_t size, dom;
	bool in, out; /* copied before; after, unless it is an error */
	bool privileged, names_domain;
};

/* Parts of a table's row. */
#define ARG_IN(type)	.size = sizeof(type), .in = true
#define ARG_OUT(type)	.size = sizeof(type), .out = true
#define ARG_INOUT(type) ARG_IN(type), .out = true
#define ARG_DOM(type, member) \
	.names_domain = true, .dom = offsetof(type, member)

/* A row whose handler has the sub-operation's own name. */
#define SUBOP_ROW(family, name, ...) \
	[family##_##name] = { .fn = op_##name, __VA_ARGS__ }

/*
 * What ops says of c->cmd, with h, v, cmd and at set. -XEN_ENOSYS: nothing.
 * Then: may the caller, is the argument there, may it name that domain?
 */
int64_t subop_run(struct subcall *c, const struct subop *ops, size_t n);

/* The usual call: a command, and where its argument is. */
#define SUBOP_RUN(hc, ops)                                          \
	subop_run(&(struct subcall){ .h = (hc),                     \
				     .v = (hc)->v,                  \
				     .cmd = (uint32_t)(hc)->arg[0], \
				     .at = (hc)->arg[1] },          \
		  ops, ARRAY_SIZE(ops))

#endif
