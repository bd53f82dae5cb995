/* SPDX-License-Identifier: MIT */
/* Watches. */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore_lib.h>
#include "path.h"

static struct htab watches;

int watches_init(void)
{
	return htab_init(&watches);
}

void watches_destroy(void)
{
	htab_destroy(&watches);
}

size_t watch_bytes(const struct watch *w)
{
	return sizeof(*w) + strlen(w->path) + strlen(w->token) + 2;
}

/* ---- To have one ------------------------------------------------------------- */

static struct watch **find(struct conn *c, const char *path, const char *token)
{
	struct watch **at = &c->watches;

	while (*at && (strcmp((*at)->path, path) || strcmp((*at)->token, token)))
		at = &(*at)->next;
	return at;
}

static void fire_one(struct watch *w, const char *path)
{
	if (!conn_event(w->conn, path + w->relative, w->token))
		w->lost = w->conn->lost = true;
	xsd_conn_ready(w->conn);
}

int watch_add(struct conn *c, const char *path, const char *token,
	      uint32_t relative, uint32_t depth)
{
	size_t path_len = strlen(path) + 1, token_len = strlen(token) + 1;
	struct watch *w;
	int rc;

	/* Can each event that it may cause be put on the wire? */
	if (token_len > XENSTORE_PAYLOAD_MAX - XENSTORE_ABS_PATH_MAX)
		return -EINVAL;
	if (*find(c, path, token))
		return -EEXIST;
	rc = quota_check(c->dom, QUOTA_WATCHES, c->dom->watches + 1u);
	if (!rc)
		rc = quota_memory(c->dom, sizeof(*w) + path_len + token_len);
	if (rc)
		return rc;
	w = calloc(1, sizeof(*w) + path_len + token_len);
	if (!w)
		return -ENOMEM;
	memcpy(w->path, path, path_len);
	w->token = memcpy(w->path + path_len, token, token_len);
	w->conn = c;
	w->relative = relative;
	w->depth = depth;
	w->next = c->watches;
	c->watches = w;
	c->dom->watches++;
	c->dom->watch_bytes += watch_bytes(w);
	htab_insert(&watches, &w->link,
		    hash_bytes(hash_start(0), path, path_len - 1));
	fire_one(w, w->path);
	return 0;
}

static void drop(struct watch **at)
{
	struct watch *w = *at;
	struct xsdom *d = w->conn->dom;

	*at = w->next;
	d->watches--;
	d->watch_bytes -= watch_bytes(w);
	htab_remove(&watches, &w->link);
	free(w);
}

int watch_remove(struct conn *c, const char *path, const char *token)
{
	struct watch **at = find(c, path, token);

	if (!*at)
		return -ENOENT;
	drop(at);
	return 0;
}

void watch_drop_all(struct conn *c)
{
	while (c->watches)
		drop(&c->watches);
}

/* ---- To fire ----------------------------------------------------------------- */

static bool may_read(const struct conn *c, const struct perms *p)
{
	return p && perms_rights(p, c->dom->id, c->dom->target) & XS_PERM_READ;
}

static bool may_know(const struct conn *c, const struct node *n,
		     const struct perms *before)
{
	return may_read(c, n->perms) || may_read(c, before) ||
	       (n->parent && may_read(c, n->parent->perms));
}

/* All who watch the path's first len characters, of that hash. */
static void fire_at(uint64_t hash, const char *path, size_t len,
		    const struct node *n, const struct perms *before)
{
	for (struct hlink *l = htab_first(&watches, hash); l; l = l->next) {
		struct watch *w = container(l, struct watch, link);

		if (l->hash != hash || strncmp(w->path, path, len) ||
		    w->path[len] || !may_know(w->conn, n, before))
			continue;
		if (w->depth == WATCH_ANY_DEPTH ||
		    (uint32_t)path_below(path, w->path) <= w->depth)
			fire_one(w, path);
	}
}

void watch_fire(const char *path, const struct node *n,
		const struct perms *before, bool exact)
{
	uint64_t h = hash_start(0);
	size_t len = strlen(path), at = 0;

	if (!watches.count)
		return;
	if (exact) {
		fire_at(hash_bytes(h, path, len), path, len, n, before);
		return;
	}
	/* The root is its slash; further down a slash ends the one above. */
	for (; at < len; at++) {
		if (at == 1 || (path[at] == '/' && at))
			fire_at(h, path, at, n, before);
		h = hash_bytes(h, path + at, 1);
	}
	fire_at(h, path, len, n, before);
}

void watch_fire_special(const struct node *special, domid_t domid)
{
	size_t len = special->name_len;
	uint64_t hash = hash_bytes(hash_start(0), special->name, len);
	char path[40];

	snprintf(path, sizeof(path), "%s/%u", special->name, domid);
	for (struct hlink *l = htab_first(&watches, hash); l; l = l->next) {
		struct watch *w = container(l, struct watch, link);

		if (l->hash != hash || strcmp(w->path, special->name) ||
		    !may_read(w->conn, special->perms))
			continue;
		/* Who asks for a depth knows that paths may name a domain. */
		if (w->depth && w->depth != WATCH_ANY_DEPTH)
			fire_one(w, path);
		else
			fire_one(w, special->name);
	}
}

bool watch_fire_lost(struct conn *c)
{
	for (struct watch *w = c->watches; w; w = w->next) {
		if (!w->lost)
			continue;
		w->lost = !conn_event(c, w->path + w->relative, w->token);
		return !w->lost;
	}
	c->lost = false;
	return true;
}
