/* SPDX-License-Identifier: MIT */
/*
 * Watches, hashed by the path they watch: a change looks up its own path and
 * each path above it, so that it costs the same however many watches there are
 * elsewhere. An event that cannot be kept is replaced by a mark on its watch,
 * so that to fire never fails.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "conn.h"
#include "tree.h"

#define WATCH_ANY_DEPTH UINT32_MAX

struct watch {
	struct hlink link;  /* by path */
	struct watch *next; /* of its connection */
	struct conn *conn;
	uint32_t depth;	   /* how far below path events count */
	uint32_t relative; /* characters to leave out of an event's path */
	bool lost;	   /* an event was not kept: fire again */
	const char *token;
	char path[]; /* absolute, or "@..."; the token behind it */
};

int watches_init(void);
void watches_destroy(void);

/*
 * Add a watch and fire it. relative: characters before what the client called
 * the path. 0, -EINVAL (a token over 1,024 bytes), -EEXIST, -E2BIG (quota),
 * -ENOMEM.
 */
int watch_add(struct conn *c, const char *path, const char *token,
	      uint32_t relative, uint32_t depth);
int watch_remove(struct conn *c, const char *path, const char *token);
void watch_drop_all(struct conn *c);
size_t watch_bytes(const struct watch *w);

/*
 * The node at path changed, or is about to go: tell all who watch it or above
 * it (exact: only those who watch it), and who may read it, or its parent, or
 * might before (before: its permissions until now, or NULL).
 */
void watch_fire(const char *path, const struct node *n,
		const struct perms *before, bool exact);
/* The special event about a domain. */
void watch_fire_special(const struct node *special, domid_t domid);
/* One of c's marks; false: no memory. */
bool watch_fire_lost(struct conn *c);

#endif
