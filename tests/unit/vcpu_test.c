/* SPDX-License-Identifier: MIT */
/* What a vCPU registers and is told: vcpu_info, its timers, its runstate. */
#include "sched_setup.h"

/* ---- vcpu_info ------------------------------------------------------------------------ */

static void vcpu_info_moves(void)
{
	struct vcpu_info *to;
	struct vcpu *v;
	mfn_t m;

	setup(2, 2);
	v = d->vcpu[0];
	m = domain_alloc(d, 0);
	to = (struct vcpu_info *)((uint8_t *)frame_ptr(m) + 128);
	v->info->evtchn_upcall_mask = 1;
	CU_ASSERT_EQUAL(vcpu_set_info(v, m, PAGE_SIZE - 63), -XEN_ENXIO);
	CU_ASSERT_EQUAL(vcpu_set_info(v, m, ~0u), -XEN_ENXIO);
	CU_ASSERT_EQUAL(vcpu_set_info(v, m, 1), -XEN_ENXIO);
	CU_ASSERT_EQUAL(vcpu_set_info(v, MFN(0), 128), -XEN_EINVAL);
	CU_ASSERT_EQUAL(vcpu_set_info(v, MFN(~0ul), 128), -XEN_EINVAL);
	/* Another one that is up. */
	CU_ASSERT_EQUAL(vcpu_set_info(d->vcpu[1], m, 128), -XEN_EINVAL);
	CU_ASSERT_EQUAL(vcpu_set_info(v, m, 128), 0);
	CU_ASSERT(v->info == to);
	CU_ASSERT_EQUAL(to->evtchn_upcall_mask, 1);
	CU_ASSERT_EQUAL(to->evtchn_upcall_pending, 1);
	CU_ASSERT_EQUAL(to->evtchn_pending_sel, ~0ul);
	CU_ASSERT(to->time.version && !(to->time.version & 1));
	CU_ASSERT_EQUAL(vcpu_set_info(v, m, 0), -XEN_EINVAL); /* once */
	/* The frame is held, writable, though it is given back. */
	CU_ASSERT_EQUAL(domain_free(d, m), 0);
	CU_ASSERT_EQUAL(domain_free(d, m), -XEN_EINVAL);
	CU_ASSERT_EQUAL(d->frames, 1);
	/* A foreign frame. */
	sched_stop(d->vcpu[1], VCPU_DOWN);
	CU_ASSERT_EQUAL(vcpu_set_info(d->vcpu[1], ptr_frame(d), 0), -XEN_EINVAL);
	check();
}

/* ---- Timers of a vCPU -------------------------------------------------------------------- */

static unsigned int ticks(int port)
{
	unsigned int n = evtchn_pending(d, (port_t)port);

	d->shared->evtchn_pending[0] = 0;
	d->vcpu[0]->info->evtchn_pending_sel = 0;
	d->vcpu[0]->info->evtchn_upcall_pending = 0;
	return n;
}

static void vcpu_periodic(void)
{
	unsigned int n = 0;
	struct vcpu *v;
	int p;

	setup(1, 1);
	v = d->vcpu[0];
	p = evtchn_bind_virq(d, VIRQ_TIMER, 0);
	vcpu_set_periodic(v, 10 * MS);
	for (int i = 1; i <= 100; i++) {
		at(t0 + i * MS);
		n += ticks(p);
	}
	CU_ASSERT_EQUAL(n, 10);
	/* It does not wake; what was missed is one tick when it runs. */
	as(v, sched_block(v));
	at(t0 + 155 * MS);
	CU_ASSERT(idle(0));
	CU_ASSERT_EQUAL(ticks(p), 0);
	sched_wake(v);
	host_settle();
	CU_ASSERT_EQUAL(ticks(p), 1);
	at(t0 + 164 * MS);
	CU_ASSERT_EQUAL(ticks(p), 0);
	at(t0 + 165 * MS);
	CU_ASSERT_EQUAL(ticks(p), 1);
	vcpu_set_periodic(v, 0);
	at(t0 + 200 * MS);
	CU_ASSERT_EQUAL(ticks(p), 0);
	check();
}

static void vcpu_singleshot(void)
{
	struct vcpu *v;
	int p;

	setup(1, 1);
	v = d->vcpu[0];
	p = evtchn_bind_virq(d, VIRQ_TIMER, 0);
	vcpu_set_singleshot(v, t0 + 5 * MS);
	as(v, sched_block(v));
	at(t0 + 5 * MS);
	CU_ASSERT(on(0) == v); /* this one wakes */
	CU_ASSERT_EQUAL(ticks(p), 1);
	at(t0 + 50 * MS);
	CU_ASSERT_EQUAL(ticks(p), 0);
	vcpu_set_singleshot(v, t0 + 60 * MS);
	vcpu_set_singleshot(v, 0);
	at(t0 + 70 * MS);
	CU_ASSERT_EQUAL(ticks(p), 0);
	vcpu_set_singleshot(v, t0); /* past */
	host_settle();
	CU_ASSERT_EQUAL(ticks(p), 1);
	check();
}

/* ---- Runstate ------------------------------------------------------------------------------ */

static void vcpu_runstates(void)
{
	struct vcpu_runstate_info r, seen;
	struct vcpu *v;

	setup(1, 2);
	v = d->vcpu[0];
	memset(&seen, 0xee, sizeof(seen));
	host_window(&seen, sizeof(seen));
	v->runstate_area = HOST_WINDOW;
	as(v, sched_publish(v));
	CU_ASSERT_EQUAL(seen.state, RUNSTATE_running);
	at(t0 + 30 * MS); /* the other one's turn */
	CU_ASSERT_EQUAL(seen.state, RUNSTATE_runnable);
	CU_ASSERT_EQUAL(seen.time[RUNSTATE_running], 30 * MS);
	CU_ASSERT_EQUAL(seen.state_entry_time, t0 + 30 * MS);
	at(t0 + 60 * MS);
	CU_ASSERT_EQUAL(seen.state, RUNSTATE_running);
	CU_ASSERT_EQUAL(seen.time[RUNSTATE_runnable], 30 * MS);
	at(t0 + 70 * MS);
	CU_ASSERT_EQUAL(seen.time[RUNSTATE_running], 30 * MS);
	sched_runstate(v, &r); /* up to now, unlike the area */
	CU_ASSERT_EQUAL(r.time[RUNSTATE_running], 40 * MS);
	/* With the update flag: it is clear afterwards. */
	d->vm_assist = 1u << VMASST_TYPE_runstate_update_flag;
	as(v, sched_block(v));
	CU_ASSERT_EQUAL(seen.state, RUNSTATE_blocked);
	CU_ASSERT_EQUAL(seen.state_entry_time, t0 + 70 * MS);
	/* An area that is not there now: told, and made good later. */
	v->runstate_area = 0x1000;
	sched_wake(v);
	at(t0 + 100 * MS);
	CU_ASSERT(on(0) == v && v->runstate_late);
	v->runstate_area = HOST_WINDOW;
	as(v, sched_publish(v));
	CU_ASSERT(!v->runstate_late && seen.state == RUNSTATE_running);
	check();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(vcpu_info_moves), TEST(vcpu_periodic),
		TEST(vcpu_singleshot), TEST(vcpu_runstates),
		CU_TEST_INFO_NULL,
	};

	return unit_main("vcpu", tests, NULL, NULL);
}
