/* SPDX-License-Identifier: MIT */
/*
 * Clients in the daemon's own program: two byte queues in memory, the daemon's
 * transport at one end and the client library's at the other.
 */
#ifndef LOCAL_H
#define LOCAL_H

#include "daemon.h"
#include "xs_transport.h"

/*
 * Open a connection of domain domid. When the client has to wait it calls
 * wait(arg), again and again, until its condition holds: a task waits in a
 * queue that woken(arg) wakes, which is called whenever the daemon has moved
 * bytes; a program without tasks calls xsd_work(). The last thing the
 * connection does, when the library closes it, is gone(arg). 0 or -ENOMEM.
 */
struct xsd_local_client {
	void (*wait)(void *arg);
	void (*woken)(void *arg);
	void (*gone)(void *arg);
	void *arg;
};

int xsd_local_open(domid_t domid, const struct xsd_local_client *client,
		   struct xs_transport *t);

#endif
