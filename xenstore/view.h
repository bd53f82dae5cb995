/* SPDX-License-Identifier: MIT */
/*
 * The store as a request sees it: in a transaction, or as it is. All that
 * requests read and write goes through here. Rights are the caller's affair,
 * limits are not.
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "trans.h"

struct view {
	struct conn *conn;   /* who asks: whose limits count */
	struct trans *trans; /* or NULL */
};

/* A path as it is in a view; the pointers last until the next change. */
struct item {
	bool exists;
	struct value *value;
	struct perms *perms;
	struct node *node;     /* outside of a transaction */
	struct record *record; /* within; NULL: hidden by a change in it */
};

/*
 * Look a path up. 0 even if it is not there (item.exists); -ENOSPC (quota),
 * -ENOMEM. The path is valid; "@..." is looked up outside of transactions.
 */
int view_get(const struct view *v, const char *path, struct item *it);
/* The deepest node above path that is there. As view_get(). */
int view_get_above(const struct view *v, const char *path, struct item *it,
		   size_t *len);

/*
 * Change what view_get() has found; the reference is taken over in any case.
 * Events are fired, or kept for the end. 0, -ENOMEM (quota).
 */
int view_write(const struct view *v, const char *path, const struct item *it,
	       struct value *value);
int view_set_perms(const struct view *v, const char *path,
		   const struct item *it, struct perms *p);
void view_remove(const struct view *v, const char *path, const struct item *it);

/*
 * Make a path that is not there, and what misses above it, with the rights of
 * the deepest node that is there; a domain other than 0 becomes the owner. As
 * above, and -ENOSPC (quota): then nothing was made.
 */
int view_create(const struct view *v, const char *path, struct value *value);

/*
 * All children's names to fn, whose first answer other than 0 ends it and is
 * returned. And a number that changes when the list does.
 */
int view_list(const struct view *v, const char *path, const struct item *it,
	      int (*fn)(const char *name, size_t len, void *arg), void *arg);
uint64_t view_list_gen(const struct view *v, const char *path,
		       const struct item *it);

/* A node of the tree goes, with all below it and all events. */
void view_remove_node(struct node *n, const char *path);

#endif
