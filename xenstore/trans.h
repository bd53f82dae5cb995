/* SPDX-License-Identifier: MIT */
/*
 * Transactions: their start, their end, and what they remember. What is done
 * within one goes through view.h.
 *
 * A transaction keeps a record of each path that it touches: the node as it
 * was when first met, and what was made of it. It sees its own changes, and
 * what it has met stays as it was. At the end it is committed if nothing that
 * it met has changed since then: values and permissions of what it read or
 * wrote, the list of children where it asked for that. So two transactions
 * that make different children of one node do not meet. Else it is -EAGAIN,
 * and then somebody else's change was made: of any two that meet, one gets on.
 *
 * Everything a commit needs was allocated before; it cannot fail half-way.
 */
#ifndef TRANS_H
#define TRANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conn.h"
#include "tree.h"

struct record;

struct trans {
	struct trans *next; /* of its connection */
	struct conn *conn;
	uint32_t id;
	bool doomed;	     /* it mentions a domain that is gone: -EAGAIN */
	struct htab records; /* by path */
	struct record *first, *last; /* a parent's making before its child's */
	uint32_t changes;	     /* nodes made or removed in it, ever */
	uint32_t made;		     /* nodes that it made for its own domain */
	size_t bytes;
};

/* 0, -ENOSPC (quota), -ENOMEM. The id is in *id. */
int trans_start(struct conn *c, uint32_t *id);
struct trans *trans_find(struct conn *c, uint32_t id);
/* It is no more in any case. 0, -EAGAIN, -ENOSPC (quota of nodes). */
int trans_commit(struct trans *t);
void trans_drop(struct trans *t);
void trans_drop_all(struct conn *c);
/* The domain goes: no transaction may bring it back. */
void trans_doom(domid_t domid);

/* For the audit. */
size_t trans_recount(const struct trans *t, uint32_t *made);

#endif
