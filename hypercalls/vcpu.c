/* SPDX-License-Identifier: MIT */
/* vcpu_op and set_timer_op. */
#include "vcpu.h"
#include "heap.h"
#include "hypercall.h"
#include "sched.h"

#define MS	      1000000ul
#define PERIOD_MAX    (~0ul >> 2)
#define TIMEOUT_FAR   (1ul << 50) /* ns; about 13 days */
#define CONTEXT_ORDER 1

_Static_assert(sizeof(struct vcpu_guest_context) <= PAGE_SIZE << CONTEXT_ORDER,
	       "a context fits its buffer");

/* ---- Life -------------------------------------------------------------------- */

/*
 * One caller at a time: another one tries again. Between two tries of one
 * call the progress is kept in v itself.
 */
static int64_t set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int64_t rc = -XEN_EEXIST;

	if (__atomic_exchange_n(&v->taking_context, true, __ATOMIC_ACQUIRE))
		return -XEN_ERESTART;
	if (!v->initialised) {
		rc = arch_vcpu_set_context(v, c);
		if (!rc)
			store_release(&v->initialised, true);
	}
	store_release(&v->taking_context, false);
	return rc;
}

static int64_t op_initialise(struct hypercall *h, struct vcpu *v)
{
	struct vcpu_guest_context *c = heap_alloc_zeroed(CONTEXT_ORDER);
	int64_t rc = -XEN_EFAULT;

	if (!c)
		return -XEN_ENOMEM;
	if (!copy_from_guest(c, h->arg[2], sizeof(*c)))
		rc = set_context(v, c);
	heap_free_ptr(c, CONTEXT_ORDER);
	return rc;
}

static int64_t op_up(struct hypercall *h, struct vcpu *v)
{
	(void)h;
	return vcpu_up(v);
}

static int64_t op_down(struct hypercall *h, struct vcpu *v)
{
	(void)h;
	vcpu_down(v);
	return 0;
}

static int64_t op_is_up(struct hypercall *h, struct vcpu *v)
{
	(void)h;
	return vcpu_is_up(v);
}

static int64_t op_send_nmi(struct hypercall *h, struct vcpu *v)
{
	if (h->arg[2])
		return -XEN_EINVAL;
	if (!__atomic_exchange_n(&v->nmi_pending, true, __ATOMIC_SEQ_CST))
		sched_notify(v);
	return 0;
}

/* Only of one that stays on one CPU; the number of the initial domain's
 * vCPU is that CPU's, then. */
static int64_t op_get_physid(struct hypercall *h, struct vcpu *v)
{
	struct vcpu_get_physid id;

	if (!v->domain->privileged ||
	    __builtin_popcount(v->affinity & cpus_online()) != 1 ||
	    v->id >= MAX_CPUS || !(cpus_online() >> v->id & 1))
		return -XEN_EINVAL;
	id.phys_id = arch_cpu_physid(v->id);
	return copy_to_guest(h->arg[2], &id, sizeof(id));
}

/* ---- Areas in the guest's memory --------------------------------------------- */

static int64_t op_get_runstate_info(struct hypercall *h, struct vcpu *v)
{
	struct vcpu_runstate_info r;

	sched_runstate(v, &r);
	return copy_to_guest(h->arg[2], &r, sizeof(r));
}

static int64_t op_register_runstate_memory_area(struct hypercall *h,
						struct vcpu *v)
{
	struct vcpu_register_runstate_memory_area area;
	struct vcpu_runstate_info r;
	gva_t to;

	if (copy_from_guest(&area, h->arg[2], sizeof(area)))
		return -XEN_EFAULT;
	to = area.addr.p;
	if (!guest_range_ok(to, sizeof(r)))
		return -XEN_EFAULT;
	WRITE_ONCE(v->runstate_area, to);
	if (v == h->v) {
		sched_publish(v);
		return 0;
	}
	/* It is filled at the next switch, if it is not mapped here. */
	sched_runstate(v, &r);
	if (to)
		(void)copy_to_guest(to, &r, sizeof(r));
	return 0;
}

static int64_t op_register_vcpu_time_memory_area(struct hypercall *h,
						 struct vcpu *v)
{
	struct vcpu_register_time_memory_area area;

	if (copy_from_guest(&area, h->arg[2], sizeof(area)))
		return -XEN_EFAULT;
	if (!guest_range_ok(area.addr.p, sizeof(struct vcpu_time_info)))
		return -XEN_EFAULT;
	WRITE_ONCE(v->time_area, area.addr.p);
	/* Another's is filled when that one is loaded next. */
	if (v == h->v)
		arch_update_vcpu_time(v);
	return 0;
}

static int64_t op_register_vcpu_info(struct hypercall *h, struct vcpu *v)
{
	struct vcpu_register_vcpu_info i;

	if (copy_from_guest(&i, h->arg[2], sizeof(i)))
		return -XEN_EFAULT;
	return vcpu_set_info(v, MFN(i.mfn), i.offset);
}

/* ---- Timers ---------------------------------------------------------------------- */

static int64_t op_set_periodic_timer(struct hypercall *h, struct vcpu *v)
{
	struct vcpu_set_periodic_timer t;

	if (copy_from_guest(&t, h->arg[2], sizeof(t)))
		return -XEN_EFAULT;
	if (t.period_ns < MS || t.period_ns > PERIOD_MAX)
		return -XEN_EINVAL;
	vcpu_set_periodic(v, t.period_ns);
	return 0;
}

static int64_t op_stop_periodic_timer(struct hypercall *h, struct vcpu *v)
{
	(void)h;
	vcpu_set_periodic(v, 0);
	return 0;
}

/* A time in the past fires at once, unless the guest wants to hear of it. */
static int64_t op_set_singleshot_timer(struct hypercall *h, struct vcpu *v)
{
	struct vcpu_set_singleshot_timer t;

	if (v != h->v)
		return -XEN_EINVAL;
	if (copy_from_guest(&t, h->arg[2], sizeof(t)))
		return -XEN_EFAULT;
	if (t.flags & VCPU_SSHOTTMR_future && t.timeout_abs_ns < now_ns())
		return -XEN_ETIME;
	vcpu_set_singleshot(v, MAX(t.timeout_abs_ns, 1ul));
	return 0;
}

static int64_t op_stop_singleshot_timer(struct hypercall *h, struct vcpu *v)
{
	if (v != h->v)
		return -XEN_EINVAL;
	vcpu_set_singleshot(v, 0);
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

static int64_t (*const rows[])(struct hypercall *h, struct vcpu *v) = {
#define ROW(NAME) [VCPUOP_##NAME] = op_##NAME
	ROW(initialise),
	ROW(up),
	ROW(down),
	ROW(is_up),
	ROW(get_runstate_info),
	ROW(register_runstate_memory_area),
	ROW(set_periodic_timer),
	ROW(stop_periodic_timer),
	ROW(set_singleshot_timer),
	ROW(stop_singleshot_timer),
	ROW(register_vcpu_info),
	ROW(send_nmi),
	ROW(get_physid),
	ROW(register_vcpu_time_memory_area),
#undef ROW
};

int64_t hc_vcpu_op(struct hypercall *h)
{
	unsigned int cmd = (unsigned int)h->arg[0];
	struct vcpu *v = vcpu_find(h->v->domain, (unsigned int)h->arg[1]);

	if (!v)
		return -XEN_ENOENT;
	if (cmd >= ARRAY_SIZE(rows) || !rows[cmd])
		return -XEN_ENOSYS;
	return rows[cmd](h, v);
}
