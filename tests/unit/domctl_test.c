/* SPDX-License-Identifier: MIT */
/*
 * domctl: a second domain's life as the initial one's tool stack leads it,
 * by hypercalls with their arguments in its pages. Each test ends with the
 * audit and with the proof that no frame is lost.
 */
#include "domctl_setup.h"
#include "evtchn.h"
#include <xen/sched.h>

#define RO_PAGE 5u /* of the guest's: mapped read-only when asked */

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

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(domctl_refuses),	  TEST(create_limits), TEST(create_ids),
		TEST(create_answer_lost), TEST(life_made),     TEST(life_runs),
		TEST(life_late_vcpu),	  TEST(life_shutdown), TEST(life_ends),
		TEST(life_after),	  CU_TEST_INFO_NULL,
	};

	return unit_main("domctl", tests, NULL, NULL);
}
