/* SPDX-License-Identifier: MIT */
/* Records of domains, and their limits. */
#include "xsdom.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct htab domains; /* struct xsdom by id */
static void (*log_line)(const char *line);

static struct {
	const char *name;
	size_t limit;
	int error;
} quotas[QUOTAS] = {
	[QUOTA_NODES] = { "nodes", 1000, ENOSPC },
	[QUOTA_SIZE] = { "entry-size", 2048, ENOSPC },
	[QUOTA_PATH] = { "path-length", 2048, EINVAL },
	[QUOTA_PERMS] = { "permissions", 5, ENOSPC },
	[QUOTA_WATCHES] = { "watches", 128, E2BIG },
	[QUOTA_TRANSACTIONS] = { "transactions", 10, ENOSPC },
	[QUOTA_TRANS_NODES] = { "transaction-nodes", 1024, ENOSPC },
	[QUOTA_MEMORY] = { "memory", 1 << 20, ENOMEM },
	[QUOTA_EVENTS] = { "event-bytes", 32 << 10, ENOBUFS },
};

void xsd_log_to(void (*fn)(const char *line))
{
	log_line = fn;
}

void xsd_log(const char *fmt, ...)
{
	char line[160];
	va_list ap;

	if (!log_line)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	log_line(line);
}

/* ---- Records ---------------------------------------------------------------- */

int xsdoms_init(void)
{
	return htab_init(&domains);
}

void xsdoms_destroy(void)
{
	struct xsdom *d;

	while ((d = xsdom_next(NULL))) {
		htab_remove(&domains, &d->link);
		free(d);
	}
	htab_destroy(&domains);
}

struct xsdom *xsdom_find(domid_t id)
{
	uint64_t hash = hash_start(id);

	for (struct hlink *l = htab_first(&domains, hash); l; l = l->next) {
		struct xsdom *d = container(l, struct xsdom, link);

		if (d->id == id)
			return d;
	}
	return NULL;
}

struct xsdom *xsdom_get(domid_t id)
{
	struct xsdom *d = xsdom_find(id);

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->id = id;
	d->target = DOMID_INVALID;
	d->home_len = (uint32_t)snprintf(d->home, sizeof(d->home),
					 "/local/domain/%u/", id);
	htab_insert(&domains, &d->link, hash_start(id));
	return d;
}

void xsdom_put(struct xsdom *d)
{
	if (!d || d->conns || d->nodes || !d->id)
		return;
	htab_remove(&domains, &d->link);
	free(d);
}

struct xsdom *xsdom_next(struct xsdom *d)
{
	size_t k = 0;

	if (d && d->link.next)
		return container(d->link.next, struct xsdom, link);
	if (d)
		while (htab_chain(&domains, k++) !=
		       htab_first(&domains, d->link.hash))
			;
	for (; k < domains.slots; k++)
		if (htab_chain(&domains, k))
			return container(htab_chain(&domains, k), struct xsdom,
					 link);
	return NULL;
}

void xsdom_charge(domid_t owner, int nodes, ptrdiff_t bytes)
{
	struct xsdom *d = xsdom_find(owner);

	assert(d);
	d->nodes += (uint32_t)nodes;
	d->node_bytes += (size_t)bytes;
}

/* ---- Limits ------------------------------------------------------------------ */

int quota_check(struct xsdom *d, enum quota q, size_t wanted)
{
	if (!d->id || wanted <= quotas[q].limit)
		return 0;
	if (!d->refused[q]++)
		xsd_log("domain %u: limit of %zu for %s met, wants %zu", d->id,
			quotas[q].limit, quotas[q].name, wanted);
	return -quotas[q].error;
}

int quota_memory(struct xsdom *d, size_t more)
{
	return quota_check(d, QUOTA_MEMORY,
			   d->node_bytes + d->watch_bytes + d->trans_bytes +
				   more);
}

size_t quota_limit(enum quota q)
{
	return quotas[q].limit;
}

const char *quota_name(enum quota q)
{
	return quotas[q].name;
}

bool quota_set(const char *name, size_t limit)
{
	for (enum quota q = 0; q < QUOTAS; q++)
		if (!strcmp(quotas[q].name, name)) {
			quotas[q].limit = limit;
			return true;
		}
	return false;
}
