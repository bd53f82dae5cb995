// SPDX-License-Identifier: MIT
/*
 * Consoles of guests: a ring each, a log each, one of them at the terminal.
 *
 * The list holds those of living guests and, behind its open ones, the last
 * CONSOLE_DEAD of ended ones, newest first. Nothing here trusts the ring: a
 * wrong index (byte.h) ends the console, not the guest and not us.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "byte.h"
#include "console.h"
#include "event.h"
#include "memory.h"
#include "task.h"
#include "term.h"
#include "xenerr.h"

struct console {
	struct console *next;
	domid_t id;
	char *name;
	struct xencons_interface *page; /* NULL: the guest has ended */
	evtchn_port_t port;
	struct byte_ring in, out;
	bool wrong; /* its ring is not used any more */
	struct waitq printed;
	uint64_t logged, seen; /* bytes, since the beginning */
	char log[CONSOLE_LOG];
};

static struct console *consoles;
static struct console *attached;

static struct console *find(domid_t id)
{
	struct console *c = consoles;

	while (c && !(c->page && c->id == id))
		c = c->next;
	return c;
}

/* ---- The log ------------------------------------------------------------------ */

static void log_add(struct console *c, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		c->log[c->logged++ % CONSOLE_LOG] = text[i];
}

/* What is kept of it from byte `from` on. */
static void log_show(const struct console *c, uint64_t from,
		     void (*out)(const char *text, size_t n))
{
	uint64_t first = c->logged > CONSOLE_LOG ? c->logged - CONSOLE_LOG : 0;

	if (from < first)
		from = first;
	while (from < c->logged) {
		size_t at = from % CONSOLE_LOG, n = c->logged - from;

		if (n > CONSOLE_LOG - at)
			n = CONSOLE_LOG - at;
		out(c->log + at, n);
		from += n;
	}
}

/* Does the log have text at byte `at`? It is all there. */
static bool log_has(const struct console *c, uint64_t at, const char *text)
{
	while (*text && c->log[at % CONSOLE_LOG] == *text) {
		text++;
		at++;
	}
	return !*text;
}

int console_wait(domid_t id, const char *text, uint64_t when)
{
	struct console *c = find(id);
	size_t len = strlen(text);
	uint64_t at = 0;
	bool ended = !c;

	while (!ended) {
		if (at + CONSOLE_LOG < c->logged)
			at = c->logged - CONSOLE_LOG;
		for (; at + len <= c->logged; at++)
			if (log_has(c, at, text))
				return 0;
		ended = !c->page;
		if (!ended && !task_wait_until(&c->printed, when))
			return -ETIMEDOUT;
	}
	return -ESRCH;
}

int console_log(const char *who, void (*out)(const char *text, size_t n))
{
	struct console *c;
	char id[8];

	for (c = consoles; c; c = c->next) {
		snprintf(id, sizeof(id), "%u", c->id);
		if (strcmp(c->name, who) && strcmp(id, who))
			continue;
		log_show(c, 0, out);
		return 0;
	}
	return -ENOENT;
}

/* ---- Output --------------------------------------------------------------------- */

/*
 * All that is in the ring. A guest looks for room by itself, or waits for an
 * event when there is none: so it gets one if there was little.
 */
static void drain(struct console *c)
{
	bool tell = byte_ring_used(&c->out) > (int)c->out.size / 2;
	char text[256];
	int n;

	if (c->wrong)
		return;
	while ((n = byte_ring_read(&c->out, text, sizeof(text))) > 0) {
		log_add(c, text, n);
		if (c == attached) {
			term_write(text, n);
			c->seen = c->logged;
		}
	}
	if (n < 0) {
		printf("console of %s: its ring's index is wrong: not read any "
		       "more\n",
		       c->name);
		event_mask(c->port);
		c->wrong = true;
	} else if (tell) {
		event_send(c->port);
	}
}

static void on_event(evtchn_port_t port)
{
	struct console *c = consoles;

	while (c && !(c->page && c->port == port))
		c = c->next;
	if (!c)
		return;
	drain(c);
	task_wake(&c->printed);
	if (c == attached)
		task_wake(&term_input);
}

/* ---- Life ------------------------------------------------------------------------- */

static void forget(struct console **at)
{
	struct console *c = *at;

	*at = c->next;
	free(c->name);
	free(c);
}

static void forget_oldest(void)
{
	struct console **at = &consoles;
	unsigned int dead = 0;

	while (*at) {
		dead += !(*at)->page;
		if (dead > CONSOLE_DEAD && !(*at)->page && *at != attached)
			forget(at);
		else
			at = &(*at)->next;
	}
}

static int connect(struct console *c, uint64_t ring_mfn,
		   evtchn_port_t remote_port)
{
	int64_t port;
	int err;

	c->page = memory_map_frames(c->id, &ring_mfn, 1, true, &err);
	if (!c->page)
		return err;
	port = event_bind_interdomain(c->id, remote_port);
	if (port < 0) {
		memory_unmap_frames(c->page, 1);
		return (int)xen_errno(port);
	}
	c->port = port;
	byte_ring_console_back(&c->in, &c->out, c->page);
	event_handle(c->port, on_event);
	event_unmask(c->port);
	return 0;
}

int console_open(domid_t id, const char *name, uint64_t ring_mfn,
		 evtchn_port_t remote_port)
{
	struct console *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (c && (c->name = strdup(name))) {
		c->id = id;
		err = connect(c, ring_mfn, remote_port);
	}
	if (err) {
		if (c)
			free(c->name);
		free(c);
		return err;
	}
	c->next = consoles;
	consoles = c;
	return 0;
}

void console_rename(domid_t id, const char *name)
{
	struct console *c = find(id);
	char *copy = c ? strdup(name) : NULL;

	if (!copy)
		return; /* it keeps the old one */
	free(c->name);
	c->name = copy;
}

void console_close(domid_t id)
{
	struct console *c = find(id);

	if (!c)
		return;
	drain(c);
	event_close(c->port);
	event_handle(c->port, NULL);
	memory_unmap_frames(c->page, 1);
	c->page = NULL;
	task_wake(&c->printed);
	if (c == attached)
		task_wake(&term_input);
	forget_oldest();
}

/* ---- At the terminal ----------------------------------------------------------------- */

/* Typed bytes: what the ring has no room for yet, the guest is slow to read. */
static struct {
	char text[256];
	size_t n;
} typed;

/* False: escape was typed. What has no place is lost, as on a real line. */
static bool take_input(char escape)
{
	char c;

	while (term_poll(&c, 1)) {
		if (c == escape)
			return false;
		if (typed.n < sizeof(typed.text))
			typed.text[typed.n++] = c;
	}
	return true;
}

/* False: the ring is wrong. */
static bool give_input(struct console *c)
{
	int n = byte_ring_write(&c->in, typed.text, typed.n);

	if (n <= 0)
		return !n;
	typed.n -= n;
	memmove(typed.text, typed.text + n, typed.n);
	event_send(c->port);
	return true;
}

int console_attach(domid_t id, char escape)
{
	struct console *c = find(id);

	if (!c)
		return -ESRCH;
	if (attached)
		return -EBUSY;
	attached = c;
	typed.n = 0;
	log_show(c, c->seen, term_write);
	c->seen = c->logged;
	while (take_input(escape) && c->page && give_input(c))
		task_wait(&term_input);
	attached = NULL;
	return 0;
}
