// SPDX-License-Identifier: MIT
/*
 * Threads as CPUs: two domains of two vCPUs grant pages to each other and map,
 * copy, unmap them at once, by guessed handles too, while the entries change
 * and mappings are overwritten. Then one dies while the other goes on. All is
 * recounted.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "gnttab.h"
#include "grantmap.h"
#include "heap.h"
#include "host.h"
#include "hypercall.h"
#include "pagetype.h"
#include "panic.h"
#include "pte.h"
#include "sched.h"
#include <xen/grant_table.h>

#define CPUS	   4u
#define PAGES	   24u
#define REFS	   6u
#define OPERATIONS 300000u
#define HANDLES	   64u

static struct host_guest guest[2];
static pthread_barrier_t start;
static __thread uint64_t noise;
static unsigned int mapped, unmapped, copied; /* successes: atomic */

static unsigned int any(unsigned int n)
{
	noise = noise * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned int)(noise >> 33) % n;
}

static bool preempt(void)
{
	return any(4) == 0;
}

static struct domain *any_domain(void)
{
	return guest[any(2)].d;
}

/* A free page: the same eight for the two vCPUs of a domain. */
static gva_t any_va(void)
{
	return HOST_VA(PAGES + any(8));
}

/* What is mapped over can't be unmapped any more: not too often. */
static bool is_mapped(struct vcpu *v, gva_t va)
{
	unsigned int index;
	mfn_t table;

	return pte_walk_l1(v, va, &table, &index) &&
	       READ_ONCE(((uint64_t *)frame_ptr(table))[index]);
}

/* ---- Operations ----------------------------------------------------------------- */

static void regrant(struct vcpu *v)
{
	struct host_guest *g = &guest[v->domain->id];
	uint64_t *e = (uint64_t *)v->domain->grant.shared[0] + any(REFS);
	static const uint16_t flags[] = { 0, GTF_permit_access,
					  GTF_permit_access,
					  GTF_permit_access | GTF_readonly };
	uint64_t old = READ_ONCE(*e), new;

	/* A page that is no table and, mostly, one's own. */
	new = (uint64_t)g->mfn[any(PAGES - 6)].n << 32 | any(2) << 16 |
	      flags[any(4)];
	if (old & (GTF_reading | GTF_writing) && any(8))
		return;
	__atomic_compare_exchange_n(e, &old, new, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_RELAXED);
}

static void map(struct vcpu *v)
{
	uint32_t flags = GNTMAP_host_map, handle;
	struct grant_l1 l1 = { .table = MFN(0) };
	gva_t va = any_va();
	mfn_t m;

	if (is_mapped(v, va) && any(500))
		return;
	if (any(3) == 0)
		flags |= GNTMAP_readonly;
	if (any(8) == 0)
		flags |= GNTMAP_device_map;
	if (!gnttab_map(v, any_domain(), any(REFS), flags, va, &l1, &handle, &m))
		__atomic_fetch_add(&mapped, 1, __ATOMIC_RELAXED);
	grant_l1_put(v, &l1);
}

static void unmap(struct vcpu *v)
{
	uint32_t handle = any(HANDLES);
	struct grant_l1 l1 = { .table = MFN(0) };
	uint16_t done = 0;

	for (unsigned int i = 0; i < 8 && !done; i++)
		(void)gnttab_unmap(v, handle, HOST_VA(PAGES + i), 0,
				   any(64) ? 0 : any_va(), &l1, &done);
	grant_l1_put(v, &l1);
	if (!done)
		return;
	arch_flush(READ_ONCE(v->domain->dirty), FLUSH_TLB | FLUSH_GLOBAL, 0);
	gnttab_unmap_finish(v->domain, handle, done);
	__atomic_fetch_add(&unmapped, 1, __ATOMIC_RELAXED);
}

/* Without the bytes: they are a guest's, who may write them at any time. */
static void copy(struct vcpu *v)
{
	struct domain *from = any_domain(), *to = any_domain();
	uint32_t a = any(REFS), b = any(REFS);
	mfn_t m, n;

	if (gnttab_hold(from, a, true, v->domain->id, false, &m))
		return;
	if (!gnttab_hold(to, b, true, v->domain->id, true, &n)) {
		__atomic_fetch_add(&copied, 1, __ATOMIC_RELAXED);
		gnttab_release(to, b, true, true, n);
	}
	gnttab_release(from, a, true, false, m);
}

static void swap(struct vcpu *v)
{
	(void)gnttab_swap(v->domain, any(REFS), any(REFS));
}

/* The entry goes, and perhaps a mapping with it. */
static void overwrite(struct vcpu *v)
{
	struct host_guest *g = &guest[v->domain->id];
	unsigned int index;
	mfn_t table;

	if (any(500) || !pte_find_l1(v, any_va(), &table, &index))
		return;
	(void)pte_update(v, g->d, g->d, table, index, 0, false, NULL);
	frame_put(table);
}

static void *cpu(void *arg)
{
	static void (*const does[])(struct vcpu *) = {
		regrant, regrant, map,	unmap, unmap, unmap,
		unmap,	 copy,	  swap, map,   unmap, overwrite,
	};
	unsigned int n = (unsigned int)(uintptr_t)arg;
	struct vcpu *v = guest[n / 2].d->vcpu[n % 2];

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

/* Domain 1 has stopped, and dies; the CPUs of domain 0 do not care. */
static void *kill(void *arg)
{
	(void)arg;
	host_cpu(2);
	noise = 99;
	pthread_barrier_wait(&start);
	while (domain_destroy(guest[1].d) == -XEN_ERESTART)
		;
	return NULL;
}

static void run(const char *name, unsigned int first, void *(*third)(void *))
{
	pthread_t thread[CPUS];

	pthread_barrier_init(&start, NULL, first + (third ? 1 : 0));
	host.threaded = true;
	for (uintptr_t i = 0; i < first; i++)
		pthread_create(&thread[i], NULL, cpu, (void *)i);
	if (third)
		pthread_create(&thread[first], NULL, third, NULL);
	for (unsigned int i = 0; i < first + (third ? 1 : 0); i++)
		pthread_join(thread[i], NULL);
	host.threaded = false;
	host_cpu(0);
	if (audit_run() || heap_audit() || host_tlb_audit()) {
		printf("FAIL %s (the audit)\n%s\n", name, host.console);
		exit(1);
	}
	printf("PASS %s\n", name);
}

int main(void)
{
	host_init(8ul << 20, CPUS);
	for (unsigned int i = 0; i < 2; i++)
		if (!host_guest_create(&guest[i], (domid_t)i, !i, 2, PAGES))
			panic("no memory");
	for (unsigned int i = 0; i < CPUS; i++)
		sched_stop(guest[i / 2].d->vcpu[i % 2], VCPU_PAUSED);
	host_settle();
	host.preempt = preempt;
	run("gnttab_threads", CPUS, NULL);
	printf("NOTE mapped %u, unmapped %u, copied %u\n", mapped, unmapped,
	       copied);
	if (!mapped || !unmapped || !copied)
		return 1;
	/* Its reference keeps what the others name. */
	(void)domain_get(1);
	run("gnttab_death_threads", 2, kill);
	domain_put(guest[1].d);
	host_destroy_all();
	return 0;
}
