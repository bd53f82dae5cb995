/* SPDX-License-Identifier: MIT */
/*
 * The console: messages of ours, output of the guests, and input, which is
 * the initial domain's or goes to the keys of the hypervisor.
 *
 * console_lock, last in the order, guards everything here. After a panic it
 * is not taken any more: the CPU that goes down must be heard, whoever holds
 * it.
 */
#include "evtchn.h"
#include "panic.h"
#include "param.h"
#include "print.h"
#include "sched.h"

#define INPUT_SIZE 4096u /* what a person pastes */
#define ESCAPE	   1	 /* ^A */

static struct lock console_lock;
static bool panicking;
static bool mid_line; /* our own last text did not end its line */
static char input[INPUT_SIZE];
static uint32_t input_in, input_out; /* free running */
static char history[CONSOLE_LOG_SIZE];
static uint32_t log_in, log_out; /* free running */
static unsigned int escapes;
static bool input_ours;
static char key_pressed; /* for console_softirq(), 0 none */

static void console_take(void)
{
	if (!READ_ONCE(panicking))
		lock_take(&console_lock);
}

static void console_drop(void)
{
	if (lock_mine(&console_lock))
		lock_drop(&console_lock);
}

/* ---- Output -------------------------------------------------------------- */

/* To the console and the log. */
static void say(const char *text, size_t n)
{
	arch_console_write(text, n);
	while (n--)
		history[log_in++ % CONSOLE_LOG_SIZE] = *text++;
	if (log_in - log_out > CONSOLE_LOG_SIZE)
		log_out = log_in - CONSOLE_LOG_SIZE;
}

/* Each line gets the prefix. */
void print(enum log_level level, const char *fmt, ...)
{
	static const char prefix[] = "(ENSO) ";
	char buf[400], *text = buf;
	va_list ap;
	size_t n;

	if (level > params.loglvl && !panicking)
		return;
	va_start(ap, fmt);
	vformat(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	console_take();
	while (*text) {
		for (n = 0; text[n] && text[n] != '\n'; n++)
			;
		if (!mid_line)
			say(prefix, sizeof(prefix) - 1);
		mid_line = text[n] != '\n';
		n += !mid_line;
		say(text, n);
		text += n;
	}
	console_drop();
}

void panic(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	WRITE_ONCE(panicking, true);
	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	print(LOG_ERR, "PANIC on CPU %u: %s\n", cpu_id(), text);
	arch_panic_stop();
}

void console_write(const char *text, size_t len)
{
	console_take();
	arch_console_write(text, len);
	console_drop();
}

uint32_t console_log_start(bool incremental, uint32_t index)
{
	uint32_t at;

	console_take();
	at = log_out;
	if (incremental && index - at <= log_in - at)
		at = index;
	console_drop();
	return at;
}

size_t console_log_read(uint32_t *at, char *buf, size_t size)
{
	size_t n = 0;

	console_take();
	/* Overtaken meanwhile? */
	if (log_in - *at > CONSOLE_LOG_SIZE)
		*at = log_in - CONSOLE_LOG_SIZE;
	while (n < size && *at != log_in)
		buf[n++] = history[(*at)++ % CONSOLE_LOG_SIZE];
	console_drop();
	return n;
}

void console_log_clear(uint32_t at)
{
	console_take();
	if (at - log_out <= log_in - log_out)
		log_out = at;
	console_drop();
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

/* Whose is c: the initial domain's, or a key? */
void console_input(char c)
{
	console_take();
	escapes = c == ESCAPE ? escapes + 1 : 0;
	if (escapes == 3) {
		escapes = 0;
		input_ours = !input_ours;
		key_pressed = ESCAPE;
	} else if (input_ours) {
		key_pressed = c;
	} else if (input_in - input_out < INPUT_SIZE) {
		input[input_in++ % INPUT_SIZE] = c;
	}
	console_drop();
	softirq_raise(cpu_id(), SOFTIRQ_CONSOLE);
}

/* ---- Keys ----------------------------------------------------------------- */

static void key_domains(void)
{
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d)) {
		print(LOG_ERR, "domain %u: %lu frames of %lu, %u references\n",
		      d->id, READ_ONCE(d->frames), d->max_frames,
		      READ_ONCE(d->refs));
		for_each_vcpu (d, v)
			print(LOG_ERR,
			      "  vcpu %u: cpu %u, %s, reasons not to: %x\n",
			      v->id, v->cpu,
			      READ_ONCE(v->running) ? "runs" : "waits",
			      READ_ONCE(v->why_not));
	}
}

static void key_debug(void)
{
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d))
		for_each_vcpu (d, v)
			evtchn_virq(v, VIRQ_DEBUG);
}

static const struct key {
	char c;
	void (*fn)(void);
	const char *what;
} keys[] = {
	{ 'h', NULL, "this list" },
	{ 'q', key_domains, "domains and their vCPUs" },
	{ 'd', key_debug, "raise VIRQ_DEBUG on all vCPUs" },
	{ 'a', domain_audit_machine, "audit, with all domains stopped" },
	{ 'H', arch_halt, "halt the machine" },
	{ 'R', arch_reboot, "reboot the machine" },
};

void console_key(char c)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (c == 'h')
			print(LOG_ERR, "key %c: %s\n", keys[i].c, keys[i].what);
		else if (c == keys[i].c)
			keys[i].fn();
	}
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
	if (c == ESCAPE)
		print(LOG_ERR, "*** Serial input to %s\n",
		      input_ours ? "Enso (h: keys)" : "the initial domain");
	else if (c)
		console_key(c);
	if (waiting && d)
		evtchn_virq_global(d, VIRQ_CONSOLE);
}
