/* SPDX-License-Identifier: MIT */
/*
 * Domains: the table of them, references, shutdown, death.
 *
 * table_lock, a leaf, guards the rows: a domain in one is not freed while it is
 * held. A count that has come to 0 does not rise again; whoever holds a
 * reference may use the domain without the lock. The table's own
 * reference is dropped by domain_destroy(); frames that are still in use
 * hold one (domain_frames.c), and the id is taken until the last is gone.
 */
#include "domain.h"
#include "audit.h"
#include "evtchn.h"
#include "gnttab.h"
#include "heap.h"
#include "pagetype.h"
#include "panic.h"
#include "param.h"
#include "print.h"
#include "pte.h"
#include "reservation.h"
#include "sched.h"
#include "watchdog.h"
#include <xen/sched.h>

_Static_assert(sizeof(struct domain) <= PAGE_SIZE, "a domain is one page");

/* The ids stand beside the pointers: a look for one touches no other domain. */
static struct lock table_lock;
static uint32_t row_id[MAX_DOMAINS]; /* id + 1, 0 free */
static struct domain *row[MAX_DOMAINS];
static struct domain *initial;

/* ---- Table and references ---------------------------------------------------- */

/* The row of key: id + 1, or 0 for a free one; -1. */
static int row_of(uint32_t key)
{
	for (int i = 0; i < MAX_DOMAINS; i++)
		if (READ_ONCE(row_id[i]) == key)
			return i;
	return -1;
}

struct domain *domain_held(domid_t id)
{
	int i = row_of(id + 1u);

	return i < 0 ? NULL : load_acquire(&row[i]);
}

/* False: the id is taken, or no row is free. */
static bool publish(struct domain *d)
{
	int i;

	lock_take(&table_lock);
	i = row_of(d->id + 1u) < 0 ? row_of(0) : -1;
	if (i >= 0) {
		store_release(&row[i], d);
		store_release(&row_id[i], d->id + 1u);
	}
	lock_drop(&table_lock);
	return i >= 0;
}

/* A reference, unless the last is gone already. table_lock is held. */
static struct domain *reference(struct domain *d)
{
	uint32_t n = load_acquire(&d->born) ? READ_ONCE(d->refs) : 0;

	while (n)
		if (__atomic_compare_exchange_n(&d->refs, &n, n + 1, false,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return d;
	return NULL;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = NULL;
	int i;

	lock_take(&table_lock);
	i = row_of(id + 1u);
	if (i >= 0)
		d = reference(row[i]);
	lock_drop(&table_lock);
	return d;
}

struct domain *domain_next(struct domain *d)
{
	uint32_t after = d ? d->id + 1u : 0;
	struct domain *next = NULL;
	int best = 0;

	lock_take(&table_lock);
	while (!next && best >= 0) {
		best = -1;
		for (int i = 0; i < MAX_DOMAINS; i++)
			if (row_id[i] > after &&
			    (best < 0 || row_id[i] < row_id[best]))
				best = i;
		if (best >= 0) {
			next = reference(row[best]);
			after = row_id[best];
		}
	}
	lock_drop(&table_lock);
	if (d)
		domain_put(d);
	return next;
}

struct domain *domain_initial(void)
{
	return load_acquire(&initial);
}

void domain_put(struct domain *d)
{
	uint32_t old = __atomic_fetch_sub(&d->refs, 1, __ATOMIC_ACQ_REL);
	int i;

	ASSERT(old);
	if (old > 1)
		return;
	lock_take(&table_lock);
	i = row_of(d->id + 1u);
	ASSERT(i >= 0 && !d->refs);
	WRITE_ONCE(row_id[i], 0);
	WRITE_ONCE(row[i], NULL);
	lock_drop(&table_lock);
	for (unsigned int v = 0; v < MAX_VCPUS; v++)
		if (d->vcpu[v])
			vcpu_destroy(d->vcpu[v]);
	for (unsigned int p = 0; p < ARRAY_SIZE(d->evtchn); p++)
		if (d->evtchn[p])
			heap_free_ptr(d->evtchn[p], 0);
	gnttab_free(d);
	heap_free_ptr(d, 0);
	evtchn_virq_global(domain_initial(), VIRQ_DOM_EXC);
}

domid_t domain_next_id(void)
{
	static domid_t last;
	domid_t id;

	lock_take(&table_lock);
	do
		last = last + 1u < DOMID_FIRST_RESERVED ? last + 1 : 1;
	while (row_of(last + 1u) >= 0);
	id = last;
	lock_drop(&table_lock);
	return id;
}

/* ---- Birth ----------------------------------------------------------------------- */

static void clock_write(struct domain *d, int64_t offset)
{
	struct shared_info *s = d->shared;
	uint64_t sec;
	uint32_t nsec;

	arch_wallclock(&sec, &nsec);
	sec += (uint64_t)offset;
	WRITE_ONCE(s->wc_version, (s->wc_version + 1) | 1);
	smp_mb();
	WRITE_ONCE(s->wc_nsec, nsec);
	WRITE_ONCE(s->wc_sec, (uint32_t)sec);
	WRITE_ONCE(s->wc_sec_hi, (uint32_t)(sec >> 32));
	smp_mb();
	WRITE_ONCE(s->wc_version, s->wc_version + 1);
}

struct domain *domain_create(domid_t id, bool privileged,
			     unsigned int max_vcpus, uint64_t max_frames)
{
	struct domain *d;

	if (id >= DOMID_FIRST_RESERVED || !max_vcpus || max_vcpus > MAX_VCPUS)
		return NULL;
	d = heap_alloc_zeroed(0);
	if (!d)
		return NULL;
	d->id = id;
	d->privileged = privileged;
	d->refs = 1;
	d->max_vcpus = max_vcpus;
	d->max_frames = max_frames;
	d->max_port = EVTCHN_2L_PORTS - 1;
	d->grant.max_frames = GRANT_FRAMES;
	d->grant.max_map_frames = GRANT_MAP_FRAMES;
	/* Published first: its pages find their owner by its id. */
	if (!publish(d)) {
		heap_free_ptr(d, 0);
		return NULL;
	}
	d->shared = domain_share_alloc(d);
	if (!d->shared || gnttab_grow(d, 1)) {
		(void)gnttab_destroy(d);
		if (d->shared)
			domain_share_free(d, d->shared);
		domain_put(d);
		return NULL;
	}
	clock_write(d, 0);
	if (privileged)
		store_release(&initial, d);
	store_release(&d->born, true);
	return d;
}

/* ---- Stop and go ------------------------------------------------------------------- */

void domain_pause(struct domain *d)
{
	lock_take(&d->lock);
	if (!d->pauses++)
		for_each_vcpu (d, v)
			sched_stop(v, VCPU_PAUSED);
	lock_drop(&d->lock);
	for_each_vcpu (d, v)
		sched_sync(v);
}

void domain_unpause(struct domain *d)
{
	lock_take(&d->lock);
	ASSERT(d->pauses);
	if (!--d->pauses)
		for_each_vcpu (d, v)
			sched_start(v, VCPU_PAUSED);
	lock_drop(&d->lock);
}

int domain_ctl_pause(struct domain *d)
{
	int rc = 0;

	/* First: whoever takes it back must find it. */
	domain_pause(d);
	lock_take(&d->lock);
	if (d->ctl_pauses < CTL_PAUSES_MAX)
		d->ctl_pauses++;
	else
		rc = -XEN_EOVERFLOW;
	lock_drop(&d->lock);
	if (rc)
		domain_unpause(d);
	return rc;
}

int domain_ctl_unpause(struct domain *d)
{
	int rc = -XEN_EINVAL;

	lock_take(&d->lock);
	if (d->ctl_pauses) {
		d->ctl_pauses--;
		rc = 0;
	}
	lock_drop(&d->lock);
	if (!rc)
		domain_unpause(d);
	return rc;
}

int domain_set_clock(struct domain *d, int64_t offset)
{
	int rc = -XEN_EINVAL;

	lock_take(&d->lock);
	if (domain_alive(d)) {
		clock_write(d, offset);
		rc = 0;
	}
	lock_drop(&d->lock);
	return rc;
}

/* ---- Shutdown ---------------------------------------------------------------------- */

void domain_audit_machine(void)
{
	static bool busy;
	struct domain *d;
	unsigned int bad;

	/* Two at a time would each wait for the other's vCPU to stop. */
	if (__atomic_exchange_n(&busy, true, __ATOMIC_SEQ_CST))
		return;
	for (d = domain_next(NULL); d; d = domain_next(d))
		domain_pause(d);
	bad = audit_run();
	if (bad)
		print(LOG_ERR, "audit: %u findings\n", bad);
	else
		print(LOG_ERR, "audit: clean\n");
	for (d = domain_next(NULL); d; d = domain_next(d))
		domain_unpause(d);
	store_release(&busy, false);
}

/* The initial domain is done: so is the machine. */
static _Noreturn void machine_shutdown(struct domain *d, unsigned int reason)
{
	static const char *const names[] = {
		[SHUTDOWN_poweroff] = "poweroff",
		[SHUTDOWN_reboot] = "reboot",
		[SHUTDOWN_suspend] = "suspend",
		[SHUTDOWN_crash] = "crash",
		[SHUTDOWN_watchdog] = "watchdog",
		[SHUTDOWN_soft_reset] = "soft reset",
	};
	bool halt = reason == SHUTDOWN_poweroff || params.noreboot;

	print(LOG_ERR, "Domain %u shut down: %s\n", d->id,
	      reason < ARRAY_SIZE(names) ? names[reason] : "unknown reason");
	domain_audit_machine();
	arch_print_stretch();
	if (reason != SHUTDOWN_poweroff && halt)
		print(LOG_ERR, "noreboot: not rebooting\n");
	print(LOG_ERR, halt ? "halting machine\n" : "rebooting machine\n");
	if (halt)
		arch_halt();
	arch_reboot();
}

void domain_shutdown(struct domain *d, unsigned int reason)
{
	bool done;

	lock_take(&d->lock);
	done = d->shutdown;
	d->shutdown = true;
	if (!done && !d->code_given)
		d->shutdown_code = (uint8_t)reason;
	reason = d->shutdown_code;
	/* Under the lock: domain_resume() comes before, or undoes it all. */
	if (!done)
		for_each_vcpu (d, v)
			sched_stop(v, VCPU_STOPPED);
	lock_drop(&d->lock);
	if (done)
		return;
	if (d->privileged)
		machine_shutdown(d, reason);
	evtchn_virq_global(domain_initial(), VIRQ_DOM_EXC);
}

void domain_shutdown_code(struct domain *d, unsigned int reason)
{
	lock_take(&d->lock);
	d->shutdown_code = (uint8_t)reason;
	d->code_given = true;
	lock_drop(&d->lock);
}

void domain_resume(struct domain *d)
{
	domain_pause(d);
	lock_take(&d->lock);
	d->shutdown = d->code_given = false;
	if (domain_alive(d))
		for_each_vcpu (d, v)
			sched_start(v, VCPU_STOPPED);
	lock_drop(&d->lock);
	domain_unpause(d);
}

void domain_crash(struct vcpu *v, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* One report is enough, and a guest with 32 vCPUs gets no more. */
	if (!READ_ONCE(v->domain->shutdown)) {
		print(LOG_ERR, "domain_crash: d%uv%u: %s\n", v->domain->id,
		      v->id, text);
		arch_vcpu_dump(v);
	}
	domain_shutdown(v->domain, SHUTDOWN_crash);
}

/* ---- Death ----------------------------------------------------------------------------- */

/* What v holds of its domain's frames. Restartable. */
static int vcpu_relinquish(struct vcpu *v)
{
	static struct vcpu_info nowhere = { .evtchn_upcall_mask = 1 };
	mfn_t m = v->info_frame;
	int rc;

	timer_stop(&v->periodic);
	timer_stop(&v->singleshot);
	timer_stop(&v->poll);
	v->info = &nowhere;
	rc = pte_finish(v);
	if (rc)
		return rc;
	if (!mfn_eq(m, MFN_NONE)) {
		rc = type_put(m);
		if (rc)
			return rc;
		v->info_frame = MFN_NONE;
	}
	return vcpu_drop_context(v);
}

/* All of it but the last step, by one caller at a time. */
static int relinquish(struct domain *d)
{
	int rc;

	watchdog_stop(d);
	reserve_claim(d, 0);
	rc = evtchn_reset(d);
	for_each_vcpu (d, v)
		rc = rc ? rc : vcpu_relinquish(v);
	rc = rc ? rc : gnttab_destroy(d);
	return rc ? rc : type_relinquish(d);
}

int domain_destroy(struct domain *d)
{
	int rc;

	lock_take(&d->lock);
	if (domain_alive(d)) {
		/* Under the locks that grants, ports and frames are taken
		 * with, too: none is added behind the sweep. */
		lock_take(&d->grant.lock);
		lock_take(&d->evtchn_lock);
		lock_take(&d->frames_lock);
		WRITE_ONCE(d->life, DOMAIN_DYING);
		lock_drop(&d->frames_lock);
		lock_drop(&d->evtchn_lock);
		lock_drop(&d->grant.lock);
	}
	lock_drop(&d->lock);
	if (READ_ONCE(d->life) == DOMAIN_DEAD)
		return 0;
	for_each_vcpu (d, v)
		sched_stop(v, VCPU_STOPPED);
	/* One of its own, on its way out of here: not under its feet. */
	if (current_vcpu()->domain == d)
		return -XEN_ERESTART;
	for_each_vcpu (d, v)
		sched_sync(v);
	if (__atomic_exchange_n(&d->killing, true, __ATOMIC_SEQ_CST))
		return -XEN_ERESTART;
	rc = READ_ONCE(d->life) == DOMAIN_DEAD ? 0 : relinquish(d);
	if (rc || READ_ONCE(d->life) == DOMAIN_DEAD) {
		store_release(&d->killing, false);
		return rc;
	}
	lock_take(&d->lock);
	WRITE_ONCE(d->life, DOMAIN_DEAD);
	lock_drop(&d->lock);
	store_release(&d->killing, false);
	domain_share_free(d, d->shared);
	d->shared = NULL;
	if (d == domain_initial())
		store_release(&initial, (struct domain *)NULL);
	evtchn_virq_global(domain_initial(), VIRQ_DOM_EXC);
	domain_put(d);
	return 0;
}
