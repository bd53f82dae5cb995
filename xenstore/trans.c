/* SPDX-License-Identifier: MIT */
/* Transactions: their records, their start and end. */
#include "trans.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "path.h"
#include "record.h"
#include "view.h"
#include "watch.h"

/* ---- Records ----------------------------------------------------------------- */

struct record *record_find(const struct trans *t, const char *path, size_t len,
			   uint64_t hash)
{
	for (struct hlink *l = htab_first(&t->records, hash); l; l = l->next) {
		struct record *r = container(l, struct record, link);

		if (l->hash == hash && r->len == len &&
		    !memcmp(r->path, path, len))
			return r;
	}
	return NULL;
}

bool record_exists(const struct record *r)
{
	return r->state == AS_MET ? r->gen : r->state != REMOVED;
}

/* Its part of t->bytes. */
static size_t cost(const struct record *r)
{
	return sizeof(*r) + r->len + 1 + value_len(r->value) +
	       (r->spare ? node_bytes(r->spare->name_len, 0) : 0);
}

void record_count(struct trans *t, const struct record *r, int sign)
{
	size_t bytes = cost(r);

	t->bytes += sign > 0 ? bytes : -bytes;
	t->conn->dom->trans_bytes += sign > 0 ? bytes : -bytes;
	if (r->spare && perms_owner(r->perms) == t->conn->dom->id)
		t->made += (uint32_t)sign;
}

static void append(struct trans *t, struct record *r)
{
	r->next = NULL;
	r->prev = t->last;
	*(t->last ? &t->last->next : &t->first) = r;
	t->last = r;
}

static void take_out(struct trans *t, struct record *r)
{
	*(r->prev ? &r->prev->next : &t->first) = r->next;
	*(r->next ? &r->next->prev : &t->last) = r->prev;
}

void record_to_end(struct trans *t, struct record *r)
{
	take_out(t, r);
	append(t, r);
}

int record_new(struct trans *t, const char *path, const struct node *met,
	       struct record **out)
{
	struct xsdom *d = t->conn->dom;
	size_t len = strlen(path);
	struct record *r;
	int rc;

	rc = quota_check(d, QUOTA_TRANS_NODES, t->records.count + 1);
	if (!rc)
		rc = quota_memory(d, sizeof(*r) + len + 1 +
					     (met ? value_len(met->value) : 0));
	if (rc)
		return rc;
	r = calloc(1, sizeof(*r) + len + 1);
	if (!r)
		return -ENOMEM;
	memcpy(r->path, path, len);
	r->len = (uint32_t)len;
	if (met) {
		r->gen = met->gen;
		r->value = value_get(met->value);
		r->perms = perms_get(met->perms);
	}
	htab_insert(&t->records, &r->link, hash_bytes(hash_start(0), path, len));
	append(t, r);
	record_count(t, r, 1);
	*out = r;
	return 0;
}

static void record_free(struct record *r)
{
	value_put(r->value);
	perms_put(r->perms);
	node_free(r->spare);
	free(r);
}

/* ---- Start, search, drop -------------------------------------------------------- */

int trans_start(struct conn *c, uint32_t *id)
{
	int rc = quota_check(c->dom, QUOTA_TRANSACTIONS,
			     c->dom->transactions + 1u);
	struct trans *t;

	if (rc)
		return rc;
	t = calloc(1, sizeof(*t));
	if (!t || htab_init(&t->records)) {
		free(t);
		return -ENOMEM;
	}
	do
		t->id = ++c->last_trans;
	while (!t->id || trans_find(c, t->id));
	t->conn = c;
	t->next = c->transactions;
	c->transactions = t;
	c->dom->transactions++;
	*id = t->id;
	return 0;
}

struct trans *trans_find(struct conn *c, uint32_t id)
{
	struct trans *t = c->transactions;

	while (t && t->id != id)
		t = t->next;
	return t;
}

void trans_drop(struct trans *t)
{
	struct trans **at = &t->conn->transactions;
	struct xsdom *d = t->conn->dom;
	struct record *r;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	d->transactions--;
	d->trans_bytes -= t->bytes;
	while ((r = t->first)) {
		t->first = r->next;
		record_free(r);
	}
	htab_destroy(&t->records);
	free(t);
}

void trans_drop_all(struct conn *c)
{
	while (c->transactions)
		trans_drop(c->transactions);
}

static bool mentions(const struct trans *t, domid_t domid)
{
	for (const struct record *r = t->first; r; r = r->next)
		if (r->perms && perms_mention(r->perms, domid))
			return true;
	return false;
}

void trans_doom(domid_t domid)
{
	for (struct conn *c = conn_first(); c; c = c->next)
		for (struct trans *t = c->transactions; t; t = t->next)
			t->doomed |= mentions(t, domid);
}

size_t trans_recount(const struct trans *t, uint32_t *made)
{
	size_t bytes = 0;

	*made = 0;
	for (const struct record *r = t->first; r; r = r->next) {
		bytes += cost(r);
		*made += r->state == CREATED &&
			 perms_owner(r->perms) == t->conn->dom->id;
	}
	return bytes;
}

/* ---- Commit ------------------------------------------------------------------- */

/* Is what the transaction met as it was? */
static bool is_valid(const struct record *r)
{
	struct node *n;

	if (r->hidden)
		return true;
	n = tree_find(r->path);
	if (r->gen != (n ? n->gen : 0))
		return false;
	return !r->kids_gen || r->kids_gen == n->kids_gen;
}

static int may_commit(struct trans *t)
{
	if (t->doomed)
		return -EAGAIN;
	for (struct record *r = t->first; r; r = r->next)
		if (!is_valid(r))
			return -EAGAIN;
	if (!t->made)
		return 0;
	return quota_check(t->conn->dom, QUOTA_NODES,
			   t->conn->dom->nodes + t->made);
}

static void commit_change(struct record *r, struct node *n)
{
	struct perms *before = perms_get(n->perms);

	tree_set_value(n, value_get(r->value));
	if (r->perms != before)
		tree_set_perms(n, perms_get(r->perms));
	watch_fire(r->path, n, before, false);
	perms_put(before);
}

/* The parent is there: it was met, or made by an earlier record. */
static void commit_creation(struct record *r)
{
	struct node *n = r->spare, *parent;
	char path[XENSTORE_ABS_PATH_MAX];
	size_t len = path_parent(r->path, r->len);

	memcpy(path, r->path, len);
	path[len] = '\0';
	parent = tree_find(path);
	assert(parent);
	n->value = value_get(r->value);
	n->perms = perms_get(r->perms);
	r->spare = NULL;
	tree_link(parent, n);
	if (r->fires)
		watch_fire(r->path, n, NULL, false);
}

static void commit_record(struct record *r)
{
	struct node *n = r->state == AS_MET ? NULL : tree_find(r->path);

	if (r->state == CHANGED)
		commit_change(r, n);
	else if (n)
		view_remove_node(n, r->path);
	if (r->state == CREATED)
		commit_creation(r);
}

int trans_commit(struct trans *t)
{
	int rc = may_commit(t);

	for (struct record *r = t->first; r && !rc; r = r->next)
		commit_record(r);
	trans_drop(t);
	return rc;
}
