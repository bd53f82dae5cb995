/* SPDX-License-Identifier: MIT */
#include "subop.h"
#include "panic.h"

static int64_t call(struct subcall *c, const struct subop *op)
{
	int64_t rc = op->fn(c);

	if (rc < 0 || !op->out || !copy_to_guest(c->at, c->arg, op->size))
		return rc;
	if (op->undo)
		op->undo(c);
	return -XEN_EFAULT;
}

int64_t subop_run(struct subcall *c, const struct subop *ops, size_t n)
{
	uint64_t arg[SUBOP_ARG_MAX / sizeof(uint64_t)];
	const struct subop *op;
	int64_t rc;

	if (c->cmd >= n || !ops[c->cmd].fn)
		return -XEN_ENOSYS;
	op = &ops[c->cmd];
	c->arg = arg;
	c->d = c->h->v->domain;
	if (op->privileged && !c->d->privileged)
		return -XEN_EPERM;
	ASSERT(op->size <= sizeof(arg));
	if (!op->in)
		__builtin_memset(arg, 0, sizeof(arg));
	else if (copy_from_guest(arg, c->at, op->size))
		return -XEN_EFAULT;
	if (!op->names_domain)
		return call(c, op);
	c->d = hypercall_domain(c->h, *(domid_t *)((char *)arg + op->dom), &rc);
	if (!c->d)
		return rc;
	rc = call(c, op);
	domain_put(c->d);
	return rc;
}
