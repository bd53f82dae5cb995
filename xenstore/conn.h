/* SPDX-License-Identifier: MIT */
/*
 * Connections: requests are put together from whatever bytes a transport has,
 * one at a time; its reply must have left before the next is looked at, and
 * so must the events before it. So a client that does not read is not served,
 * and what is kept for it is one reply and QUOTA_EVENTS bytes of events. Events
 * beyond that, or without memory, are not lost: their watch is marked and
 * fires once, with its own path, when there is room.
 *
 * A connection with something to do stands in the ready list, once; xsd_work()
 * serves the list in turns.
 */
#ifndef CONN_H
#define CONN_H

#include "daemon.h"
#include "xsdom.h"

struct watch;
struct trans;

/* A watch event, ready for the wire. */
struct event {
	struct event *next;
	uint32_t len; /* of message */
	char message[];
};

struct conn {
	struct conn *next, *prev; /* all connections */
	struct conn *next_ready;
	bool ready;
	bool dead;  /* broke the protocol: no one is served any more */
	bool lost;  /* a watch of its is marked */
	bool moved; /* bytes, since the client was told */
	struct xsdom *dom;
	const struct xsd_transport *ops;
	void *arg;
	struct watch *watches;
	struct trans *transactions;
	uint32_t last_trans; /* id */
	struct event *events, *last_event;
	size_t event_bytes;
	uint32_t event_done; /* bytes of the first that have left */
	/* The request that comes in, or the reply that goes out. */
	bool replying;
	uint32_t done; /* bytes of it moved */
	struct xsd_sockmsg header;
	char payload[XENSTORE_PAYLOAD_MAX + 1]; /* a nul behind a request */
};

struct conn *conn_first(void);
/* Called when a first connection becomes ready, or another. */
void conn_wake_by(void (*wake)(void));

/* Domain 0's requests are refused nothing. */
static inline bool conn_privileged(const struct conn *c)
{
	return !c->dom->id;
}

/* false: no room, no memory; then it is the caller who marks his watch. */
bool conn_event(struct conn *c, const char *path, const char *token);

/* Put the reply to the request in c->header; len <= XENSTORE_PAYLOAD_MAX. */
void conn_reply(struct conn *c, uint32_t type, const void *data, size_t len);

/* Everything that the client has asked for: watches, transactions, events. */
void conn_forget(struct conn *c);

#endif
