/* SPDX-License-Identifier: MIT */
/*
 * What libxenstore's calls (<xenstore.h>) stand on here: something that moves
 * bytes to the daemon and back. The program that links the library supplies
 * xs_transport_open().
 *
 * A handle belongs to one task at a time; who needs more opens more.
 */
#ifndef XS_TRANSPORT_H
#define XS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <xenstore.h>

struct xs_transport {
	void *arg;
	/* Waits until at least one byte has moved: how many; or -errno. */
	int (*write)(void *arg, const void *data, size_t n);
	/* The same; but without wait it is 0 where none is there. */
	int (*read)(void *arg, void *data, size_t n, bool wait);
	void (*close)(void *arg); /* the last call */
};

/* For xs_open(): a connection to the daemon. 0 or -errno. */
int xs_transport_open(struct xs_transport *t);

/* A handle on a transport that is open; NULL: errno, and it stays open. */
struct xs_handle *xs_open_transport(const struct xs_transport *t);

/* xs_perm_to_string() of old: "r12" to 8 bytes at least; false: errno. */
bool xs_perm_to_string(const struct xs_permissions *perm, char *text,
		       size_t room);
unsigned int xs_count_strings(const char *strings, unsigned int len);

#endif
