/* SPDX-License-Identifier: MIT */
/*
 * A guest that makes hypercalls by its registers, with structures in pages
 * that its own tables map. g is the guest, v its first vCPU, current.
 */
#ifndef DISPATCH_SETUP_H
#define DISPATCH_SETUP_H

#include "core_setup.h"
#include "hypercall.h"
#include "pte.h"
#include "unit.h"

#define RIP	0x1000ul
#define PAGES	24u
#define DATA	HOST_VA(1)	   /* two pages for arguments */
#define TABLE	HOST_VA(PAGES - 1) /* a page table: read-only */
#define NOWHERE HOST_VA(600)

static struct host_guest g;
static struct vcpu *v;
static unsigned int stop_after; /* preemption points until one stops; 0 never */
static unsigned int points;

static inline bool stop_now(void)
{
	return stop_after && ++points % stop_after == 0;
}

static inline void setup(unsigned int vcpus, bool privileged)
{
	setup_machine(1);
	CU_ASSERT_FATAL(host_guest_create(&g, 0, privileged, vcpus, PAGES));
	for (unsigned int i = 0; i < vcpus; i++)
		vcpu_set_periodic(g.d->vcpu[i], 0);
	v = g.d->vcpu[0];
	host_settle();
	CU_ASSERT_PTR_EQUAL_FATAL(current_vcpu(), v);
	host.preempt = stop_now;
	stop_after = points = 0;
}

static inline void finish(void)
{
	CU_ASSERT_EQUAL(host_locks_held(), 0);
	CU_ASSERT_EQUAL(audit_run(), 0);
	setup_machine(1);
}

static inline void put(gva_t to, const void *from, size_t n)
{
	CU_ASSERT_EQUAL_FATAL(copy_to_guest(to, from, n), 0);
}

static inline void get(void *to, gva_t from, size_t n)
{
	CU_ASSERT_EQUAL_FATAL(copy_from_guest(to, from, n), 0);
}

/* Made once; whether it is to be made again. */
static inline bool once(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	struct cpu_user_regs *r = &v->regs;
	struct hypercall h = {
		.v = v,
		.nr = (unsigned int)nr,
		.arg = { a0, a1, a2, r->r10, r->r8 },
	};

	r->rip = RIP;
	r->rax = nr;
	r->rdi = a0;
	r->rsi = a1;
	r->rdx = a2;
	hypercall_run(&h);
	return r->rip != RIP;
}

/* Made until it is done; *repeats counts. */
static inline int64_t call(uint64_t nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	const struct cpu_user_regs *r = &v->regs;

	points = 0;
	if (once(nr, a0, a1, a2))
		do {
			CU_ASSERT_EQUAL(r->rip, RIP - 2);
			CU_ASSERT_EQUAL(r->rax, nr);
		} while (once(r->rax, r->rdi, r->rsi, r->rdx));
	return (int64_t)r->rax;
}
#define CALL(name, a0, a1, a2) call(__HYPERVISOR_##name, a0, a1, a2)

#endif
