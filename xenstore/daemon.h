/* SPDX-License-Identifier: MIT */
/*
 * The store's daemon, seen from outside. It has no thread: somebody calls
 * xsd_work() whenever wake() was called, in a task or a loop of his own, and
 * calls nothing of it at the same time.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include <errno.h> /* before xs_wire.h: its table of names needs it */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/io/xs_wire.h>

struct conn;

/* What carries a connection's bytes. None of these blocks. */
struct xsd_transport {
	/* Move up to n bytes: how many (0: none now), or -errno: broken. */
	int (*read)(void *arg, void *data, size_t n);
	int (*write)(void *arg, const void *data, size_t n);
	/* Bytes were moved, in whatever direction: tell the client. */
	void (*kick)(void *arg);
	/*
	 * The connection is given up for an XENSTORE_ERROR_*: tell the client.
	 * It stays, unserved, until it is closed or reset.
	 */
	void (*failed)(void *arg, uint32_t error);
	/* The connection is no more: the last call. */
	void (*close)(void *arg);
};

/*
 * The empty store, which domain 0 owns. secret keys hash tables; log gets
 * lines without a newline (NULL: no log); wake() says that there is work. 0,
 * or -ENOMEM with nothing left.
 */
int xsd_init(uint64_t secret, void (*log)(const char *line), void (*wake)(void));
/* Closes all connections, frees all there is. */
void xsd_destroy(void);

/* Serve each connection that is ready for a while; true: call again. */
bool xsd_work(void);

/*
 * A client of domain domid; ops and arg must live as long. NULL: no memory,
 * and close was not called.
 */
struct conn *xsd_conn_new(domid_t domid, const struct xsd_transport *ops,
			  void *arg);
void xsd_conn_close(struct conn *c);
/* The transport has bytes, or room again. */
void xsd_conn_ready(struct conn *c);
/*
 * The client starts anew: half a request, replies, events, watches and
 * transactions are forgotten.
 */
void xsd_conn_reset(struct conn *c);

/*
 * The domain was destroyed: its connections close, its nodes go, nobody's
 * permissions name it any more, @releaseDomain fires. As RELEASE does it, but
 * for any domain.
 */
void xsd_domain_gone(domid_t domid);
/* It has shut down or crashed: @releaseDomain fires, once until RESUME. */
void xsd_domain_shutdown(domid_t domid);

/* Recounts everything; each flaw is logged. How many there were. */
unsigned int xsd_audit(void);

/* ---- Supplied by the transport that is linked ------------------------------- */

/*
 * INTRODUCE: take the store page and the event channel of a domain, and make
 * a connection of it. The ops' close gives both back. 0 or -errno, with
 * nothing taken.
 */
int xsd_link_open(domid_t domid, uint64_t mfn, uint32_t port, struct conn **c);

#endif
