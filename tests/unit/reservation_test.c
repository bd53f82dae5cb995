/* SPDX-License-Identifier: MIT */
/* Reservations: more and less, exchange, claims; and watchdogs. */
#include "core_setup.h"
#include "frame.h"
#include "pagetype.h"
#include "reservation.h"
#include "unit.h"
#include "watchdog.h"
#include <xen/sched.h>

static struct domain *d;

static void setup(uint64_t max_frames)
{
	setup_machine(1);
	d = domain_create(1, false, 1, max_frames);
	CU_ASSERT_FATAL(d != NULL);
}

static void finish(void)
{
	CU_ASSERT_EQUAL(host_locks_held(), 0);
	CU_ASSERT_EQUAL(audit_run(), 0);
	setup_machine(1); /* panics if a frame is lost */
}

static mfn_t add(unsigned int order, uint64_t pfn)
{
	mfn_t m = MFN_NONE;

	CU_ASSERT_EQUAL(reserve_add(d, order, MFN_NONE, PFN(pfn), &m), 0);
	return m;
}

static void reserve_more_and_less(void)
{
	mfn_t m, other;

	setup(6);
	m = add(2, 40);
	for (unsigned int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(machphys[m.n + i], 40 + i);
	CU_ASSERT_EQUAL(reserve_add(d, 2, MFN_NONE, PFN_NONE, &other),
			-XEN_ENOMEM);
	CU_ASSERT_EQUAL(reserve_add(d, 19, MFN_NONE, PFN_NONE, &other),
			-XEN_ENOMEM);
	CU_ASSERT_EQUAL(reserve_add(d, 1, MFN_NONE, PFN_NONE, &other), 0);
	CU_ASSERT_EQUAL(machphys[other.n], M2P_INVALID);
	CU_ASSERT_EQUAL(d->frames, 6);
	CU_ASSERT_EQUAL(reserve_drop(d, m, 2), 0);
	CU_ASSERT_EQUAL(d->frames, 2);
	CU_ASSERT_EQUAL(reserve_drop(d, m, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(reserve_drop(d, MFN(frame_limit), 0), -XEN_EINVAL);
	/* The first is d's, the next is not: it stops there. */
	CU_ASSERT_EQUAL(reserve_drop(d, MFN(other.n + 1), 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(d->frames, 1);
	finish();
}

/* All below the limit; none is there: no memory, and nothing is taken. */
static void reserve_below(void)
{
	mfn_t m;

	setup(64);
	for (unsigned int i = 0; i < 8; i++) {
		CU_ASSERT_EQUAL(reserve_add(d, 0, MFN(64), PFN_NONE, &m), 0);
		CU_ASSERT(m.n < 64);
	}
	CU_ASSERT_EQUAL(reserve_add(d, 4, MFN(16), PFN_NONE, &m), -XEN_ENOMEM);
	CU_ASSERT_EQUAL(d->frames, 8);
	finish();
}

/* ---- Exchange ------------------------------------------------------------- */

static int exchange(uint64_t *in, unsigned int n_in, unsigned int in_order,
		    uint64_t *out, unsigned int n_out, unsigned int out_order)
{
	return reserve_exchange(d, in, n_in, in_order, out, n_out, out_order,
				MFN_NONE);
}

/* At the limit too: as many come as go. */
static void exchange_sizes(void)
{
	uint64_t in[4], out[4], back[4];

	setup(4);
	for (unsigned int i = 0; i < 4; i++)
		in[i] = add(0, i).n;
	CU_ASSERT_EQUAL(exchange(in, 4, 0, out, 1, 2), 0);
	CU_ASSERT_EQUAL(out[0] & 3, 0);
	CU_ASSERT_EQUAL(d->frames, 4);
	for (unsigned int i = 0; i < 4; i++) {
		CU_ASSERT(frame_get(MFN(out[0] + i), 1));
		frame_put(MFN(out[0] + i));
		CU_ASSERT(in[i] - out[0] < 4 || !frame_get(MFN(in[i]), 1));
	}
	CU_ASSERT_EQUAL(exchange(out, 1, 2, back, 4, 0), 0);
	CU_ASSERT_EQUAL(d->frames, 4);
	finish();
}

/* One frame that will not do: nothing at all has happened. */
static void exchange_refuses(uint64_t bad, unsigned int at)
{
	uint64_t in[4], out[4], free = 0;
	uint64_t word[4];

	for (unsigned int i = 0; i < 4; i++)
		in[i] = add(0, i).n;
	for (unsigned int i = 0; i < 4; i++)
		word[i] = frame_of(MFN(in[i]))->word;
	in[at] = bad == ~1ul ? in[0] : bad;
	free = heap_free_frames();
	CU_ASSERT_EQUAL(exchange(in, 4, 0, out, 4, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(heap_free_frames(), free);
	for (unsigned int i = 0; i < 4; i++)
		if (i != at)
			CU_ASSERT_EQUAL(frame_of(MFN(in[i]))->word, word[i]);
}

static void exchange_bad_frames(void)
{
	mfn_t used, typed;
	struct domain *o;
	uint64_t theirs;

	setup(64);
	used = add(0, 50);
	CU_ASSERT(frame_get(used, 1));
	typed = add(0, 51);
	CU_ASSERT_EQUAL(type_get(d, typed, FT_WRITABLE), 0);
	o = setup_domain(2, 1);
	theirs = domain_alloc(o, 0).n;
	exchange_refuses(used.n, 3);
	exchange_refuses(typed.n, 1);
	exchange_refuses(theirs, 2);
	exchange_refuses(ptr_frame(d->shared).n, 0);
	exchange_refuses(frame_limit + 5, 3);
	exchange_refuses(~0ul, 0);
	exchange_refuses(~1ul, 2); /* twice the same */
	frame_put(used);
	type_put(typed);
	finish();
}

static void exchange_no_memory(void)
{
	uint64_t in[1], out[1], word;

	setup(100000);
	in[0] = add(0, 0).n;
	word = frame_of(MFN(in[0]))->word;
	CU_ASSERT_EQUAL(reserve_exchange(d, in, 1, 0, out, 1, 0, MFN(1)),
			-XEN_ENOMEM);
	CU_ASSERT_EQUAL(frame_of(MFN(in[0]))->word, word);
	CU_ASSERT_EQUAL(machphys[in[0]], 0);
	CU_ASSERT_EQUAL(d->frames, 1);
	finish();
}

/* ---- Claims ----------------------------------------------------------------- */

static void claim_keeps_others_out(void)
{
	struct domain *o;
	uint64_t all;
	mfn_t m;

	setup(100000);
	o = domain_create(2, false, 1, 100000);
	all = heap_free_frames();
	CU_ASSERT_EQUAL(reserve_claim(d, all + 1), -XEN_ENOMEM);
	CU_ASSERT_EQUAL(reserve_claim(d, all - 1), 0);
	CU_ASSERT_EQUAL(reserve_claim(d, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(reserve_add(o, 1, MFN_NONE, PFN_NONE, &m), -XEN_ENOMEM);
	CU_ASSERT_EQUAL(reserve_add(o, 0, MFN_NONE, PFN_NONE, &m), 0);
	CU_ASSERT_EQUAL(reserve_add(o, 0, MFN_NONE, PFN_NONE, &m), -XEN_ENOMEM);
	CU_ASSERT_EQUAL(reserve_claim(o, 2), -XEN_ENOMEM);
	/* Its own are there, and the claim gets smaller with them. */
	m = add(3, 0);
	CU_ASSERT_EQUAL(d->claimed, all - 1 - 8);
	CU_ASSERT_EQUAL(reserve_claim(d, 0), 0);
	CU_ASSERT_EQUAL(reserve_add(o, 4, MFN_NONE, PFN_NONE, &m), 0);
	CU_ASSERT_EQUAL(reserve_claim(d, 8), -XEN_EINVAL); /* it has them */
	CU_ASSERT_EQUAL(reserve_claim(d, 100001), -XEN_EINVAL);
	finish();
}

static void claim_dies(void)
{
	struct domain *o;
	mfn_t m;

	setup(100000);
	o = domain_create(2, false, 1, 100);
	CU_ASSERT_EQUAL(reserve_claim(d, heap_free_frames()), 0);
	CU_ASSERT_EQUAL(reserve_add(o, 0, MFN_NONE, PFN_NONE, &m), -XEN_ENOMEM);
	CU_ASSERT_EQUAL(until_done(domain_destroy(d)), 0);
	/* More than it had itself. */
	CU_ASSERT_EQUAL(reserve_add(o, 6, MFN_NONE, PFN_NONE, &m), 0);
	finish();
}

/* ---- Watchdogs ---------------------------------------------------------------- */

static void watchdog_bites(void)
{
	setup(16);
	CU_ASSERT_EQUAL(watchdog_set(d, 0, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(watchdog_set(d, 1, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(watchdog_set(d, 3, 1), -XEN_EINVAL);
	CU_ASSERT_EQUAL(watchdog_set(d, 0, 2), 1);
	CU_ASSERT_EQUAL(watchdog_set(d, 0, 3), 2);
	CU_ASSERT_EQUAL(watchdog_set(d, 0, 1), -XEN_ENOSPC);
	CU_ASSERT_EQUAL(watchdog_set(d, 1, 0), 0);
	at(host.now + 2500 * MS);
	CU_ASSERT(!d->shutdown);
	CU_ASSERT_EQUAL(watchdog_set(d, 2, 3), 0);
	at(host.now + 2900 * MS);
	CU_ASSERT(!d->shutdown);
	at(host.now + 200 * MS);
	CU_ASSERT(d->shutdown);
	CU_ASSERT_EQUAL(d->shutdown_code, SHUTDOWN_watchdog);
	finish();
}

/* The domain is gone before its time: nothing touches it then. */
static void watchdog_dies(void)
{
	setup(16);
	CU_ASSERT_EQUAL(watchdog_set(d, 0, 2), 1);
	CU_ASSERT_PTR_EQUAL(domain_get(1), d);
	CU_ASSERT_EQUAL(until_done(domain_destroy(d)), 0);
	CU_ASSERT(!d->watchdog[0].timer.armed);
	at(host.now + 3000 * MS);
	CU_ASSERT(!said("watchdog"));
	domain_put(d);
	finish();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(reserve_more_and_less),
		TEST(reserve_below),
		TEST(exchange_sizes),
		TEST(exchange_bad_frames),
		TEST(exchange_no_memory),
		TEST(claim_keeps_others_out),
		TEST(claim_dies),
		TEST(watchdog_bites),
		TEST(watchdog_dies),
		CU_TEST_INFO_NULL,
	};

	return unit_main("reservation", tests, NULL, NULL);
}
