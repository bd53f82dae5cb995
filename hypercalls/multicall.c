/* SPDX-License-Identifier: MIT */
/*
 * A list of hypercalls, each by the same handler as when it is made alone.
 * The list is the guest's: each entry is copied in when its turn comes, and
 * its result written back. One that must be repeated is written back with the
 * arguments that are left, and the call goes on from it.
 */
#include "hypercall.h"

_Static_assert(sizeof(((struct multicall_entry *)0)->args) >=
		       sizeof(((struct hypercall *)0)->arg),
	       "an entry holds all arguments");

static int64_t run(struct hypercall *sub)
{
	/* A list within a list is refused. */
	if (sub->nr == __HYPERVISOR_multicall)
		return -XEN_EINVAL;
	if (sub->nr >= HYPERCALL_MAX || !hypercall_table[sub->nr])
		return -XEN_ENOSYS;
	return hypercall_table[sub->nr](sub);
}

/* 0, -XEN_EFAULT, -XEN_ERESTART: entry at must be run again. */
static int entry(struct hypercall *h, gva_t at, int64_t *result)
{
	struct hypercall sub = { .v = h->v };
	struct multicall_entry e;

	if (copy_from_guest(&e, at, sizeof(e)))
		return -XEN_EFAULT;
	sub.nr = e.op < HYPERCALL_MAX ? (unsigned int)e.op : HYPERCALL_MAX;
	__builtin_memcpy(sub.arg, e.args, sizeof(sub.arg));
	*result = run(&sub);
	if (hypercall_again(&sub, *result)) {
		if (copy_to_guest(at + offsetof(struct multicall_entry, args),
				  sub.arg, sizeof(sub.arg)))
			return -XEN_EFAULT;
		return -XEN_ERESTART;
	}
	/* After an iret the list may be out of reach, and its end is here. */
	if (sub.nr == __HYPERVISOR_iret)
		h->nr = sub.nr;
	if (copy_to_guest(at + offsetof(struct multicall_entry, result), result,
			  sizeof(*result)) &&
	    h->nr != __HYPERVISOR_iret)
		return -XEN_EFAULT;
	return 0;
}

int64_t hc_multicall(struct hypercall *h)
{
	uint32_t count = (uint32_t)h->arg[1];
	int64_t result;
	int rc;

	h->arg[1] = count;
	if (!guest_range_ok(h->arg[0], 0))
		return -XEN_EFAULT;
	while (h->arg[1]) {
		if (h->arg[1] != count && preempt_check())
			return -XEN_ERESTART;
		rc = entry(h, h->arg[0], &result);
		if (rc)
			return rc;
		if (h->nr == __HYPERVISOR_iret)
			return result;
		h->arg[0] += sizeof(struct multicall_entry);
		h->arg[1]--;
	}
	return 0;
}
