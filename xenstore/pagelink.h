/* SPDX-License-Identifier: MIT */
/*
 * The transport over a store page: its two byte rings. Whose page it is and
 * how its owner is told is the business of whoever has it; see link_guest.c.
 */
#ifndef PAGELINK_H
#define PAGELINK_H

#include "byte.h"
#include "daemon.h"

struct pagelink {
	struct xenstore_domain_interface *page;
	struct byte_ring req, rsp;
	struct conn *conn; /* set by the owner, once there is one */
	void (*notify)(struct pagelink *l);  /* tell the domain */
	void (*release)(struct pagelink *l); /* give all back: the last call */
};

/* arg is the struct pagelink. */
extern const struct xsd_transport pagelink_ops;

/* Take the rings as they stand, and say what the daemon can do. */
void pagelink_init(struct pagelink *l, struct xenstore_domain_interface *page);

/*
 * The domain has told us something: bytes, room, or that it wants to start
 * anew (page->connection), which is done at once.
 */
void pagelink_event(struct pagelink *l);

#endif
