/* SPDX-License-Identifier: MIT */
/* A xenstore for tests of the tools: a list of paths and values. */
#ifndef CLI_XENSTORE_H
#define CLI_XENSTORE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define NODES 64

struct xs_handle {
	int users;
};

static struct xs_handle store;
static struct node {
	char path[96], value[96];
} nodes[NODES]; /* "": free */
static bool store_is_down, write_fails;
static char watched[96];
static const char *watch_events[8]; /* NULL at the end */

static struct node *node_find(const char *path)
{
	for (struct node *n = nodes; n < nodes + NODES; n++)
		if (n->path[0] && !strcmp(n->path, path))
			return n;
	return NULL;
}

/* Parents come with it, as in the daemon. */
static void node_set(const char *path, const char *value)
{
	struct node *n = node_find(path);
	char parent[96];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", path);
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = 0;
		if (!node_find(parent))
			node_set(parent, "");
	}
	for (struct node *f = nodes; !n && f < nodes + NODES; f++)
		if (!f->path[0])
			n = f;
	if (!n)
		abort();
	snprintf(n->path, sizeof(n->path), "%s", path);
	snprintf(n->value, sizeof(n->value), "%s", value);
}

static inline const char *node_get(const char *path)
{
	struct node *n = node_find(path);

	return n ? n->value : NULL;
}

static void store_reset(void)
{
	memset(nodes, 0, sizeof(nodes));
	memset(watch_events, 0, sizeof(watch_events));
	store_is_down = write_fails = false;
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	if (store_is_down) {
		errno = ECONNREFUSED;
		return NULL;
	}
	store.users++;
	return &store;
}

void xs_close(struct xs_handle *h)
{
	h->users--;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	struct node *n = node_find(path);

	(void)h;
	(void)t;
	if (!n) {
		errno = ENOENT;
		return NULL;
	}
	if (len)
		*len = (unsigned int)strlen(n->value);
	return strdup(n->value);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	char value[96];

	(void)h;
	(void)t;
	if (write_fails) {
		errno = EACCES;
		return false;
	}
	snprintf(value, sizeof(value), "%.*s", (int)len, (const char *)data);
	node_set(path, value);
	return true;
}

static bool is_below(const char *path, const char *parent)
{
	size_t len = strlen(parent) > 1 ? strlen(parent) : 0;

	return !strncmp(path, parent, len) && path[len] == '/';
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	char **names = malloc(NODES * sizeof(char *) + NODES * 96);
	size_t len = strlen(path) > 1 ? strlen(path) : 0;
	char *room = (char *)(names + NODES);

	(void)h;
	(void)t;
	*num = 0;
	if (len && !node_find(path)) {
		free(names);
		errno = ENOENT;
		return NULL;
	}
	for (struct node *n = nodes; n < nodes + NODES; n++)
		if (is_below(n->path, path) && !strchr(n->path + len + 1, '/')) {
			names[(*num)++] = strcpy(room, n->path + len + 1);
			room += strlen(room) + 1;
		}
	return names;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	struct node *n = node_find(path);

	(void)h;
	(void)t;
	if (!n) {
		errno = ENOENT;
		return false;
	}
	for (struct node *m = nodes; m < nodes + NODES; m++)
		if (m != n && is_below(m->path, path))
			m->path[0] = 0;
	n->path[0] = 0;
	return true;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h,
					  xs_transaction_t t, const char *path,
					  unsigned int *num)
{
	struct xs_permissions *p = calloc(2, sizeof(*p));

	(void)h;
	(void)t;
	(void)path;
	p[0] = (struct xs_permissions){ 0, XS_PERM_NONE };
	p[1] = (struct xs_permissions){ 3, XS_PERM_READ | XS_PERM_WRITE };
	*num = 2;
	return p;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)token;
	snprintf(watched, sizeof(watched), "%s", path);
	return true;
}

char **xs_check_watch(struct xs_handle *h)
{
	char **event;

	(void)h;
	if (!watch_events[0]) {
		errno = EAGAIN;
		return NULL;
	}
	event = malloc(2 * sizeof(*event));
	event[XS_WATCH_PATH] = (char *)(uintptr_t)watch_events[0];
	event[XS_WATCH_TOKEN] = watched;
	memmove(watch_events, watch_events + 1,
		sizeof(watch_events) - sizeof(watch_events[0]));
	return event;
}

#endif
