/* SPDX-License-Identifier: MIT */
/* Timers: order, re-arming, stopping, CPUs, against a plain model. */
#include <stdlib.h>
#include "core_setup.h"
#include "timer.h"
#include "unit.h"

#define MANY 500

struct probe {
	struct timer t;
	unsigned int fired;
	uint64_t when; /* armed for, 0 not armed: the model */
};

static struct probe probes[MANY];
static uint64_t last_fired;
static bool out_of_order;

static void fired(void *arg)
{
	struct probe *p = arg;

	p->fired++;
	if (p->when < last_fired || p->when > now_ns())
		out_of_order = true;
	last_fired = p->when;
	p->when = 0;
}

static uint64_t t0; /* when the test began */

static void setup(void)
{
	static bool before;

	for (int i = 0; before && i < MANY; i++)
		timer_stop(&probes[i].t);
	before = true;
	setup_machine(2);
	t0 = now_ns();
	last_fired = 0;
	out_of_order = false;
	for (int i = 0; i < MANY; i++) {
		probes[i] = (struct probe){ .fired = 0 };
		timer_init(&probes[i].t, fired, &probes[i]);
	}
}

/* The clock stands at this time; softirqs are not run. */
static void clock_at(uint64_t when)
{
	host.now = when;
}

static uint64_t deadline(unsigned int cpu)
{
	return host.cpu[cpu].deadline;
}

static void set(struct probe *p, uint64_t when)
{
	p->when = when;
	timer_set(&p->t, when);
}

static void stop(struct probe *p)
{
	p->when = 0;
	timer_stop(&p->t);
}

static void timer_once(void)
{
	setup();
	set(&probes[0], t0 + 5 * MS);
	CU_ASSERT_EQUAL(deadline(0), t0 + 5 * MS);
	clock_at(t0 + 5 * MS - 1);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 0);
	clock_at(t0 + 5 * MS);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
	CU_ASSERT_EQUAL(deadline(0), 0);
	clock_at(t0 + 9 * MS);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
}

/* A time that has passed must still fire: Linux hangs when it is lost. */
static void timer_past(void)
{
	setup();
	clock_at(t0 + 10 * MS);
	set(&probes[0], t0 + 3 * MS);
	CU_ASSERT(softirq_pending[0] & 1u << SOFTIRQ_TIMER);
	softirq_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
	CU_ASSERT_EQUAL(softirq_pending[0], 0);
}

static void timer_rearm(void)
{
	setup();
	set(&probes[0], t0 + 5 * MS);
	set(&probes[0], t0 + 8 * MS);
	clock_at(t0 + 6 * MS);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 0);
	/* Too early an interrupt programs the next one. */
	CU_ASSERT_EQUAL(deadline(0), t0 + 8 * MS);
	clock_at(t0 + 8 * MS);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
	set(&probes[0], t0 + 20 * MS);
	stop(&probes[0]);
	stop(&probes[0]);
	clock_at(t0 + 30 * MS);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
}

static void again(void *arg)
{
	struct probe *p = arg;

	p->fired++;
	timer_set(&p->t, p->t.when + MS);
}

/* A function arms its own timer: it runs as often as is due. */
static void timer_from_itself(void)
{
	setup();
	timer_init(&probes[0].t, again, &probes[0]);
	timer_set(&probes[0].t, t0 + 2 * MS);
	clock_at(t0 + 5 * MS);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 4);
	CU_ASSERT_EQUAL(deadline(0), t0 + 6 * MS);
}

static void stop_self(void *arg)
{
	struct probe *p = arg;

	p->fired++;
	timer_set(&p->t, p->t.when + MS);
	timer_stop(&p->t);
}

static void timer_stop_inside(void)
{
	setup();
	timer_init(&probes[0].t, stop_self, &probes[0]);
	timer_set(&probes[0].t, t0 + 2 * MS);
	clock_at(t0 + 9 * MS);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
}

/* A timer belongs to the CPU that armed it last. */
static void timer_moves(void)
{
	setup();
	set(&probes[0], t0 + 5 * MS);
	host_cpu(1);
	set(&probes[0], t0 + 5 * MS);
	CU_ASSERT_EQUAL(deadline(1), t0 + 5 * MS);
	clock_at(t0 + 6 * MS);
	host_cpu(0);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 0);
	host_cpu(1);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
	/* Stopped from elsewhere. */
	set(&probes[0], t0 + 7 * MS);
	host_cpu(0);
	stop(&probes[0]);
	clock_at(t0 + 8 * MS);
	host_cpu(1);
	timer_run();
	CU_ASSERT_EQUAL(probes[0].fired, 1);
	host_cpu(0);
}

/* Is all that the model says is due gone, and nothing else? */
static bool as_model(uint64_t now)
{
	for (int i = 0; i < MANY; i++)
		if (probes[i].when && probes[i].when <= now)
			return false;
	return true;
}

static uint64_t earliest(void)
{
	uint64_t best = 0;

	for (int i = 0; i < MANY; i++)
		if (probes[i].when && (!best || probes[i].when < best))
			best = probes[i].when;
	return best;
}

static void timer_random(void)
{
	unsigned int armed = 0, total = 0;
	uint64_t now;

	setup();
	now = t0;
	srandom(7);
	for (int step = 0; step < 50000; step++) {
		struct probe *p = &probes[random() % MANY];

		switch (random() % 8) {
		case 0:
			stop(p);
			break;
		case 1:
			now += (uint64_t)random() % 2000;
			clock_at(now);
			last_fired = 0;
			timer_run();
			CU_ASSERT_FATAL(as_model(now));
			CU_ASSERT_EQUAL_FATAL(deadline(0), earliest());
			break;
		default:
			armed += !p->when;
			set(p, now + 1 + (uint64_t)random() % 9000);
		}
	}
	CU_ASSERT(!out_of_order);
	for (int i = 0; i < MANY; i++)
		total += probes[i].fired;
	CU_ASSERT(total > 1000 && total < armed);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(timer_once),	 TEST(timer_past),
		TEST(timer_rearm),	 TEST(timer_from_itself),
		TEST(timer_stop_inside), TEST(timer_moves),
		TEST(timer_random),	 CU_TEST_INFO_NULL,
	};

	return unit_main("timer", tests, NULL, NULL);
}
