/* SPDX-License-Identifier: MIT */
#include "time.h"
#include "acpi.h"
#include "apic.h"
#include "arch.h"
#include "memory.h"
#include "print.h"
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
#define RTC_PM	     0x80

#define PAIR_ROUNDS 2000

uint64_t tsc_hz;

static uint64_t origin;	   /* TSC at system time 0 */
static uint32_t to_ns_mul; /* the ABI's tsc_to_system_mul */
static int8_t to_ns_shift;
static uint64_t to_apic_mul; /* LAPIC ticks per ns << 32 */
static uint64_t wall_sec;    /* at system time 0 */
static uint32_t wall_nsec;
static bool stable = true; /* TSCs agree */

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

	if (!ns)
		apic_timer_set(0);
	else
		apic_timer_set((uint32_t)MIN(ticks + 1, UINT32_MAX));
}

/* ---- Calibration ------------------------------------------------------------ */

struct sample {
	uint64_t tsc;
	uint32_t apic, pm;
};

/* All clocks at once, as nearly as TRIES attempts get. */
static struct sample sample(void)
{
	struct sample best = { 0 };
	uint64_t best_span = ~0ul;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before = read_tsc(), span;
		struct sample s;

		s.pm = inl(acpi.pm_timer);
		s.apic = apic_timer_left();
		span = read_tsc() - before;
		s.tsc = before + span / 2;
		if (span < best_span) {
			best_span = span;
			best = s;
		}
	}
	return best;
}

/* However late this is noticed: the timer wraps after 4.6 s only. */
static void wait_ticks(uint32_t start)
{
	for (uint32_t i = 0;
	     ((inl(acpi.pm_timer) - start) & PM_MASK) < CALIBRATION; i++) {
		if (i == PATIENCE)
			boot_stop("the ACPI timer does not count");
		cpu_relax_poll();
	}
}

static void calibrate(void)
{
	struct sample a, b;
	uint64_t apic_hz;
	uint32_t ticks;

	if (!acpi.pm_timer)
		boot_stop("no ACPI timer");
	apic_timer_set(UINT32_MAX);
	a = sample();
	wait_ticks(a.pm);
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
}

/* ---- Wall clock --------------------------------------------------------------- */

static uint8_t rtc_read(uint8_t reg)
{
	outb(RTC_INDEX, reg);
	return inb(RTC_DATA);
}

static unsigned int rtc_number(uint8_t v, uint8_t mode)
{
	return mode & RTC_BINARY ? v : (v >> 4) * 10u + (v & 15);
}

/* Days from 1970 to the first of March of that year, and on from there. */
static uint64_t days_since_1970(unsigned int year, unsigned int month,
				unsigned int day)
{
	if (month < 3) {
		month += 12;
		year--;
	}
	return 365ul * year + year / 4 - year / 100 + year / 400 +
	       (153 * (month - 3) + 2) / 5 + day - 1 - 719468;
}

static uint64_t rtc_seconds(const uint8_t *r, uint8_t mode)
{
	unsigned int hour = rtc_number(r[2] & (uint8_t)~RTC_PM, mode);
	unsigned int year = rtc_number(r[5], mode);

	if (!(mode & RTC_24H))
		hour = hour % 12 + (r[2] & RTC_PM ? 12 : 0);
	return days_since_1970(year + (year < 70 ? 2000 : 1900),
			       rtc_number(r[4], mode), rtc_number(r[3], mode)) *
		       86400 +
	       hour * 3600 + rtc_number(r[1], mode) * 60 +
	       rtc_number(r[0], mode);
}

/* Until two readings outside of an update agree. */
static void read_wallclock(void)
{
	static const uint8_t regs[6] = { 0, 2, 4, 7, 8, 9 };
	uint64_t sec = 0, last;
	uint8_t r[6];
	uint32_t polls = 0;

	do {
		last = sec;
		while (rtc_read(RTC_A) & RTC_UPDATING && polls++ < PATIENCE)
			cpu_relax_poll();
		for (int i = 0; i < 6; i++)
			r[i] = rtc_read(regs[i]);
		sec = rtc_seconds(r, rtc_read(RTC_B));
	} while (sec != last && polls++ < PATIENCE);
	wall_sec = sec - 1 - now_ns() / NS;
	wall_nsec = (uint32_t)(NS - 1 - now_ns() % NS);
}

void arch_wallclock(uint64_t *sec, uint32_t *nsec)
{
	*sec = wall_sec;
	*nsec = wall_nsec;
}

void time_init(void)
{
	set_scale(NS);
	origin = read_tsc();
	calibrate();
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

/* The version is odd while the rest is not consistent. */
static void write_time(struct vcpu_time_info *to, const struct vcpu_time_info *t)
{
	store_release(&to->version, t->version | 1);
	smp_mb();
	to->tsc_timestamp = t->tsc_timestamp;
	to->system_time = t->system_time;
	to->tsc_to_system_mul = t->tsc_to_system_mul;
	to->tsc_shift = t->tsc_shift;
	to->flags = t->flags;
	store_release(&to->version, t->version + 2);
}

void arch_update_vcpu_time(struct vcpu *v)
{
	struct vcpu_time_info t = {
		.version = v->time_version,
		.tsc_timestamp = read_tsc(),
		.tsc_to_system_mul = to_ns_mul,
		.tsc_shift = to_ns_shift,
		.flags = stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
	};
	uint32_t odd = t.version | 1;

	t.system_time = tsc_to_ns(t.tsc_timestamp - origin);
	v->time_version += 2;
	write_time(&v->info->time, &t);
	if (!v->time_area || v != current_vcpu())
		return;
	t.version = v->time_version;
	/*
	 * Not mapped in the present mode? What it holds stays right: all
	 * updates lie on one line.
	 */
	if (!copy_to_guest(v->time_area, &odd, sizeof(odd)) &&
	    !copy_to_guest(v->time_area + sizeof(odd), &t.pad0,
			   sizeof(t) - sizeof(odd)))
		copy_to_guest(v->time_area, &t.version, sizeof(t.version));
}
