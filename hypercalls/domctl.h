/* SPDX-License-Identifier: MIT */
/*
 * domctl: what the tool stack does to one domain. domctl.c has the table and
 * what concerns the domain, domctl_vcpu.c what concerns one of its vCPUs.
 */
#ifndef DOMCTL_H
#define DOMCTL_H

#include "hypercall.h"
#include <xen/domctl.h>

struct domctl {
	struct hypercall *h;
	struct domain *d; /* whom it is about; NULL: createdomain */
	struct xen_domctl op;
};

/* 0 or -XEN_E*; -XEN_ERESTART: the call is made again as it was. */
typedef int64_t domctl_fn(struct domctl *c);

domctl_fn domctl_max_vcpus, domctl_setvcpucontext, domctl_getvcpucontext,
	domctl_getvcpuinfo, domctl_affinity, domctl_nodeaffinity,
	domctl_sendtrigger;

/* What the tool stack is told of d. */
void domctl_info(struct domain *d, struct xen_domctl_getdomaininfo *info);

#endif
