/* SPDX-License-Identifier: MIT */
/*
 * The tool stack: a third domain's life. Included by dispatch_fuzz.c, whose choices it makes.
 */
#define THIRD 2u

static uint64_t frame_of_third(const struct domain *d)
{
	uint32_t m = d->frames_head;

	for (unsigned int n = byte() % 4; m && n; n--)
		m = frame_of(MFN(m))->next;
	return m;
}

static void populate_call(struct cpu_user_regs *r)
{
	struct xen_memory_reservation res = {
		.nr_extents = 1 + byte() % 4,
		.extent_order = byte() % 2,
		.domid = THIRD,
	};

	res.extent_start.p = (xen_pfn_t *)LIST;
	(void)copy_to_guest(HOST_VA(ARGS_PAGE), &res, sizeof(res));
	r->rax = __HYPERVISOR_memory_op;
	r->rdi = XENMEM_populate_physmap;
	r->rsi = HOST_VA(ARGS_PAGE);
}

static void pin_call(struct cpu_user_regs *r, const struct domain *d)
{
	struct mmuext_op op = { .cmd = byte() & 1 ? MMUEXT_PIN_L4_TABLE
						  : byte() % 8 };

	op.arg1.mfn = frame_of_third(d);
	(void)copy_to_guest(HOST_VA(ARGS_PAGE), &op, sizeof(op));
	r->rax = __HYPERVISOR_mmuext_op;
	r->rdi = HOST_VA(ARGS_PAGE);
	r->rsi = 1;
	r->rdx = 0;
	r->r10 = THIRD;
}

static void domctl_args(struct xen_domctl *op, const struct domain *d)
{
	struct vcpu_guest_context c = { .flags = VGCF_in_kernel };

	switch (op->cmd) {
	case XEN_DOMCTL_createdomain:
		op->u.createdomain = (struct xen_domctl_createdomain){
			.max_vcpus = 2,
			.max_evtchn_port = byte(),
			.max_grant_frames = byte() % 4,
			.grant_opts = XEN_DOMCTL_GRANT_version(1),
		};
		break;
	case XEN_DOMCTL_max_vcpus:
		op->u.max_vcpus.max = 2;
		break;
	case XEN_DOMCTL_max_mem:
		op->u.max_mem.max_memkb = byte();
		break;
	case XEN_DOMCTL_setvcpucontext:
	case XEN_DOMCTL_getvcpucontext:
		c.flags |= byte() & 1 ? VGCF_online : 0;
		c.ctrlreg[3] = d ? frame_of_third(d) << PAGE_SHIFT : 0;
		(void)copy_to_guest(LIST, &c, sizeof(c));
		op->u.vcpucontext.vcpu = byte() % 3;
		op->u.vcpucontext.ctxt.p =
			(vcpu_guest_context_t *)(byte() < 0xe0 ? LIST : 0);
		break;
	case XEN_DOMCTL_hypercall_init:
		op->u.hypercall_init.gmfn = d ? frame_of_third(d) : 0;
		break;
	default:
		for (unsigned int i = 0; i < 4; i++)
			((uint64_t *)&op->u)[i] = pick_word();
	}
}

/* What would bring it on; or anything. */
static uint32_t next_domctl(const struct domain *d)
{
	uint8_t b = byte();

	if (b < 0x40)
		return b < 0x10 ? XEN_DOMCTL_destroydomain : byte() % 72;
	if (!d)
		return XEN_DOMCTL_createdomain;
	if (!d->vcpu[1])
		return XEN_DOMCTL_max_vcpus;
	if (!d->max_frames)
		return XEN_DOMCTL_max_mem;
	if (b < 0xb0)
		return XEN_DOMCTL_setvcpucontext;
	return b < 0xd0 ? XEN_DOMCTL_unpausedomain : XEN_DOMCTL_pausedomain;
}

static void domctl_call(struct cpu_user_regs *r)
{
	const struct domain *d = domain_held(THIRD);
	struct xen_domctl op = {
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
		.domain = THIRD,
	};

	if (d && d->max_frames && byte() < 0x50) {
		populate_call(r);
		return;
	}
	if (d && d->frames_head && byte() < 0x40) {
		pin_call(r, d);
		return;
	}
	op.cmd = next_domctl(d);
	domctl_args(&op, d);
	if (byte() > 0xe0)
		op.domain = byte() % 4;
	(void)copy_to_guest(HOST_VA(ARGS_PAGE), &op, sizeof(op));
	r->rax = __HYPERVISOR_domctl;
	r->rdi = HOST_VA(ARGS_PAGE);
}

static void sysctl_call(struct cpu_user_regs *r)
{
	struct xen_sysctl op = {
		.cmd = byte() % 32,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	for (unsigned int i = 0; i < 4; i++)
		((uint64_t *)&op.u)[i] = pick_word();
	(void)copy_to_guest(HOST_VA(ARGS_PAGE), &op, sizeof(op));
	r->rax = __HYPERVISOR_sysctl;
	r->rdi = HOST_VA(ARGS_PAGE);
}
