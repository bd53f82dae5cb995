/* SPDX-License-Identifier: MIT */
/* Intel SDM volume 3, 9.4.4: INIT, then STARTUP twice. */
#include "smp.h"
#include "acpi.h"
#include "apic.h"
#include "image.h"
#include "irq.h"
#include "mem.h"
#include "memory.h"
#include "paging.h"
#include "print.h"
#include "sched.h"
#include "time.h"
#include "x86.h"

#define LOW_MEMORY    0xa0000
#define MS	      1000000ul
#define START_TIMEOUT (1000 * MS)
#define PATIENCE      10000000u /* polls for the others to stop */

static cpumask_t online;    /* atomic */
static uint64_t trampoline; /* its page */
static uint32_t checked;    /* APs that have compared their TSC */
static uint32_t stopper;    /* 1 + the CPU that stops all others */
static unsigned int parked; /* that have stopped */

cpumask_t cpus_online(void)
{
	return READ_ONCE(online);
}

void smp_enter_cpu(void)
{
	struct cpu *c = this_cpu();
	unsigned int order = 0;
	struct vcpu *idle;

	while (PAGE_SIZE << order < sizeof(*idle))
		order++;
	idle = frame_ptr(MFN(memory_pages(order) >> PAGE_SHIFT));
	idle->id = idle->cpu = c->id;
	c->current = idle;
	c->regs_top = c->tss->rsp0 = (uint64_t)&idle->regs +
				     offsetof(struct cpu_user_regs, es);
	sched_init_cpu(c->id, idle);
	atomic_bit_set(&online, c->id);
}

/* On the AP's own stack. */
static _Noreturn void ap_main(void)
{
	cpu_init();
	apic_init();
	smp_enter_cpu();
	time_check_pair();
	store_release(&checked, checked + 1);
	cpu_leave();
}

void smp_reserve(void)
{
	memory_limit = LOW_MEMORY;
	trampoline = memory_pages(0);
	memory_limit = UINT64_MAX;
	memcpy(direct_map + trampoline, ap_trampoline,
	       (size_t)(ap_trampoline_end - ap_trampoline));
	start_entry = (uint64_t)ap_main;
}

static bool start_cpu(unsigned int n, unsigned int id)
{
	uint32_t startup = APIC_STARTUP | (uint32_t)(trampoline >> PAGE_SHIFT);
	uint64_t end;

	cpu_at(n)->id = n;
	start_stack += CPU_BLOCK;
	smp_mb();
	apic_send(id, APIC_INIT);
	time_delay(10 * MS);
	for (int i = 0; i < 2 && !(cpus_online() >> n & 1); i++) {
		apic_send(id, startup);
		time_delay(MS / 5);
	}
	end = now_ns() + START_TIMEOUT;
	for (; !(cpus_online() >> n & 1); cpu_relax_poll())
		if (now_ns() > end)
			return false;
	time_check_pair();
	while (load_acquire(&checked) != n)
		cpu_relax_poll();
	return true;
}

void smp_start(unsigned int max)
{
	unsigned int n = 1, left = 0;

	for (unsigned int i = 0; i < acpi.nr_cpus; i++) {
		if (acpi.apic_id[i] == this_cpu()->apic_id)
			continue;
		if (n == MAX_CPUS || (max && n >= max))
			left++;
		else if (start_cpu(n, acpi.apic_id[i]))
			n++;
		else
			print(LOG_WARNING, "CPU with APIC id %u: no answer\n",
			      acpi.apic_id[i]);
	}
	print(LOG_INFO, "%u CPUs%s\n", n, left ? ", others left out" : "");
}

uint64_t arch_cpu_physid(unsigned int cpu)
{
	uint64_t id = cpu_at(cpu)->apic_id;

	for (unsigned int i = 0; i < acpi.nr_cpus; i++)
		if (acpi.apic_id[i] == id)
			id |= (uint64_t)acpi.acpi_id[i] << 32;
	return id;
}

/* ---- The end ------------------------------------------------------------------ */

bool machine_stopping(void)
{
	return READ_ONCE(stopper);
}

void smp_park(void)
{
	__atomic_fetch_add(&parked, 1, __ATOMIC_SEQ_CST);
	for (;;)
		asm volatile("cli; hlt");
}

void irq_nmi(void)
{
	uint32_t by = READ_ONCE(stopper);

	if (by && by != 1 + cpu_id())
		smp_park();
}

void smp_stop_others(void)
{
	cpumask_t left = cpus_online() & ~(1u << cpu_id());
	unsigned int others = (unsigned int)__builtin_popcount(left);
	uint32_t none = 0;

	/* Of two that stop the machine at once the first one does. */
	__atomic_compare_exchange_n(&stopper, &none, 1 + cpu_id(), false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	irq_nmi();
	for (; left; left &= left - 1)
		apic_send(cpu_first(left)->apic_id, APIC_NMI);
	for (uint32_t i = 0; i < PATIENCE && READ_ONCE(parked) < others; i++)
		cpu_relax_poll();
}
