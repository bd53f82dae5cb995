/* SPDX-License-Identifier: MIT */
/*
 * Virtual CPUs: birth and death, up and down, where their vcpu_info lies, and
 * the timers that a guest sets.
 */
#include "vcpu.h"
#include "evtchn.h"
#include "heap.h"
#include "pagetype.h"
#include "sched.h"
#include <xen/sched.h>

#define PERIOD_NS 10000000ul /* a new vCPU ticks at 100 Hz, as on Xen */

/* A vCPU's memory: 2^VCPU_ORDER pages. */
#define VCPU_ORDER 1
_Static_assert(sizeof(struct vcpu) <= PAGE_SIZE << VCPU_ORDER, "it fits");

/* ---- Timers ---------------------------------------------------------------- */

/*
 * The tick counts only while v runs: missed ones are one, sent when v is
 * loaded (sched.c calls vcpu_periodic_resume()).
 */
static void periodic_fire(void *arg)
{
	struct vcpu *v = arg;

	if (READ_ONCE(v->running))
		vcpu_periodic_resume(v);
}

void vcpu_periodic_resume(struct vcpu *v)
{
	uint64_t period = READ_ONCE(v->period_ns), now, next;

	if (!period)
		return;
	now = now_ns();
	next = READ_ONCE(v->period_next);
	if (now >= next) {
		evtchn_virq(v, VIRQ_TIMER);
		next = now + period;
		WRITE_ONCE(v->period_next, next);
	}
	timer_set(&v->periodic, next);
}

static void singleshot_fire(void *arg)
{
	evtchn_virq(arg, VIRQ_TIMER);
}

static void poll_fire(void *arg)
{
	struct vcpu *v = arg;

	if (READ_ONCE(v->poll_port))
		sched_wake(v);
}

void vcpu_set_periodic(struct vcpu *v, uint64_t period)
{
	WRITE_ONCE(v->period_ns, 0);
	timer_stop(&v->periodic);
	if (!period)
		return;
	WRITE_ONCE(v->period_next, now_ns() + period);
	WRITE_ONCE(v->period_ns, period);
	timer_set(&v->periodic, v->period_next);
}

void vcpu_set_singleshot(struct vcpu *v, uint64_t when)
{
	if (when)
		timer_set(&v->singleshot, when);
	else
		timer_stop(&v->singleshot);
}

/* ---- Birth and death -------------------------------------------------------- */

static void vcpu_init(struct vcpu *v, struct domain *d, unsigned int id)
{
	cpumask_t cpus = cpus_online();

	/* One CPU each, going round. */
	for (int n = (int)id % __builtin_popcount(cpus); n; n--)
		cpus &= cpus - 1;
	v->domain = d;
	v->id = id;
	v->cpu = (unsigned int)__builtin_ctz(cpus);
	v->why_not = VCPU_DOWN | (d->pauses ? VCPU_PAUSED : 0) |
		     (d->shutdown ? VCPU_STOPPED : 0);
	v->affinity = v->affinity_soft = ~0u;
	v->runstate.state = RUNSTATE_offline;
	v->runstate.state_entry_time = now_ns();
	v->info = &d->shared->vcpu_info[id];
	v->info->evtchn_upcall_mask = 1;
	v->info_frame = MFN_NONE;
	v->period_ns = PERIOD_NS;
	timer_init(&v->periodic, periodic_fire, v);
	timer_init(&v->singleshot, singleshot_fire, v);
	timer_init(&v->poll, poll_fire, v);
}

int vcpu_create(struct domain *d, unsigned int id)
{
	struct vcpu *v;
	int rc;

	if (id >= d->max_vcpus)
		return -XEN_EINVAL;
	/* Held: d neither dies nor gets this vCPU otherwise. */
	lock_take(&d->lock);
	if (!domain_alive(d)) {
		rc = -XEN_EINVAL;
	} else if (d->vcpu[id]) {
		rc = -XEN_EEXIST;
	} else if (!(v = heap_alloc_zeroed(VCPU_ORDER))) {
		rc = -XEN_ENOMEM;
	} else {
		vcpu_init(v, d, id);
		rc = arch_vcpu_create(v);
		if (rc)
			heap_free_ptr(v, VCPU_ORDER);
		else
			store_release(&d->vcpu[id], v);
	}
	lock_drop(&d->lock);
	return rc;
}

void vcpu_destroy(struct vcpu *v)
{
	store_release(&v->domain->vcpu[v->id], (struct vcpu *)NULL);
	arch_vcpu_destroy(v);
	heap_free_ptr(v, VCPU_ORDER);
}

struct vcpu *vcpu_find(struct domain *d, unsigned int id)
{
	return id < d->max_vcpus ? load_acquire(&d->vcpu[id]) : NULL;
}

struct vcpu *vcpu_next(struct domain *d, const struct vcpu *v)
{
	unsigned int id = v ? v->id + 1 : 0;

	while (id < d->max_vcpus && !vcpu_find(d, id))
		id++;
	return vcpu_find(d, id);
}

/* ---- Contexts ------------------------------------------------------------------- */

/*
 * One caller at a time: another one tries again. Between two tries of one
 * call the progress is kept in v itself.
 */
static bool context_take(struct vcpu *v)
{
	return !__atomic_exchange_n(&v->taking_context, true, __ATOMIC_SEQ_CST);
}

int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c,
		     bool again)
{
	int rc;

	if (!context_take(v))
		return -XEN_ERESTART;
	/* A dying domain's: has let go already, or will after us. */
	if (!domain_alive(v->domain))
		rc = -XEN_EINVAL;
	else if (v->initialised && !again)
		rc = -XEN_EEXIST;
	else
		rc = arch_vcpu_set_context(v, c);
	if (!rc)
		store_release(&v->initialised, true);
	store_release(&v->taking_context, false);
	return rc;
}

int vcpu_drop_context(struct vcpu *v)
{
	int rc;

	if (!context_take(v))
		return -XEN_ERESTART;
	WRITE_ONCE(v->initialised, false);
	rc = arch_vcpu_drop_context(v);
	store_release(&v->taking_context, false);
	return rc;
}

/* ---- Up and down --------------------------------------------------------------- */

bool vcpu_is_up(const struct vcpu *v)
{
	return !(READ_ONCE(v->why_not) & VCPU_DOWN);
}

int vcpu_up(struct vcpu *v)
{
	if (!READ_ONCE(v->initialised))
		return -XEN_EINVAL;
	if (!vcpu_is_up(v))
		sched_start(v, VCPU_DOWN);
	return 0;
}

void vcpu_down(struct vcpu *v)
{
	struct domain *d = v->domain;
	bool last = true;

	for_each_vcpu (d, other)
		last &= other == v || !vcpu_is_up(other);
	if (last)
		domain_shutdown(d, SHUTDOWN_poweroff);
	else if (vcpu_is_up(v))
		sched_stop(v, VCPU_DOWN);
}

void vcpu_send_nmi(struct vcpu *v)
{
	if (!__atomic_exchange_n(&v->nmi_pending, true, __ATOMIC_SEQ_CST))
		sched_notify(v);
}

/* ---- vcpu_info ------------------------------------------------------------------- */

int vcpu_set_info(struct vcpu *v, mfn_t m, unsigned int offset)
{
	struct domain *d = v->domain;
	struct vcpu_info *to;

	if (offset > PAGE_SIZE - sizeof(struct vcpu_info) ||
	    offset % _Alignof(struct vcpu_info))
		return -XEN_ENXIO;
	if (v != current_vcpu() && vcpu_is_up(v))
		return -XEN_EINVAL;
	if (type_get(d, m, FT_WRITABLE))
		return -XEN_EINVAL;
	/* Once: d->lock decides between two who try. */
	lock_take(&d->lock);
	if (!mfn_eq(v->info_frame, MFN_NONE)) {
		lock_drop(&d->lock);
		type_put(m);
		return -XEN_EINVAL;
	}
	v->info_frame = m;
	lock_drop(&d->lock);
	/*
	 * Senders on other CPUs may still set bits in the old place while we
	 * copy. So all is marked pending in the new one after they can see
	 * it: a spurious event costs the guest a look, a lost one would stop
	 * it.
	 */
	to = (struct vcpu_info *)((char *)frame_ptr(m) + offset);
	*to = *v->info;
	__atomic_store_n(&v->info, to, __ATOMIC_SEQ_CST);
	WRITE_ONCE(to->evtchn_upcall_pending, 1);
	__atomic_store_n(&to->evtchn_pending_sel, ~0ul, __ATOMIC_SEQ_CST);
	arch_update_vcpu_time(v);
	sched_notify(v);
	return 0;
}
