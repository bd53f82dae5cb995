/* SPDX-License-Identifier: MIT */
/* CPUs, locks, the clock and the end of the machine; host.h has the rules. */
#include <sched.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "host_memory.h"
#include "panic.h"
#include "print.h"
#include "sched.h"

struct host host;

static __thread unsigned int this_cpu;
static __thread unsigned int locks_held;
static __thread jmp_buf *machine_end;

/* ---- CPUs -------------------------------------------------------------- */

unsigned int cpu_id(void)
{
	return this_cpu;
}

cpumask_t cpus_online(void)
{
	return (1u << host.nr_cpus) - 1;
}

uint64_t arch_cpu_physid(unsigned int cpu)
{
	return (cpu + 1ul) << 32 | cpu;
}

struct vcpu *current_vcpu(void)
{
	return host.cpu[this_cpu].current;
}

void host_cpu(unsigned int n)
{
	ASSERT(n < host.nr_cpus);
	this_cpu = n;
}

void arch_kick(unsigned int cpu)
{
	__atomic_fetch_add(&host.cpu[cpu].kicks, 1, __ATOMIC_SEQ_CST);
}

/* The other CPUs serve what they were asked for, as an interrupt has them. */
static void run_others(void)
{
	unsigned int self = this_cpu;

	for (unsigned int n = 0; n < host.nr_cpus; n++) {
		if (n == self || !softirq_pending[n])
			continue;
		this_cpu = n;
		softirq_run();
	}
	this_cpu = self;
}

void cpu_relax_poll(void)
{
	static unsigned int turns, depth;

	if (READ_ONCE(host.threaded)) {
		sched_yield();
		return;
	}
	if (++turns > 1000000)
		panic("a wait that nobody ends");
	if (depth)
		return;
	depth++;
	run_others();
	depth--;
	turns = 0;
}

bool preempt_check(void)
{
	bool stop = host.preempt && host.preempt();

	ASSERT(!locks_held);
	stop |= READ_ONCE(softirq_pending[this_cpu]) != 0;
	__atomic_fetch_add(&host.preempt_asked, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&host.preempt_told, stop, __ATOMIC_RELAXED);
	return stop;
}

void host_settle(void)
{
	bool again;

	do {
		again = false;
		for (unsigned int n = 0; n < host.nr_cpus; n++)
			again |= softirq_pending[n] != 0;
		if (softirq_pending[this_cpu])
			softirq_run();
		run_others();
	} while (again);
}

void host_run(struct vcpu *v)
{
	arch_switch(current_vcpu(), v);
}

/* ---- Locks -------------------------------------------------------------- */

bool lock_try(struct lock *l)
{
	uint32_t expected = 0;

	if (!__atomic_compare_exchange_n(&l->word, &expected, 1 + this_cpu, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	locks_held++;
	return true;
}

void lock_take(struct lock *l)
{
	while (!lock_try(l)) {
		if (lock_mine(l))
			panic("CPU%u takes lock %p twice", this_cpu, (void *)l);
		if (!READ_ONCE(host.threaded))
			panic("lock %p is CPU%u's, who waits", (void *)l,
			      l->word - 1);
		cpu_relax_poll();
	}
}

void lock_drop(struct lock *l)
{
	ASSERT(lock_mine(l) && locks_held);
	locks_held--;
	store_release(&l->word, 0);
}

bool lock_mine(const struct lock *l)
{
	return READ_ONCE(l->word) == 1 + this_cpu;
}

unsigned int host_locks_held(void)
{
	return locks_held;
}

/* ---- Time ------------------------------------------------------------------ */

uint64_t now_ns(void)
{
	return READ_ONCE(host.now);
}

void arch_wallclock(uint64_t *sec, uint32_t *nsec)
{
	*sec = 1700000000;
	*nsec = 123456789;
}

void arch_set_deadline(uint64_t ns)
{
	WRITE_ONCE(host.cpu[this_cpu].deadline, ns);
}

void host_advance(uint64_t ns)
{
	uint64_t now = __atomic_add_fetch(&host.now, ns, __ATOMIC_SEQ_CST);

	for (unsigned int n = 0; n < host.nr_cpus; n++) {
		uint64_t at = READ_ONCE(host.cpu[n].deadline);

		if (at && at <= now)
			softirq_raise(n, SOFTIRQ_TIMER);
	}
}

void arch_update_vcpu_time(struct vcpu *v)
{
	struct vcpu_time_info *t = &v->info->time, copy;

	WRITE_ONCE(t->version, v->time_version | 1);
	smp_mb();
	WRITE_ONCE(t->tsc_timestamp, now_ns());
	WRITE_ONCE(t->system_time, now_ns());
	WRITE_ONCE(t->tsc_to_system_mul, 0x80000000u);
	WRITE_ONCE(t->tsc_shift, 1);
	WRITE_ONCE(t->flags, XEN_PVCLOCK_TSC_STABLE_BIT);
	smp_mb();
	v->time_version += 2;
	WRITE_ONCE(t->version, v->time_version);
	if (!v->time_area || v != current_vcpu())
		return;
	copy = (struct vcpu_time_info){
		.version = v->time_version,
		.system_time = now_ns(),
	};
	(void)copy_to_guest(v->time_area, &copy, sizeof(copy));
}

/* ---- The machine ---------------------------------------------------------- */

void arch_console_write(const char *text, size_t len)
{
	if (host.loud)
		fwrite(text, 1, len, stderr);
	for (size_t i = 0; i < len; i++) {
		if (host.console_len == sizeof(host.console) - 1) {
			host.console_len /= 2;
			memmove(host.console,
				host.console + sizeof(host.console) / 2,
				host.console_len);
		}
		host.console[host.console_len++] = text[i];
	}
	host.console[host.console_len] = 0;
}

void arch_stretch_begin(void)
{
}

void arch_stretch_end(void)
{
}

void arch_print_stretch(void)
{
	print(LOG_DEBUG, "preemption points: %lu\n", host.preempt_asked);
}

void arch_vcpu_dump(struct vcpu *v)
{
	print(LOG_ERR, "d%uv%u rip %lx\n", v->domain->id, v->id, v->regs.rip);
}

void arch_machine(struct arch_machine *m)
{
	*m = (struct arch_machine){ .khz = 1000000, .features = { 1, 2, 3 } };
}

void arch_hypercall_page_fill(void *page)
{
	memset(page, 0xcc, PAGE_SIZE);
}

static _Noreturn void end(enum host_end how)
{
	if (!machine_end)
		panic("the machine ends: %d", how);
	longjmp(*machine_end, (int)how);
}

void arch_halt(void)
{
	end(HOST_HALTED);
}

void arch_reboot(void)
{
	end(HOST_REBOOTED);
}

void arch_panic_stop(void)
{
	fprintf(stderr, "%s\n", host.console);
	abort();
}

enum host_end host_call(void (*fn)(void *), void *arg)
{
	jmp_buf here;
	int how;

	machine_end = &here;
	how = setjmp(here);
	if (!how)
		fn(arg);
	machine_end = NULL;
	ASSERT(!locks_held);
	return (enum host_end)how;
}

void host_init(size_t bytes, unsigned int cpus)
{
	ASSERT(cpus && cpus <= MAX_CPUS);
	host.nr_cpus = cpus;
	host.now = 1000000000;
	host_memory_init(bytes);
	for (unsigned int n = 0; n < cpus; n++) {
		host_cpu(n);
		host.cpu[n].current = &host.cpu[n].idle;
		sched_init_cpu(n, &host.cpu[n].idle);
	}
	host_cpu(0);
}
