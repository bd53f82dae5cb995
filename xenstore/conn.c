/* SPDX-License-Identifier: MIT */
/* Connections: input, output, and turns. */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "trans.h"
#include "watch.h"
#include "wire.h"

/* Requests of one connection before it is the next one's turn. */
#define TURN 16

static struct conn *conns;
static struct {
	struct conn *first, *last;
	unsigned int count;
	void (*wake)(void);
} ready;

void conn_wake_by(void (*wake)(void))
{
	ready.wake = wake;
}

struct conn *conn_first(void)
{
	return conns;
}

/* ---- Birth and death --------------------------------------------------------- */

struct conn *xsd_conn_new(domid_t domid, const struct xsd_transport *ops,
			  void *arg)
{
	struct xsdom *d = xsdom_get(domid);
	struct conn *c = d ? calloc(1, sizeof(*c)) : NULL;

	if (!c) {
		xsdom_put(d);
		return NULL;
	}
	c->dom = d;
	c->ops = ops;
	c->arg = arg;
	d->conns++;
	c->next = conns;
	if (conns)
		conns->prev = c;
	conns = c;
	return c;
}

static void ready_remove(struct conn *c)
{
	struct conn **at = &ready.first, *before = NULL;

	if (!c->ready)
		return;
	for (; *at != c; at = &(*at)->next_ready)
		before = *at;
	*at = c->next_ready;
	if (ready.last == c)
		ready.last = before;
	c->ready = false;
	ready.count--;
}

void conn_forget(struct conn *c)
{
	struct event *e;

	watch_drop_all(c);
	trans_drop_all(c);
	while ((e = c->events)) {
		c->events = e->next;
		free(e);
	}
	c->last_event = NULL;
	c->event_bytes = 0;
	c->event_done = 0;
	c->lost = false;
}

void xsd_conn_reset(struct conn *c)
{
	conn_forget(c);
	c->replying = c->dead = false;
	c->done = 0;
}

void xsd_conn_close(struct conn *c)
{
	struct xsdom *d = c->dom;

	conn_forget(c);
	ready_remove(c);
	*(c->prev ? &c->prev->next : &conns) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (d->link_conn == c)
		d->link_conn = NULL;
	d->conns--;
	c->ops->close(c->arg);
	free(c);
	xsdom_put(d);
}

static void give_up(struct conn *c, uint32_t error)
{
	xsd_log("domain %u: connection given up, error %u", c->dom->id, error);
	conn_forget(c);
	c->dead = true;
	c->ops->failed(c->arg, error);
}

/* ---- Output ------------------------------------------------------------------ */

bool conn_event(struct conn *c, const char *path, const char *token)
{
	size_t path_len = strlen(path) + 1, token_len = strlen(token) + 1;
	struct xsd_sockmsg header = {
		.type = XS_WATCH_EVENT,
		.len = (uint32_t)(path_len + token_len),
	};
	size_t len = sizeof(header) + header.len;
	struct event *e = c->last_event;
	char *body;

	/* Is the same waiting already, untouched? */
	if (e && (e != c->events || !c->event_done) && e->len == len &&
	    !memcmp(e->message + sizeof(header), path, path_len) &&
	    !memcmp(e->message + sizeof(header) + path_len, token, token_len))
		return true;
	if (quota_check(c->dom, QUOTA_EVENTS, c->event_bytes + len))
		return false;
	e = malloc(sizeof(*e) + len);
	if (!e)
		return false;
	e->next = NULL;
	e->len = (uint32_t)len;
	memcpy(e->message, &header, sizeof(header));
	body = e->message + sizeof(header);
	memcpy(body, path, path_len);
	memcpy(body + path_len, token, token_len);
	*(c->events ? &c->last_event->next : &c->events) = e;
	c->last_event = e;
	c->event_bytes += len;
	return true;
}

void conn_reply(struct conn *c, uint32_t type, const void *data, size_t len)
{
	c->header.type = type;
	c->header.len = (uint32_t)len;
	memcpy(c->payload, data, len);
	c->replying = true;
	c->done = 0;
}

/*
 * Move bytes of a message, *done of whose len bytes have moved: 1 when it is
 * complete, 0 when the transport has no room, -errno.
 */
static int push(struct conn *c, const char *message, uint32_t len,
		uint32_t *done)
{
	while (*done < len) {
		int n = c->ops->write(c->arg, message + *done, len - *done);

		if (n <= 0)
			return n;
		c->moved = true;
		*done += (uint32_t)n;
	}
	return 1;
}

static int push_reply(struct conn *c)
{
	uint32_t len = (uint32_t)sizeof(c->header) + c->header.len;
	char head[sizeof(c->header)];
	uint32_t body;
	int rc = 1;

	if (!c->replying)
		return 1;
	if (c->done < sizeof(head)) {
		memcpy(head, &c->header, sizeof(head));
		rc = push(c, head, sizeof(head), &c->done);
	}
	if (rc > 0) {
		body = c->done - (uint32_t)sizeof(head);
		rc = push(c, c->payload, c->header.len, &body);
		c->done = body + (uint32_t)sizeof(head);
	}
	if (c->done == len) {
		c->replying = false;
		c->done = 0;
	}
	return rc;
}

static int push_events(struct conn *c)
{
	struct event *e;
	int rc;

	while ((e = c->events) || c->lost) {
		if (!e && !watch_fire_lost(c))
			return 1; /* no memory: at the next occasion */
		if (!e)
			continue;
		rc = push(c, e->message, e->len, &c->event_done);
		if (rc <= 0)
			return rc;
		c->events = e->next;
		c->event_bytes -= e->len;
		c->event_done = 0;
		if (!c->events)
			c->last_event = NULL;
		free(e);
	}
	return 1;
}

/*
 * A reply goes before the events that its request has caused. It never meets
 * an event that has left in part: there is no request before that is whole.
 */
static int output(struct conn *c)
{
	int rc = push_reply(c);

	return rc > 0 ? push_events(c) : rc;
}

/* ---- Input ------------------------------------------------------------------- */

/* As push(), the other way. */
static int pull(struct conn *c, char *to, uint32_t len, uint32_t *done)
{
	while (*done < len) {
		int n = c->ops->read(c->arg, to + *done, len - *done);

		if (n <= 0)
			return n;
		c->moved = true;
		*done += (uint32_t)n;
	}
	return 1;
}

/* 1: a request is complete; 0: not yet; -errno. */
static int input(struct conn *c)
{
	uint32_t body;
	int rc = 1;

	if (c->done < sizeof(c->header))
		rc = pull(c, (char *)&c->header, sizeof(c->header), &c->done);
	if (rc <= 0)
		return rc;
	if (c->header.len > XENSTORE_PAYLOAD_MAX)
		return -E2BIG;
	body = c->done - (uint32_t)sizeof(c->header);
	rc = pull(c, c->payload, c->header.len, &body);
	c->done = body + (uint32_t)sizeof(c->header);
	if (rc > 0)
		c->payload[c->header.len] = '\0';
	return rc;
}

/* ---- Turns ------------------------------------------------------------------- */

void xsd_conn_ready(struct conn *c)
{
	if (c->ready || c->dead)
		return;
	c->ready = true;
	ready.count++;
	c->next_ready = NULL;
	*(ready.first ? &ready.last->next_ready : &ready.first) = c;
	ready.last = c;
	if (ready.wake)
		ready.wake();
}

/* 1: there may be more; 0: nothing to do before the client moves; -errno. */
static int turn(struct conn *c)
{
	int rc = 1;

	for (int k = 0; k < TURN; k++) {
		rc = output(c);
		if (rc > 0)
			rc = input(c);
		if (rc <= 0)
			break;
		wire_request(c);
	}
	if (rc > 0)
		rc = output(c) < 0 ? -EIO : 1;
	return rc;
}

static void work(struct conn *c)
{
	int rc;

	if (c->dead)
		return;
	rc = turn(c);
	if (c->moved)
		c->ops->kick(c->arg);
	c->moved = false;
	if (rc > 0)
		xsd_conn_ready(c);
	else if (rc == -E2BIG)
		give_up(c, XENSTORE_ERROR_PROTO);
	else if (rc < 0)
		give_up(c, XENSTORE_ERROR_RINGIDX);
}

bool xsd_work(void)
{
	/* Who becomes ready meanwhile waits for the next call. */
	for (unsigned int n = ready.count; n && ready.first; n--) {
		struct conn *c = ready.first;

		ready_remove(c);
		work(c);
	}
	return ready.first;
}
