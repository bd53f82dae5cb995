/* SPDX-License-Identifier: MIT */
/*
 * First two vCPUs play ping-pong: each answers and blocks, while the other's
 * answer may already come. One wake-up lost ends the game.
 *
 * Then threads as CPUs run six vCPUs that pass tokens to each other by events:
 * whoever has none blocks or polls, so that a lost wake-up stops the last
 * token, and with it the test. Meanwhile the clock goes on, and the domain is
 * paused and its vCPUs are pinned here and there. Each vCPU counts in plain
 * memory of its own: two CPUs on one vCPU, or a load before the other CPU has
 * saved, is a data race that ThreadSanitizer sees.
 */
#include "threads.h"

#define VCPUS  6u
#define TOKENS 2u
#define HOPS   100000u

static struct domain *d;
static struct {
	uint64_t plain;	 /* what a world switch would save */
	uint32_t inside; /* atomic: CPUs that run it */
	char pad[48];
} guest[VCPUS];
static port_t ports[VCPUS];
static uint32_t hops, twice, paused_ran, blocks, polls, ticks; /* atomic */
static bool paused; /* atomic: no vCPU may run */
static bool playing;

static void count(uint32_t *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

/* Is my port pending? Then it is handled. */
static bool take_event(struct vcpu *v)
{
	uint64_t *word = &d->shared->evtchn_pending[0];
	uint64_t bit = 1ul << ports[v->id];

	store_release(&v->info->evtchn_upcall_pending, 0);
	__atomic_exchange_n(&v->info->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	return __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* Two that answer each other, and block: the answer may come at any moment. */
static void play(struct vcpu *v, unsigned int *seed)
{
	if (take_event(v)) {
		if (__atomic_add_fetch(&hops, 1, __ATOMIC_RELAXED) >= HOPS)
			WRITE_ONCE(stop_cpus, true);
		evtchn_send(d, ports[!v->id]);
		for (uint32_t n = rnd(seed, 1000); n; n--)
			__asm__ volatile("");
	}
	sched_block(v);
}

static void guest_step(struct vcpu *v, unsigned int *seed)
{
	unsigned int id = v->id;

	if (playing)
		return play(v, seed);

	if (__atomic_fetch_add(&guest[id].inside, 1, __ATOMIC_RELAXED))
		count(&twice);
	if (READ_ONCE(paused))
		count(&paused_ran);
	guest[id].plain++;
	if (take_event(v)) {
		count(&hops);
		evtchn_send(d, ports[rnd(seed, VCPUS)]);
		if (!rnd(seed, 8))
			sched_give_way(v);
	} else if (rnd(seed, 4)) {
		count(&blocks);
		sched_block(v);
	} else {
		count(&polls);
		sched_poll(v, &ports[id], 1, now_ns() + 5000000);
	}
	__atomic_fetch_sub(&guest[id].inside, 1, __ATOMIC_RELAXED);
}

static void pause_once(void)
{
	domain_pause(d);
	WRITE_ONCE(paused, true);
	for (unsigned int i = 0; i < VCPUS; i++) {
		/* Saved: ours to read. */
		if (READ_ONCE(d->vcpu[i]->running) || !guest[i].plain)
			count(&paused_ran);
		guest[i].plain++;
	}
	WRITE_ONCE(paused, false);
	domain_unpause(d);
}

static void disturb(void)
{
	unsigned int seed = 99;

	for (unsigned int n = 0; READ_ONCE(hops) < HOPS; n++) {
		host_advance(rnd(&seed, 3000000));
		if (!rnd(&seed, 16)) {
			pause_once();
			count(&ticks);
		}
		if (!rnd(&seed, 16))
			sched_pin(d->vcpu[rnd(&seed, VCPUS)],
				  1 + rnd(&seed, (1u << CPUS) - 1));
		if (softirq_pending[MAIN_CPU])
			softirq_run();
		sched_yield();
	}
}

/* A domain with this many tokens under way. */
static void start(unsigned int vcpus, unsigned int tokens)
{
	hops = 0;
	d = threads_domain(1, vcpus);
	for (unsigned int i = 0; i < vcpus; i++) {
		guest[i].plain = 1;
		ports[i] = (port_t)evtchn_bind_ipi(d, i);
	}
	for (unsigned int i = 0; i < tokens; i++)
		evtchn_send(d, ports[i]);
	threads_start();
}

/* On two CPUs, and no other thread runs: so they really meet. */
static void ping_pong(void)
{
	playing = true;
	cpus = 2;
	start(2, 1);
	threads_join();
	report("sched_ping_pong", hops >= HOPS, "");
	host_destroy_all();
	playing = false;
	cpus = CPUS;
}

int main(void)
{
	threads_init();
	ping_pong();
	start(VCPUS, TOKENS);
	disturb();
	domain_pause(d);
	threads_stop();
	printf("%u hops, %u blocks, %u polls, %u pauses\n", hops, blocks, polls,
	       ticks);
	report("sched_no_wakeup_lost", hops >= HOPS && blocks && polls, "");
	report("sched_one_cpu_each", !twice, "a vCPU ran on two CPUs");
	report("sched_pause_holds", !paused_ran && ticks, "a paused one ran");
	report("sched_queues", !sched_audit() && !evtchn_audit(d), "audit");
	return failures != 0;
}
