/* SPDX-License-Identifier: MIT */
/*
 * The scheduler on up to four CPUs that one thread plays in turn, by a clock
 * that is set. After each test the queues recount and nothing is left.
 */
#include <signal.h>
#include <sys/mman.h>
#include "sched_setup.h"

static uint64_t spent(struct vcpu *v, int state)
{
	struct vcpu_runstate_info r;

	sched_runstate(v, &r);
	return r.time[state];
}

/* ---- Who runs where --------------------------------------------------------- */

static void sched_spread(void)
{
	setup(4, 3);
	for (unsigned int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(d->vcpu[i]->cpu, i);
		CU_ASSERT(on(i) == d->vcpu[i]);
	}
	CU_ASSERT(idle(3));
	/* Alone on its CPU: nobody interrupts it. */
	CU_ASSERT_EQUAL(host.cpu[0].deadline, 0);
	check();
}

static void sched_round_robin(void)
{
	setup(1, 3);
	for (unsigned int i = 0; i < 31; i++) {
		CU_ASSERT(on(0) == d->vcpu[i % 3]);
		at(t0 + i * 30 * MS + 29 * MS);
		CU_ASSERT(on(0) == d->vcpu[i % 3]);
		at(t0 + i * 30 * MS + 30 * MS);
	}
	at(t0 + 930 * MS);
	for (unsigned int i = 0; i < 3; i++)
		CU_ASSERT(spent(d->vcpu[i], RUNSTATE_running) >= 300 * MS);
	CU_ASSERT_EQUAL(spent(d->vcpu[0], RUNSTATE_running) +
				spent(d->vcpu[0], RUNSTATE_runnable),
			930 * MS);
	check();
}

/* Who wakes with half a slice left waits for nobody's whole one; then it does. */
static void sched_woken_first(void)
{
	struct vcpu *v;

	setup(1, 3);
	v = d->vcpu[0];
	at(t0 + 10 * MS);
	as(v, sched_block(v));
	CU_ASSERT(on(0) == d->vcpu[1]);
	at(t0 + 20 * MS);
	sched_wake(v);
	host_settle();
	CU_ASSERT(on(0) == d->vcpu[1]); /* its slice is its own */
	at(t0 + 40 * MS);
	CU_ASSERT(on(0) == v); /* before vCPU 2, which has waited longer */
	at(t0 + 59 * MS);
	CU_ASSERT(on(0) == v);
	at(t0 + 60 * MS);
	CU_ASSERT(on(0) == d->vcpu[2]);
	as(d->vcpu[2], sched_block(d->vcpu[2]));
	at(t0 + 90 * MS);
	CU_ASSERT(on(0) == v); /* a new slice, a whole one */
	at(t0 + 119 * MS);
	CU_ASSERT(on(0) == v);
	at(t0 + 120 * MS);
	CU_ASSERT(on(0) == d->vcpu[1]);
	check();
}

static void sched_gives_way(void)
{
	setup(1, 2);
	CU_ASSERT(on(0) == d->vcpu[0]);
	as(d->vcpu[0], sched_give_way(d->vcpu[0]));
	CU_ASSERT(on(0) == d->vcpu[1]);
	as(d->vcpu[1], sched_give_way(d->vcpu[1]));
	CU_ASSERT(on(0) == d->vcpu[0]);
	check();
	/* Nobody there: it goes on. */
	setup(1, 1);
	as(d->vcpu[0], sched_give_way(d->vcpu[0]));
	CU_ASSERT(on(0) == d->vcpu[0]);
	check();
}

static void sched_blocks_and_wakes(void)
{
	struct vcpu *v;

	setup(2, 1);
	v = d->vcpu[0];
	v->info->evtchn_upcall_mask = 1;
	as(v, sched_block(v));
	CU_ASSERT(idle(0) && !v->running);
	CU_ASSERT_EQUAL(v->info->evtchn_upcall_mask, 0);
	at(t0 + 5 * MS);
	sched_wake(v);
	CU_ASSERT(softirq_pending[0]);
	host_settle();
	CU_ASSERT(on(0) == v);
	CU_ASSERT_EQUAL(spent(v, RUNSTATE_blocked), 5 * MS);
	/* Nothing to wake. */
	sched_wake(v);
	CU_ASSERT_EQUAL(softirq_pending[0], 0);
	check();
}

/* An event that is due already: no block. */
static void sched_block_due(void)
{
	struct vcpu *v;

	setup(1, 1);
	v = d->vcpu[0];
	v->info->evtchn_upcall_pending = 1;
	as(v, sched_block(v));
	CU_ASSERT(on(0) == v && !v->why_not);
	v->info->evtchn_upcall_pending = 0;
	v->nmi_pending = true;
	as(v, sched_block(v));
	CU_ASSERT(on(0) == v && !v->why_not);
	v->nmi_pending = false;
	check();
}

static void *watched;
static struct vcpu *blocker;
static uint32_t why_then, polling_then;

static void touched(int sig)
{
	(void)sig;
	why_then = blocker->why_not;
	polling_then = blocker->domain->poll_mask;
	mprotect(watched, PAGE_SIZE, PROT_READ | PROT_WRITE);
}

/*
 * No wake-up is lost only if "I block" is said before the look at the pending
 * bits: the first touch of them faults, and we see what had been said.
 */
static void sched_block_order(void)
{
	struct sigaction segv = { .sa_handler = touched }, before;
	struct vcpu_info *real;

	setup(1, 1);
	blocker = d->vcpu[0];
	real = blocker->info;
	watched = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	CU_ASSERT_FATAL(watched != MAP_FAILED);
	blocker->info = watched;
	sigaction(SIGSEGV, &segv, &before);
	sched_block(blocker);
	CU_ASSERT_EQUAL(why_then, VCPU_BLOCKED);
	sched_wake(blocker);
	mprotect(watched, PAGE_SIZE, PROT_NONE);
	why_then = 0;
	CU_ASSERT_EQUAL(sched_poll(blocker, &(uint32_t){ 5 }, 1, 0), 0);
	CU_ASSERT_EQUAL(why_then, VCPU_BLOCKED);
	CU_ASSERT_EQUAL(polling_then, 1);
	sigaction(SIGSEGV, &before, NULL);
	blocker->info = real;
	munmap(watched, PAGE_SIZE);
	check();
}

/* Woken between "I block" and the switch away: goes on as if nothing were. */
static void sched_wake_before_switch(void)
{
	struct vcpu *v;

	setup(1, 2);
	v = d->vcpu[0];
	sched_block(v);
	CU_ASSERT_EQUAL(v->why_not, VCPU_BLOCKED);
	sched_wake(v);
	CU_ASSERT(!v->queued); /* it runs: never in a queue, too */
	host_settle();
	CU_ASSERT(on(0) == v);
	check();
}

static unsigned int woken_on;

static void wake_it(struct vcpu *prev)
{
	host.switching = NULL;
	if (prev->domain)
		sched_wake(prev);
	woken_on = prev->queued ? prev->cpu : 99;
}

/*
 * Woken while its CPU still saves it: it waits there, though another CPU is
 * idle, and is not forgotten.
 */
static void sched_wake_in_switch(void)
{
	struct vcpu *v;

	setup(2, 1);
	v = d->vcpu[0];
	host.switching = wake_it;
	as(v, sched_block(v));
	CU_ASSERT_EQUAL(woken_on, 0);
	CU_ASSERT(on(0) == v);
	check();
}

static void pin_and_wake_it(struct vcpu *prev)
{
	sched_pin(prev, 1u << 1);
	wake_it(prev);
}

/* The same, but it may not run there any more. */
static void sched_pin_in_switch(void)
{
	struct vcpu *v;

	setup(2, 1);
	v = d->vcpu[0];
	host.switching = pin_and_wake_it;
	as(v, sched_block(v));
	CU_ASSERT_EQUAL(woken_on, 99);
	CU_ASSERT(on(1) == v && idle(0));
	check();
}

/* Whoever's CPU is busy goes to an idle one. */
static void sched_wakes_on_idle(void)
{
	struct vcpu *v, *w;

	setup(1, 2);
	v = d->vcpu[0];
	w = d->vcpu[1];
	as(v, sched_block(v));
	CU_ASSERT(on(0) == w);
	host.nr_cpus = 2; /* CPU 1 comes up */
	sched_wake(v);
	CU_ASSERT_EQUAL(v->cpu, 1);
	host_settle();
	CU_ASSERT(on(0) == w && on(1) == v);
	check();
}

/* Two woken at once go to two idle CPUs. */
static void sched_wakes_apart(void)
{
	setup(3, 3);
	for (unsigned int i = 0; i < 3; i++)
		as(d->vcpu[i], sched_block(d->vcpu[i]));
	for (unsigned int i = 0; i < 3; i++)
		CU_ASSERT(idle(i));
	sched_pin(d->vcpu[1], 1u << 0 | 1u << 2);
	sched_wake(d->vcpu[0]);
	sched_wake(d->vcpu[1]);
	CU_ASSERT_EQUAL(d->vcpu[0]->cpu, 0);
	CU_ASSERT_EQUAL(d->vcpu[1]->cpu, 2);
	host_settle();
	CU_ASSERT(on(0) == d->vcpu[0] && on(2) == d->vcpu[1]);
	check();
}

/* A CPU that was called for a vCPU which then did not come is idle still. */
static void sched_called_in_vain(void)
{
	struct vcpu *v, *w;

	setup(2, 2);
	v = d->vcpu[0];
	w = d->vcpu[1];
	as(w, sched_block(w));
	CU_ASSERT(on(0) == v && idle(1));
	sched_wake(w);
	CU_ASSERT_EQUAL(w->cpu, 1);
	sched_stop(w, VCPU_PAUSED); /* before CPU 1 looks */
	host_settle();
	CU_ASSERT(idle(1));
	sched_pin(w, 1u << 0);
	sched_start(w, VCPU_PAUSED);
	host_settle();
	CU_ASSERT(w->queued && w->cpu == 0);
	/* It may leave CPU 0 now, where v is busy: CPU 1 is known to be idle. */
	sched_stop(w, VCPU_PAUSED);
	sched_pin(w, ~0u);
	sched_start(w, VCPU_PAUSED);
	CU_ASSERT_EQUAL(w->cpu, 1);
	check();
}

/* A CPU that has nothing takes what waits elsewhere. */
static void sched_steals(void)
{
	struct vcpu *w;

	setup(2, 3);
	CU_ASSERT(!idle(0) && !idle(1));
	CU_ASSERT(on(0) == d->vcpu[0] && d->vcpu[2]->queued);
	w = on(1);
	as(w, sched_block(w));
	CU_ASSERT(on(1) == d->vcpu[2]);
	CU_ASSERT_EQUAL(d->vcpu[2]->cpu, 1);
	check();
}

static void sched_pins(void)
{
	struct vcpu *v;

	setup(3, 1);
	v = d->vcpu[0];
	CU_ASSERT_EQUAL(sched_pin(v, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(sched_pin(v, 1u << 3), -XEN_EINVAL);
	CU_ASSERT_EQUAL(sched_pin(v, 1u << 2), 0);
	host_settle();
	CU_ASSERT(on(2) == v && idle(0));
	/* Queued, and moved. */
	as(v, sched_block(v));
	sched_pin(v, 1u << 1 | 1u << 0);
	CU_ASSERT_EQUAL(sched_pin(v, 1u << 1), 0);
	sched_wake(v);
	host_settle();
	CU_ASSERT(on(1) == v);
	check();
}

static void sched_pinned_waits(void)
{
	setup(2, 2);
	sched_pin(d->vcpu[1], 1u << 0);
	host_settle();
	CU_ASSERT(idle(1));
	softirq_raise(1, SOFTIRQ_SCHED);
	host_settle();
	CU_ASSERT(idle(1)); /* allowed on 0 only: not stolen */
	CU_ASSERT(d->vcpu[1]->queued);
	at(t0 + 31 * MS);
	CU_ASSERT(on(0) == d->vcpu[1]);
	/* And the other one is called to the idle CPU. */
	CU_ASSERT(on(1) == d->vcpu[0]);
	check();
}

/* ---- Stop and go --------------------------------------------------------------- */

static void sched_stops(void)
{
	struct vcpu *v;

	setup(1, 2);
	v = d->vcpu[1];
	CU_ASSERT(v->queued);
	sched_stop(v, VCPU_PAUSED);
	CU_ASSERT(!v->queued);
	CU_ASSERT_EQUAL(v->runstate.state, RUNSTATE_offline);
	sched_stop(v, VCPU_STOPPED);
	sched_start(v, VCPU_PAUSED);
	CU_ASSERT(!v->queued);
	sched_start(v, VCPU_STOPPED);
	CU_ASSERT(v->queued);
	/* One that runs. */
	v = d->vcpu[0];
	sched_stop(v, VCPU_PAUSED);
	CU_ASSERT(v->running);
	host_settle();
	CU_ASSERT(!v->running && on(0) == d->vcpu[1]);
	/* Woken while it is paused: stays. */
	sched_wake(v);
	CU_ASSERT(!v->queued);
	check();
}

static void sched_domain_pauses(void)
{
	setup(3, 2);
	host_cpu(2);
	domain_pause(d); /* returns when nobody runs */
	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT(!d->vcpu[i]->running);
	domain_pause(d);
	domain_unpause(d);
	host_settle();
	CU_ASSERT(idle(0) && idle(1));
	domain_unpause(d);
	host_settle();
	CU_ASSERT(!idle(0) && !idle(1));
	domain_pause(d);
	CU_ASSERT(!d->vcpu[0]->running);
	domain_unpause(d);
	host_cpu(0);
	check();
}

static void sched_up_and_down(void)
{
	setup(2, 2);
	CU_ASSERT_EQUAL(vcpu_up(d->vcpu[1]), 0);
	vcpu_down(d->vcpu[1]);
	host_settle();
	CU_ASSERT(idle(1) && !vcpu_is_up(d->vcpu[1]));
	CU_ASSERT(!d->shutdown);
	vcpu_up(d->vcpu[1]);
	host_settle();
	CU_ASSERT(on(1) == d->vcpu[1]);
	vcpu_down(d->vcpu[1]);
	vcpu_down(d->vcpu[0]); /* the last */
	CU_ASSERT(d->shutdown);
	CU_ASSERT_EQUAL(d->shutdown_code, 0); /* SHUTDOWN_poweroff */
	host_settle();
	CU_ASSERT(idle(0) && idle(1));
	check();
	setup_machine(1);
	d = setup_domain(1, 1);
	d->vcpu[0]->initialised = false;
	CU_ASSERT_EQUAL(vcpu_up(d->vcpu[0]), -XEN_EINVAL);
	check();
}

/* ---- Poll ------------------------------------------------------------------------ */

static void sched_polls(void)
{
	struct vcpu *v;
	uint32_t ports[2];

	setup(2, 2);
	v = d->vcpu[0];
	ports[0] = (uint32_t)evtchn_bind_ipi(d, 0);
	ports[1] = (uint32_t)evtchn_bind_ipi(d, 0);
	memset(d->shared->evtchn_mask, 0xff, sizeof(d->shared->evtchn_mask));
	CU_ASSERT_EQUAL(sched_poll(v, &(uint32_t){ 4096 }, 1, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(v->why_not | d->poll_mask | v->poll_port, 0);
	/* Pending already, though masked. */
	evtchn_send(d, ports[1]);
	as(v, sched_poll(v, ports, 2, 0));
	CU_ASSERT(on(0) == v && !d->poll_mask);
	d->shared->evtchn_pending[0] = 0;
	/* One port: the other one does not wake. */
	as(v, sched_poll(v, ports, 1, 0));
	CU_ASSERT(idle(0) && d->poll_mask == 1);
	evtchn_send(d, ports[1]);
	host_settle();
	CU_ASSERT(idle(0));
	evtchn_send(d, ports[0]);
	host_settle();
	CU_ASSERT(on(0) == v && !d->poll_mask && !v->poll_port);
	d->shared->evtchn_pending[0] = 0;
	/* Several: any. */
	as(v, sched_poll(v, ports, 2, 0));
	CU_ASSERT(idle(0));
	evtchn_send(d, ports[1]);
	host_settle();
	CU_ASSERT(on(0) == v);
	check();
}

static void sched_poll_times_out(void)
{
	struct vcpu *v;

	setup(1, 1);
	v = d->vcpu[0];
	as(v, sched_poll(v, NULL, 0, t0 + 4 * MS));
	CU_ASSERT(idle(0));
	at(t0 + 3 * MS);
	CU_ASSERT(idle(0));
	at(t0 + 4 * MS);
	CU_ASSERT(on(0) == v && !d->poll_mask);
	/* A timeout that is left over does not end a block. */
	as(v, sched_poll(v, NULL, 0, t0 + 9 * MS));
	sched_wake(v);
	host_settle();
	as(v, sched_block(v));
	at(t0 + 10 * MS);
	CU_ASSERT(idle(0));
	/* Nor a later poll that has none. */
	sched_wake(v);
	host_settle();
	as(v, sched_poll(v, NULL, 0, t0 + 19 * MS));
	sched_wake(v);
	host_settle();
	as(v, sched_poll(v, NULL, 0, 0));
	at(t0 + 30 * MS);
	CU_ASSERT(idle(0));
	check();
}

/* ---- Events ------------------------------------------------------------------------ */

static void sched_event_wakes(void)
{
	struct vcpu *v;
	int p;

	setup(2, 2);
	v = d->vcpu[1];
	p = evtchn_bind_ipi(d, 1);
	as(v, sched_block(v));
	CU_ASSERT(idle(1));
	evtchn_send(d, p);
	host_settle();
	CU_ASSERT(on(1) == v);
	check();
}

/* ---- The audit sees what is wrong ------------------------------------------------------------ */

static void sched_audits(void)
{
	setup(1, 3);
	CU_ASSERT_EQUAL(sched_audit(), 0);
	d->vcpu[1]->cpu = 1;
	CU_ASSERT_EQUAL(sched_audit(), 1);
	d->vcpu[1]->cpu = 0;
	d->vcpu[2]->queued = false;
	CU_ASSERT_EQUAL(sched_audit(), 1);
	d->vcpu[2]->queued = true;
	check();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(sched_spread),
		TEST(sched_round_robin),
		TEST(sched_woken_first),
		TEST(sched_gives_way),
		TEST(sched_blocks_and_wakes),
		TEST(sched_block_due),
		TEST(sched_block_order),
		TEST(sched_wake_before_switch),
		TEST(sched_wake_in_switch),
		TEST(sched_pin_in_switch),
		TEST(sched_wakes_on_idle),
		TEST(sched_wakes_apart),
		TEST(sched_called_in_vain),
		TEST(sched_steals),
		TEST(sched_pins),
		TEST(sched_pinned_waits),
		TEST(sched_stops),
		TEST(sched_domain_pauses),
		TEST(sched_up_and_down),
		TEST(sched_polls),
		TEST(sched_poll_times_out),
		TEST(sched_event_wakes),
		TEST(sched_audits),
		CU_TEST_INFO_NULL,
	};

	return unit_main("sched", tests, NULL, NULL);
}
