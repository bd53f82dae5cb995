/* SPDX-License-Identifier: MIT */
/*
 * A second domain, d, as the initial one's tool stack makes it: by hypercalls
 * with their arguments in the initial one's pages.
 */
#ifndef DOMCTL_SETUP_H
#define DOMCTL_SETUP_H

#include "dispatch_setup.h"
#include <xen/domctl.h>
#include <xen/memory.h>

#define MAP	(DATA + 512)		  /* a bitmap */
#define CONTEXT (DATA + PAGE_SIZE - 2048) /* across both pages */
#define LIST	(DATA + 256)

static struct xen_domctl op;
static struct domain *d; /* the second, without a reference */

static inline struct xen_domctl_createdomain good(void)
{
	return (struct xen_domctl_createdomain){
		.max_vcpus = 2,
		.max_evtchn_port = 100,
		.max_grant_frames = 8,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
}

static inline int64_t ctl_at(gva_t at)
{
	int64_t rc;

	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	put(at, &op, sizeof(op));
	rc = CALL(domctl, at, 0, 0);
	get(&op, at, sizeof(op));
	return rc;
}

/* A sub-operation about a domain, with op.u as the caller has filled it. */
static inline int64_t ctl(uint32_t cmd, domid_t id)
{
	op.cmd = cmd;
	op.domain = id;
	return ctl_at(DATA);
}
#define CTL(name, id) ctl(XEN_DOMCTL_##name, id)

static inline int64_t create(domid_t id)
{
	int64_t rc;

	op.u.createdomain = good();
	rc = CTL(createdomain, id);
	d = rc ? NULL : domain_held(op.domain);
	return rc;
}

/* A second domain with all but memory. */
static inline void make_second(void)
{
	CU_ASSERT_EQUAL_FATAL(create(0), 0);
	op.u.max_vcpus.max = 2;
	CU_ASSERT_EQUAL_FATAL(CTL(max_vcpus, d->id), 0);
	op.u.max_mem.max_memkb = 64;
	CU_ASSERT_EQUAL_FATAL(CTL(max_mem, d->id), 0);
}

static inline void make(void)
{
	setup(1, true);
	make_second();
}

/* n pages for it from pfn 0 on: their frames into list. */
static inline unsigned int populate(uint64_t *list, unsigned int n)
{
	struct xen_memory_reservation r = { .nr_extents = n, .domid = d->id };
	int64_t rc;

	for (unsigned int i = 0; i < n; i++)
		list[i] = i;
	r.extent_start.p = (void *)LIST;
	put(LIST, list, n * sizeof(*list));
	put(DATA, &r, sizeof(r));
	rc = CALL(memory_op, XENMEM_populate_physmap, DATA, 0);
	get(list, LIST, n * sizeof(*list));
	return (unsigned int)rc;
}

static inline const struct xen_domctl_getdomaininfo *info(void)
{
	CU_ASSERT_EQUAL(CTL(getdomaininfo, d->id), 0);
	CU_ASSERT_EQUAL(op.u.getdomaininfo.domain, d->id);
	return &op.u.getdomaininfo;
}

static inline bool flag(uint32_t bit)
{
	return info()->flags & bit;
}

static inline int64_t context(unsigned int cmd, uint32_t vcpu, gva_t at)
{
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .vcpu = vcpu };
	op.u.vcpucontext.ctxt.p = (void *)at;
	return ctl(cmd, d->id);
}
#define SET_CONTEXT(vcpu, at) context(XEN_DOMCTL_setvcpucontext, vcpu, at)
#define GET_CONTEXT(vcpu, at) context(XEN_DOMCTL_getvcpucontext, vcpu, at)

/* An empty L4, pinned for it, and its first vCPU on it. */
static inline int64_t start(mfn_t root, uint64_t flags)
{
	static struct vcpu_guest_context c;
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE,
				 .arg1.mfn = root.n };

	put(DATA, &pin, sizeof(pin));
	v->regs.r10 = d->id;
	CU_ASSERT_EQUAL(CALL(mmuext_op, DATA, 1, 0), 0);
	c = (struct vcpu_guest_context){ .flags = flags };
	c.user_regs.rip = 0x1234;
	c.ctrlreg[3] = xen_pfn_to_cr3(root.n);
	put(CONTEXT, &c, sizeof(c));
	return SET_CONTEXT(0, CONTEXT);
}

static inline void boot_second(void)
{
	uint64_t list[8];

	make_second();
	CU_ASSERT_EQUAL(populate(list, 8), 8);
	CU_ASSERT_EQUAL(start(MFN(list[7]), VGCF_in_kernel | VGCF_online), 0);
	CU_ASSERT_EQUAL(CTL(unpausedomain, d->id), 0);
	host_settle();
}

static inline void boot(void)
{
	setup(1, true);
	boot_second();
}

#endif
