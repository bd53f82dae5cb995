/* SPDX-License-Identifier: MIT */
/*
 * domctl: domains are made, looked at and killed by the initial one. Errors
 * come in Xen's order: the structure, its version, the domain, the caller.
 */
#include "domctl.h"
#include "evtchn.h"
#include "mem.h"
#include "pagetype.h"
#include "sched.h"

#define GRANT_VERSION	  1u
#define FLAGS_KNOWN	  (XEN_DOMCTL_CDF_xs_domain | XEN_DOMCTL_CDF_oos_off)
#define PAGES_OF_KIB(kib) ((kib) >> (PAGE_SHIFT - 10))
#define IO_PORTS	  65536u
/* How a guest has its TSC: <xen/domctl.h> has no names for them. */
#define TSC_MODE_ALWAYS_EMULATE 1u
#define TSC_MODE_NEVER_EMULATE	2u

/* ---- Information ------------------------------------------------------------ */

static void info_vcpus(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	uint32_t flags = XEN_DOMINF_blocked;
	struct vcpu_runstate_info r;

	for_each_vcpu (d, v) {
		sched_runstate(v, &r);
		info->cpu_time += r.time[RUNSTATE_running];
		info->max_vcpu_id = v->id;
		if (!vcpu_is_up(v))
			continue;
		info->nr_online_vcpus++;
		if (!(READ_ONCE(v->why_not) & VCPU_BLOCKED))
			flags &= ~XEN_DOMINF_blocked;
		if (READ_ONCE(v->running))
			flags |= XEN_DOMINF_running;
	}
	if (info->nr_online_vcpus)
		info->flags |= flags;
}

void domctl_info(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	const struct shared_info *s = READ_ONCE(d->shared);
	bool code = READ_ONCE(d->shutdown) || READ_ONCE(d->code_given);
	uint32_t reason = code ? d->shutdown_code : ~0u;
	struct arch_machine m;

	arch_machine(&m);
	*info = (struct xen_domctl_getdomaininfo){
		.domain = d->id,
		.flags = (READ_ONCE(d->life) == DOMAIN_DEAD)
				 << _XEN_DOMINF_dying |
			 READ_ONCE(d->shutdown) << _XEN_DOMINF_shutdown |
			 (READ_ONCE(d->ctl_pauses) > 0) << _XEN_DOMINF_paused |
			 d->debugged << _XEN_DOMINF_debugged |
			 d->xenstore << _XEN_DOMINF_xs_domain |
			 reason << XEN_DOMINF_shutdownshift,
		.tot_pages = READ_ONCE(d->frames),
		.max_pages = READ_ONCE(d->max_frames),
		.outstanding_pages = READ_ONCE(d->claimed),
		.shared_info_frame = s ? ptr_frame(s).n : MFN_NONE.n,
		.max_vcpu_id = XEN_INVALID_MAX_VCPU_ID,
		.ssidref = d->ssidref,
		.gpaddr_bits = m.address_bits,
		.arch_config.emulation_flags = d->privileged ? XEN_X86_EMU_PIT
							     : 0,
	};
	memcpy(info->handle, d->handle, sizeof(info->handle));
	info_vcpus(d, info);
}

/* Perhaps of the next one: its id is in the answer. */
static int64_t op_getdomaininfo(struct domctl *c)
{
	domctl_info(c->d, &c->op.u.getdomaininfo);
	c->op.domain = c->d->id;
	return 0;
}

/* ---- Life ---------------------------------------------------------------------- */

/* Is it a PV domain within our limits? */
static int64_t create_check(const struct xen_domctl_createdomain *c)
{
	if (c->flags & XEN_DOMCTL_CDF_hvm ||
	    c->arch.emulation_flags & ~XEN_X86_EMU_PIT)
		return -XEN_EOPNOTSUPP;
	if (c->flags & ~FLAGS_KNOWN || c->iommu_opts || c->vmtrace_size ||
	    !c->max_vcpus || c->max_vcpus > MAX_VCPUS ||
	    c->grant_opts != GRANT_VERSION || !c->max_grant_frames ||
	    c->max_grant_frames > (int)GRANT_FRAMES ||
	    c->max_maptrack_frames > (int)GRANT_MAP_FRAMES ||
	    c->arch.misc_flags & ~XEN_X86_MSR_RELAXED)
		return -XEN_EINVAL;
	return c->cpupool_id ? -XEN_ESRCH : 0;
}

static void kill(struct domain *d)
{
	while (domain_destroy(d) == -XEN_ERESTART)
		cpu_relax_poll();
}

/* It has no memory and no vCPUs, and the tool stack's pause. */
static int64_t op_createdomain(struct domctl *c)
{
	const struct xen_domctl_createdomain *create = &c->op.u.createdomain;
	domid_t id = c->op.domain;
	struct domain *d;
	int64_t rc;

	if (!id || id >= DOMID_FIRST_RESERVED)
		id = domain_next_id();
	else if (domain_held(id))
		return -XEN_EEXIST;
	rc = create_check(create);
	if (rc)
		return rc;
	d = domain_create(id, false, create->max_vcpus, 0);
	if (!d)
		return -XEN_ENOMEM;
	(void)domain_ctl_pause(d);
	d->ssidref = create->ssidref;
	d->xenstore = create->flags & XEN_DOMCTL_CDF_xs_domain;
	d->max_port = MIN(create->max_evtchn_port, d->max_port);
	if (create->max_grant_frames > 0)
		d->grant.max_frames = (unsigned int)create->max_grant_frames;
	if (create->max_maptrack_frames >= 0)
		d->grant.max_map_frames =
			(unsigned int)create->max_maptrack_frames;
	memcpy(d->handle, create->handle, sizeof(d->handle));
	c->op.domain = id;
	if (!copy_to_guest(c->h->arg[0], &c->op, sizeof(c->op)))
		return 0;
	kill(d);
	return -XEN_EFAULT;
}

static int64_t op_destroydomain(struct domctl *c)
{
	return domain_destroy(c->d);
}

static int64_t op_pausedomain(struct domctl *c)
{
	return domain_ctl_pause(c->d);
}

static int64_t op_unpausedomain(struct domctl *c)
{
	return domain_ctl_unpause(c->d);
}

static int64_t op_resumedomain(struct domctl *c)
{
	domain_resume(c->d);
	return 0;
}

/* ---- Options ---------------------------------------------------------------------- */

/* Less than it has: it gets no more until it has given back. */
static int64_t op_max_mem(struct domctl *c)
{
	uint64_t kib = c->op.u.max_mem.max_memkb;

	lock_take(&c->d->frames_lock);
	WRITE_ONCE(c->d->max_frames, PAGES_OF_KIB(kib));
	lock_drop(&c->d->frames_lock);
	return 0;
}

static int64_t op_setdomainhandle(struct domctl *c)
{
	memcpy(c->d->handle, c->op.u.setdomainhandle.handle,
	       sizeof(c->d->handle));
	return 0;
}

static int64_t op_setdebugging(struct domctl *c)
{
	c->d->debugged = c->op.u.setdebugging.enable;
	return 0;
}

static int64_t op_settimeoffset(struct domctl *c)
{
	return domain_set_clock(c->d, c->op.u.settimeoffset.time_offset_seconds);
}

static int64_t op_hypercall_init(struct domctl *c)
{
	mfn_t m = MFN(c->op.u.hypercall_init.gmfn);
	int64_t rc;

	if (!frame_get(m, c->d->id))
		return -XEN_EINVAL;
	rc = type_get(c->d, m, FT_WRITABLE) ? -XEN_EPERM : 0;
	if (!rc) {
		arch_hypercall_page_fill(frame_ptr(m));
		type_put(m); /* a writable page: at once */
	}
	frame_put(m);
	return rc;
}

/* Guests are 64-bit, and there is nothing to change that with. */
static int64_t op_address_size(struct domctl *c)
{
	uint32_t size = c->op.u.address_size.size;

	if (c->op.cmd == XEN_DOMCTL_set_address_size && size != 64)
		return size == 32 ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
	c->op.u.address_size.size = 64;
	return 0;
}

/* All read the TSC itself: a mode that emulates it always is not to be had. */
static int64_t op_settscinfo(struct domctl *c)
{
	uint32_t mode = c->op.u.tsc_info.tsc_mode;

	if (mode == TSC_MODE_ALWAYS_EMULATE)
		return -XEN_EOPNOTSUPP;
	if (mode > TSC_MODE_NEVER_EMULATE)
		return -XEN_EINVAL;
	c->d->tsc_mode = mode;
	return 0;
}

static int64_t op_gettscinfo(struct domctl *c)
{
	struct arch_machine m;

	arch_machine(&m);
	c->op.u.tsc_info = (struct xen_domctl_tsc_info){
		.tsc_mode = c->d->tsc_mode,
		.gtsc_khz = m.khz,
		.elapsed_nsec = now_ns(),
	};
	return 0;
}

/* ---- Devices: no domain but the initial one has any ------------------------------- */

static int64_t permit(const struct domctl *c, bool range_ok, bool allow)
{
	if (!range_ok)
		return -XEN_EINVAL;
	return allow && !c->d->privileged ? -XEN_EOPNOTSUPP : 0;
}

static int64_t op_irq_permission(struct domctl *c)
{
	const struct xen_domctl_irq_permission *p = &c->op.u.irq_permission;

	return permit(c, p->pirq < NR_PIRQS, p->allow_access);
}

static int64_t op_iomem_permission(struct domctl *c)
{
	const struct xen_domctl_iomem_permission *p = &c->op.u.iomem_permission;

	return permit(c, p->first_mfn + p->nr_mfns - 1 >= p->first_mfn,
		      p->allow_access);
}

static int64_t op_ioport_permission(struct domctl *c)
{
	const struct xen_domctl_ioport_permission *p = &c->op.u.ioport_permission;
	uint64_t end = (uint64_t)p->first_port + p->nr_ports;

	return permit(c, p->nr_ports && end <= IO_PORTS, p->allow_access);
}

/* They all go to the initial domain. */
static int64_t op_set_virq_handler(struct domctl *c)
{
	if (!evtchn_virq_is_global(c->op.u.set_virq_handler.virq))
		return -XEN_EINVAL;
	return c->d->privileged ? 0 : -XEN_EOPNOTSUPP;
}

/* ---- The table --------------------------------------------------------------------- */

static const struct domctl_row {
	domctl_fn *fn;
	bool out;   /* the structure is copied back */
	bool other; /* not about the caller's own domain */
} rows[] = {
#define ROW(name, ...) [XEN_DOMCTL_##name] = { .fn = op_##name, __VA_ARGS__ }
	ROW(createdomain),
	ROW(destroydomain, .other = true),
	ROW(pausedomain, .other = true),
	ROW(unpausedomain),
	ROW(resumedomain, .other = true),
	ROW(getdomaininfo, .out = true),
	ROW(max_mem),
	ROW(setdomainhandle),
	ROW(setdebugging, .other = true),
	ROW(settimeoffset),
	ROW(hypercall_init),
	[XEN_DOMCTL_set_address_size] = { .fn = op_address_size },
	[XEN_DOMCTL_get_address_size] = { .fn = op_address_size, .out = true },
	ROW(settscinfo, .other = true),
	ROW(gettscinfo, .out = true, .other = true),
	ROW(irq_permission),
	ROW(iomem_permission),
	ROW(ioport_permission),
	ROW(set_virq_handler),
#undef ROW
#define ROW(name, ...) \
	[XEN_DOMCTL_##name] = { .fn = domctl_##name, __VA_ARGS__ }
	ROW(max_vcpus, .other = true),
	ROW(setvcpucontext, .other = true),
	ROW(getvcpucontext, .other = true),
	ROW(getvcpuinfo, .out = true),
	[XEN_DOMCTL_setvcpuaffinity] = { .fn = domctl_affinity, .out = true },
	[XEN_DOMCTL_getvcpuaffinity] = { .fn = domctl_affinity, .out = true },
	[XEN_DOMCTL_setnodeaffinity] = { .fn = domctl_nodeaffinity },
	[XEN_DOMCTL_getnodeaffinity] = { .fn = domctl_nodeaffinity },
	ROW(sendtrigger),
#undef ROW
};

static int64_t run(struct domctl *c)
{
	const struct domain *self = c->h->v->domain;
	static const struct domctl_row none;
	const struct domctl_row *row = &none;
	int64_t rc;

	/* The one with xenstore in it may look. */
	if (!self->privileged &&
	    !(self->xenstore && c->op.cmd == XEN_DOMCTL_getdomaininfo))
		return -XEN_EPERM;
	if (c->op.cmd < ARRAY_SIZE(rows))
		row = &rows[c->op.cmd];
	if (!row->fn)
		return -XEN_EOPNOTSUPP;
	if (row->other && c->d == self)
		return -XEN_EINVAL;
	rc = row->fn(c);
	if (!rc && row->out && copy_to_guest(c->h->arg[0], &c->op, sizeof(c->op)))
		return -XEN_EFAULT;
	return rc;
}

/* Whom it is about: NULL, and *rc says why. */
static struct domain *find(const struct xen_domctl *op, int64_t *rc)
{
	struct domain *d = domain_get(op->domain);

	*rc = -XEN_ESRCH;
	if (d || op->cmd != XEN_DOMCTL_getdomaininfo)
		return d;
	/* Or the next. */
	if (op->domain >= DOMID_FIRST_RESERVED) {
		*rc = -XEN_EINVAL;
		return NULL;
	}
	d = domain_next(NULL);
	while (d && d->id < op->domain)
		d = domain_next(d);
	return d;
}

int64_t hc_domctl(struct hypercall *h)
{
	struct domctl c = { .h = h };
	int64_t rc;

	if (copy_from_guest(&c.op, h->arg[0], sizeof(c.op)))
		return -XEN_EFAULT;
	if (c.op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	if (c.op.cmd != XEN_DOMCTL_createdomain) {
		c.d = find(&c.op, &rc);
		if (!c.d)
			return rc;
	}
	rc = run(&c);
	if (c.d)
		domain_put(c.d);
	return rc;
}
