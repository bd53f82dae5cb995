/* SPDX-License-Identifier: MIT */
/* The transport over a store page. */
#include "pagelink.h"

#define FEATURES \
	(XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR)

static void put(uint32_t *shared, uint32_t value)
{
	__atomic_store_n(shared, value, __ATOMIC_RELAXED);
}

void pagelink_init(struct pagelink *l, struct xenstore_domain_interface *page)
{
	l->page = page;
	byte_ring_store_daemon(&l->req, &l->rsp, page);
	put(&page->server_features, FEATURES);
	put(&page->error, XENSTORE_ERROR_NONE);
}

/*
 * Until it sees XENSTORE_CONNECTED the domain leaves the page alone. The store
 * of that is a release, which meets the domain's load: when it sees the new
 * state, the indices are 0.
 */
static void reconnect(struct pagelink *l)
{
	struct xenstore_domain_interface *page = l->page;

	xsd_conn_reset(l->conn);
	put(&page->req_cons, 0);
	put(&page->req_prod, 0);
	put(&page->rsp_cons, 0);
	put(&page->rsp_prod, 0);
	pagelink_init(l, page);
	/* What a hostile domain has written in between is not our index. */
	l->req.own = l->rsp.own = 0;
	__atomic_store_n(&page->connection, XENSTORE_CONNECTED,
			 __ATOMIC_RELEASE);
	l->notify(l);
}

void pagelink_event(struct pagelink *l)
{
	if (__atomic_load_n(&l->page->connection, __ATOMIC_ACQUIRE) ==
	    XENSTORE_RECONNECT)
		reconnect(l);
	xsd_conn_ready(l->conn);
}

static int page_read(void *arg, void *data, size_t n)
{
	struct pagelink *l = arg;

	return byte_ring_read(&l->req, data, n);
}

static int page_write(void *arg, const void *data, size_t n)
{
	struct pagelink *l = arg;

	return byte_ring_write(&l->rsp, data, n);
}

static void page_kick(void *arg)
{
	struct pagelink *l = arg;

	l->notify(l);
}

static void page_failed(void *arg, uint32_t error)
{
	struct pagelink *l = arg;

	put(&l->page->error, error);
	l->notify(l);
}

static void page_close(void *arg)
{
	struct pagelink *l = arg;

	l->release(l);
}

const struct xsd_transport pagelink_ops = {
	.read = page_read,
	.write = page_write,
	.kick = page_kick,
	.failed = page_failed,
	.close = page_close,
};
