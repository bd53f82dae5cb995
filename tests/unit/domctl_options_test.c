/* SPDX-License-Identifier: MIT */
/* domctl: a second domain's vCPUs, and what can be set for it. */
#include "domctl_setup.h"
#include "evtchn.h"

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
		TEST(vcpu_contexts),	      TEST(vcpu_affinities),
		TEST(vcpu_info_and_triggers), TEST(options_kept),
		TEST(options_devices),	      TEST(options_hypercall_page),
		TEST(options_reset),	      CU_TEST_INFO_NULL,
	};

	return unit_main("domctl_options", tests, NULL, NULL);
}
