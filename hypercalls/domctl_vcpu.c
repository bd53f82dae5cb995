/* SPDX-License-Identifier: MIT */
/* domctl: a domain's vCPUs; domctl.h. */
#include "domctl.h"
#include "heap.h"
#include "sched.h"

#define CONTEXTS_ORDER 2 /* the buffer of two */
#define CPUS_ALL       ((1u << MAX_CPUS) - 1)
#define MASK_BYTES_MAX 1024u

_Static_assert(2 * sizeof(struct vcpu_guest_context) <=
		       PAGE_SIZE << CONTEXTS_ORDER,
	       "two contexts fit their buffer");

/* ---- Birth ------------------------------------------------------------------- */

/* All that createdomain has announced, no more, no fewer. */
int64_t domctl_max_vcpus(struct domctl *c)
{
	int rc = c->op.u.max_vcpus.max == c->d->max_vcpus ? 0 : -XEN_EINVAL;

	for (unsigned int i = 0; !rc && i < c->d->max_vcpus; i++) {
		if (!vcpu_find(c->d, i))
			rc = vcpu_create(c->d, i);
		/* Another caller was faster. */
		if (rc == -XEN_EEXIST)
			rc = 0;
	}
	return rc;
}

/* ---- Contexts ------------------------------------------------------------------ */

/* What a context references, once it is taken, may only be named again. */
static int64_t same_references(struct vcpu *v,
			       const struct vcpu_guest_context *c,
			       struct vcpu_guest_context *now)
{
	arch_vcpu_get_context(v, now);
	return now->ctrlreg[3] == c->ctrlreg[3] &&
			       now->ctrlreg[1] == c->ctrlreg[1] &&
			       now->gdt_ents == c->gdt_ents &&
			       now->ldt_ents == c->ldt_ents &&
			       now->ldt_base == c->ldt_base &&
			       !__builtin_memcmp(now->gdt_frames, c->gdt_frames,
						 sizeof(c->gdt_frames))
		       ? 0
		       : -XEN_EOPNOTSUPP;
}

/* v is paused; two contexts: the new one, room for the one it has. */
static int64_t take_context(struct vcpu *v, struct vcpu_guest_context *c,
			    struct vcpu_guest_context *now)
{
	int64_t rc = 0;

	if (v->initialised)
		rc = same_references(v, c, now);
	if (!rc)
		rc = vcpu_set_context(v, c, true);
	if (rc)
		return rc;
	if (c->flags & VGCF_online)
		sched_start(v, VCPU_DOWN);
	else
		sched_stop(v, VCPU_DOWN);
	return 0;
}

/* No context: v is as it was made. */
static int64_t reset(struct vcpu *v)
{
	sched_stop(v, VCPU_DOWN);
	return vcpu_drop_context(v);
}

int64_t domctl_setvcpucontext(struct domctl *c)
{
	const struct xen_domctl_vcpucontext *arg = &c->op.u.vcpucontext;
	struct vcpu *v = vcpu_find(c->d, arg->vcpu);
	struct vcpu_guest_context *context;
	int64_t rc;

	if (!v)
		return -XEN_EINVAL;
	context = arg->ctxt.p ? heap_alloc_zeroed(CONTEXTS_ORDER) : NULL;
	if (arg->ctxt.p && !context)
		return -XEN_ENOMEM;
	domain_pause(c->d);
	if (!context)
		rc = reset(v);
	else if (copy_from_guest(context, (gva_t)arg->ctxt.p, sizeof(*context)))
		rc = -XEN_EFAULT;
	else
		rc = take_context(v, context, context + 1);
	domain_unpause(c->d);
	if (context)
		heap_free_ptr(context, CONTEXTS_ORDER);
	return rc;
}

int64_t domctl_getvcpucontext(struct domctl *c)
{
	const struct xen_domctl_vcpucontext *arg = &c->op.u.vcpucontext;
	struct vcpu *v = vcpu_find(c->d, arg->vcpu);
	struct vcpu_guest_context *context;
	int64_t rc = 0;

	if (!v)
		return -XEN_EINVAL;
	if (!READ_ONCE(v->initialised))
		return -XEN_ENODATA;
	context = heap_alloc_zeroed(CONTEXTS_ORDER);
	if (!context)
		return -XEN_ENOMEM;
	domain_pause(c->d);
	arch_vcpu_get_context(v, context);
	domain_unpause(c->d);
	if (copy_to_guest((gva_t)arg->ctxt.p, context, sizeof(*context)))
		rc = -XEN_EFAULT;
	heap_free_ptr(context, CONTEXTS_ORDER);
	return rc;
}

/* ---- What it does, where it may ------------------------------------------------- */

/* The vCPU that an argument names: NULL, and *rc says why. */
static struct vcpu *named(struct domctl *c, uint32_t id, int64_t *rc)
{
	struct vcpu *v = vcpu_find(c->d, id);

	*rc = v ? 0 : id < c->d->max_vcpus ? -XEN_ESRCH : -XEN_EINVAL;
	return v;
}

int64_t domctl_getvcpuinfo(struct domctl *c)
{
	struct xen_domctl_getvcpuinfo *info = &c->op.u.getvcpuinfo;
	struct vcpu_runstate_info r;
	int64_t rc;
	struct vcpu *v = named(c, info->vcpu, &rc);

	if (!v)
		return rc;
	sched_runstate(v, &r);
	info->online = vcpu_is_up(v);
	info->blocked = READ_ONCE(v->why_not) & VCPU_BLOCKED ? 1 : 0;
	info->running = READ_ONCE(v->running);
	info->cpu_time = r.time[RUNSTATE_running];
	info->cpu = READ_ONCE(v->cpu);
	return 0;
}

/* A bitmap of the caller's: what it has of our CPUs, the rest of it zero. */
static int mask_read(const struct xenctl_bitmap *b, cpumask_t *mask)
{
	uint64_t bytes = MIN((b->nr_bits + 7ul) / 8, sizeof(*mask));

	*mask = 0;
	if (copy_from_guest(mask, (gva_t)b->bitmap.p, bytes))
		return -XEN_EFAULT;
	if (b->nr_bits < MAX_CPUS)
		*mask &= (1u << b->nr_bits) - 1;
	*mask &= CPUS_ALL;
	return 0;
}

static int mask_write(const struct xenctl_bitmap *b, cpumask_t mask)
{
	uint64_t bytes = (b->nr_bits + 7ul) / 8;
	uint64_t word = mask & CPUS_ALL;

	if (bytes > MASK_BYTES_MAX)
		return -XEN_EINVAL;
	for (uint64_t at = 0; at < bytes; at += sizeof(word), word = 0)
		if (copy_to_guest((gva_t)b->bitmap.p + at, &word,
				  MIN(bytes - at, sizeof(word))))
			return -XEN_EFAULT;
	return 0;
}

/* Hard: where it may run. Soft: where it would like to, which we only keep. */
static int64_t affinity(struct vcpu *v, struct xenctl_bitmap *b, bool set,
			cpumask_t *soft)
{
	cpumask_t mask = soft ? *soft : READ_ONCE(v->affinity);
	int rc;

	if (!set)
		return mask_write(b, mask);
	rc = mask_read(b, &mask);
	if (!rc && !(mask & cpus_online()))
		rc = -XEN_EINVAL;
	if (!rc && soft)
		*soft = mask;
	else if (!rc)
		rc = sched_pin(v, mask);
	if (rc)
		return rc;
	/* What comes of it. */
	return mask_write(b, mask & READ_ONCE(v->affinity) & cpus_online());
}

int64_t domctl_affinity(struct domctl *c)
{
	struct xen_domctl_vcpuaffinity *a = &c->op.u.vcpuaffinity;
	bool hard = a->flags & XEN_VCPUAFFINITY_HARD;
	bool soft = a->flags & XEN_VCPUAFFINITY_SOFT;
	bool set = c->op.cmd == XEN_DOMCTL_setvcpuaffinity;
	int64_t rc;
	struct vcpu *v = named(c, a->vcpu, &rc);

	if (!v)
		return rc;
	if (!a->flags || (hard && !a->cpumap_hard.bitmap.p) ||
	    (soft && !a->cpumap_soft.bitmap.p))
		return -XEN_EINVAL;
	if (set && a->flags & XEN_VCPUAFFINITY_FORCE)
		(void)sched_pin_override(v, -1);
	if (hard)
		rc = affinity(v, &a->cpumap_hard, set, NULL);
	if (!rc && soft)
		rc = affinity(v, &a->cpumap_soft, set, &v->affinity_soft);
	return rc;
}

/* There is one node. */
int64_t domctl_nodeaffinity(struct domctl *c)
{
	const struct xenctl_bitmap *map = &c->op.u.nodeaffinity.nodemap;
	cpumask_t nodes;

	if (c->op.cmd == XEN_DOMCTL_getnodeaffinity)
		return mask_write(map, 1);
	if (mask_read(map, &nodes))
		return -XEN_EFAULT;
	return nodes & 1 ? 0 : -XEN_EINVAL;
}

/* ---- Triggers ---------------------------------------------------------------------- */

int64_t domctl_sendtrigger(struct domctl *c)
{
	struct vcpu *v = vcpu_find(c->d, c->op.u.sendtrigger.vcpu);

	if (!v)
		return -XEN_ESRCH;
	switch (c->op.u.sendtrigger.trigger) {
	case XEN_DOMCTL_SENDTRIGGER_NMI:
		vcpu_send_nmi(v);
		return 0;
	case XEN_DOMCTL_SENDTRIGGER_POWER:
	case XEN_DOMCTL_SENDTRIGGER_SLEEP:
		return -XEN_EINVAL; /* there is no such button */
	default:
		return -XEN_ENOSYS;
	}
}
