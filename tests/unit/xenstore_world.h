/* SPDX-License-Identifier: MIT */
/*
 * The daemon with clients: domain 0 in the daemon's own program, and guests by
 * their store pages, all through the client library. Whoever waits for a reply
 * lets the daemon work.
 */
#ifndef XENSTORE_WORLD_H
#define XENSTORE_WORLD_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "daemon.h"
#include "htab.h"
#include "local.h"
#include "pagelink.h"
#include "xs_transport.h"

#define GUESTS 8u /* domains 1 to 7 */

/* A guest's page, from both ends. */
static struct guest {
	struct xenstore_domain_interface page;
	struct pagelink link;	   /* the daemon's end */
	struct byte_ring req, rsp; /* the guest's */
	struct xs_handle *xs;
	unsigned int told; /* events from the daemon */
	bool linked;
} guests[GUESTS];

static struct xs_handle *dom0;
static char said[4096]; /* the log */

static inline void log_line(const char *line)
{
	size_t len = strlen(said);

	snprintf(said + len, sizeof(said) - len, "%s\n", line);
}

static void (*around_work)(bool begins); /* for who cares */

static inline void work(void)
{
	if (around_work)
		around_work(true);
	while (xsd_work())
		;
	if (around_work)
		around_work(false);
}

/* ---- The daemon's end of pages ---------------------------------------------- */

static inline void page_told(struct pagelink *l)
{
	container(l, struct guest, link)->told++;
}

static inline void page_released(struct pagelink *l)
{
	container(l, struct guest, link)->linked = false;
}

/* The mfn is the guest's number. */
int xsd_link_open(domid_t domid, uint64_t mfn, uint32_t port, struct conn **c)
{
	struct guest *g = mfn < GUESTS ? &guests[mfn] : NULL;

	(void)port;
	if (!g || g->linked)
		return -EINVAL;
	g->link.notify = page_told;
	g->link.release = page_released;
	pagelink_init(&g->link, &g->page);
	*c = g->link.conn = xsd_conn_new(domid, &pagelink_ops, &g->link);
	if (!*c)
		return -ENOMEM;
	g->linked = true;
	return 0;
}

/* ---- The guests' ends --------------------------------------------------------- */

static inline void tell_daemon(struct guest *g)
{
	if (g->linked)
		pagelink_event(&g->link);
	work();
}

static inline int guest_write(void *arg, const void *data, size_t n)
{
	struct guest *g = arg;
	int moved = byte_ring_write(&g->req, data, n);

	tell_daemon(g);
	return moved ? moved : -EIO;
}

static inline int guest_read(void *arg, void *data, size_t n, bool wait)
{
	struct guest *g = arg;
	int moved;

	tell_daemon(g);
	moved = byte_ring_read(&g->rsp, data, n);
	tell_daemon(g);
	return moved || !wait ? moved : -EIO;
}

static inline void guest_close(void *arg)
{
	(void)arg;
}

static inline struct xs_handle *guest_open(struct guest *g)
{
	struct xs_transport t = { g, guest_write, guest_read, guest_close };

	memset(&g->page, 0, sizeof(g->page));
	byte_ring_store_client(&g->req, &g->rsp, &g->page);
	return g->xs = xs_open_transport(&t);
}

/* Domain n comes: it has a home, which it owns, and a client. */
static inline struct xs_handle *guest_start(unsigned int n)
{
	struct xs_permissions mine = { n, XS_PERM_NONE };
	char home[40];

	snprintf(home, sizeof(home), "/local/domain/%u", n);
	guest_open(&guests[n]);
	if (!xs_mkdir(dom0, XBT_NULL, home) ||
	    !xs_set_permissions(dom0, XBT_NULL, home, &mine, 1) ||
	    !xs_introduce_domain(dom0, n, n, 1))
		abort();
	return guests[n].xs;
}

/* ---- Domain 0 --------------------------------------------------------------------- */

static inline void wait_local(void *arg)
{
	(void)arg;
	work();
}

static inline struct xs_handle *local_client(domid_t domid)
{
	static const struct xsd_local_client client = { .wait = wait_local };
	struct xs_transport t;
	struct xs_handle *h = NULL;

	if (!xsd_local_open(domid, &client, &t)) {
		h = xs_open_transport(&t);
		if (!h)
			t.close(t.arg);
	}
	return h;
}

int xs_transport_open(struct xs_transport *t)
{
	static const struct xsd_local_client client = { .wait = wait_local };

	return xsd_local_open(0, &client, t);
}

static inline int setup_daemon(void)
{
	said[0] = '\0';
	if (xsd_init(4711, log_line, NULL))
		return 1;
	dom0 = local_client(0);
	return !dom0;
}

/* ---- Shorter --------------------------------------------------------------------- */

static inline bool put(struct xs_handle *h, xs_transaction_t t,
		       const char *path, const char *value)
{
	return xs_write(h, t, path, value, (unsigned int)strlen(value));
}

/* The value is that one; NULL: there is none to be had, errno says why. */
static inline bool is(struct xs_handle *h, xs_transaction_t t, const char *path,
		      const char *value)
{
	unsigned int len;
	char *got = xs_read(h, t, path, &len);
	bool same = got && value && len == strlen(value) && !strcmp(got, value);

	free(got);
	return same || (!got && !value);
}

/* Names of the children, each with a blank behind it. */
static inline const char *list(struct xs_handle *h, xs_transaction_t t,
			       const char *path)
{
	static char text[8192];
	unsigned int num = 0;
	char **names = xs_directory(h, t, path, &num);

	text[0] = '\0';
	for (unsigned int i = 0; i < num; i++) {
		strcat(text, names[i]);
		strcat(text, " ");
	}
	free(names);
	return names ? text : "?";
}

/* The permissions, each with a blank behind it. */
static inline const char *perms(struct xs_handle *h, xs_transaction_t t,
				const char *path)
{
	static char text[256];
	unsigned int num = 0;
	struct xs_permissions *p = xs_get_permissions(h, t, path, &num);

	text[0] = '\0';
	for (unsigned int i = 0; i < num; i++) {
		xs_perm_to_string(&p[i], text + strlen(text), 16);
		strcat(text, " ");
	}
	free(p);
	return p ? text : "?";
}

/* Set them, in the same form, without the last blank. */
static inline bool allow(struct xs_handle *h, xs_transaction_t t,
			 const char *path, const char *text)
{
	struct xs_permissions p[16];
	char strings[128];
	unsigned int n = 1;

	snprintf(strings, sizeof(strings), "%s", text);
	for (char *at = strings; (at = strchr(at, ' ')); n++)
		*at++ = '\0';
	return xs_strings_to_perms(p, n, strings) &&
	       xs_set_permissions(h, t, path, p, n);
}

/* The next event, as "path token"; "" if there is none. */
static inline const char *event(struct xs_handle *h)
{
	static char text[8192];
	char **e;

	work();
	e = xs_check_watch(h);
	text[0] = '\0';
	if (!e)
		return text;
	snprintf(text, sizeof(text), "%s %s", e[XS_WATCH_PATH],
		 e[XS_WATCH_TOKEN]);
	free(e);
	return text;
}

#endif
