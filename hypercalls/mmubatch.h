/* SPDX-License-Identifier: MIT */
/*
 * What mmu_update and mmuext_op share: a batch of requests of equal size that
 * may be stopped and continued, and says how far it got; whose frames it
 * names; which CPUs a guest's mask of vCPUs means.
 */
#ifndef MMUBATCH_H
#define MMUBATCH_H

#include "hypercall.h"

struct mmu_batch {
	struct vcpu *v;	       /* the caller */
	struct domain *pt_dom; /* owner of the tables */
	struct domain *fg_dom; /* owner of the frames named */
};

/*
 * All of either call: finish what the last call left over, find out whom the
 * call names, and carry out the requests at h->arg[0], h->arg[1] many (with
 * the ABI's mark of a continued call), until one fails, with what it answers;
 * how many were done goes to h->arg[2]. one() gets a copy of a request. Its
 * -XEN_ERESTART: again, later. tables: another domain may be named as the
 * owner of the tables, and each request is asked whether it may; otherwise
 * the call is, once.
 */
typedef int mmu_request_fn(struct mmu_batch *b, const void *request);
int64_t mmu_batch_run(struct hypercall *h, size_t size, mmu_request_fn *one,
		      bool tables);

/*
 * Copy in as many of count requests at va as can be read and fit into room
 * bytes of buf: how many.
 */
uint32_t batch_read(void *buf, size_t room, gva_t va, uint32_t count,
		    size_t size);

/*
 * The domain that v names as a foreign one: itself by DOMID_SELF only, device
 * memory and the hypervisor as pseudo domains. NULL: none such. To be put.
 */
struct domain *mmu_foreign_get(struct vcpu *v, domid_t id);
void mmu_foreign_put(struct vcpu *v, struct domain *d);

/* May v's domain act on d's memory? */
static inline bool mmu_may(const struct vcpu *v, const struct domain *d)
{
	return d == v->domain || v->domain->privileged;
}

/* The CPUs of the vCPUs in the guest's mask at va: 0, -XEN_EFAULT. */
int mmu_vcpumask(struct vcpu *v, gva_t va, cpumask_t *mask);

#endif
