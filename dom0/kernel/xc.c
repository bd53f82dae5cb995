// SPDX-License-Identifier: MIT
/* domctl and sysctl. */
#include "xc.h"
#include "hypercall.h"
#include "xenerr.h"

int xc_domctl(struct xen_domctl *op)
{
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return (int)xen_errno(hypercall1(__HYPERVISOR_domctl, (uint64_t)op));
}

int xc_sysctl(struct xen_sysctl *op)
{
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return (int)xen_errno(hypercall1(__HYPERVISOR_sysctl, (uint64_t)op));
}
