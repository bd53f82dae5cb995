/* SPDX-License-Identifier: MIT */
/* The store as a request sees it. */
#include "view.h"

#include <errno.h>
#include <string.h>
#include "path.h"
#include "record.h"
#include "watch.h"

/* ---- Looking up ---------------------------------------------------------------- */

/* Did the transaction make or remove something above? *hash: of the path. */
static bool is_hidden(const struct trans *t, const char *path, uint64_t *hash)
{
	bool hidden = false;
	const struct record *r;
	size_t at;

	for (at = 0, *hash = hash_start(0); path[at]; at++) {
		if (path[at] == '/' && at && !hidden && t->changes) {
			r = record_find(t, path, at, *hash);
			hidden = r &&
				 (r->state == CREATED || r->state == REMOVED);
		}
		*hash = hash_bytes(*hash, path + at, 1);
	}
	return hidden;
}

int view_get(const struct view *v, const char *path, struct item *it)
{
	struct record *r;
	uint64_t hash;
	bool hidden;
	int rc;

	*it = (struct item){ 0 };
	if (!v->trans || *path == '@') {
		it->node = tree_find(path);
		it->exists = it->node;
		it->value = it->exists ? it->node->value : NULL;
		it->perms = it->exists ? it->node->perms : NULL;
		return 0;
	}
	hidden = is_hidden(v->trans, path, &hash);
	r = record_find(v->trans, path, strlen(path), hash);
	if (!r && hidden)
		return 0;
	if (!r) {
		rc = record_new(v->trans, path, tree_find(path), &r);
		if (rc)
			return rc;
	}
	it->record = r;
	it->exists = record_exists(r);
	it->value = r->value;
	it->perms = r->perms;
	return 0;
}

int view_get_above(const struct view *v, const char *path, struct item *it,
		   size_t *len)
{
	char above[XENSTORE_ABS_PATH_MAX];
	int rc;

	*len = strlen(path);
	memcpy(above, path, *len);
	do {
		*len = path_parent(path, *len);
		above[*len] = '\0';
		rc = view_get(v, above, it);
	} while (!rc && !it->exists && *len > 1);
	return rc;
}

/* ---- Changing -------------------------------------------------------------------- */

/* May that many bytes more be kept in what p's owner or the client has? */
static int may_keep(const struct view *v, const struct perms *p, size_t more)
{
	struct xsdom *d = v->conn->dom;

	if (conn_privileged(v->conn))
		return 0;
	if (!v->trans)
		d = xsdom_find(perms_owner(p));
	return quota_memory(d, more);
}

int view_write(const struct view *v, const char *path, const struct item *it,
	       struct value *value)
{
	int rc = may_keep(v, it->perms, value_len(value));
	struct record *r = it->record;

	if (rc) {
		value_put(value);
		return rc;
	}
	if (!r) {
		tree_set_value(it->node, value);
		watch_fire(path, it->node, NULL, false);
		return 0;
	}
	record_count(v->trans, r, -1);
	value_put(r->value);
	r->value = value;
	r->fires = true;
	if (r->state == AS_MET)
		r->state = CHANGED;
	record_count(v->trans, r, 1);
	return 0;
}

int view_set_perms(const struct view *v, const char *path,
		   const struct item *it, struct perms *p)
{
	struct record *r = it->record;
	struct perms *before;

	if (!r) {
		before = perms_get(it->node->perms);
		tree_set_perms(it->node, p);
		watch_fire(path, it->node, before, false);
		perms_put(before);
		return 0;
	}
	record_count(v->trans, r, -1);
	perms_put(r->perms);
	r->perms = p;
	r->fires = true;
	if (r->state == AS_MET)
		r->state = CHANGED;
	record_count(v->trans, r, 1);
	return 0;
}

/* ---- Removing -------------------------------------------------------------------- */

struct removal {
	const struct node *top;
	const char *path;
};

static void fire_removal(struct node *n, void *arg)
{
	static char path[XENSTORE_ABS_PATH_MAX];
	struct removal *what = arg;

	if (n == what->top) {
		watch_fire(what->path, n, NULL, false);
		return;
	}
	tree_path(n, path);
	watch_fire(path, n, NULL, true);
}

void view_remove_node(struct node *n, const char *path)
{
	struct removal what = { n, path };

	tree_remove(n, fire_removal, &what);
}

static void make_removed(struct trans *t, struct record *r)
{
	record_count(t, r, -1);
	value_put(r->value);
	r->value = NULL;
	node_free(r->spare);
	r->spare = NULL;
	r->state = REMOVED;
	r->fires = false;
	record_count(t, r, 1);
}

void view_remove(const struct view *v, const char *path, const struct item *it)
{
	struct trans *t = v->trans;

	if (!it->record) {
		view_remove_node(it->node, path);
		return;
	}
	for (struct record *r = t->first; r; r = r->next)
		if (path_below(r->path, path) >= 0)
			make_removed(t, r);
	record_to_end(t, it->record);
	t->changes++;
}

/* ---- Creating -------------------------------------------------------------------- */

static void chain_free(struct node *n)
{
	for (struct node *next; n; n = next) {
		next = n->next;
		node_free(n);
	}
}

/*
 * Nodes for path's components behind its first len characters, the upper ones
 * first, by ->next; the last has the value. NULL: no memory.
 */
static struct node *chain_new(const char *path, size_t len, struct value *value,
			      struct perms *p)
{
	struct node *first = NULL, **at = &first;

	path += len == 1 ? 1 : len + 1;
	for (;;) {
		size_t n = strcspn(path, "/");

		*at = node_new(path, n, path[n] ? NULL : value, p);
		if (!*at)
			break;
		if (!path[n])
			return first;
		at = &(*at)->next;
		path += n + 1;
	}
	chain_free(first);
	return NULL;
}

/* Link the chain in below parent; its last node. */
static struct node *chain_link(struct node *parent, struct node *n)
{
	for (struct node *next; n; n = next) {
		next = n->next;
		n->next = NULL;
		tree_link(parent, n);
		parent = n;
	}
	return parent;
}

/*
 * Records for each of the chain's paths, the first of which ends behind the
 * first len characters of path. Those that are made anew are not met: what
 * they say was decided in the transaction.
 */
static int records_get(struct trans *t, const char *path, size_t len,
		       struct record **first)
{
	char part[XENSTORE_ABS_PATH_MAX];
	size_t full = strlen(path);
	struct record **at = first;

	memcpy(part, path, full + 1);
	while (len < full) {
		struct record *r;
		int rc;

		len = len == 1 ? 1 : len + 1;
		len += strcspn(path + len, "/");
		part[len] = '\0';
		r = record_find(t, part, len,
				hash_bytes(hash_start(0), part, len));
		if (!r) {
			rc = record_new(t, part, NULL, &r);
			if (rc)
				return rc;
			r->hidden = true;
		}
		part[len] = path[len];
		r->more = NULL;
		*at = r;
		at = &r->more;
	}
	return 0;
}

static void create_records(struct trans *t, struct record *r, struct node *n)
{
	for (struct node *next; n; n = next, r = r->more) {
		next = n->next;
		n->next = NULL;
		record_count(t, r, -1);
		perms_put(r->perms);
		r->spare = n;
		r->perms = n->perms;
		r->value = n->value;
		n->perms = NULL;
		n->value = NULL;
		r->state = CREATED;
		r->fires = !next;
		record_count(t, r, 1);
		record_to_end(t, r);
		t->changes++;
	}
}

/* Limits of making what is behind the first len characters of path. */
static int may_create(const struct view *v, const char *path, size_t len,
		      const struct value *value)
{
	struct xsdom *d = v->conn->dom;
	size_t bytes = value_len(value), nodes = len == 1;
	int rc;

	for (const char *c = path + len; *c; c++)
		nodes += *c == '/';
	bytes += nodes * node_bytes(0, 0) + strlen(path) - len;
	nodes += d->nodes + (v->trans ? v->trans->made : 0);
	rc = quota_check(d, QUOTA_NODES, nodes);
	return rc ? rc : quota_memory(d, bytes);
}

static int create(const struct view *v, const char *path, struct value *value,
		  size_t len, struct node *parent, struct perms *p)
{
	struct node *n = chain_new(path, len, value, p);
	struct record *first = NULL;
	int rc = n ? 0 : -ENOMEM;

	if (!rc && v->trans)
		rc = records_get(v->trans, path, len, &first);
	if (rc) {
		chain_free(n);
		return rc;
	}
	if (v->trans)
		create_records(v->trans, first, n);
	else
		watch_fire(path, chain_link(parent, n), NULL, false);
	return 0;
}

int view_create(const struct view *v, const char *path, struct value *value)
{
	struct item above;
	struct perms *p;
	size_t len;
	int rc;

	rc = view_get_above(v, path, &above, &len);
	if (!rc)
		rc = may_create(v, path, len, value);
	if (!rc) {
		p = perms_owned(above.perms, conn_privileged(v->conn)
						     ? perms_owner(above.perms)
						     : v->conn->dom->id);
		rc = p ? create(v, path, value, len, above.node, p) : -ENOMEM;
		perms_put(p);
	}
	value_put(value);
	return rc;
}

/* ---- Listing --------------------------------------------------------------------- */

/* Is the child, as the tree has it, still there, and not made anew? */
static bool is_kept(const struct trans *t, const struct node *kid)
{
	char path[XENSTORE_ABS_PATH_MAX];
	size_t len = tree_path(kid, path);
	const struct record *r;

	r = record_find(t, path, len, hash_bytes(hash_start(0), path, len));
	return !r || r->state == AS_MET || r->state == CHANGED;
}

static int list_tree(const struct trans *t, const struct node *n,
		     int (*fn)(const char *name, size_t len, void *arg),
		     void *arg)
{
	int rc = 0;

	for (struct node *kid = n->first; kid && !rc; kid = kid->next)
		if (!t || !t->changes || is_kept(t, kid))
			rc = fn(kid->name, kid->name_len, arg);
	return rc;
}

/* The node whose children the item's are, too; the record then knows them. */
static const struct node *listed_node(const char *path, const struct item *it)
{
	struct record *r = it->record;
	const struct node *n;

	if (!r)
		return it->node;
	if (r->state != AS_MET && r->state != CHANGED)
		return NULL;
	n = tree_find(path);
	if (n && !r->kids_gen)
		r->kids_gen = n->kids_gen;
	return n;
}

int view_list(const struct view *v, const char *path, const struct item *it,
	      int (*fn)(const char *name, size_t len, void *arg), void *arg)
{
	const struct node *n = listed_node(path, it);
	size_t len = strlen(path), skip = len + (len > 1);
	int rc = n ? list_tree(v->trans, n, fn, arg) : 0;

	if (!it->record)
		return rc;
	for (struct record *r = v->trans->first; r && !rc; r = r->next)
		if (r->state == CREATED && path_parent(r->path, r->len) == len &&
		    !memcmp(r->path, path, len))
			rc = fn(r->path + skip, r->len - skip, arg);
	return rc;
}

uint64_t view_list_gen(const struct view *v, const char *path,
		       const struct item *it)
{
	const struct node *n = listed_node(path, it);

	return (n ? n->kids_gen : 0) + (v->trans ? v->trans->changes : 0);
}
