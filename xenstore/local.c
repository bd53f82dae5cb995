/* SPDX-License-Identifier: MIT */
/* Clients in the daemon's own program. */
#include "local.h"

#include <errno.h>
#include <stdlib.h>
#include "byte.h"

#define QUEUE 2048u /* a power of two */

struct queue {
	struct byte_ring in, out; /* the two ends */
	uint32_t cons, prod;
	char bytes[QUEUE];
};

struct local {
	struct queue req, rsp;
	struct conn *conn; /* NULL: closed by the daemon */
	bool failed;
	struct xsd_local_client client;
};

static void queue_init(struct queue *q)
{
	byte_ring_producer(&q->in, q->bytes, QUEUE, &q->cons, &q->prod);
	byte_ring_consumer(&q->out, q->bytes, QUEUE, &q->cons, &q->prod);
}

/* ---- The daemon's end --------------------------------------------------------------- */

static int daemon_read(void *arg, void *data, size_t n)
{
	return byte_ring_read(&((struct local *)arg)->req.out, data, n);
}

static int daemon_write(void *arg, const void *data, size_t n)
{
	return byte_ring_write(&((struct local *)arg)->rsp.in, data, n);
}

static void daemon_kick(void *arg)
{
	struct local *l = arg;

	if (l->client.woken)
		l->client.woken(l->client.arg);
}

static void daemon_failed(void *arg, uint32_t error)
{
	struct local *l = arg;

	(void)error;
	l->failed = true;
	daemon_kick(l);
}

static void daemon_close(void *arg)
{
	struct local *l = arg;

	l->conn = NULL;
	daemon_kick(l);
}

static const struct xsd_transport daemon_ops = {
	.read = daemon_read,
	.write = daemon_write,
	.kick = daemon_kick,
	.failed = daemon_failed,
	.close = daemon_close,
};

/* ---- The client's end ---------------------------------------------------------------- */

/* Let the daemon work, or wait for it. */
static void call(struct local *l)
{
	xsd_conn_ready(l->conn);
	l->client.wait(l->client.arg);
}

static int client_write(void *arg, const void *data, size_t n)
{
	struct local *l = arg;
	int moved;

	while (l->conn && !l->failed) {
		moved = byte_ring_write(&l->req.in, data, n);
		if (moved) {
			xsd_conn_ready(l->conn);
			return moved;
		}
		call(l);
	}
	return -EIO;
}

static int client_read(void *arg, void *data, size_t n, bool wait)
{
	struct local *l = arg;
	int moved;

	for (;;) {
		moved = byte_ring_read(&l->rsp.out, data, n);
		if (!l->conn || l->failed)
			return moved ? moved : -EIO;
		/* Was it full? Then the daemon may wait for room. */
		if (byte_ring_used(&l->rsp.out) + moved == QUEUE)
			xsd_conn_ready(l->conn);
		if (moved || !wait)
			return moved;
		call(l);
	}
}

static void client_close(void *arg)
{
	struct local *l = arg;
	struct xsd_local_client client = l->client;

	if (l->conn)
		xsd_conn_close(l->conn);
	free(l);
	if (client.gone)
		client.gone(client.arg);
}

int xsd_local_open(domid_t domid, const struct xsd_local_client *client,
		   struct xs_transport *t)
{
	struct local *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	queue_init(&l->req);
	queue_init(&l->rsp);
	l->client = *client;
	l->conn = xsd_conn_new(domid, &daemon_ops, l);
	if (!l->conn) {
		free(l);
		return -ENOMEM;
	}
	*t = (struct xs_transport){
		.arg = l,
		.write = client_write,
		.read = client_read,
		.close = client_close,
	};
	return 0;
}
