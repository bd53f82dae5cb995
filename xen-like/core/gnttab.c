/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 1: the shared frames. They only ever grow while the
 * domain lives, so that a frame number read under the lock stays true.
 */
#include "gnttab.h"

int gnttab_grow(struct domain *d, unsigned int n)
{
	struct grant_state *g = &d->grant;
	int rc = 0;

	lock_take(&g->lock);
	if (n > d->max_grants || d->life != DOMAIN_ALIVE)
		rc = -XEN_EINVAL;
	while (!rc && g->frames < n) {
		g->shared[g->frames] = domain_share_alloc(d);
		if (g->shared[g->frames])
			g->frames++;
		else
			rc = -XEN_ENOMEM;
	}
	lock_drop(&g->lock);
	return rc;
}

mfn_t gnttab_frame(struct domain *d, unsigned int i)
{
	struct grant_state *g = &d->grant;
	mfn_t m = MFN_NONE;

	lock_take(&g->lock);
	if (i < g->frames)
		m = ptr_frame(g->shared[i]);
	lock_drop(&g->lock);
	return m;
}

void gnttab_destroy(struct domain *d)
{
	struct grant_state *g = &d->grant;

	lock_take(&g->lock);
	while (g->frames)
		domain_share_free(d, g->shared[--g->frames]);
	lock_drop(&g->lock);
}
