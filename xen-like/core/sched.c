/* SPDX-License-Identifier: MIT */
/*
 * The scheduler.
 *
 * queue.lock guards the queue, its current, and of every vCPU that names this
 * CPU: cpu, queued, affinity, runstate. A vCPU's cpu changes only
 * under that lock and while it does not run.
 *
 * why_not is changed atomically, without the lock; whoever clears its last
 * reason places the vCPU. running is set under the lock and cleared, with
 * release, when arch_switch() has saved the vCPU: a vCPU that is woken in
 * between is queued where it is being saved, so nobody loads it too early.
 */
#include "sched.h"
#include "evtchn.h"
#include "panic.h"
#include "print.h"

#define SLICE_NS  30000000ul
#define POLL_SOME (~0u)

struct queue {
	struct lock lock;
	struct vcpu *head, *tail;
	unsigned int length;
	struct vcpu *current, *idle;
	struct vcpu *saving; /* finish() is not yet done with it */
	struct timer slice;  /* armed while somebody waits */
} __attribute__((aligned(64)));

uint32_t softirq_pending[MAX_CPUS];
static struct queue queues[MAX_CPUS];
static cpumask_t idle_cpus; /* atomic; a hint: who runs its idle vCPU */

/* ---- Softirqs ------------------------------------------------------------ */

void softirq_raise(unsigned int cpu, enum softirq nr)
{
	if (!atomic_bit_set(&softirq_pending[cpu], nr) && cpu != cpu_id())
		arch_kick(cpu);
}

static void schedule(void);

void softirq_run(void)
{
	uint32_t *word = &softirq_pending[cpu_id()], todo;

	while ((todo = __atomic_exchange_n(word, 0, __ATOMIC_SEQ_CST))) {
		if (todo & (1u << SOFTIRQ_TIMER))
			timer_run();
		if (todo & (1u << SOFTIRQ_CONSOLE))
			console_softirq();
		if (todo & (1u << SOFTIRQ_SCHED))
			schedule();
	}
}

/* ---- Queues, all under their lock ------------------------------------------ */

static bool runnable(const struct vcpu *v)
{
	return !__atomic_load_n(&v->why_not, __ATOMIC_SEQ_CST);
}

static bool allowed(const struct vcpu *v, unsigned int cpu)
{
	return READ_ONCE(v->affinity) >> cpu & 1;
}

/* The queue of the CPU that v names, locked. */
static struct queue *lock_queue(struct vcpu *v)
{
	for (;;) {
		unsigned int cpu = READ_ONCE(v->cpu);

		lock_take(&queues[cpu].lock);
		/* Acquire: what was done to v under its last CPU's lock. */
		if (load_acquire(&v->cpu) == cpu)
			return &queues[cpu];
		lock_drop(&queues[cpu].lock);
	}
}

static void set_runstate(struct vcpu *v, int state, uint64_t now)
{
	struct vcpu_runstate_info *r = &v->runstate;

	if (now > r->state_entry_time)
		r->time[r->state] += now - r->state_entry_time;
	r->state_entry_time = now;
	r->state = state;
}

/* v does not run: why? */
static int resting_state(const struct vcpu *v)
{
	uint32_t why = READ_ONCE(v->why_not);

	if (!why)
		return RUNSTATE_runnable;
	return why & VCPU_BLOCKED ? RUNSTATE_blocked : RUNSTATE_offline;
}

static void queue_push(struct queue *q, struct vcpu *v, bool first)
{
	v->queued = true;
	v->next = first ? q->head : NULL;
	if (first || !q->head)
		q->head = v;
	else
		q->tail->next = v;
	if (!v->next)
		q->tail = v;
	WRITE_ONCE(q->length, q->length + 1);
}

static void queue_remove(struct queue *q, struct vcpu *v)
{
	struct vcpu **link = &q->head, *last = NULL;

	while (*link != v) {
		last = *link;
		link = &last->next;
	}
	*link = v->next;
	if (q->tail == v)
		q->tail = last;
	v->queued = false;
	WRITE_ONCE(q->length, q->length - 1);
}

/* The first that cpu may run and that nobody still saves; NULL. */
static struct vcpu *queue_take(struct queue *q, unsigned int cpu)
{
	for (struct vcpu *v = q->head; v; v = v->next) {
		if (allowed(v, cpu) && !load_acquire(&v->running)) {
			queue_remove(q, v);
			return v;
		}
	}
	return NULL;
}

/* ---- Where a vCPU goes ------------------------------------------------------ */

static unsigned int choose_cpu(const struct vcpu *v)
{
	cpumask_t may = v->affinity & cpus_online();
	cpumask_t idle = READ_ONCE(idle_cpus) & may;
	unsigned int best;

	if (idle)
		may = idle;
	if (!may || may >> v->cpu & 1)
		return v->cpu;
	best = (unsigned int)__builtin_ctz(may);
	for (; may; may &= may - 1) {
		unsigned int cpu = (unsigned int)__builtin_ctz(may);

		if (READ_ONCE(queues[cpu].length) <
		    READ_ONCE(queues[best].length))
			best = cpu;
	}
	return best;
}

/* Is v runnable and neither queued nor on its CPU? Its queue is locked. */
static bool lost(const struct queue *q, const struct vcpu *v)
{
	return runnable(v) && !v->queued && q->current != v;
}

/* Queue v, if it may run and does not, on the best CPU, and tell that CPU. */
static void place(struct vcpu *v)
{
	struct queue *q = lock_queue(v);
	unsigned int cpu;

	if (lost(q, v) && !load_acquire(&v->running)) {
		cpu = choose_cpu(v);
		if (cpu != v->cpu) {
			store_release(&v->cpu, cpu);
			lock_drop(&q->lock);
			q = lock_queue(v);
		}
	}
	/* Being saved where it may no longer run? Then finish() places it. */
	if (lost(q, v) && (allowed(v, v->cpu) || !load_acquire(&v->running))) {
		set_runstate(v, RUNSTATE_runnable, now_ns());
		/* Not behind others' whole slices; its own is not longer so. */
		queue_push(q, v, v->slice_left);
		atomic_bit_clear(&idle_cpus, v->cpu);
		/* Who runs alone has no slice timer yet. */
		if (q->current == q->idle || q->length == 1)
			softirq_raise(v->cpu, SOFTIRQ_SCHED);
	}
	lock_drop(&q->lock);
}

/*
 * Own queue is empty: take from another. A busy lock is passed over: its CPU
 * calls an idle one when its slice ends.
 */
static struct vcpu *steal(unsigned int cpu)
{
	cpumask_t others = cpus_online() & ~(1u << cpu);
	struct vcpu *v = NULL;

	for (; others && !v; others &= others - 1) {
		struct queue *q = &queues[__builtin_ctz(others)];

		if (!READ_ONCE(q->length) || !lock_try(&q->lock))
			continue;
		v = queue_take(q, cpu);
		if (v)
			store_release(&v->cpu, cpu);
		lock_drop(&q->lock);
	}
	return v;
}

/* ---- Switching ---------------------------------------------------------------- */

static void slice_over(void *arg)
{
	(void)arg;
	softirq_raise(cpu_id(), SOFTIRQ_SCHED);
}

/* Who runs now; q is this CPU's, locked. */
static struct vcpu *choose_next(struct queue *q, struct vcpu *prev,
				unsigned int cpu, uint64_t now)
{
	bool may = prev->domain && runnable(prev) && allowed(prev, cpu);
	struct vcpu *next;

	if (may && (!q->head || now < prev->slice_end))
		return prev;
	next = queue_take(q, cpu);
	if (!next && !may)
		next = steal(cpu);
	if (!next)
		next = may ? prev : q->idle;
	if (next != prev && may)
		queue_push(q, prev, false);
	return next;
}

/* q->current becomes next; q is locked. */
static void start(struct queue *q, struct vcpu *prev, struct vcpu *next,
		  uint64_t now)
{
	set_runstate(prev, resting_state(prev), now);
	prev->slice_left = prev->slice_end - MIN(now, prev->slice_end);
	q->current = next;
	store_release(&q->saving, prev);
	/*
	 * Full barrier: a sender stores the pending bit and loads running, we
	 * store running and load the pending bit on the way out. One of the
	 * two sees the other, or the event would wait for the next exit.
	 */
	__atomic_store_n(&next->running, true, __ATOMIC_SEQ_CST);
	set_runstate(next, RUNSTATE_running, now);
	if (!next->domain) {
		atomic_bit_set(&idle_cpus, next->cpu);
		return;
	}
	atomic_bit_clear(&idle_cpus, next->cpu);
	next->slice_end = now + (next->slice_left ? next->slice_left : SLICE_NS);
}

/* After arch_switch(): prev is saved. */
static void finish(struct vcpu *prev, struct vcpu *next, bool queued)
{
	cpumask_t idle = READ_ONCE(idle_cpus) & cpus_online();

	/* Full barrier: place() clears why_not, then loads running. */
	__atomic_store_n(&prev->running, false, __ATOMIC_SEQ_CST);
	if (!queued && prev->domain && runnable(prev))
		place(prev);
	/* It waits here: an idle CPU may want it. */
	idle &= READ_ONCE(prev->affinity);
	if (queued && idle)
		softirq_raise((unsigned int)__builtin_ctz(idle), SOFTIRQ_SCHED);
	store_release(&queues[cpu_id()].saving, (struct vcpu *)NULL);
	if (next->domain) {
		arch_update_vcpu_time(next);
		vcpu_periodic_resume(next);
		sched_publish(next);
	}
}

static void schedule(void)
{
	unsigned int cpu = cpu_id();
	struct queue *q = &queues[cpu];
	struct vcpu *prev = current_vcpu(), *next;
	uint64_t now;
	bool queued;

	lock_take(&q->lock);
	now = now_ns();
	next = choose_next(q, prev, cpu, now);
	queued = prev->queued;
	if (next != prev)
		start(q, prev, next, now);
	else if (!next->domain) /* called for a vCPU that has gone elsewhere */
		atomic_bit_set(&idle_cpus, cpu);
	if (next->domain && q->head)
		timer_set(&q->slice, next->slice_end);
	lock_drop(&q->lock);
	if (next == prev)
		return;

	if (prev->domain)
		sched_publish(prev);
	arch_switch(prev, next);
	finish(prev, next, queued);
}

void sched_init_cpu(unsigned int cpu, struct vcpu *idle)
{
	static struct vcpu_info no_events = { .evtchn_upcall_mask = 1 };
	struct queue *q = &queues[cpu];

	idle->id = idle->cpu = cpu;
	idle->running = true;
	idle->info = &no_events;
	idle->affinity = 1u << cpu;
	q->idle = q->current = idle;
	timer_init(&q->slice, slice_over, NULL);
	atomic_bit_set(&idle_cpus, cpu);
}

/* ---- Stop and go ---------------------------------------------------------------- */

void sched_stop(struct vcpu *v, uint32_t why)
{
	struct queue *q;

	__atomic_fetch_or(&v->why_not, why, __ATOMIC_SEQ_CST);
	q = lock_queue(v);
	if (q->current == v) {
		softirq_raise(v->cpu, SOFTIRQ_SCHED);
	} else {
		if (v->queued)
			queue_remove(q, v);
		set_runstate(v, resting_state(v), now_ns());
	}
	lock_drop(&q->lock);
}

void sched_start(struct vcpu *v, uint32_t why)
{
	__atomic_fetch_and(&v->why_not, ~why, __ATOMIC_SEQ_CST);
	place(v);
}

void sched_sync(struct vcpu *v)
{
	if (v == current_vcpu())
		return;
	while (load_acquire(&v->running))
		cpu_relax_poll();
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		while (load_acquire(&queues[cpu].saving) == v)
			cpu_relax_poll();
}

int sched_pin(struct vcpu *v, cpumask_t mask)
{
	struct queue *q;

	if (!(mask & cpus_online()))
		return -XEN_EINVAL;
	q = lock_queue(v);
	WRITE_ONCE(v->affinity, mask);
	if (v->queued && !allowed(v, v->cpu))
		queue_remove(q, v);
	else if (q->current == v && !allowed(v, v->cpu))
		softirq_raise(v->cpu, SOFTIRQ_SCHED);
	lock_drop(&q->lock);
	place(v);
	return 0;
}

int sched_pin_override(struct vcpu *v, int cpu)
{
	cpumask_t before = v->affinity_before;
	int rc;

	if (cpu < 0) {
		v->affinity_before = 0;
		return before ? sched_pin(v, before) : -XEN_EINVAL;
	}
	if (before)
		return -XEN_EBUSY;
	if (cpu >= MAX_CPUS)
		return -XEN_EINVAL;
	before = v->affinity;
	rc = sched_pin(v, 1u << cpu);
	if (!rc)
		v->affinity_before = before;
	return rc;
}

/* Take BLOCKED off; false: it was not set. */
static bool unblock(struct vcpu *v)
{
	uint32_t old = __atomic_fetch_and(&v->why_not, ~VCPU_BLOCKED,
					  __ATOMIC_SEQ_CST);

	if (!(old & VCPU_BLOCKED))
		return false;
	if (READ_ONCE(v->poll_port)) {
		WRITE_ONCE(v->poll_port, 0);
		atomic_bit_clear(&v->domain->poll_mask, v->id);
	}
	return true;
}

void sched_wake(struct vcpu *v)
{
	if (unblock(v))
		place(v);
}

void sched_notify(struct vcpu *v)
{
	if (__atomic_load_n(&v->why_not, __ATOMIC_SEQ_CST) & VCPU_BLOCKED)
		sched_wake(v);
	else if (v != current_vcpu() && READ_ONCE(v->running))
		arch_kick(READ_ONCE(v->cpu));
}

/* ---- What a vCPU asks for -------------------------------------------------------- */

static bool must_run(const struct vcpu *v)
{
	return vcpu_upcall_due(v) || READ_ONCE(v->nmi_pending);
}

/*
 * BLOCKED first, then the look at the pending bits: a sender sets the bits
 * first, then looks at BLOCKED. One of the two sees the other.
 */
void sched_block(struct vcpu *v)
{
	__atomic_fetch_or(&v->why_not, VCPU_BLOCKED, __ATOMIC_SEQ_CST);
	WRITE_ONCE(v->info->evtchn_upcall_mask, 0);
	if (must_run(v))
		unblock(v);
	else
		softirq_raise(v->cpu, SOFTIRQ_SCHED);
}

void sched_give_way(struct vcpu *v)
{
	v->slice_end = 0; /* read by this CPU only */
	softirq_raise(v->cpu, SOFTIRQ_SCHED);
}

/* 1: a port is pending; 0; -XEN_EINVAL: no such port. */
static int poll_look(struct vcpu *v, const uint32_t *ports, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (ports[i] >= EVTCHN_2L_PORTS)
			return -XEN_EINVAL;
		if (evtchn_pending(v->domain, ports[i]))
			return 1;
	}
	return 0;
}

int sched_poll(struct vcpu *v, const uint32_t *ports, unsigned int n,
	       uint64_t timeout)
{
	int rc;

	/* What is pending already needs no waiting. */
	if (poll_look(v, ports, n) > 0)
		return 0;
	timer_stop(&v->poll);
	/* As in sched_block(): say that we poll, then look. */
	WRITE_ONCE(v->poll_port, n == 1 && ports[0] ? ports[0] : POLL_SOME);
	atomic_bit_set(&v->domain->poll_mask, v->id);
	__atomic_fetch_or(&v->why_not, VCPU_BLOCKED, __ATOMIC_SEQ_CST);
	rc = must_run(v) ? 1 : poll_look(v, ports, n);
	if (rc) {
		unblock(v);
		return MIN(rc, 0);
	}
	if (timeout)
		timer_set(&v->poll, timeout);
	softirq_raise(v->cpu, SOFTIRQ_SCHED);
	return 0;
}

/* ---- Runstate ------------------------------------------------------------------------ */

void sched_runstate(struct vcpu *v, struct vcpu_runstate_info *out)
{
	struct queue *q = lock_queue(v);
	uint64_t now = now_ns();

	*out = v->runstate;
	lock_drop(&q->lock);
	if (now > out->state_entry_time)
		out->time[out->state] += now - out->state_entry_time;
}

uint64_t sched_idle_time(unsigned int cpu)
{
	struct vcpu_runstate_info r;

	sched_runstate(queues[cpu].idle, &r);
	return r.time[RUNSTATE_running];
}

/*
 * To the guest's area. With the update flag asked for, the guest sees bit 63
 * of the entry time set while the rest changes.
 */
void sched_publish(struct vcpu *v)
{
	struct queue *q = lock_queue(v);
	struct vcpu_runstate_info r = v->runstate;
	gva_t to = READ_ONCE(v->runstate_area);
	gva_t entry = to + offsetof(struct vcpu_runstate_info, state_entry_time);
	uint64_t time = r.state_entry_time;
	bool flag = READ_ONCE(v->domain->vm_assist) >>
			    VMASST_TYPE_runstate_update_flag &
		    1;
	int rc = 0;

	lock_drop(&q->lock);
	if (!to)
		return;
	if (flag) {
		r.state_entry_time |= XEN_RUNSTATE_UPDATE;
		rc = copy_to_guest(entry, &r.state_entry_time, sizeof(time));
		smp_mb();
	}
	if (!rc)
		rc = copy_to_guest(to, &r, sizeof(r));
	if (!rc && flag) {
		smp_mb();
		rc = copy_to_guest(entry, &time, sizeof(time));
	}
	v->runstate_late = rc != 0;
}

/* ---- Audit ----------------------------------------------------------------------------- */

unsigned int sched_audit(void)
{
	unsigned int bad = 0, n;

	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		struct queue *q = &queues[cpu];

		n = 0;
		for (struct vcpu *v = q->head; v; v = v->next, n++) {
			if (v->queued && v->cpu == cpu && v != q->current &&
			    (v->next || v == q->tail))
				continue;
			print(LOG_ERR,
			      "audit: cpu%u queue: d%uv%u is misplaced\n", cpu,
			      v->domain->id, v->id);
			bad++;
		}
		if (n == q->length)
			continue;
		print(LOG_ERR, "audit: cpu%u queue: %u of %u\n", cpu, n,
		      q->length);
		bad++;
	}
	return bad;
}
