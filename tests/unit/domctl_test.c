/* SPDX-License-Identifier: MIT */
/*
 * domctl: a second domain's life as the initial one's tool stack leads it,
 * by hypercalls with their arguments in its pages. Each test ends with the
 * audit and with the proof that no frame is lost.
 */
#include "dispatch_setup.h"
#include "evtchn.h"
#include "pagetype.h"
#include "param.h"
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/sched.h>

#define RO_PAGE 5u	     /* of the guest's: mapped read-only when asked */
#define MAP	(DATA + 512) /* a bitmap */
#define CONTEXT (DATA + PAGE_SIZE - 2048) /* across both pages */
#define LIST	(DATA + 256)

static struct xen_domctl op;
static struct domain *d; /* the second, without a reference */

static struct xen_domctl_createdomain good(void)
{
	return (struct xen_domctl_createdomain){
		.max_vcpus = 2,
		.max_evtchn_port = 100,
		.max_grant_frames = 8,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
}

static int64_t ctl_at(gva_t at)
{
	int64_t rc;

	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	put(at, &op, sizeof(op));
	rc = CALL(domctl, at, 0, 0);
	get(&op, at, sizeof(op));
	return rc;
}

/* A sub-operation about a domain, with op.u as the caller has filled it. */
static int64_t ctl(uint32_t cmd, domid_t id)
{
	op.cmd = cmd;
	op.domain = id;
	return ctl_at(DATA);
}
#define CTL(name, id) ctl(XEN_DOMCTL_##name, id)

static int64_t create(domid_t id)
{
	int64_t rc;

	op.u.createdomain = good();
	rc = CTL(createdomain, id);
	d = rc ? NULL : domain_held(op.domain);
	return rc;
}

/* A second domain with all but memory. */
static void make_second(void)
{
	CU_ASSERT_EQUAL_FATAL(create(0), 0);
	op.u.max_vcpus.max = 2;
	CU_ASSERT_EQUAL_FATAL(CTL(max_vcpus, d->id), 0);
	op.u.max_mem.max_memkb = 64;
	CU_ASSERT_EQUAL_FATAL(CTL(max_mem, d->id), 0);
}

static void make(void)
{
	setup(1, true);
	make_second();
}

/* n pages for it from pfn 0 on: their frames into list. */
static unsigned int populate(uint64_t *list, unsigned int n)
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

static const struct xen_domctl_getdomaininfo *info(void)
{
	CU_ASSERT_EQUAL(CTL(getdomaininfo, d->id), 0);
	CU_ASSERT_EQUAL(op.u.getdomaininfo.domain, d->id);
	return &op.u.getdomaininfo;
}

static bool flag(uint32_t bit)
{
	return info()->flags & bit;
}

static int64_t context(unsigned int cmd, uint32_t vcpu, gva_t at)
{
	op.u.vcpucontext = (struct xen_domctl_vcpucontext){ .vcpu = vcpu };
	op.u.vcpucontext.ctxt.p = (void *)at;
	return ctl(cmd, d->id);
}
#define SET_CONTEXT(vcpu, at) context(XEN_DOMCTL_setvcpucontext, vcpu, at)
#define GET_CONTEXT(vcpu, at) context(XEN_DOMCTL_getvcpucontext, vcpu, at)

/* An empty L4, pinned for it, and its first vCPU on it. */
static int64_t start(mfn_t root, uint64_t flags)
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

static void boot_second(void)
{
	uint64_t list[8];

	make_second();
	CU_ASSERT_EQUAL(populate(list, 8), 8);
	CU_ASSERT_EQUAL(start(MFN(list[7]), VGCF_in_kernel | VGCF_online), 0);
	CU_ASSERT_EQUAL(CTL(unpausedomain, d->id), 0);
	host_settle();
}

static void boot(void)
{
	setup(1, true);
	boot_second();
}

/* ---- Who may, and what is there ------------------------------------------------ */

static void domctl_refuses(void)
{
	static struct host_guest other;

	setup(1, false);
	CU_ASSERT_FATAL(host_guest_create(&other, 1, false, 1, PAGES));
	CU_ASSERT_EQUAL(CALL(domctl, NOWHERE, 0, 0), -XEN_EFAULT);
	op = (struct xen_domctl){ .cmd = XEN_DOMCTL_pausedomain, .domain = 9 };
	put(DATA, &op, sizeof(op));
	CU_ASSERT_EQUAL(CALL(domctl, DATA, 0, 0), -XEN_EACCES);
	CU_ASSERT_EQUAL(CTL(pausedomain, 9), -XEN_ESRCH);
	CU_ASSERT_EQUAL(CTL(pausedomain, 1), -XEN_EPERM);
	CU_ASSERT_EQUAL(CTL(createdomain, 9), -XEN_EPERM);
	CU_ASSERT_EQUAL(CTL(getdomaininfo, 0), -XEN_EPERM);
	CU_ASSERT_EQUAL(CTL(getdomaininfo, 2), -XEN_ESRCH);
	CU_ASSERT_EQUAL(CTL(getdomaininfo, DOMID_SELF), -XEN_EINVAL);
	g.d->xenstore = true;
	CU_ASSERT_EQUAL(CTL(getdomaininfo, 1), 0);
	CU_ASSERT_EQUAL(CTL(pausedomain, 1), -XEN_EPERM);
	finish();
	setup(1, true);
	CU_ASSERT_EQUAL(ctl(7, 0), -XEN_EOPNOTSUPP);
	CU_ASSERT_EQUAL(ctl(~0u, 0), -XEN_EOPNOTSUPP);
	CU_ASSERT_EQUAL(CTL(destroydomain, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(CTL(pausedomain, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(CTL(resumedomain, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(CTL(pausedomain, DOMID_SELF), -XEN_ESRCH);
	finish();
}

#define BAD(field, value, rc)                                     \
	do {                                                      \
		op.u.createdomain = good();                       \
		op.u.createdomain.field = value;                  \
		CU_ASSERT_EQUAL(CTL(createdomain, 0), -XEN_##rc); \
	} while (0)

static void create_limits(void)
{
	setup(1, true);
	BAD(flags, XEN_DOMCTL_CDF_hvm, EOPNOTSUPP);
	BAD(flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap, EOPNOTSUPP);
	BAD(flags, XEN_DOMCTL_CDF_hap, EINVAL);
	BAD(flags, XEN_DOMCTL_CDF_iommu, EINVAL);
	BAD(flags, 1u << 31, EINVAL);
	BAD(iommu_opts, 1, EINVAL);
	BAD(max_vcpus, 0, EINVAL);
	BAD(max_vcpus, MAX_VCPUS + 1, EINVAL);
	BAD(grant_opts, 0, EINVAL);
	BAD(grant_opts, 2, EINVAL);
	BAD(grant_opts, 0x11, EINVAL);
	BAD(max_grant_frames, 0, EINVAL);
	BAD(max_grant_frames, GRANT_FRAMES + 1, EINVAL);
	BAD(max_maptrack_frames, 1025, EINVAL);
	BAD(vmtrace_size, 1, EINVAL);
	BAD(cpupool_id, 1, ESRCH);
	BAD(arch.emulation_flags, XEN_X86_EMU_LAPIC, EOPNOTSUPP);
	BAD(arch.misc_flags, 2, EINVAL);
	CU_ASSERT_PTR_EQUAL(domain_next(domain_get(0)), NULL);
	finish();
}

static void create_ids(void)
{
	domid_t first, last, id;

	setup(1, true);
	CU_ASSERT_EQUAL(create(0), 0);
	first = op.domain;
	CU_ASSERT_EQUAL(create(0), 0);
	CU_ASSERT_EQUAL(op.domain, first + 1);
	/* Not again at once. */
	CU_ASSERT_EQUAL(CTL(destroydomain, first + 1), 0);
	CU_ASSERT_EQUAL(create(DOMID_SELF), 0);
	CU_ASSERT_EQUAL(op.domain, first + 2);
	last = op.domain;
	CU_ASSERT_EQUAL(create(first), -XEN_EEXIST);
	CU_ASSERT_EQUAL(create(DOMID_FIRST_RESERVED - 1), 0);
	/* Round, past what there is. */
	do
		id = domain_next_id();
	while (id != DOMID_FIRST_RESERVED - 2);
	CU_ASSERT_EQUAL(domain_next_id(), first == 1 ? 2 : 1);
	do
		id = domain_next_id();
	while (id != last - 1);
	CU_ASSERT_EQUAL(domain_next_id(), last + 1);
	/* None left: the last row. */
	while (!create(0))
		;
	CU_ASSERT_EQUAL(create(0), -XEN_ENOMEM);
	finish();
}

static void create_answer_lost(void)
{
	uint64_t ro = g.mfn[RO_PAGE].n << PAGE_SHIFT | PTE_P | PTE_US | PTE_A;

	setup(1, true);
	op.cmd = XEN_DOMCTL_createdomain;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = 0;
	op.u.createdomain = good();
	put(HOST_VA(RO_PAGE), &op, sizeof(op));
	ro = g.mfn[RO_PAGE].n << PAGE_SHIFT | PTE_P | PTE_US | PTE_A;
	CU_ASSERT_EQUAL(CALL(update_va_mapping, HOST_VA(RO_PAGE), ro,
			     UVMF_INVLPG | UVMF_LOCAL),
			0);
	CU_ASSERT_EQUAL(CALL(domctl, HOST_VA(RO_PAGE), 0, 0), -XEN_EFAULT);
	CU_ASSERT_PTR_NULL(domain_next(domain_get(0)));
	finish();
}

/* ---- Life ------------------------------------------------------------------------ */

static void life_made(void)
{
	const struct xen_domctl_getdomaininfo *i;
	uint64_t list[20];

	setup(1, true);
	CU_ASSERT_EQUAL(create(0), 0);
	i = info();
	CU_ASSERT_EQUAL(i->flags,
			XEN_DOMINF_paused | ~0u << XEN_DOMINF_shutdownshift);
	CU_ASSERT_EQUAL(i->max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
	CU_ASSERT_EQUAL(i->shared_info_frame, ptr_frame(d->shared).n);
	op.u.max_vcpus.max = 1;
	CU_ASSERT_EQUAL(CTL(max_vcpus, d->id), -XEN_EINVAL);
	op.u.max_vcpus.max = 2;
	CU_ASSERT_EQUAL(CTL(max_vcpus, d->id), 0);
	CU_ASSERT_EQUAL(CTL(max_vcpus, d->id), 0);
	i = info();
	CU_ASSERT_EQUAL(i->max_vcpu_id, 1);
	CU_ASSERT_EQUAL(i->nr_online_vcpus, 0);
	CU_ASSERT_EQUAL(i->max_pages, 0);
	CU_ASSERT_EQUAL(populate(list, 1), 0);
	op.u.max_mem.max_memkb = 67;
	CU_ASSERT_EQUAL(CTL(max_mem, d->id), 0);
	CU_ASSERT_EQUAL(populate(list, 20), 16);
	CU_ASSERT_EQUAL(info()->tot_pages, 16);
	CU_ASSERT_EQUAL(info()->max_pages, 16);
	CU_ASSERT_EQUAL(machphys[list[15]], 15);
	finish();
}

static void life_runs(void)
{
	boot();
	CU_ASSERT(vcpu_is_up(d->vcpu[0]) && !vcpu_is_up(d->vcpu[1]));
	CU_ASSERT_EQUAL(d->vcpu[0]->why_not, 0);
	CU_ASSERT(!flag(XEN_DOMINF_paused));
	CU_ASSERT_EQUAL(info()->nr_online_vcpus, 1);
	CU_ASSERT_EQUAL(CTL(unpausedomain, d->id), -XEN_EINVAL);
	for (unsigned int i = 0; i < CTL_PAUSES_MAX; i++)
		CU_ASSERT_EQUAL(CTL(pausedomain, d->id), 0);
	CU_ASSERT_EQUAL(CTL(pausedomain, d->id), -XEN_EOVERFLOW);
	CU_ASSERT(flag(XEN_DOMINF_paused));
	CU_ASSERT_EQUAL(d->pauses, CTL_PAUSES_MAX);
	for (unsigned int i = 0; i < CTL_PAUSES_MAX; i++) {
		CU_ASSERT(d->vcpu[0]->why_not & VCPU_PAUSED);
		CU_ASSERT_EQUAL(CTL(unpausedomain, d->id), 0);
	}
	CU_ASSERT_EQUAL(d->vcpu[0]->why_not, 0);
	finish();
}

/* A vCPU that comes while its domain is paused is, too. */
static void life_late_vcpu(void)
{
	setup(1, true);
	CU_ASSERT_EQUAL(create(0), 0);
	op.u.max_vcpus.max = 2;
	CU_ASSERT_EQUAL(CTL(max_vcpus, d->id), 0);
	CU_ASSERT_EQUAL(d->vcpu[1]->why_not, VCPU_DOWN | VCPU_PAUSED);
	CU_ASSERT_EQUAL(CTL(unpausedomain, d->id), 0);
	CU_ASSERT_EQUAL(d->vcpu[1]->why_not, VCPU_DOWN);
	finish();
}

static void life_shutdown(void)
{
	struct sched_remote_shutdown s = { .reason = SHUTDOWN_suspend };
	int port;

	boot();
	port = evtchn_bind_virq(g.d, VIRQ_DOM_EXC, 0);
	s.domain_id = d->id;
	put(DATA, &s, sizeof(s));
	CU_ASSERT_EQUAL(CALL(sched_op, SCHEDOP_remote_shutdown, DATA, 0), 0);
	CU_ASSERT(evtchn_pending(g.d, (port_t)port));
	CU_ASSERT(flag(XEN_DOMINF_shutdown));
	CU_ASSERT_EQUAL(op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift,
			SHUTDOWN_suspend);
	CU_ASSERT_EQUAL(d->vcpu[0]->why_not, VCPU_STOPPED);
	CU_ASSERT_EQUAL(CTL(resumedomain, d->id), 0);
	CU_ASSERT(!flag(XEN_DOMINF_shutdown));
	CU_ASSERT_EQUAL(op.u.getdomaininfo.flags >> XEN_DOMINF_shutdownshift,
			0xffff);
	CU_ASSERT_EQUAL(d->vcpu[0]->why_not, 0);
	finish();
}

static void life_ends(void)
{
	uint64_t before;
	domid_t id;
	int port;

	setup(1, true);
	port = evtchn_bind_virq(g.d, VIRQ_DOM_EXC, 0);
	before = heap_free_frames();
	boot_second();
	id = d->id;
	for (unsigned int i = 1; i <= 99; i++)
		CU_ASSERT_EQUAL(evtchn_alloc_unbound(d, 0), (int)i);
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(d, 0), 100);
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(d, 0), -XEN_ENOSPC);
	/* Another caller is at it. */
	op.cmd = XEN_DOMCTL_destroydomain;
	put(DATA, &op, sizeof(op));
	d->killing = true;
	CU_ASSERT(once(__HYPERVISOR_domctl, DATA, 0, 0));
	CU_ASSERT_EQUAL(d->life, DOMAIN_DYING);
	d->killing = false;
	stop_after = 1;
	CU_ASSERT_EQUAL(CTL(destroydomain, id), 0);
	CU_ASSERT(points > 2);
	CU_ASSERT(evtchn_pending(g.d, (port_t)port));
	CU_ASSERT_PTR_NULL(domain_get(id));
	CU_ASSERT_EQUAL(CTL(destroydomain, id), -XEN_ESRCH);
	CU_ASSERT_EQUAL(heap_free_frames(), before);
	finish();
}

/* Dead, but one of its frames is in use: it is there, and does nothing. */
static void life_after(void)
{
	uint64_t list[8];
	domid_t id;

	make();
	CU_ASSERT_EQUAL(populate(list, 8), 8);
	id = d->id;
	CU_ASSERT(frame_get(MFN(list[3]), id));
	CU_ASSERT_EQUAL(CTL(destroydomain, id), 0);
	CU_ASSERT(flag(XEN_DOMINF_dying));
	CU_ASSERT(!flag(XEN_DOMINF_shutdown));
	CU_ASSERT_EQUAL(op.u.getdomaininfo.tot_pages, 1);
	CU_ASSERT_EQUAL(CTL(destroydomain, id), 0);
	CU_ASSERT_EQUAL(CTL(pausedomain, id), 0);
	CU_ASSERT_EQUAL(CTL(unpausedomain, id), 0);
	CU_ASSERT_EQUAL(CTL(resumedomain, id), 0);
	CU_ASSERT_EQUAL(CTL(settimeoffset, id), -XEN_EINVAL);
	CU_ASSERT_EQUAL(SET_CONTEXT(0, CONTEXT), -XEN_EINVAL);
	CU_ASSERT_EQUAL(SET_CONTEXT(0, 0), 0);
	CU_ASSERT_EQUAL(GET_CONTEXT(0, CONTEXT), -XEN_ENODATA);
	CU_ASSERT_EQUAL(populate(list, 1), 0);
	CU_ASSERT_EQUAL(create(id), -XEN_EEXIST);
	frame_put(MFN(list[3]));
	CU_ASSERT_PTR_NULL(domain_get(id));
	finish();
}

/* ---- vCPUs ------------------------------------------------------------------------- */

static void vcpu_contexts(void)
{
	static struct vcpu_guest_context c;
	uint64_t list[8];

	make();
	CU_ASSERT_EQUAL(populate(list, 8), 8);
	CU_ASSERT_EQUAL(GET_CONTEXT(0, CONTEXT), -XEN_ENODATA);
	CU_ASSERT_EQUAL(GET_CONTEXT(2, CONTEXT), -XEN_EINVAL);
	CU_ASSERT_EQUAL(SET_CONTEXT(2, CONTEXT), -XEN_EINVAL);
	CU_ASSERT_EQUAL(SET_CONTEXT(0, NOWHERE), -XEN_EFAULT);
	CU_ASSERT_EQUAL(start(MFN(list[7]), VGCF_in_kernel), 0);
	CU_ASSERT(!vcpu_is_up(d->vcpu[0]));
	CU_ASSERT_EQUAL(GET_CONTEXT(0, CONTEXT), 0);
	get(&c, CONTEXT, sizeof(c));
	CU_ASSERT_EQUAL(c.user_regs.rip, 0x1234);
	CU_ASSERT_EQUAL(c.ctrlreg[3], xen_pfn_to_cr3(list[7]));
	CU_ASSERT_EQUAL(GET_CONTEXT(0, NOWHERE), -XEN_EFAULT);
	/* Again, with other registers; not with other tables. */
	c.flags |= VGCF_online;
	c.user_regs.rip = 0x5678;
	put(CONTEXT, &c, sizeof(c));
	CU_ASSERT_EQUAL(SET_CONTEXT(0, CONTEXT), 0);
	CU_ASSERT(vcpu_is_up(d->vcpu[0]));
	CU_ASSERT_EQUAL(d->vcpu[0]->regs.rip, 0x5678);
	c.ctrlreg[3] = xen_pfn_to_cr3(list[6]);
	put(CONTEXT, &c, sizeof(c));
	CU_ASSERT_EQUAL(SET_CONTEXT(0, CONTEXT), -XEN_EOPNOTSUPP);
	CU_ASSERT_EQUAL(d->vcpu[0]->x86.root.n, list[7]);
	/* None: as new. */
	CU_ASSERT_EQUAL(SET_CONTEXT(0, 0), 0);
	CU_ASSERT(!vcpu_is_up(d->vcpu[0]) && !d->vcpu[0]->initialised);
	CU_ASSERT_EQUAL(d->vcpu[0]->x86.root.n, 0);
	CU_ASSERT_EQUAL(d->pauses, 1);
	/* Somebody else is at it. */
	d->vcpu[0]->taking_context = true;
	CU_ASSERT(once(__HYPERVISOR_domctl, DATA, 0, 0));
	d->vcpu[0]->taking_context = false;
	CU_ASSERT_EQUAL(d->pauses, 1);
	finish();
}

static int64_t affinity(uint32_t cmd, uint32_t flags, uint32_t bits)
{
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;

	*a = (struct xen_domctl_vcpuaffinity){ .flags = flags };
	a->cpumap_hard.nr_bits = a->cpumap_soft.nr_bits = bits;
	a->cpumap_hard.bitmap.p = a->cpumap_soft.bitmap.p = (void *)MAP;
	return ctl(cmd, d->id);
}
#define SET(flags, bits) affinity(XEN_DOMCTL_setvcpuaffinity, flags, bits)
#define GET(flags, bits) affinity(XEN_DOMCTL_getvcpuaffinity, flags, bits)

static uint32_t mask(void)
{
	uint32_t m;

	get(&m, MAP, sizeof(m));
	return m;
}

static void set_mask(uint32_t m)
{
	put(MAP, &m, sizeof(m));
}

static void vcpu_affinities(void)
{
	make();
	set_mask(~0u);
	CU_ASSERT_EQUAL(GET(XEN_VCPUAFFINITY_HARD, 24), 0);
	CU_ASSERT_EQUAL(mask(), 0xff00ffff); /* 16 CPUs, 24 bits, 8 not ours */
	CU_ASSERT_EQUAL(GET(0, 8), -XEN_EINVAL);
	set_mask(0x12);
	CU_ASSERT_EQUAL(SET(XEN_VCPUAFFINITY_HARD, 8), -XEN_EINVAL);
	set_mask(0xff1);
	/* Bits beyond the fourth are not told; what comes of it is. */
	CU_ASSERT_EQUAL(SET(XEN_VCPUAFFINITY_HARD, 4), 0);
	CU_ASSERT_EQUAL(mask() & 0xff, 1);
	CU_ASSERT_EQUAL(d->vcpu[0]->affinity, 1);
	set_mask(3);
	CU_ASSERT_EQUAL(SET(XEN_VCPUAFFINITY_SOFT, 8), 0);
	CU_ASSERT_EQUAL(d->vcpu[0]->affinity, 1);
	CU_ASSERT_EQUAL(GET(XEN_VCPUAFFINITY_SOFT, 8), 0);
	CU_ASSERT_EQUAL(mask() & 0xff, 3);
	op.u.vcpuaffinity.vcpu = 2;
	CU_ASSERT_EQUAL(CTL(getvcpuaffinity, d->id), -XEN_EINVAL);
	CU_ASSERT_EQUAL(GET(XEN_VCPUAFFINITY_HARD, ~0u), -XEN_EINVAL);
	finish();
}

static void vcpu_info_and_triggers(void)
{
	const struct xen_domctl_getvcpuinfo *i = &op.u.getvcpuinfo;

	boot();
	op.u.getvcpuinfo.vcpu = 0;
	CU_ASSERT_EQUAL(CTL(getvcpuinfo, d->id), 0);
	CU_ASSERT(i->online && !i->blocked);
	op.u.getvcpuinfo.vcpu = 1;
	CU_ASSERT_EQUAL(CTL(getvcpuinfo, d->id), 0);
	CU_ASSERT(!i->online && !i->running);
	op.u.getvcpuinfo.vcpu = 2;
	CU_ASSERT_EQUAL(CTL(getvcpuinfo, d->id), -XEN_EINVAL);
	op.u.sendtrigger =
		(struct xen_domctl_sendtrigger){ XEN_DOMCTL_SENDTRIGGER_NMI, 0 };
	CU_ASSERT_EQUAL(CTL(sendtrigger, d->id), 0);
	CU_ASSERT(d->vcpu[0]->nmi_pending);
	op.u.sendtrigger.vcpu = 2;
	CU_ASSERT_EQUAL(CTL(sendtrigger, d->id), -XEN_ESRCH);
	op.u.sendtrigger = (struct xen_domctl_sendtrigger){
		XEN_DOMCTL_SENDTRIGGER_POWER, 0
	};
	CU_ASSERT_EQUAL(CTL(sendtrigger, d->id), -XEN_EINVAL);
	op.u.sendtrigger.trigger = XEN_DOMCTL_SENDTRIGGER_INIT;
	CU_ASSERT_EQUAL(CTL(sendtrigger, d->id), -XEN_ENOSYS);
	finish();
}

/* ---- Options -------------------------------------------------------------------------- */

static void options_kept(void)
{
	xen_domain_handle_t handle = "0123456789abcde";
	uint32_t before;

	make();
	memcpy(op.u.setdomainhandle.handle, handle, sizeof(handle));
	CU_ASSERT_EQUAL(CTL(setdomainhandle, d->id), 0);
	op.u.setdebugging.enable = 7;
	CU_ASSERT_EQUAL(CTL(setdebugging, d->id), 0);
	CU_ASSERT(flag(XEN_DOMINF_debugged));
	CU_ASSERT(!memcmp(op.u.getdomaininfo.handle, handle, sizeof(handle)));
	before = d->shared->wc_sec;
	op.u.settimeoffset.time_offset_seconds = -1000;
	CU_ASSERT_EQUAL(CTL(settimeoffset, d->id), 0);
	CU_ASSERT_EQUAL(d->shared->wc_sec, before - 1000);
	CU_ASSERT_EQUAL(d->shared->wc_version % 2, 0);
	op.u.address_size.size = 32;
	CU_ASSERT_EQUAL(CTL(set_address_size, d->id), -XEN_EOPNOTSUPP);
	op.u.address_size.size = 64;
	CU_ASSERT_EQUAL(CTL(set_address_size, d->id), 0);
	op.u.address_size.size = 0;
	CU_ASSERT_EQUAL(CTL(get_address_size, d->id), 0);
	CU_ASSERT_EQUAL(op.u.address_size.size, 64);
	op.u.tsc_info = (struct xen_domctl_tsc_info){ .tsc_mode = 2 };
	CU_ASSERT_EQUAL(CTL(settscinfo, d->id), 0);
	op.u.tsc_info.tsc_mode = 1;
	CU_ASSERT_EQUAL(CTL(settscinfo, d->id), -XEN_EOPNOTSUPP);
	op.u.tsc_info.tsc_mode = 3;
	CU_ASSERT_EQUAL(CTL(settscinfo, d->id), -XEN_EINVAL);
	CU_ASSERT_EQUAL(CTL(gettscinfo, d->id), 0);
	CU_ASSERT_EQUAL(op.u.tsc_info.tsc_mode, 2);
	CU_ASSERT_EQUAL(op.u.tsc_info.gtsc_khz, 1000000);
	finish();
}

static void options_devices(void)
{
	make();
	op.u.irq_permission =
		(struct xen_domctl_irq_permission){ .pirq = NR_PIRQS };
	CU_ASSERT_EQUAL(CTL(irq_permission, d->id), -XEN_EINVAL);
	op.u.irq_permission =
		(struct xen_domctl_irq_permission){ .allow_access = 1 };
	CU_ASSERT_EQUAL(CTL(irq_permission, d->id), -XEN_EOPNOTSUPP);
	CU_ASSERT_EQUAL(CTL(irq_permission, 0), 0);
	op.u.iomem_permission = (struct xen_domctl_iomem_permission){ ~0ul, 2,
								      0 };
	CU_ASSERT_EQUAL(CTL(iomem_permission, d->id), -XEN_EINVAL);
	op.u.iomem_permission.first_mfn = 0;
	CU_ASSERT_EQUAL(CTL(iomem_permission, d->id), 0);
	op.u.ioport_permission = (struct xen_domctl_ioport_permission){ 0xffff,
									2, 0 };
	CU_ASSERT_EQUAL(CTL(ioport_permission, d->id), -XEN_EINVAL);
	op.u.ioport_permission.nr_ports = 1;
	CU_ASSERT_EQUAL(CTL(ioport_permission, d->id), 0);
	op.u.set_virq_handler.virq = VIRQ_TIMER;
	CU_ASSERT_EQUAL(CTL(set_virq_handler, 0), -XEN_EINVAL);
	op.u.set_virq_handler.virq = VIRQ_DOM_EXC;
	CU_ASSERT_EQUAL(CTL(set_virq_handler, 0), 0);
	op.u.nodeaffinity.nodemap.bitmap.p = (void *)MAP;
	op.u.nodeaffinity.nodemap.nr_bits = 8;
	set_mask(2);
	CU_ASSERT_EQUAL(CTL(setnodeaffinity, d->id), -XEN_EINVAL);
	CU_ASSERT_EQUAL(CTL(getnodeaffinity, d->id), 0);
	CU_ASSERT_EQUAL(mask() & 0xff, 1);
	finish();
}

static void options_hypercall_page(void)
{
	uint64_t list[8];

	make();
	CU_ASSERT_EQUAL(populate(list, 8), 8);
	CU_ASSERT_EQUAL(start(MFN(list[7]), VGCF_in_kernel), 0);
	op.u.hypercall_init.gmfn = list[0];
	CU_ASSERT_EQUAL(CTL(hypercall_init, d->id), 0);
	CU_ASSERT_EQUAL(*(uint8_t *)frame_ptr(MFN(list[0])), 0xcc);
	op.u.hypercall_init.gmfn = list[7]; /* a table */
	CU_ASSERT_EQUAL(CTL(hypercall_init, d->id), -XEN_EPERM);
	op.u.hypercall_init.gmfn = g.mfn[0].n;
	CU_ASSERT_EQUAL(CTL(hypercall_init, d->id), -XEN_EINVAL);
	op.u.hypercall_init.gmfn = ~0ul;
	CU_ASSERT_EQUAL(CTL(hypercall_init, d->id), -XEN_EINVAL);
	finish();
}

/* Another's ports: while the tool stack holds it still. */
static void options_reset(void)
{
	struct evtchn_reset r = { 0 };

	boot();
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(d, 0), 1);
	r.dom = d->id;
	put(DATA, &r, sizeof(r));
	CU_ASSERT_EQUAL(CALL(event_channel_op, EVTCHNOP_reset, DATA, 0),
			-XEN_EINVAL);
	CU_ASSERT_EQUAL(CTL(pausedomain, d->id), 0);
	put(DATA, &r, sizeof(r));
	CU_ASSERT_EQUAL(CALL(event_channel_op, EVTCHNOP_reset, DATA, 0), 0);
	CU_ASSERT_EQUAL(evtchn_alloc_unbound(d, 0), 1);
	finish();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(domctl_refuses),
		TEST(create_limits),
		TEST(create_ids),
		TEST(create_answer_lost),
		TEST(life_made),
		TEST(life_runs),
		TEST(life_late_vcpu),
		TEST(life_shutdown),
		TEST(life_ends),
		TEST(life_after),
		TEST(vcpu_contexts),
		TEST(vcpu_affinities),
		TEST(vcpu_info_and_triggers),
		TEST(options_kept),
		TEST(options_devices),
		TEST(options_hypercall_page),
		TEST(options_reset),
		CU_TEST_INFO_NULL,
	};

	return unit_main("domctl", tests, NULL, NULL);
}
