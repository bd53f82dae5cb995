/* SPDX-License-Identifier: MIT */
#include "time.h"
#include "acpi.h"
#include "apic.h"
#include "mem.h"
#include "memory.h"
#include "vcpu.h"
#include "x86.h"

#define NS 1000000000ul

/* The ACPI timer, 4.8.3.3 there: it counts at least 24 bits. */
#define PM_HZ	    3579545u
#define PM_MASK	    0xffffffu
#define CALIBRATION (PM_HZ / 20)
#define TRIES	    8
#define PATIENCE    10000000u

#define RTC_INDEX    0x70
#define RTC_DATA     0x71
#define RTC_A	     0x0a
#define RTC_UPDATING 0x80
#define RTC_B	     0x0b
#define RTC_24H	     0x02
#define RTC_BINARY   0x04
#define RTC_PM	     0x80u

#define PAIR_ROUNDS 2000

uint64_t tsc_hz;

static uint64_t origin;	   /* TSC at system time 0 */
static uint32_t to_ns_mul; /* the ABI's tsc_to_system_mul */
static int8_t to_ns_shift;
static uint64_t to_apic_mul; /* LAPIC ticks per ns << 32 */
static uint64_t wall_ns;     /* since 1970, at system time 0 */
static bool stable = true;   /* TSCs agree */

/* ---- System time ------------------------------------------------------------ */

uint64_t tsc_to_ns(uint64_t tsc)
{
	tsc = to_ns_shift < 0 ? tsc >> -to_ns_shift : tsc << to_ns_shift;
	return (uint64_t)((unsigned __int128)tsc * to_ns_mul >> 32);
}

static uint64_t read_tsc(void)
{
	asm volatile("lfence" : : : "memory");
	return rdtsc();
}

uint64_t now_ns(void)
{
	return tsc_to_ns(read_tsc() - origin);
}

/* As the guests' formula has it: ns = (tsc << shift) * mul >> 32. */
static void set_scale(uint64_t hz)
{
	to_ns_shift = 0;
	for (; hz > 2 * NS; hz >>= 1)
		to_ns_shift--;
	for (; hz <= NS; hz <<= 1)
		to_ns_shift++;
	to_ns_mul = (uint32_t)((NS << 32) / hz);
}

void time_delay(uint64_t ns)
{
	uint64_t end = now_ns() + ns;

	while (now_ns() < end)
		cpu_relax_poll();
}

void arch_set_deadline(uint64_t ns)
{
	uint64_t now = now_ns(), delta = ns > now ? ns - now : 0;
	unsigned __int128 ticks = (unsigned __int128)delta * to_apic_mul >> 32;

	apic_timer_set(ns ? (uint32_t)MIN(ticks + 1, UINT32_MAX) : 0);
}

/* ---- Wall clock --------------------------------------------------------------- */

static uint8_t rtc_read(uint8_t reg)
{
	outb(RTC_INDEX, reg);
	return inb(RTC_DATA);
}

/* MC146818: once it does not say "updating", there are 244 us to read it in. */
static void read_wallclock(void)
{
	static const uint8_t regs[] = { 0, 2, 4, 7, 8, 9 };
	unsigned int r[ARRAY_SIZE(regs)], year, month;
	uint64_t days, now;
	bool pm;

	for (uint32_t i = 0; rtc_read(RTC_A) & RTC_UPDATING && i < PATIENCE; i++)
		cpu_relax_poll();
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		r[i] = rtc_read(regs[i]);
	now = now_ns();
	pm = r[2] & RTC_PM;
	r[2] &= ~RTC_PM;
	for (unsigned int i = 0; i < ARRAY_SIZE(regs); i++)
		if (!(rtc_read(RTC_B) & RTC_BINARY))
			r[i] = (r[i] >> 4) * 10 + (r[i] & 15);
	if (!(rtc_read(RTC_B) & RTC_24H))
		r[2] = r[2] % 12 + (pm ? 12 : 0);
	year = r[5] + (r[5] < 70 ? 2000 : 1900);
	/* Days from 1970 to the first of March, and on from there. */
	year -= r[4] < 3;
	month = r[4] < 3 ? r[4] + 9 : r[4] - 3;
	days = 365ul * year + year / 4 - year / 100 + year / 400 +
	       (153 * month + 2) / 5 + r[3] - 1 - 719468;
	wall_ns = (days * 86400 + r[2] * 3600 + r[1] * 60 + r[0]) * NS - now;
}

void arch_wallclock(uint64_t *sec, uint32_t *nsec)
{
	*sec = wall_ns / NS;
	*nsec = (uint32_t)(wall_ns % NS);
}

/* ---- Calibration ------------------------------------------------------------ */

struct sample {
	uint64_t tsc, span;
	uint32_t apic, pm;
};

/* All clocks at once, as nearly as TRIES attempts get. */
static struct sample sample(void)
{
	struct sample best = { .span = ~0ul }, s;

	for (int i = 0; i < TRIES; i++) {
		s.tsc = read_tsc();
		s.pm = inl(acpi.pm_timer);
		s.apic = apic_timer_left();
		s.span = read_tsc() - s.tsc;
		if (s.span < best.span)
			best = s;
	}
	return best;
}

void time_init(void)
{
	struct sample a, b;
	uint32_t ticks = 0;
	uint64_t apic_hz;

	set_scale(NS);
	origin = read_tsc();
	if (!acpi.pm_timer)
		boot_stop("no ACPI timer");
	apic_timer_set(UINT32_MAX);
	a = sample();
	/* However late this is noticed: the timer wraps after 4.6 s only. */
	for (uint32_t i = 0; ticks < CALIBRATION; i++) {
		if (i == PATIENCE)
			boot_stop("the ACPI timer does not count");
		cpu_relax_poll();
		ticks = (inl(acpi.pm_timer) - a.pm) & PM_MASK;
	}
	b = sample();
	apic_timer_set(0);
	ticks = (b.pm - a.pm) & PM_MASK;
	tsc_hz = (b.tsc - a.tsc) * PM_HZ / ticks;
	apic_hz = (uint64_t)(a.apic - b.apic) * PM_HZ / ticks;
	set_scale(tsc_hz);
	to_apic_mul = (apic_hz << 32) / NS;
	print(LOG_INFO, "TSC %lu kHz, local APIC timer %lu kHz\n",
	      tsc_hz / 1000, apic_hz / 1000);
	if (!apic_hz)
		boot_stop("the local APIC's timer does not count");
	read_wallclock();
}

/* ---- For guests ---------------------------------------------------------------- */

void time_check_pair(void)
{
	static struct lock lock;
	static uint64_t last;

	for (int i = 0; i < PAIR_ROUNDS; i++) {
		uint64_t t;

		lock_take(&lock);
		t = read_tsc();
		if (t < last)
			stable = false;
		last = MAX(t, last);
		lock_drop(&lock);
	}
}

void arch_update_vcpu_time(struct vcpu *v)
{
	struct vcpu_time_info *to = &v->info->time, t = {
		.version = v->time_version | 1,
		.tsc_timestamp = read_tsc(),
		.tsc_to_system_mul = to_ns_mul,
		.tsc_shift = to_ns_shift,
		.flags = stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};
	const size_t head = sizeof(t.version), rest = sizeof(t) - head;
	const gva_t area = v->time_area;

	t.system_time = tsc_to_ns(t.tsc_timestamp - origin);
	v->time_version += 2;
	/* The version is odd while the rest is not consistent. */
	store_release(&to->version, t.version);
	smp_mb();
	memcpy(&to->pad0, &t.pad0, rest);
	store_release(&to->version, v->time_version);
	/*
	 * Not mapped in the present mode? What it holds stays right: all
	 * updates lie on one line.
	 */
	if (area && v == current_vcpu() && !copy_to_guest(area, &t, head) &&
	    !copy_to_guest(area + head, &t.pad0, rest))
		copy_to_guest(area, &v->time_version, head);
}
