/* SPDX-License-Identifier: MIT */
/* vcpu_op and set_timer_op. */
#include "vcpu.h"
#include "heap.h"
#include "sched.h"
#include "subop.h"

#define MS	      1000000ul
#define PERIOD_MAX    (~0ul >> 2)
#define TIMEOUT_FAR   (1ul << 50) /* ns; about 13 days */
#define CONTEXT_ORDER 1

_Static_assert(sizeof(struct vcpu_guest_context) <= PAGE_SIZE << CONTEXT_ORDER,
	       "a context fits its buffer");

/* ---- Life -------------------------------------------------------------------- */

static int64_t op_initialise(struct subcall *c)
{
	struct vcpu_guest_context *context = heap_alloc_zeroed(CONTEXT_ORDER);
	int64_t rc = -XEN_EFAULT;

	if (!context)
		return -XEN_ENOMEM;
	if (!copy_from_guest(context, c->at, sizeof(*context)))
		rc = vcpu_set_context(c->v, context, false);
	heap_free_ptr(context, CONTEXT_ORDER);
	return rc;
}

static int64_t op_up(struct subcall *c)
{
	return vcpu_up(c->v);
}

static int64_t op_down(struct subcall *c)
{
	vcpu_down(c->v);
	return 0;
}

static int64_t op_is_up(struct subcall *c)
{
	return vcpu_is_up(c->v);
}

static int64_t op_send_nmi(struct subcall *c)
{
	if (c->at)
		return -XEN_EINVAL;
	vcpu_send_nmi(c->v);
	return 0;
}

/* Only of one that stays on one CPU; the number of the initial domain's
 * vCPU is that CPU's, then. */
static int64_t op_get_physid(struct subcall *c)
{
	struct vcpu_get_physid *id = c->arg;
	const struct vcpu *v = c->v;

	if (__builtin_popcount(v->affinity & cpus_online()) != 1 ||
	    v->id >= MAX_CPUS || !c->d->privileged ||
	    !(cpus_online() >> v->id & 1))
		return -XEN_EINVAL;
	id->phys_id = arch_cpu_physid(v->id);
	return 0;
}

/* ---- Areas in the guest's memory --------------------------------------------- */

static int64_t op_get_runstate_info(struct subcall *c)
{
	sched_runstate(c->v, c->arg);
	return 0;
}

static int64_t op_register_runstate_memory_area(struct subcall *c)
{
	gva_t to = *(const gva_t *)c->arg;
	struct vcpu_runstate_info r;

	if (!guest_range_ok(to, sizeof(r)))
		return -XEN_EFAULT;
	WRITE_ONCE(c->v->runstate_area, to);
	if (c->v == c->h->v) {
		sched_publish(c->v);
		return 0;
	}
	/* It is filled at the next switch, if it is not mapped here. */
	sched_runstate(c->v, &r);
	if (to)
		(void)copy_to_guest(to, &r, sizeof(r));
	return 0;
}

static int64_t op_register_vcpu_time_memory_area(struct subcall *c)
{
	gva_t to = *(const gva_t *)c->arg;

	if (!guest_range_ok(to, sizeof(struct vcpu_time_info)))
		return -XEN_EFAULT;
	WRITE_ONCE(c->v->time_area, to);
	/* Another's is filled when that one is loaded next. */
	if (c->v == c->h->v)
		arch_update_vcpu_time(c->v);
	return 0;
}

static int64_t op_register_vcpu_info(struct subcall *c)
{
	const struct vcpu_register_vcpu_info *i = c->arg;

	return vcpu_set_info(c->v, MFN(i->mfn), i->offset);
}

/* ---- Timers: to stop one has no argument, which reads as zeros ------------------- */

static int64_t op_periodic(struct subcall *c)
{
	const struct vcpu_set_periodic_timer *t = c->arg;

	if (c->cmd == VCPUOP_set_periodic_timer &&
	    (t->period_ns < MS || t->period_ns > PERIOD_MAX))
		return -XEN_EINVAL;
	vcpu_set_periodic(c->v, t->period_ns);
	return 0;
}

/* A time in the past fires at once, unless the guest wants to hear of it. */
static int64_t op_singleshot(struct subcall *c)
{
	const struct vcpu_set_singleshot_timer *t = c->arg;
	bool stop = c->cmd == VCPUOP_stop_singleshot_timer;

	if (c->v != c->h->v)
		return -XEN_EINVAL;
	if (t->flags & VCPU_SSHOTTMR_future && t->timeout_abs_ns < now_ns())
		return -XEN_ETIME;
	vcpu_set_singleshot(c->v, stop ? 0 : MAX(t->timeout_abs_ns, 1ul));
	return 0;
}

/*
 * A time so far away, or before the beginning, is a guest's wrapped
 * calculation: it may mean now or never. As Xen has it, soon.
 */
int64_t hc_set_timer_op(struct hypercall *h)
{
	uint64_t when = h->arg[0], now = now_ns();

	if ((int64_t)when < 0 || (when > now && when - now >= TIMEOUT_FAR))
		when = now + 100 * MS;
	vcpu_set_singleshot(h->v, when);
	return 0;
}

/* ---- The table --------------------------------------------------------------------- */

int64_t hc_vcpu_op(struct hypercall *h)
{
#define ROW(...) SUBOP_ROW(VCPUOP, __VA_ARGS__)
	static const struct subop ops[] = {
		ROW(initialise),
		ROW(up),
		ROW(down),
		ROW(is_up),
		ROW(get_runstate_info, ARG_OUT(vcpu_runstate_info_t)),
		ROW(register_runstate_memory_area, ARG_IN(gva_t)),
		[VCPUOP_set_periodic_timer] = { op_periodic,
						ARG_IN(vcpu_set_periodic_timer_t) },
		[VCPUOP_stop_periodic_timer] = { .fn = op_periodic },
		[VCPUOP_set_singleshot_timer] = { op_singleshot,
						  ARG_IN(vcpu_set_singleshot_timer_t) },
		[VCPUOP_stop_singleshot_timer] = { .fn = op_singleshot },
		ROW(register_vcpu_info, ARG_IN(vcpu_register_vcpu_info_t)),
		ROW(send_nmi),
		ROW(get_physid, ARG_OUT(vcpu_get_physid_t)),
		ROW(register_vcpu_time_memory_area, ARG_IN(gva_t)),
	};
	struct subcall c = {
		.h = h,
		.v = vcpu_find(h->v->domain, (unsigned int)h->arg[1]),
		.cmd = (unsigned int)h->arg[0],
		.at = h->arg[2],
	};

	return c.v ? subop_run(&c, ops, ARRAY_SIZE(ops)) : -XEN_ENOENT;
}
