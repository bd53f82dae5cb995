/* SPDX-License-Identifier: MIT */
/*
 * The tree. Each node lies in one hash table by its parent and its name, so
 * that finding a path costs its components whatever else there is, and in the
 * list of its parent's children. Beside the root there are two nodes without a
 * parent, "@introduceDomain" and "@releaseDomain": their permissions say who
 * may hear of domains.
 *
 * A change is made in two steps: what it needs is allocated, then it is done
 * by functions that cannot fail. Paths are valid here (path.h).
 */
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "htab.h"
#include "perms.h"

struct node {
	struct hlink link; /* by parent and name */
	struct node *parent, *next, *prev, *first, *last;
	struct value *value;
	struct perms *perms;
	uint64_t gen;	   /* of its value, permissions, and birth */
	uint64_t kids_gen; /* of the list of its children */
	uint32_t kids_len; /* bytes of that list, each name with its nul */
	uint32_t name_len;
	char name[];
};

/* An empty tree that domain 0 owns; its record must exist. 0, -ENOMEM. */
int tree_init(void);
void tree_destroy(void);

struct node *tree_root(void);
struct node *tree_find(const char *path); /* NULL: not there */
struct node *tree_child(const struct node *parent, const char *name, size_t len);
/* All nodes, parents first: from tree_root() on; NULL at the end. */
struct node *tree_next(const struct node *n);
struct node *tree_after(const struct node *n); /* not below n */
struct node *tree_special(unsigned int k);     /* 0, 1, then NULL */
const struct htab *tree_table(void);	       /* for the audit */

/* The node's path, nul terminated; its length. Needs XENSTORE_ABS_PATH_MAX. */
size_t tree_path(const struct node *n, char *path);

/* A node that is not in the tree, with references of its own; NULL. */
struct node *node_new(const char *name, size_t len, struct value *v,
		      struct perms *p);
void node_free(struct node *n); /* one that is not in the tree; or NULL */
size_t node_bytes(size_t name_len, size_t value_len); /* what it costs */

/* None of these fails. Values and permissions: the reference is taken over. */
void tree_link(struct node *parent, struct node *n);
void tree_set_value(struct node *n, struct value *v);
void tree_set_perms(struct node *n, struct perms *p);
/* n and all below it; gone() is told of each before, the lower ones first. */
void tree_remove(struct node *n, void (*gone)(struct node *n, void *arg),
		 void *arg);

#endif
