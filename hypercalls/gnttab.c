/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: the set-up of version 1 tables. An operation on grants
 * finds no other domain yet, and says so in each entry's status.
 */
#include "gnttab.h"
#include "subop.h"

#define CMD_MASK 0xfffu

/* As hypercall_domain(), with the answer that goes into a status. */
static struct domain *find(struct hypercall *h, domid_t id, int16_t *status)
{
	int64_t rc = 0;
	struct domain *d = hypercall_domain(h, id, &rc);

	*status = d		     ? GNTST_okay
		  : rc == -XEN_ESRCH ? GNTST_bad_domain
				     : GNTST_permission_denied;
	return d;
}

static int16_t list_frames(struct domain *d, gva_t list, unsigned int n)
{
	if (gnttab_grow(d, n))
		return GNTST_general_error;
	for (unsigned int i = 0; i < n; i++) {
		uint64_t frame = gnttab_frame(d, i).n;

		if (copy_to_guest(list + i * sizeof(frame), &frame,
				  sizeof(frame)))
			return GNTST_bad_virt_addr;
	}
	return GNTST_okay;
}

static int64_t op_setup_table(struct subcall *c)
{
	struct gnttab_setup_table *s = c->arg;
	struct domain *d;

	if (!guest_range_ok((gva_t)s->frame_list.p, 0))
		return -XEN_EFAULT;
	d = find(c->h, s->dom, &s->status);
	if (d) {
		s->status = list_frames(d, (gva_t)s->frame_list.p, s->nr_frames);
		domain_put(d);
	}
	return 0;
}

static int64_t op_query_size(struct subcall *c)
{
	struct gnttab_query_size *q = c->arg;
	struct domain *d = find(c->h, q->dom, &q->status);

	if (d) {
		q->nr_frames = READ_ONCE(d->grant.frames);
		q->max_nr_frames = d->max_grants;
		domain_put(d);
	}
	return 0;
}

/* The version in force is told with an error, too. */
static int64_t op_set_version(struct subcall *c)
{
	struct gnttab_set_version *s = c->arg;
	int rc = s->version == 1   ? 0
		 : s->version == 2 ? -XEN_ENOSYS
				   : -XEN_EINVAL;

	s->version = 1;
	return copy_to_guest(c->at, s, sizeof(*s)) ? -XEN_EFAULT : rc;
}

static int64_t op_get_version(struct subcall *c)
{
	struct gnttab_get_version *g = c->arg;

	g->version = 1;
	return 0;
}

/* ---- Operations on grants ------------------------------------------------------ */

/* Any id that the caller gives: is there such a domain? */
static int16_t about(struct hypercall *h, domid_t id)
{
	struct domain *d;

	d = domain_get(id == DOMID_SELF ? h->v->domain->id : id);
	if (!d)
		return GNTST_bad_domain;
	domain_put(d);
	return GNTST_general_error;
}

/* No grant is mapped, so no handle is good. */
static int16_t no_handle(struct hypercall *h, domid_t id)
{
	(void)h;
	(void)id;
	return GNTST_bad_handle;
}

/* Entries of one size, with a domain to look up and a status to write. */
static const struct batch {
	uint16_t size, dom, status;
	int16_t (*answer)(struct hypercall *h, domid_t id);
} batches[] = {
#define BATCH(NAME, type, domid, fn)                        \
	[GNTTABOP_##NAME] = { sizeof(struct type),          \
			      offsetof(struct type, domid), \
			      offsetof(struct type, status), fn }
	BATCH(map_grant_ref, gnttab_map_grant_ref, dom, about),
	BATCH(unmap_grant_ref, gnttab_unmap_grant_ref, handle, no_handle),
	BATCH(unmap_and_replace, gnttab_unmap_and_replace, handle, no_handle),
	BATCH(transfer, gnttab_transfer, domid, about),
	BATCH(copy, gnttab_copy, source.domid, about),
#undef BATCH
};

static int64_t batch(struct hypercall *h, const struct batch *b)
{
	unsigned int left = (unsigned int)h->arg[2];

	for (bool first = true; left; first = false) {
		int16_t status;
		domid_t id;

		if (!first && preempt_check()) {
			h->arg[2] = left;
			return -XEN_ERESTART;
		}
		if (copy_from_guest(&id, h->arg[1] + b->dom, sizeof(id)))
			return -XEN_EFAULT;
		status = b->answer(h, id);
		if (copy_to_guest(h->arg[1] + b->status, &status, sizeof(status)))
			return -XEN_EFAULT;
		h->arg[1] += b->size;
		left--;
	}
	return 0;
}

int64_t hc_grant_table_op(struct hypercall *h)
{
	static const struct subop single[] = {
		[GNTTABOP_setup_table] = { op_setup_table,
					   ARG_INOUT(gnttab_setup_table_t) },
		[GNTTABOP_query_size] = { op_query_size,
					  ARG_INOUT(gnttab_query_size_t) },
		[GNTTABOP_set_version] = { op_set_version,
					   ARG_IN(gnttab_set_version_t) },
		[GNTTABOP_get_version] = { op_get_version,
					   ARG_INOUT(gnttab_get_version_t),
					   ARG_DOM(gnttab_get_version_t, dom) },
	};
	unsigned int cmd = (unsigned int)h->arg[0];
	int count = (int)h->arg[2];

	if (count < 0 || cmd & ~CMD_MASK)
		return -XEN_EINVAL;
	if (cmd < ARRAY_SIZE(batches) && batches[cmd].size)
		return batch(h, &batches[cmd]);
	if (cmd < ARRAY_SIZE(single) && single[cmd].fn && count != 1)
		return -XEN_EINVAL;
	return SUBOP_RUN(h, single);
}
