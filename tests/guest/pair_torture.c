// SPDX-License-Identifier: MIT
/*
 * A tool stack gone mad: the initial domain builds domains part of the way or
 * whole, in which a storm of random hypercalls rages, and meanwhile pauses,
 * maps, pins, grants, binds, fills, empties and destroys them at random, also
 * domains that are not there. At the end all are destroyed and every frame is
 * back; the hypervisor's audit, which tests/system/torture.py looks at for
 * many seeds, must be clean.
 *
 * Without arguments it makes few rounds, and the domains' storms are mild.
 *
 * RUN: pair=1 smp=2 timeout=60
 * Arguments: seed=N rounds=N mean=N (the domains' storms: anything goes)
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "grant.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "storm.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/memory.h>
#include <xen/sched.h>

#define SLOTS 3u
#define VIEWS 8u /* frames of theirs that we see */
#define LATE  STEP_CONTEXT

static struct slot {
	struct pair p;
	bool there;
} slots[SLOTS];
static volatile void *views[VIEWS];
static struct {
	grant_handle_t handle;
	bool mapped;
} grants[VIEWS];
static unsigned long seed = 1, rounds = 60, mean;
static uint64_t state;
static unsigned int made;

/* ---- In a second domain ------------------------------------------------------- */

static volatile struct storm orders; /* written before it runs */

static int64_t rage(uint64_t arg)
{
	unsigned int i;

	(void)arg;
	for (i = 0; i < 8; i++)
		grant_give(8 + i, 0, mfn_of(page_alloc()),
			   i & 1 ? GTF_readonly : 0);
	storm_init(*(const struct storm *)&orders);
	if (vcpu_start(1, storm_run, NULL))
		return -1;
	storm_run(NULL);
	return 0;
}

/* ---- Chance ------------------------------------------------------------------------ */

static uint64_t any(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dul;
}

static unsigned int below(unsigned int n)
{
	return (any() >> 33) % n;
}

static struct slot *one(void)
{
	return &slots[below(SLOTS)];
}

/* A domain that is there, or was; never our own. */
static domid_t domid(void)
{
	domid_t its = one()->p.domid;

	return its && below(8) ? its : 1 + below(99);
}

static uint64_t frame(const struct slot *s)
{
	return below(16) ? s->p.mfns[below(PAIR_PAGES)] : any() >> 20;
}

/* ---- Life ---------------------------------------------------------------------------- */

/* It may be left half-built; whole, it rages. */
static void make(struct slot *s, unsigned int steps)
{
	volatile struct storm *there;

	pair_init(&s->p);
	s->p.config.max_vcpus = 2;
	s->there = true;
	made++;
	if (steps < PAIR_STEPS) {
		(void)pair_build(&s->p, steps);
		return;
	}
	pair_start_paused(&s->p);
	there = pair_map(&s->p, (void *)&orders);
	there->seed = any();
	there->rounds = mean ? ~0ul : 500;
	there->mean = mean;
	foreign_unmap(there);
	pair_ask(&s->p, rage, 0);
	pair_unlink(&s->p);
	domain_unpause(s->p.domid);
}

static void unmake(struct slot *s)
{
	domain_destroy(s->p.domid);
	s->there = false;
}

/* ---- What a tool stack may do ------------------------------------------------------------ */

static int64_t do_domctl(void)
{
	static const uint8_t cmds[] = {
		XEN_DOMCTL_pausedomain,	     XEN_DOMCTL_unpausedomain,
		XEN_DOMCTL_getdomaininfo,    XEN_DOMCTL_setvcpuaffinity,
		XEN_DOMCTL_max_mem,	     XEN_DOMCTL_getvcpucontext,
		XEN_DOMCTL_setvcpucontext,   XEN_DOMCTL_getvcpuinfo,
		XEN_DOMCTL_max_vcpus,	     XEN_DOMCTL_setdomainhandle,
		XEN_DOMCTL_hypercall_init,   XEN_DOMCTL_settimeoffset,
		XEN_DOMCTL_getvcpuaffinity,  XEN_DOMCTL_resumedomain,
		XEN_DOMCTL_sendtrigger,	     XEN_DOMCTL_settscinfo,
		XEN_DOMCTL_set_address_size, XEN_DOMCTL_setdebugging,
	};
	static struct vcpu_guest_context context;
	struct slot *s = one();
	struct xen_domctl op = { 0 };
	uint32_t cmd = cmds[below(sizeof(cmds))];
	unsigned int i;

	for (i = 0; i < 4; i++)
		((uint64_t *)&op.u)[i] = below(2) ? below(9) : any();
	if (cmd == XEN_DOMCTL_getvcpucontext ||
	    cmd == XEN_DOMCTL_setvcpucontext) {
		op.u.vcpucontext.vcpu = below(3);
		op.u.vcpucontext.ctxt.p = (void *)&context;
	} else if (cmd == XEN_DOMCTL_hypercall_init)
		op.u.hypercall_init.gmfn = frame(s);
	else if (cmd == XEN_DOMCTL_max_mem)
		op.u.max_mem.max_memkb = PAIR_PAGES * 4 + below(4000);
	return domctl(cmd, domid(), &op);
}

static int64_t do_life(void)
{
	struct slot *s = one();
	struct sched_remote_shutdown remote = {
		.domain_id = domid(),
		.reason = below(6),
	};

	switch (below(8)) {
	case 0:
		return hypercall_sched_op(SCHEDOP_remote_shutdown, &remote);
	case 1:
		return domctl_plain(XEN_DOMCTL_resumedomain, domid());
	case 2:
		return domain_pause(domid());
	case 3:
		return domain_unpause(domid());
	default:
		if (s->there)
			unmake(s);
		make(s, below(3) ? PAIR_STEPS : 1 + below(LATE));
		return 0;
	}
}

static int64_t do_view(void)
{
	unsigned int i = below(VIEWS);
	struct slot *s = one();

	if (views[i]) {
		foreign_unmap(views[i]);
		views[i] = NULL;
		return 0;
	}
	views[i] = foreign_map(s->p.domid, frame(s), below(2) ? PTE_RW : PTE_RO);
	return 0;
}

static int64_t do_tables(void)
{
	struct slot *s = one();
	struct mmuext_op op = {
		.cmd = below(3) ? below(5) : MMUEXT_CLEAR_PAGE,
		.arg1.mfn = frame(s),
	};
	struct mmu_update update = {
		.ptr = frame(s) << PAGE_SHIFT | (any() & 0xff8) | below(3),
		.val = pte_make(frame(s), any() & 0x1ff),
	};
	uint32_t of = s->p.domid | (below(4) ? (s->p.domid + 1u) << 16 : 0);

	if (below(2))
		return hypercall_mmuext_op(&op, 1, NULL, domid());
	return hypercall_mmu_update(&update, 1, NULL, of);
}

static int64_t do_events(void)
{
	int64_t port = 20 + below(60);

	switch (below(4)) {
	case 0:
		return event_alloc_unbound(domid(),
					   below(3) ? DOMID_SELF : domid());
	case 1:
		return event_bind_interdomain(domid(), below(30));
	case 2:
		return event_send(port);
	default:
		return event_close(port);
	}
}

static int64_t do_memory(void)
{
	struct slot *s = one();
	xen_pfn_t list[32];
	struct xen_memory_reservation r = {
		.nr_extents = 1 + below(32),
		.extent_order = below(8) ? 0 : below(4),
		.domid = domid(),
	};
	unsigned int i;

	for (i = 0; i < 32; i++)
		list[i] = frame(s);
	r.extent_start.p = list;
	if (below(3))
		return hypercall_memory_op(XENMEM_decrease_reservation, &r);
	for (i = 0; i < 32; i++)
		list[i] = below(PAIR_PAGES);
	return hypercall_memory_op(XENMEM_populate_physmap, &r);
}

static int64_t do_grants(void)
{
	unsigned int i = below(VIEWS);
	uint64_t at = TEST_VA + i * PAGE_SIZE;
	uint64_t mine = mfn_of(memory_root());

	if (!below(4))
		return grant_copy(copy_grant(domid(), below(20), below(4096)),
				  copy_grant(domid(), below(20), below(4096)),
				  below(4096),
				  GNTCOPY_source_gref | GNTCOPY_dest_gref);
	if (!below(8))
		grant_give(8 + below(8), domid(),
			   below(4) ? mfn_of(grants) : mine, GTF_readonly);
	if (grants[i].mapped) {
		grants[i].mapped = false;
		return grant_unmap(at, grants[i].handle);
	}
	grants[i].mapped = !grant_map(domid(), 8 + below(9), at,
				      GNTMAP_host_map |
					      (below(2) ? GNTMAP_readonly : 0),
				      &grants[i].handle);
	return 0;
}

/* ---- The storm, and after ------------------------------------------------------------------ */

static void one_round(void)
{
	static int64_t (*const kind[])(void) = {
		do_domctl, do_domctl, do_life,	 do_view,   do_view,
		do_tables, do_events, do_memory, do_grants, do_grants,
	};
	uint32_t port = 4000;
	struct sched_poll poll = { .nr_ports = 1 };

	kind[below(sizeof(kind) / sizeof(kind[0]))]();
	poll.ports.p = &port;
	poll.timeout = time_now() + below(300) * 1000ul;
	if (!below(4))
		hypercall_sched_op(SCHEDOP_poll, &poll);
}

static void end_all(void)
{
	unsigned int i;

	for (i = 0; i < VIEWS; i++) {
		if (views[i])
			foreign_unmap(views[i]);
		if (grants[i].mapped)
			grant_unmap(TEST_VA + i * PAGE_SIZE, grants[i].handle);
		views[i] = NULL;
		grants[i].mapped = false;
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].there)
			unmake(&slots[i]);
}

static unsigned int domains_left(void)
{
	struct xen_domctl op = { 0 };

	return !domctl(XEN_DOMCTL_getdomaininfo, 1, &op) ? op.domain : 0;
}

static void check_end(uint64_t before)
{
	WAIT_FOR(!domains_left(), 10);
	CHECK_EQ("domains-left", domains_left(), 0);
	/* Xen keeps some of what random calls made it take. */
	if (mean)
		CHECK_EQ("memory-back", frames_wait(before), before);
}

/* The first domain and grants take what the hypervisor keeps. */
static uint64_t frames_before(void)
{
	unsigned int i;

	grant_give(8, 0, mfn_of(page_alloc()), 0);
	for (i = 0; i < VIEWS; i++)
		grants[i].mapped = !grant_map(0, 8, TEST_VA + i * PAGE_SIZE,
					      GNTMAP_host_map,
					      &grants[i].handle);
	make(&slots[0], PAIR_STEPS);
	port_wait(4000, 20);
	end_all();
	WAIT_FOR(!domains_left(), 10);
	return frames_settled();
}

int main(int argc, char **argv)
{
	uint64_t before;

	pair_serve_if_second();
	for (int i = 1; i < argc; i++) {
		sscanf(argv[i], "seed=%lu", &seed);
		sscanf(argv[i], "rounds=%lu", &rounds);
		sscanf(argv[i], "mean=%lu", &mean);
	}
	state = seed * 0x9e3779b97f4a7c15ul + 1;
	grant_init();
	memory_tables(TEST_VA);
	before = frames_before();
	for (unsigned long i = 0; i < rounds; i++)
		one_round();
	end_all();
	check_end(before);
	printf("NOTE %u domains\n", made);
	return check_done();
}
