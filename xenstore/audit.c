/* SPDX-License-Identifier: MIT */
/*
 * The daemon's truth, recounted: nodes from the chains of the hash table,
 * which no counting code walks, connections from their list, and from these
 * what each domain has.
 */
#include "daemon.h"

#include <stdlib.h>
#include <string.h>
#include "conn.h"
#include "record.h"
#include "tree.h"
#include "watch.h"

static unsigned int flaws;

static void expect(bool truth, const char *what, const char *whose)
{
	if (truth)
		return;
	flaws++;
	xsd_log("audit: %s is wrong: %s", what, whose);
}

static void expect_count(size_t counted, size_t found, const char *what,
			 domid_t domid)
{
	if (counted == found)
		return;
	flaws++;
	xsd_log("audit: domain %u: %s is %zu, should be %zu", domid, what,
		counted, found);
}

/* ---- Nodes ------------------------------------------------------------------------ */

/* Its place in the tree, from both sides; its list of children. */
static void audit_node(const struct node *n)
{
	const struct node *up = n->parent, *before = NULL;
	size_t names = 0;

	if (up) {
		expect(n->prev ? n->prev->next == n : up->first == n,
		       "the link to a node", n->name);
		expect(n->next ? n->next->prev == n : up->last == n,
		       "the link back to a node", n->name);
		expect(n->name_len == strlen(n->name) && n->name_len &&
			       !strchr(n->name, '/'),
		       "a name", n->name);
	} else {
		expect(!n->next && !n->prev, "a root's place", n->name);
	}
	expect(tree_child(up, n->name, n->name_len) == n,
	       "the way to a node (or it is there twice)", n->name);
	expect(n->perms && n->perms->refs && n->perms->count, "permissions",
	       n->name);
	expect(!n->value || (n->value->refs && n->value->len), "a value",
	       n->name);
	for (const struct node *kid = n->first; kid; kid = kid->next) {
		expect(kid->parent == n && kid->prev == before,
		       "the list of children", n->name);
		names += strlen(kid->name) + 1;
		before = kid;
	}
	expect(n->last == before && n->kids_len == names,
	       "the length of the list of children", n->name);
}

/* All nodes of the table; those of one domain are counted. */
static size_t count_nodes(domid_t domid, size_t *nodes, size_t *bytes,
			  void (*each)(const struct node *n))
{
	const struct htab *t = tree_table();
	size_t all = 0;

	*nodes = *bytes = 0;
	for (size_t k = 0; k < t->slots; k++)
		for (struct hlink *l = t->slot[k]; l; l = l->next) {
			struct node *n = container(l, struct node, link);

			all++;
			if (each)
				each(n);
			if (n->perms->list[0].id != domid)
				continue;
			++*nodes;
			*bytes += sizeof(*n) + strlen(n->name) + 1 +
				  (n->value ? n->value->len : 0);
		}
	return all;
}

/* ---- Connections ------------------------------------------------------------------- */

static void audit_events(const struct conn *c)
{
	const struct event *last = NULL;
	size_t bytes = 0;

	for (const struct event *e = c->events; e; e = e->next) {
		bytes += e->len;
		last = e;
	}
	expect_count(c->event_bytes, bytes, "bytes of events", c->dom->id);
	expect(c->last_event == last, "the last event", "");
	expect(!c->event_done || (c->events && c->event_done <= c->events->len),
	       "the part of an event", "");
}

static void audit_trans(const struct trans *t)
{
	uint32_t made;
	size_t bytes = trans_recount(t, &made), records = 0;

	for (const struct record *r = t->first; r; r = r->next) {
		expect(!r->spare == (r->state != CREATED), "a spare node",
		       r->path);
		expect(r->next ? r->next->prev == r : t->last == r,
		       "the list of records", r->path);
		records++;
	}
	expect_count(t->records.count, records, "records", t->conn->dom->id);
	expect_count(t->bytes, bytes, "a transaction's bytes", t->conn->dom->id);
	expect_count(t->made, made, "a transaction's new nodes",
		     t->conn->dom->id);
}

struct sums {
	size_t conns, watches, watch_bytes, trans, trans_bytes;
};

static void count_conn(const struct conn *c, struct sums *s)
{
	s->conns++;
	for (const struct watch *w = c->watches; w; w = w->next) {
		s->watches++;
		s->watch_bytes += sizeof(*w) + strlen(w->path) +
				  strlen(w->token) + 2;
		expect(w->conn == c && (!w->lost || c->lost), "a watch",
		       w->path);
	}
	for (const struct trans *t = c->transactions; t; t = t->next) {
		s->trans++;
		s->trans_bytes += t->bytes;
		audit_trans(t);
	}
	audit_events(c);
}

static size_t audit_domain(const struct xsdom *d)
{
	struct sums s = { 0 };
	size_t nodes, bytes;

	count_nodes(d->id, &nodes, &bytes, NULL);
	for (const struct conn *c = conn_first(); c; c = c->next)
		if (c->dom == d)
			count_conn(c, &s);
	expect_count(d->nodes, nodes, "nodes", d->id);
	expect_count(d->node_bytes, bytes, "bytes of nodes", d->id);
	expect_count(d->conns, s.conns, "connections", d->id);
	expect_count(d->watches, s.watches, "watches", d->id);
	expect_count(d->watch_bytes, s.watch_bytes, "bytes of watches", d->id);
	expect_count(d->transactions, s.trans, "transactions", d->id);
	expect_count(d->trans_bytes, s.trans_bytes, "bytes of transactions",
		     d->id);
	expect(!d->link_conn || d->link_conn->dom == d, "a store page", "");
	return nodes;
}

unsigned int xsd_audit(void)
{
	size_t nodes, bytes, all, owned = 0, reached = 0;

	flaws = 0;
	all = count_nodes(0, &nodes, &bytes, audit_node);
	for (struct xsdom *d = xsdom_next(NULL); d; d = xsdom_next(d))
		owned += audit_domain(d);
	for (const struct node *n = tree_root(); n; n = tree_next(n))
		reached++;
	for (unsigned int k = 0; tree_special(k); k++)
		reached++;
	expect_count(owned, all, "nodes of known domains", 0);
	expect_count(reached, all, "nodes that can be reached", 0);
	expect_count(tree_table()->count, all, "nodes in the table", 0);
	return flaws;
}
