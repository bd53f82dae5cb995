// SPDX-License-Identifier: MIT
/*
 * domctl and sysctl as functions with plain arguments.
 */
#include <string.h>
#include "domctl.h"
#include "vcpu.h"
#include <xen/sched.h>

#define PATIENCE 2000000000ul /* ns */
#define QUIET	 50000000ul

int64_t domctl(uint32_t cmd, domid_t domid, struct xen_domctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	return hypercall_domctl(op);
}

int64_t domctl_plain(uint32_t cmd, domid_t domid)
{
	struct xen_domctl op = { 0 };

	return domctl(cmd, domid, &op);
}

int64_t sysctl(uint32_t cmd, struct xen_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return hypercall_sysctl(op);
}

struct xen_domctl_createdomain domain_config(unsigned int vcpus)
{
	return (struct xen_domctl_createdomain){
		.handle = { 0xe5, 0x50 },
		.max_vcpus = vcpus,
		.max_evtchn_port = 1023,
		.max_grant_frames = 8,
		.max_maptrack_frames = 64,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
}

int64_t domain_create(domid_t wanted, struct xen_domctl_createdomain config,
		      domid_t *domid)
{
	struct xen_domctl op = { .u.createdomain = config };
	int64_t rc = domctl(XEN_DOMCTL_createdomain, wanted, &op);

	*domid = op.domain;
	return rc;
}

int64_t domain_max_vcpus(domid_t domid, unsigned int count)
{
	struct xen_domctl op = { .u.max_vcpus.max = count };

	return domctl(XEN_DOMCTL_max_vcpus, domid, &op);
}

int64_t domain_max_mem(domid_t domid, uint64_t kib)
{
	struct xen_domctl op = { .u.max_mem.max_memkb = kib };

	return domctl(XEN_DOMCTL_max_mem, domid, &op);
}

int64_t domain_pause(domid_t domid)
{
	return domctl_plain(XEN_DOMCTL_pausedomain, domid);
}

int64_t domain_unpause(domid_t domid)
{
	return domctl_plain(XEN_DOMCTL_unpausedomain, domid);
}

int64_t domain_destroy(domid_t domid)
{
	return domctl_plain(XEN_DOMCTL_destroydomain, domid);
}

bool domain_info(domid_t domid, struct xen_domctl_getdomaininfo *info)
{
	struct xen_domctl op = { 0 };

	if (domctl(XEN_DOMCTL_getdomaininfo, domid, &op) || op.domain != domid)
		return false;
	*info = op.u.getdomaininfo;
	return true;
}

uint32_t domain_flags(domid_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return domain_info(domid, &info) ? info.flags : ~0u;
}

int domain_shutdown_code(domid_t domid)
{
	uint32_t flags = domain_flags(domid);

	if (!(flags & XEN_DOMINF_shutdown))
		return -1;
	return flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

bool domain_wait_gone(domid_t domid)
{
	uint64_t end = time_now() + PATIENCE;

	while (domain_flags(domid) != ~0u && time_now() < end)
		hypercall_sched_op(SCHEDOP_yield, NULL);
	return domain_flags(domid) == ~0u;
}

uint64_t frames_free(void)
{
	struct xen_sysctl op = { 0 };

	return sysctl(XEN_SYSCTL_physinfo, &op) ? 0 : op.u.physinfo.free_pages;
}

uint64_t frames_settled(void)
{
	uint64_t last = frames_free(), since = time_now(), now;

	while (time_now() < since + QUIET) {
		hypercall_sched_op(SCHEDOP_yield, NULL);
		now = frames_free();
		if (now != last)
			since = time_now();
		last = now;
	}
	return last;
}

uint64_t frames_wait(uint64_t count)
{
	uint64_t end = time_now() + PATIENCE, now;

	while ((now = frames_free()) != count && time_now() < end)
		hypercall_sched_op(SCHEDOP_yield, NULL);
	return now;
}
