/* SPDX-License-Identifier: MIT */
/*
 * A request to a CPU is or-ed into its flush_request word: FLUSH_* in the low
 * bits, the page of FLUSH_VA above. Requests for different pages meet as a
 * full flush. Then flush_wanted is counted up, and the requester waits until
 * flush_done has reached its number, interrupting the CPU, which may also
 * serve from a wait of its own: so two CPUs that flush each other proceed.
 *
 * The clock: a full flush takes its number before it flushes and shows it in
 * flush_seen afterwards; what was let go of at an earlier reading is gone.
 */
#include "apic.h"
#include "irq.h"
#include "print.h"
#include "sched.h"
#include "smp.h"
#include "time.h"
#include "x86.h"

#define FLUSH_FLAGS (PAGE_SIZE - 1)
#define CLOCK_ROUND 0x3fffffffu /* all CPUs flush once in so many ticks */

static uint32_t flush_clock;

/* Numbers go round: nearer than half of them, a came before b. */
static bool before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* Returns the number of the request. */
static uint32_t request_and_kick(struct cpu *c, uint64_t req)
{
	uint32_t number;
	uint64_t old = READ_ONCE(c->flush_request), new;

	do {
		new = old | req;
		if ((old & req & FLUSH_VA) && ((old ^ req) & ~FLUSH_FLAGS))
			new = ((old | req) & FLUSH_FLAGS & ~FLUSH_VA) |
			      FLUSH_GLOBAL;
	} while (!__atomic_compare_exchange_n(&c->flush_request, &old, new,
					      false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	number = __atomic_add_fetch(&c->flush_wanted, 1, __ATOMIC_SEQ_CST);
	apic_send(c->apic_id, VECTOR_FLUSH);
	return number;
}

/* CR4.PGE is off: a write of CR3 leaves nothing. */
static void flush_all(struct cpu *c)
{
	uint32_t tick = __atomic_add_fetch(&flush_clock, 1, __ATOMIC_SEQ_CST);
	cpumask_t others = cpus_online() & ~(1u << c->id);

	write_cr3(read_cr3());
	store_release(&c->flush_seen, tick);
	/* No CPU's flush_seen may grow so old that it looks new. */
	for (; !(tick & CLOCK_ROUND) && others; others &= others - 1)
		request_and_kick(cpu_first(others), FLUSH_GLOBAL);
}

static void flush_local(uint64_t req)
{
	struct cpu *c = this_cpu();

	if (req & FLUSH_CACHE)
		asm volatile("wbinvd" : : : "memory");
	if (req & (FLUSH_TLB | FLUSH_GLOBAL))
		flush_all(c);
	else if (req & FLUSH_VA)
		invlpg(req & ~FLUSH_FLAGS);
}

void flush_serve(void)
{
	struct cpu *c = this_cpu();
	uint32_t wanted = load_acquire(&c->flush_wanted);

	if (likely(wanted == c->flush_done))
		return;
	flush_local(__atomic_exchange_n(&c->flush_request, 0, __ATOMIC_SEQ_CST));
	store_release(&c->flush_done, wanted);
}

/* ---- Polls ------------------------------------------------------------ */

/* A stretch without a poll ends here; another begins. */
static void stretch_mark(struct cpu *c)
{
	uint64_t now;

	if (likely(!c->last_poll))
		return;
	now = rdtsc();
	c->longest = MAX(c->longest, now - c->last_poll);
	c->last_poll = now;
}

void arch_stretch_begin(void)
{
	this_cpu()->last_poll = rdtsc();
}

void arch_stretch_end(void)
{
	struct cpu *c = this_cpu();

	stretch_mark(c);
	c->last_poll = 0;
}

void arch_print_stretch(void)
{
	uint64_t longest = 0;

	for (unsigned int n = 0; n < MAX_CPUS; n++)
		longest = MAX(longest, cpu_at(n)->longest);
	if (longest)
		print(LOG_INFO,
		      "Longest stretch without a poll: %lu ns, %lu ticks\n",
		      tsc_to_ns(longest), longest);
}

void cpu_relax_poll(void)
{
	stretch_mark(this_cpu());
	flush_serve();
	__builtin_ia32_pause();
}

bool preempt_check(void)
{
	stretch_mark(this_cpu());
	asm volatile("sti; nop; cli" : : : "memory");
	flush_serve();
	return READ_ONCE(softirq_pending[cpu_id()]) != 0;
}

/* ---- The door ----------------------------------------------------------- */

void arch_flush(cpumask_t mask, unsigned int how, gva_t va)
{
	uint64_t req = how | (how & FLUSH_VA ? va & PAGE_MASK : 0);
	cpumask_t self = 1u << cpu_id(), left;
	cpumask_t others = mask & cpus_online() & ~self;
	uint32_t number[MAX_CPUS];
	struct cpu *c;

	/* Changed tables are visible before anyone is asked to forget. */
	smp_mb();
	for (left = others; left; left &= left - 1) {
		c = cpu_first(left);
		number[c->id] = request_and_kick(c, req);
	}
	for (left = others; left; left &= left - 1) {
		c = cpu_first(left);
		while (before(load_acquire(&c->flush_done), number[c->id]) &&
		       !machine_stopping())
			cpu_relax_poll();
	}
	if (mask & self)
		flush_local(req);
}

uint32_t arch_flush_clock(void)
{
	return __atomic_load_n(&flush_clock, __ATOMIC_SEQ_CST);
}

cpumask_t arch_flush_filter(cpumask_t mask, uint32_t stamp)
{
	cpumask_t still = mask;

	for (; mask; mask &= mask - 1) {
		const struct cpu *c = cpu_first(mask);

		if (before(stamp, load_acquire(&c->flush_seen)))
			still &= ~(1u << c->id);
	}
	return still;
}
