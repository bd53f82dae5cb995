/* SPDX-License-Identifier: MIT */
/*
 * Messages: which are shown, what stands before them, and how many a guest
 * may cause. The console itself is console.c.
 *
 * A guest's messages: a bucket of LIMIT_BURST tokens, one more each
 * LIMIT_NS; what is not shown is counted and told with the next one shown.
 * The bucket is approximate on purpose: a lost race costs a message.
 */
#include "print.h"
#include "arch.h"
#include "console.h"

#define LIMIT_BURST 10u
#define LIMIT_NS    500000000ul
#define LINE	    400 /* bytes of one message */

static enum log_level show_own = LOG_INFO, show_guest = LOG_WARNING;
static uint64_t limit_time;
static uint32_t limit_used, limit_missed;

void print_set_levels(enum log_level own, enum log_level guest)
{
	show_own = own;
	show_guest = guest;
}

/* May a guest's message be shown now? */
static bool limit_pass(void)
{
	uint64_t now = now_ns(), back;
	uint32_t used = READ_ONCE(limit_used);

	back = (now - READ_ONCE(limit_time)) / LIMIT_NS;
	if (back) {
		WRITE_ONCE(limit_time, now);
		used = back >= used ? 0 : used - (uint32_t)back;
	}
	if (used >= LIMIT_BURST) {
		__atomic_fetch_add(&limit_missed, 1, __ATOMIC_RELAXED);
		return false;
	}
	WRITE_ONCE(limit_used, used + 1);
	return true;
}

void print(enum log_level level, const char *fmt, ...)
{
	char text[LINE];
	va_list ap;

	if (level > show_own && !console_panicking)
		return;
	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	console_message(text);
}

void print_guest(enum log_level level, domid_t domid, const char *fmt, ...)
{
	char text[LINE];
	uint32_t missed;
	va_list ap;
	size_t n;

	if (level > show_guest || !limit_pass())
		return;
	missed = __atomic_exchange_n(&limit_missed, 0, __ATOMIC_RELAXED);
	if (missed)
		print(LOG_WARNING, "%u messages of guests not shown\n", missed);
	n = (size_t)format(text, sizeof(text), "d%u: ", domid);
	va_start(ap, fmt);
	vformat(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	console_message(text);
}
