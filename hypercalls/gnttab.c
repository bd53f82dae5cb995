/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: version 1 tables. Batches of operations on grants answer in
 * each operation's own status, stop at preemption points and go on; a pointer
 * that is bad ends them, what was done before is kept.
 */
#include "gnttab.h"
#include "grantmap.h"
#include "mem.h"
#include "mmubatch.h"
#include "pte.h"
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
		q->max_nr_frames = d->grant.max_frames;
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

/* ---- Batches ------------------------------------------------------------------- */

#define CHUNK 32u /* operations between two preemption points */

/* What one call keeps from one operation to the next. */
struct batch {
	struct vcpu *v;
	struct domain *peer; /* the last one named, with a reference */
	domid_t peer_id;
	struct grant_l1 l1;
	struct copy_page {
		struct domain *d; /* NULL: none; with a reference */
		uint64_t name;
		domid_t id;
		bool by_ref, write, held;
		mfn_t m;
	} source, dest;
	struct {
		uint32_t handle;
		uint16_t done;
	} unmapped[CHUNK];
	unsigned int nr_unmapped;
};

static int16_t status_of(int rc)
{
	static const struct {
		int8_t error, status;
	} rows[] = {
		{ XEN_ESRCH, GNTST_bad_domain },
		{ XEN_ENOENT, GNTST_bad_gntref },
		{ XEN_EBADF, GNTST_bad_handle },
		{ XEN_ENOSPC, GNTST_no_device_space },
		{ XEN_ENODEV, GNTST_bad_dev_addr },
		{ XEN_EPERM, GNTST_permission_denied },
		{ XEN_ENXIO, GNTST_bad_page },
		{ XEN_E2BIG, GNTST_bad_copy_arg },
		{ XEN_EAGAIN, GNTST_eagain },
	};

	for (unsigned int i = 0; rc && i < ARRAY_SIZE(rows); i++)
		if (rc == -rows[i].error)
			return rows[i].status;
	return rc ? GNTST_general_error : GNTST_okay;
}

/* The domain with that id, kept until another is asked for; NULL. */
static struct domain *peer(struct batch *b, domid_t id)
{
	if (likely(b->peer && b->peer_id == id))
		return b->peer;
	if (b->peer)
		domain_put(b->peer);
	b->peer_id = id;
	b->peer = domain_get(id);
	return b->peer;
}

/* ---- Mapping --------------------------------------------------------------------- */

static void one_map(struct batch *b, void *arg)
{
	struct gnttab_map_grant_ref *op = arg;
	struct domain *d = peer(b, op->dom);
	uint32_t handle;
	mfn_t m;

	if (!(op->flags & GRANT_KINDS)) {
		op->status = GNTST_bad_gntref;
		return;
	}
	op->status = status_of(d ? gnttab_map(b->v, d, op->ref, op->flags,
					      op->host_addr, &b->l1, &handle, &m)
				 : -XEN_ESRCH);
	if (op->status != GNTST_okay)
		return;
	op->handle = handle;
	op->dev_bus_addr = m.n << PAGE_SHIFT;
}

static int16_t unmap(struct batch *b, uint32_t handle, uint64_t host_addr,
		     uint64_t bus_addr, uint64_t new_addr)
{
	uint16_t done;
	int rc = gnttab_unmap(b->v, handle, host_addr, bus_addr, new_addr,
			      &b->l1, &done);

	if (done) {
		b->unmapped[b->nr_unmapped].handle = handle;
		b->unmapped[b->nr_unmapped++].done = done;
	}
	return status_of(rc);
}

static void one_unmap(struct batch *b, void *arg)
{
	struct gnttab_unmap_grant_ref *op = arg;

	op->status = unmap(b, op->handle, op->host_addr, op->dev_bus_addr, 0);
}

static void one_replace(struct batch *b, void *arg)
{
	struct gnttab_unmap_and_replace *op = arg;

	op->status = unmap(b, op->handle, op->host_addr, 0, op->new_addr);
	grant_l1_put(b->v, &b->l1);
}

/* Who granted it is told only when no CPU can reach it any more. */
static void unmap_finish(struct batch *b)
{
	struct domain *d = b->v->domain;

	if (!b->nr_unmapped)
		return;
	arch_flush(READ_ONCE(d->dirty), FLUSH_TLB | FLUSH_GLOBAL, 0);
	for (unsigned int i = 0; i < b->nr_unmapped; i++)
		gnttab_unmap_finish(d, b->unmapped[i].handle,
				    b->unmapped[i].done);
	b->nr_unmapped = 0;
}

/* ---- Copying ---------------------------------------------------------------------- */

static void page_drop(struct copy_page *p)
{
	if (p->held)
		gnttab_release(p->d, p->name, p->by_ref, p->write, p->m);
	p->held = false;
}

static void page_close(struct copy_page *p)
{
	page_drop(p);
	if (p->d)
		domain_put(p->d);
	p->d = NULL;
}

/* Whose page it is. Only the caller's own frames have no grants. */
static int page_domain(struct batch *b, struct copy_page *p, domid_t id,
		       bool by_ref)
{
	if (!by_ref && id != DOMID_SELF)
		return -XEN_EPERM;
	if (likely(p->d && p->id == id))
		return 0;
	page_close(p);
	p->id = id;
	p->d = domain_get(id == DOMID_SELF ? b->v->domain->id : id);
	return p->d ? 0 : -XEN_ESRCH;
}

/* Neighbours in a batch often name the same page: it is held on to. */
static int page_open(struct batch *b, struct copy_page *p, uint64_t name,
		     bool by_ref)
{
	int rc;

	if (by_ref)
		name = (grant_ref_t)name;
	if (p->held && p->name == name && p->by_ref == by_ref)
		return 0;
	page_drop(p);
	rc = gnttab_hold(p->d, name, by_ref, b->v->domain->id, p->write, &p->m);
	p->held = !rc;
	p->name = name;
	p->by_ref = by_ref;
	return rc;
}

static int copy(struct batch *b, const struct gnttab_copy *op)
{
	bool from_ref = op->flags & GNTCOPY_source_gref;
	bool to_ref = op->flags & GNTCOPY_dest_gref;
	int rc = page_domain(b, &b->source, op->source.domid, from_ref);

	if (!rc)
		rc = page_domain(b, &b->dest, op->dest.domid, to_ref);
	if (!rc)
		rc = page_open(b, &b->source, op->source.u.gmfn, from_ref);
	if (!rc)
		rc = page_open(b, &b->dest, op->dest.u.gmfn, to_ref);
	if (rc)
		return rc;
	if (op->source.offset + op->len > PAGE_SIZE ||
	    op->dest.offset + op->len > PAGE_SIZE)
		return -XEN_E2BIG;
	memmove((uint8_t *)frame_ptr(b->dest.m) + op->dest.offset,
		(uint8_t *)frame_ptr(b->source.m) + op->source.offset, op->len);
	return 0;
}

static void copy_finish(struct batch *b)
{
	page_close(&b->source);
	page_close(&b->dest);
}

static void one_copy(struct batch *b, void *arg)
{
	struct gnttab_copy *op = arg;

	op->status = status_of(copy(b, op));
	if (op->status == GNTST_okay)
		return;
	page_drop(&b->source);
	page_drop(&b->dest);
}

/* ---- The rest ---------------------------------------------------------------------- */

static void one_transfer(struct batch *b, void *arg)
{
	struct gnttab_transfer *op = arg;

	op->status = status_of(gnttab_transfer(b->v->domain, MFN(op->mfn),
					       peer(b, op->domid), op->ref));
}

static void one_swap(struct batch *b, void *arg)
{
	struct gnttab_swap_grant_ref *op = arg;

	op->status = status_of(gnttab_swap(b->v->domain, op->ref_a, op->ref_b));
}

/* How an operation is copied, and from where on it is copied back. */
static const struct batch_op {
	uint16_t size, out;
	void (*one)(struct batch *b, void *op);
	void (*finish)(struct batch *b);
} batches[] = {
#define BATCH(NAME, one, finish)                                              \
	[GNTTABOP_##NAME] = { sizeof(gnttab_##NAME##_t),                      \
			      offsetof(gnttab_##NAME##_t, status) & ~7u, one, \
			      finish }
	BATCH(map_grant_ref, one_map, NULL),
	BATCH(unmap_grant_ref, one_unmap, unmap_finish),
	BATCH(unmap_and_replace, one_replace, unmap_finish),
	BATCH(transfer, one_transfer, NULL),
	BATCH(copy, one_copy, copy_finish),
	BATCH(swap_grant_ref, one_swap, NULL),
#undef BATCH
};

/* Some operations: 0 and the rest's place in h; what was done is kept. */
static int64_t chunk_run(struct hypercall *h, struct batch *b,
			 const struct batch_op *op)
{
	uint64_t buf[CHUNK * 5];
	unsigned int count = (unsigned int)h->arg[2], n, i;
	int64_t rc = 0;

	n = batch_read(buf, CHUNK * op->size, h->arg[1], count, op->size);
	if (!n)
		rc = -XEN_EFAULT;
	for (i = 0; !rc && i < n; i++) {
		uint8_t *at = (uint8_t *)buf + i * op->size;

		if (unlikely(pte_unfinished(b->v)) && pte_finish(b->v))
			return -XEN_ERESTART;
		op->one(b, at);
		if (copy_to_guest(h->arg[1] + op->out, at + op->out,
				  op->size - op->out))
			rc = -XEN_EFAULT;
		h->arg[1] += op->size;
		h->arg[2]--;
	}
	return rc;
}

static int64_t batch_run(struct hypercall *h, const struct batch_op *op)
{
	struct batch b;
	int64_t rc = pte_finish(h->v);

	if (rc)
		return rc;
	h->arg[2] = (unsigned int)h->arg[2];
	if (!guest_range_ok(h->arg[1], h->arg[2] * op->size))
		return -XEN_EFAULT;
	b.v = h->v;
	b.peer = b.source.d = b.dest.d = NULL;
	b.source.held = b.source.write = b.dest.held = false;
	b.dest.write = true;
	b.nr_unmapped = 0;
	b.l1.table = MFN(0);
	while (!rc && h->arg[2]) {
		rc = chunk_run(h, &b, op);
		grant_l1_put(h->v, &b.l1);
		if (op->finish)
			op->finish(&b);
		if (!rc && h->arg[2] && preempt_check())
			rc = -XEN_ERESTART;
	}
	if (b.peer)
		domain_put(b.peer);
	/* Tables that were let go of are gone when the call returns. */
	return !rc && pte_unfinished(h->v) ? -XEN_ERESTART : rc;
}

/* ---- Caches -------------------------------------------------------------------------- */

/*
 * All memory is cached the same way everywhere, so that there is nothing to
 * do; but may the caller? In cmd's high bits: how far an earlier part looked.
 */
static int64_t cache_check(struct hypercall *h,
			   const struct gnttab_cache_flush *f)
{
	mfn_t m = MFN(f->a.dev_bus_addr >> PAGE_SHIFT);
	uint32_t from = (uint32_t)h->arg[0] & ~CMD_MASK;
	struct domain *d;
	int rc = -XEN_EPERM;

	if (f->offset >= PAGE_SIZE || f->offset + f->length > PAGE_SIZE ||
	    f->op & ~(GNTTAB_CACHE_INVAL | GNTTAB_CACHE_CLEAN))
		return -XEN_EINVAL;
	if (!f->length || !f->op)
		return 0;
	if (m.n >= frame_limit)
		return -XEN_EINVAL;
	d = domain_get(READ_ONCE(frame_of(m)->owner));
	if (d) {
		rc = d == h->v->domain
			     ? 1
			     : gnttab_granted(d, m, h->v->domain->id, &from);
		domain_put(d);
	}
	if (rc == -XEN_ERESTART)
		h->arg[0] = from | GNTTABOP_cache_flush;
	if (rc <= 0)
		return rc ? rc : -XEN_EINVAL;
	h->arg[0] = GNTTABOP_cache_flush;
	return f->op == GNTTAB_CACHE_INVAL ? -XEN_EOPNOTSUPP : 0;
}

static int64_t cache_flush(struct hypercall *h)
{
	struct gnttab_cache_flush f;
	int64_t rc;

	h->arg[2] = (unsigned int)h->arg[2];
	if (!guest_range_ok(h->arg[1], h->arg[2] * sizeof(f)))
		return -XEN_EFAULT;
	while (h->arg[2]) {
		if (copy_from_guest(&f, h->arg[1], sizeof(f)))
			return -XEN_EFAULT;
		rc = cache_check(h, &f);
		if (rc)
			return rc;
		h->arg[1] += sizeof(f);
		h->arg[2]--;
		if (h->arg[2] && preempt_check())
			return -XEN_ERESTART;
	}
	return 0;
}

/* ---- By number -------------------------------------------------------------------------- */

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

	if (count < 0)
		return -XEN_EINVAL;
	if ((cmd & CMD_MASK) == GNTTABOP_cache_flush)
		return cache_flush(h);
	if (cmd & ~CMD_MASK)
		return -XEN_EINVAL;
	if (cmd < ARRAY_SIZE(batches) && batches[cmd].size)
		return batch_run(h, &batches[cmd]);
	if (cmd < ARRAY_SIZE(single) && single[cmd].fn && count != 1)
		return -XEN_EINVAL;
	return SUBOP_RUN(h, single);
}
