/* SPDX-License-Identifier: MIT */
/* The daemon's beginning and end, and a domain's end. */
#include "daemon.h"

#include <errno.h>
#include "conn.h"
#include "tree.h"
#include "view.h"
#include "watch.h"

int xsd_init(uint64_t secret, void (*log)(const char *line), void (*wake)(void))
{
	hash_seed(secret);
	xsd_log_to(log);
	conn_wake_by(wake);
	if (xsdoms_init())
		return -ENOMEM;
	if (!xsdom_get(0) || watches_init()) {
		xsdoms_destroy();
		return -ENOMEM;
	}
	if (tree_init()) {
		watches_destroy();
		xsdoms_destroy();
		return -ENOMEM;
	}
	return 0;
}

void xsd_destroy(void)
{
	while (conn_first())
		xsd_conn_close(conn_first());
	tree_destroy();
	watches_destroy();
	xsdoms_destroy();
}

/* Its connections; d stays, as whatever it has is counted in it. */
static void close_all(const struct xsdom *d)
{
	struct conn *c = conn_first();

	for (struct conn *next; c; c = next) {
		next = c->next;
		if (c->dom == d)
			xsd_conn_close(c);
	}
}

/* Its nodes, whoever made what is below them; its place in permissions. */
static void strip_tree(domid_t domid)
{
	static char path[XENSTORE_ABS_PATH_MAX];
	struct node *n = tree_root(), *next;

	for (; n; n = next) {
		if (perms_owner(n->perms) == domid) {
			next = tree_after(n);
			tree_path(n, path);
			view_remove_node(n, path);
		} else {
			perms_strip(n->perms, domid);
			next = tree_next(n);
		}
	}
	for (unsigned int k = 0; (n = tree_special(k)); k++)
		perms_strip(n->perms, domid);
}

void xsd_domain_gone(domid_t domid)
{
	struct xsdom *d = xsdom_find(domid);

	if (!domid)
		return;
	if (d) {
		d->conns++; /* keeps it while its connections close */
		close_all(d);
		d->conns--;
	}
	trans_doom(domid);
	strip_tree(domid);
	xsdom_put(d);
	for (d = xsdom_next(NULL); d; d = xsdom_next(d))
		if (d->target == domid)
			d->target = DOMID_INVALID;
	watch_fire_special(tree_special(1), domid);
}

void xsd_domain_shutdown(domid_t domid)
{
	struct xsdom *d = xsdom_find(domid);

	if (!d || !d->link_conn || d->shutdown)
		return;
	d->shutdown = true;
	watch_fire_special(tree_special(1), domid);
}
