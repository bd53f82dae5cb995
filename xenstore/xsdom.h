/* SPDX-License-Identifier: MIT */
/*
 * What the daemon knows of each domain: what it has, and its limits. A record
 * comes with the first connection, or with the first node that domain 0 makes
 * the domain own; it goes with the domain. Domain 0 has no limits.
 */
#ifndef XSDOM_H
#define XSDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include "htab.h"

/* Limits; the numbers and their errors are in one table in xsdom.c. */
enum quota {
	QUOTA_NODES,
	QUOTA_SIZE,	    /* bytes of a value */
	QUOTA_PATH,	    /* characters behind /local/domain/N/ */
	QUOTA_PERMS,	    /* entries of a node's permissions */
	QUOTA_WATCHES,	    /* of all connections */
	QUOTA_TRANSACTIONS, /* open ones */
	QUOTA_TRANS_NODES,  /* nodes that a transaction touches */
	QUOTA_MEMORY,	    /* bytes of nodes, transactions and watches */
	QUOTA_EVENTS,	    /* bytes of events a connection has not read */
	QUOTAS
};

struct conn;

struct xsdom {
	struct hlink link;
	domid_t id;
	domid_t target; /* SET_TARGET; DOMID_INVALID: none */
	uint32_t home_len;
	char home[24];		/* "/local/domain/N/" */
	bool shutdown;		/* its @releaseDomain was fired */
	struct conn *link_conn; /* by its store page, if introduced */
	uint32_t conns;
	/* Recounted by the audit. */
	uint32_t nodes, watches, transactions;
	size_t node_bytes, watch_bytes, trans_bytes;
	uint32_t refused[QUOTAS]; /* how often each limit was met */
};

int xsdoms_init(void);
void xsdoms_destroy(void);

struct xsdom *xsdom_find(domid_t id);
/* Find or make; NULL: no memory. */
struct xsdom *xsdom_get(domid_t id);
/* Forget it, if it has nothing any more. */
void xsdom_put(struct xsdom *d);
struct xsdom *xsdom_next(struct xsdom *d); /* all; NULL: first, last */

/* Nodes of that owner, who must be known, became more (or, < 0, fewer). */
void xsdom_charge(domid_t owner, int nodes, ptrdiff_t bytes);

/*
 * May the domain have that much? 0, or the limit's -errno; the refusal is
 * counted, and the first of its kind is logged. */
int quota_check(struct xsdom *d, enum quota q, size_t wanted);
/* QUOTA_MEMORY for some bytes more. */
int quota_memory(struct xsdom *d, size_t more);

size_t quota_limit(enum quota q);
const char *quota_name(enum quota q);
/* By name; false: there is no such limit. */
bool quota_set(const char *name, size_t limit);

/* One line, without the newline. */
void xsd_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void xsd_log_to(void (*fn)(const char *line));

#endif
