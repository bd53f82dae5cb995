/* SPDX-License-Identifier: MIT */
/* The tree of nodes. */
#include "tree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xsdom.h"

static const char *const special_names[] = { "@introduceDomain",
					     "@releaseDomain" };
#define SPECIALS (sizeof(special_names) / sizeof(special_names[0]))

static struct htab nodes;
static struct node *root, *specials[SPECIALS];
static uint64_t generation; /* of the last change */

/* ---- Nodes ------------------------------------------------------------------- */

static uint64_t hash_of(const struct node *parent, const char *name, size_t len)
{
	return hash_bytes(hash_start((uintptr_t)parent >> 4), name, len);
}

size_t node_bytes(size_t name_len, size_t value_len)
{
	return sizeof(struct node) + name_len + 1 + value_len;
}

static ptrdiff_t cost(const struct node *n)
{
	return (ptrdiff_t)node_bytes(n->name_len, value_len(n->value));
}

struct node *node_new(const char *name, size_t len, struct value *v,
		      struct perms *p)
{
	struct node *n = calloc(1, sizeof(*n) + len + 1);

	if (!n)
		return NULL;
	memcpy(n->name, name, len);
	n->name_len = (uint32_t)len;
	n->value = value_get(v);
	n->perms = perms_get(p);
	return n;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	value_put(n->value);
	perms_put(n->perms);
	free(n);
}

/* ---- Finding ----------------------------------------------------------------- */

struct node *tree_child(const struct node *parent, const char *name, size_t len)
{
	uint64_t hash = hash_of(parent, name, len);

	for (struct hlink *l = htab_first(&nodes, hash); l; l = l->next) {
		struct node *n = container(l, struct node, link);

		if (l->hash == hash && n->parent == parent &&
		    n->name_len == len && !memcmp(n->name, name, len))
			return n;
	}
	return NULL;
}

struct node *tree_find(const char *path)
{
	struct node *n = root;

	if (*path == '@')
		return tree_child(NULL, path, strlen(path));
	while (n && *++path) {
		size_t len = strcspn(path, "/");

		n = tree_child(n, path, len);
		path += len;
		if (!*path)
			break;
	}
	return n;
}

struct node *tree_root(void)
{
	return root;
}

struct node *tree_special(unsigned int k)
{
	return k < SPECIALS ? specials[k] : NULL;
}

struct node *tree_after(const struct node *n)
{
	while (n && !n->next)
		n = n->parent;
	return n ? n->next : NULL;
}

struct node *tree_next(const struct node *n)
{
	return n->first ? n->first : tree_after(n);
}

const struct htab *tree_table(void)
{
	return &nodes;
}

size_t tree_path(const struct node *n, char *path)
{
	size_t len = 0, at;

	for (const struct node *m = n; m->parent; m = m->parent)
		len += m->name_len + 1;
	if (!len) /* the root, or a special one */
		return (size_t)(stpcpy(path, n == root ? "/" : n->name) - path);
	path[at = len] = '\0';
	for (; n->parent; n = n->parent) {
		at -= n->name_len;
		memcpy(path + at, n->name, n->name_len);
		path[--at] = '/';
	}
	return len;
}

/* ---- Changing ---------------------------------------------------------------- */

static void enter(struct node *parent, struct node *n)
{
	n->parent = parent;
	n->gen = n->kids_gen = ++generation;
	htab_insert(&nodes, &n->link, hash_of(parent, n->name, n->name_len));
	xsdom_charge(perms_owner(n->perms), 1, cost(n));
}

void tree_link(struct node *parent, struct node *n)
{
	enter(parent, n);
	n->prev = parent->last;
	*(parent->last ? &parent->last->next : &parent->first) = n;
	parent->last = n;
	parent->kids_len += n->name_len + 1;
	parent->kids_gen = generation;
}

void tree_set_value(struct node *n, struct value *v)
{
	ptrdiff_t before = cost(n);

	value_put(n->value);
	n->value = v;
	n->gen = ++generation;
	xsdom_charge(perms_owner(n->perms), 0, cost(n) - before);
}

void tree_set_perms(struct node *n, struct perms *p)
{
	xsdom_charge(perms_owner(n->perms), -1, -cost(n));
	perms_put(n->perms);
	n->perms = p;
	n->gen = ++generation;
	xsdom_charge(perms_owner(p), 1, cost(n));
}

/* One that has no children. */
static void leave(struct node *n)
{
	struct node *parent = n->parent;

	assert(!n->first);
	if (parent) {
		*(n->prev ? &n->prev->next : &parent->first) = n->next;
		*(n->next ? &n->next->prev : &parent->last) = n->prev;
		parent->kids_len -= n->name_len + 1;
		parent->kids_gen = ++generation;
	}
	htab_remove(&nodes, &n->link);
	xsdom_charge(perms_owner(n->perms), -1, -cost(n));
	node_free(n);
}

void tree_remove(struct node *n, void (*gone)(struct node *n, void *arg),
		 void *arg)
{
	struct node *leaf = n, *up;

	do {
		while (leaf->first)
			leaf = leaf->first;
		up = leaf == n ? NULL : leaf->parent;
		if (gone)
			gone(leaf, arg);
		leave(leaf);
		leaf = up;
	} while (up);
}

/* ---- All of it --------------------------------------------------------------- */

static struct node *founder(const char *name, struct perms *p)
{
	struct node *n = node_new(name, strlen(name), NULL, p);

	if (n)
		enter(NULL, n);
	return n;
}

int tree_init(void)
{
	static const struct perm nobody = { 0, 0 };
	struct perms *p = perms_new(&nobody, 1);
	int rc = p ? htab_init(&nodes) : -ENOMEM;

	generation = 0;
	if (!rc) {
		root = founder("", p);
		rc = root ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < SPECIALS && !rc; i++) {
		specials[i] = founder(special_names[i], p);
		rc = specials[i] ? 0 : -ENOMEM;
	}
	perms_put(p);
	if (rc)
		tree_destroy();
	return rc;
}

void tree_destroy(void)
{
	for (size_t i = 0; i < SPECIALS; i++)
		if (specials[i])
			tree_remove(specials[i], NULL, NULL);
	if (root)
		tree_remove(root, NULL, NULL);
	memset(specials, 0, sizeof(specials));
	root = NULL;
	htab_destroy(&nodes);
}
