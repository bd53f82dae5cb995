// SPDX-License-Identifier: MIT
/*
 * Threads as CPUs: four vCPUs of one domain change page types and entries of
 * the same few pages at once, interrupted at random. What the guest itself
 * writes it writes under a writable reference, which is what keeps its pages
 * from being tables meanwhile. Afterwards everything is recounted.
 */
#include <pthread.h>
#include <stdio.h>

#include "audit.h"
#include "heap.h"
#include "host.h"
#include "pagetype.h"
#include "panic.h"
#include "pte.h"
#include "sched.h"

#define CPUS	   4u
#define PAGES	   24u
#define OPERATIONS 200000u

static struct host_guest g;
static pthread_barrier_t start;
static __thread uint64_t noise;
static unsigned int pinned[FT_L4 + 1]; /* successes, by type */

static unsigned int any(unsigned int n)
{
	noise = noise * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned int)(noise >> 33) % n;
}

static bool preempt(void)
{
	return any(4) == 0;
}

static mfn_t any_page(void)
{
	return MFN(READ_ONCE(g.mfn[any(PAGES)].n));
}

static uint64_t any_pte(void)
{
	static const uint64_t flags[] = { 0, PTE_P, PTE_P | PTE_RW,
					  PTE_P | PTE_US | PTE_RW };

	return any_page().n << PAGE_SHIFT | flags[any(4)];
}

/* ---- Operations ----------------------------------------------------------- */

static void update(struct vcpu *v)
{
	uint64_t expect = any_pte();

	(void)pte_update(v, g.d, g.d, any_page(), any(PAGES), any_pte(), any(2),
			 any(4) ? NULL : &expect);
}

/* A guest that writes tables to be. */
static void write_page(struct vcpu *v)
{
	mfn_t m = any_page();
	uint64_t *page = frame_ptr(m);

	(void)v;
	if (type_get(g.d, m, FT_WRITABLE))
		return;
	for (unsigned int i = 0; i < 8; i++)
		WRITE_ONCE(page[any(PAGES)], any_pte());
	type_put(m);
}

/* What lies in a page is let go of, so that others may use what it names. */
static void clear_page(struct vcpu *v)
{
	mfn_t m = any_page();
	uint64_t *page = frame_ptr(m);

	(void)v;
	if (type_get(g.d, m, FT_WRITABLE))
		return;
	for (unsigned int i = 0; i < PTES; i++)
		WRITE_ONCE(page[i], 0);
	type_put(m);
}

static void pin(struct vcpu *v)
{
	mfn_t m = any_page();
	enum frame_type type = FT_L1 + any(4);
	int rc;

	(void)v;
	do
		rc = type_pin(g.d, m, type);
	while (rc == -XEN_ERESTART && any(16));
	if (!rc)
		__atomic_fetch_add(&pinned[type], 1, __ATOMIC_RELAXED);
}

static void unpin(struct vcpu *v)
{
	mfn_t m = any_page();

	/* Not the one that all live on. */
	if (!mfn_eq(m, g.root) && type_unpin(g.d, m) == -XEN_ERESTART)
		pte_defer(v, m);
}

static void set_root(struct vcpu *v)
{
	(void)pte_set_root(v, any(2) ? any_page() : g.root, any(2));
}

static void segments(struct vcpu *v)
{
	mfn_t m = any_page();

	(void)v;
	if (!type_get(g.d, m, FT_SEGDESC))
		type_put(m);
}

static void find(struct vcpu *v)
{
	unsigned int index;
	mfn_t table;

	if (pte_find_l1(v, HOST_VA(any(PAGES)), &table, &index))
		frame_put(table);
}

static void *cpu(void *arg)
{
	static void (*const does[])(struct vcpu *) = {
		update, update, update, write_page, write_page, clear_page,
		pin,	unpin,	unpin,	set_root,   segments,	find,
	};
	unsigned int n = (unsigned int)(uintptr_t)arg;
	struct vcpu *v = g.d->vcpu[n];

	host_cpu(n);
	noise = n + 1;
	host_run(v);
	pthread_barrier_wait(&start);
	for (unsigned int i = 0; i < OPERATIONS; i++)
		if (!pte_finish(v))
			does[any(ARRAY_SIZE(does))](v);
	while (pte_finish(v))
		;
	host_run(&host.cpu[n].idle);
	return NULL;
}

int main(void)
{
	pthread_t thread[CPUS];

	host_init(4ul << 20, CPUS);
	if (!host_guest_create(&g, 0, true, CPUS, PAGES))
		panic("no memory");
	for (unsigned int i = 0; i < CPUS; i++)
		sched_stop(g.d->vcpu[i], VCPU_PAUSED);
	host_settle();
	pthread_barrier_init(&start, NULL, CPUS);
	host.preempt = preempt;
	host.threaded = true;
	for (uintptr_t i = 0; i < CPUS; i++)
		pthread_create(&thread[i], NULL, cpu, (void *)i);
	for (unsigned int i = 0; i < CPUS; i++)
		pthread_join(thread[i], NULL);
	host.threaded = false;
	host_cpu(0);
	if (audit_frames() || heap_audit() || host_tlb_audit()) {
		printf("FAIL pagetype_threads (the audit)\n%s\n", host.console);
		return 1;
	}
	printf("NOTE preemption points: %lu, taken %lu\n", host.preempt_asked,
	       host.preempt_told);
	for (enum frame_type t = FT_L1; t <= FT_L4; t++) {
		printf("NOTE L%u pinned %u times\n", t, pinned[t]);
		if (!pinned[t])
			return 1;
	}
	host_destroy_all();
	printf("PASS pagetype_threads\n");
	return 0;
}
