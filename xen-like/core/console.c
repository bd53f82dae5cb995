/* SPDX-License-Identifier: MIT */
/*
 * The console: output of ours and of the guests, the log that keeps it, and
 * input, which is the initial domain's or goes to the keys of the hypervisor.
 *
 * console_lock, last in the order, guards everything here. After
 * console_panic() it is not taken any more: the CPU that goes down must be
 * heard, whoever holds it.
 */
#include "console.h"
#include "arch.h"
#include "audit.h"
#include "evtchn.h"
#include "print.h"
#include "sched.h"
#include "trace.h"

#define LOG_SIZE   16384u
#define INPUT_SIZE 128u
#define ESCAPE	   1 /* ^A */

static struct lock console_lock;
bool console_panicking;
static bool mid_line; /* our own last text did not end its line */
static char log_text[LOG_SIZE];
static uint64_t log_end; /* bytes ever written */
static char input[INPUT_SIZE];
static uint32_t input_in, input_out; /* free running */
static unsigned int escapes;
static bool input_ours;
static char key_pressed; /* for console_softirq(), 0 none */

static void console_take(void)
{
	if (!READ_ONCE(console_panicking))
		lock_take(&console_lock);
}

static void console_drop(void)
{
	if (lock_mine(&console_lock))
		lock_drop(&console_lock);
}

void console_panic(void)
{
	WRITE_ONCE(console_panicking, true);
}

/* ---- Output -------------------------------------------------------------- */

static void emit(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		log_text[log_end++ % LOG_SIZE] = text[i];
	arch_console_write(text, len);
}

void console_message(const char *text)
{
	static const char prefix[] = "(ENSO) ";
	size_t n;

	console_take();
	while (*text) {
		for (n = 0; text[n] && text[n] != '\n'; n++)
			;
		if (!mid_line)
			emit(prefix, sizeof(prefix) - 1);
		mid_line = text[n] != '\n';
		n += !mid_line;
		emit(text, n);
		text += n;
	}
	console_drop();
}

void console_write(const char *text, size_t len)
{
	console_take();
	emit(text, len);
	console_drop();
}

size_t console_log(uint64_t *from, char *buf, size_t size)
{
	size_t n = 0;

	console_take();
	if (*from + LOG_SIZE < log_end || *from > log_end)
		*from = log_end - MIN(log_end, (uint64_t)LOG_SIZE);
	while (n < size && *from < log_end)
		buf[n++] = log_text[(*from)++ % LOG_SIZE];
	console_drop();
	return n;
}

/* ---- Input --------------------------------------------------------------- */

size_t console_read(char *buf, size_t size)
{
	size_t n = 0;

	console_take();
	while (n < size && input_out != input_in)
		buf[n++] = input[input_out++ % INPUT_SIZE];
	console_drop();
	return n;
}

void console_unread(size_t n)
{
	console_take();
	if (input_in - input_out + n <= INPUT_SIZE)
		input_out -= (uint32_t)n;
	console_drop();
}

/* Whose is c? True: queued for the initial domain. console_lock is held. */
static bool input_sort(char c)
{
	escapes = c == ESCAPE ? escapes + 1 : 0;
	if (escapes == 3) {
		escapes = 0;
		input_ours = !input_ours;
		key_pressed = ESCAPE;
		return false;
	}
	if (input_ours) {
		key_pressed = c;
		return false;
	}
	if (input_in - input_out < INPUT_SIZE)
		input[input_in++ % INPUT_SIZE] = c;
	return true;
}

void console_input(char c)
{
	console_take();
	input_sort(c);
	console_drop();
	softirq_raise(cpu_id(), SOFTIRQ_CONSOLE);
}

/* ---- Keys ----------------------------------------------------------------- */

static const char *why_word(const struct vcpu *v)
{
	uint32_t w = READ_ONCE(v->why_not);

	if (!w)
		return READ_ONCE(v->running) ? "runs" : "waits";
	return w & VCPU_DOWN ? "down" : w & VCPU_BLOCKED ? "blocked" : "paused";
}

static void key_domains(void)
{
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d)) {
		print(LOG_ERR, "domain %u: %lu frames of %lu, %u references\n",
		      d->id, READ_ONCE(d->frames), d->max_frames,
		      READ_ONCE(d->refs));
		for (unsigned int i = 0; i < MAX_VCPUS; i++) {
			struct vcpu *v = vcpu_find(d, i);

			if (v)
				print(LOG_ERR, "  vcpu %u: cpu %u, %s\n", i,
				      v->cpu, why_word(v));
		}
	}
}

static void key_trace(void)
{
	trace_dump(32);
}

static void key_debug(void)
{
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d))
		for (unsigned int i = 0; i < MAX_VCPUS; i++)
			if (vcpu_find(d, i))
				evtchn_virq(vcpu_find(d, i), VIRQ_DEBUG);
}

static void key_halt(void)
{
	arch_halt();
}

static void key_reboot(void)
{
	arch_reboot();
}

static void key_help(void);
static const struct key {
	char c;
	void (*fn)(void);
	const char *what;
} keys[] = {
	{ 'h', key_help, "this list" },
	{ 'q', key_domains, "domains and their vCPUs" },
	{ 'd', key_debug, "raise VIRQ_DEBUG on all vCPUs" },
	{ 'T', key_trace, "the last trace records" },
	{ 'a', domain_audit_machine, "audit, with all domains stopped" },
	{ 'H', key_halt, "halt the machine" },
	{ 'R', key_reboot, "reboot the machine" },
};

static void key_help(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		print(LOG_ERR, "key %c: %s\n", keys[i].c, keys[i].what);
}

static void key_run(char c)
{
	if (c == ESCAPE)
		print(LOG_ERR, "*** Serial input to %s\n",
		      input_ours ? "Enso (h: keys)" : "the initial domain");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].c == c)
			keys[i].fn();
}

void console_softirq(void)
{
	struct domain *d = domain_initial();
	bool waiting;
	char c;

	console_take();
	c = key_pressed;
	key_pressed = 0;
	waiting = input_in != input_out;
	console_drop();
	if (c)
		key_run(c);
	if (waiting && d)
		evtchn_virq_global(d, VIRQ_CONSOLE);
}
