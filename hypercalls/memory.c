/* SPDX-License-Identifier: MIT */
/*
 * memory_op. Lists of extents answer how many were done, whatever stopped
 * them; a list that is to go on has the number in the high bits of cmd.
 */
#include "frame.h"
#include "heap.h"
#include "mem.h"
#include "reservation.h"
#include "subop.h"
#include <xen/memory.h>

#define CMD_MASK	0x3fu
#define EXTENT_SHIFT	6
#define GUEST_ORDER_MAX 9u

static unsigned int order_max(const struct domain *d)
{
	return d->privileged ? HEAP_MAX_ORDER : GUEST_ORDER_MAX;
}

/* The width of frame addresses that a guest asks for, as a first frame that
 * is too high. False: so narrow that there is none. */
static bool frame_bound(unsigned int mem_flags, mfn_t *limit)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	*limit = MFN_NONE;
	if (bits && bits <= PAGE_SHIFT)
		return false;
	if (bits && bits < 64)
		*limit = MFN(1ul << (bits - PAGE_SHIFT));
	return true;
}

/* ---- Lists of extents --------------------------------------------------------- */

struct extents {
	struct domain *d;
	struct xen_memory_reservation r;
	gva_t list; /* NULL: none */
	mfn_t limit;
};

/* New frames, for page pfn on; the first is written to at, if that is any. */
static bool extent_new(struct extents *x, pfn_t pfn, gva_t at)
{
	mfn_t m;

	if (reserve_add(x->d, x->r.extent_order, x->limit, pfn, &m))
		return false;
	if (!at || !copy_to_guest(at, &m.n, sizeof(m.n)))
		return true;
	(void)reserve_drop(x->d, m, x->r.extent_order);
	return false;
}

/* One extent: done, or the list ends here. */
static bool extent_one(struct extents *x, uint64_t cmd, gva_t at)
{
	uint64_t n; /* the page that is to be, or the frame that was */

	if (cmd == XENMEM_increase_reservation)
		return extent_new(x, PFN_NONE, x->list ? at : 0);
	if (copy_from_guest(&n, at, sizeof(n)))
		return false;
	if (cmd == XENMEM_populate_physmap)
		return extent_new(x, PFN(n), at);
	return !reserve_drop(x->d, MFN(n), x->r.extent_order);
}

/* The argument is fit to start with extent `start`; x->d is referenced. */
static bool extents_open(struct hypercall *h, struct extents *x,
			 unsigned long start)
{
	int64_t rc;

	if (copy_from_guest(&x->r, h->arg[1], sizeof(x->r)))
		return false;
	x->list = (gva_t)x->r.extent_start.p;
	if (x->r.nr_extents > UINT32_MAX >> EXTENT_SHIFT ||
	    start >= x->r.nr_extents || !frame_bound(x->r.mem_flags, &x->limit) ||
	    x->r.extent_order > order_max(h->v->domain))
		return false;
	x->d = hypercall_domain(h, x->r.domid, &rc);
	return x->d;
}

static int64_t extents_run(struct hypercall *h)
{
	unsigned long start = h->arg[0] >> EXTENT_SHIFT, i = start;
	uint64_t cmd = h->arg[0] & CMD_MASK;
	struct extents x;

	if (!extents_open(h, &x, start))
		return (int64_t)start;
	for (; i < x.r.nr_extents; i++) {
		if (i != start && preempt_check()) {
			domain_put(x.d);
			h->arg[0] = cmd | i << EXTENT_SHIFT;
			return -XEN_ERESTART;
		}
		if (!extent_one(&x, cmd, x.list + i * sizeof(uint64_t)))
			break;
	}
	domain_put(x.d);
	return (int64_t)i;
}

/* ---- Exchange ------------------------------------------------------------------ */

/* What one chunk takes: extents of the smaller order for one of the larger. */
struct exchange {
	struct xen_memory_exchange e;
	struct domain *d;
	mfn_t limit;
	unsigned int order; /* of a chunk */
	uint64_t *in, *out; /* frame lists of a chunk */
};

static int64_t exchange_check(struct hypercall *h, struct exchange *x)
{
	const struct xen_memory_reservation *in = &x->e.in, *out = &x->e.out;
	unsigned int max = order_max(h->v->domain);

	if (in->extent_order > max || out->extent_order > max)
		return -XEN_EPERM;
	if (x->e.nr_exchanged > in->nr_extents || in->domid != out->domid ||
	    ~0ul >> in->extent_order < in->nr_extents ||
	    ~0ul >> out->extent_order < out->nr_extents ||
	    in->nr_extents << in->extent_order != out->nr_extents
							  << out->extent_order)
		return -XEN_EINVAL;
	if (!guest_range_ok((gva_t)in->extent_start.p, 0) ||
	    !guest_range_ok((gva_t)out->extent_start.p, 0))
		return -XEN_EFAULT;
	x->order = MAX(in->extent_order, out->extent_order);
	return frame_bound(out->mem_flags, &x->limit) ? 0 : -XEN_ENOMEM;
}

/* New frames are the pages that the guest has named in out's list. */
static int place(struct exchange *x, gva_t out, unsigned long n)
{
	unsigned int order = x->e.out.extent_order;
	uint64_t pfn;

	for (unsigned long i = 0; i < n; i++) {
		gva_t at = out + i * sizeof(pfn);

		if (copy_from_guest(&pfn, at, sizeof(pfn)))
			return -XEN_EFAULT;
		for (unsigned long k = 0; k < 1ul << order; k++)
			frame_rename(MFN(x->out[i] + k), x->d->id, PFN(pfn + k));
		if (copy_to_guest(at, &x->out[i], sizeof(x->out[i])))
			return -XEN_EFAULT;
	}
	return 0;
}

/* The chunk that begins with extent nr_exchanged of in. */
static int64_t exchange_chunk(struct exchange *x)
{
	unsigned int in_order = x->e.in.extent_order;
	unsigned int out_order = x->e.out.extent_order;
	unsigned long n_in = 1ul << (x->order - in_order);
	unsigned long n_out = 1ul << (x->order - out_order);
	unsigned long done = x->e.nr_exchanged;
	gva_t in = (gva_t)x->e.in.extent_start.p + done * sizeof(uint64_t);
	gva_t out = (gva_t)x->e.out.extent_start.p +
		    (done << in_order >> out_order) * sizeof(uint64_t);
	int64_t rc;

	if (copy_from_guest(x->in, in, n_in * sizeof(uint64_t)))
		return -XEN_EFAULT;
	rc = reserve_exchange(x->d, x->in, n_in, in_order, x->out, n_out,
			      out_order, x->limit);
	if (rc)
		return rc;
	x->e.nr_exchanged += n_in;
	/* Exchanged they are: what cannot be told is the guest's loss. */
	return place(x, out, n_out);
}

static int64_t exchange_chunks(struct exchange *x)
{
	unsigned long start = x->e.nr_exchanged;
	int64_t rc = 0;

	while (!rc && x->e.nr_exchanged < x->e.in.nr_extents) {
		if (x->e.nr_exchanged != start && preempt_check())
			return -XEN_ERESTART;
		rc = exchange_chunk(x);
	}
	return rc;
}

/* With two lists for the frames of a chunk, one after the other. */
static int64_t exchange_run(struct hypercall *h, struct exchange *x)
{
	unsigned int order = x->order > 8 ? x->order - 8 : 0;
	int64_t rc;

	x->d = hypercall_domain(h, x->e.in.domid, &rc);
	if (!x->d)
		return rc;
	x->in = heap_alloc_zeroed(order);
	rc = -XEN_ENOMEM;
	if (x->in) {
		x->out = x->in + (1ul << x->order);
		rc = exchange_chunks(x);
		heap_free_ptr(x->in, order);
	}
	domain_put(x->d);
	return rc;
}

/* How many it was is told with an error, too. */
static int64_t op_exchange(struct subcall *c)
{
	struct exchange x = { .e = *(const struct xen_memory_exchange *)c->arg };
	int64_t rc = exchange_check(c->h, &x);

	if (!rc)
		rc = exchange_run(c->h, &x);
	return copy_to_guest(c->at, &x.e, sizeof(x.e)) ? -XEN_EFAULT : rc;
}

/* ---- How much ------------------------------------------------------------------- */

static int64_t op_maximum_ram_page(struct subcall *c)
{
	(void)c;
	return (int64_t)frame_limit;
}

/* No limit is a number, not an error. */
static int64_t op_reservation(struct subcall *c)
{
	uint64_t n = c->cmd == XENMEM_current_reservation
			     ? READ_ONCE(c->d->frames)
			     : c->d->max_frames;

	return (int64_t)MIN(n, UINT32_MAX);
}

/* What the guest itself says. */
static int64_t op_maximum_gpfn(struct subcall *c)
{
	const struct shared_info *s = READ_ONCE(c->d->shared);

	return s ? (int64_t)READ_ONCE(s->arch.max_pfn) - 1 : -1;
}

static int64_t op_claim_pages(struct subcall *c)
{
	const struct xen_memory_reservation *r = c->arg;
	struct domain *d;
	int64_t rc;

	if (r->extent_start.p || r->extent_order || r->mem_flags)
		return -XEN_EINVAL;
	d = domain_get(r->domid);
	if (!d)
		return -XEN_EINVAL;
	rc = c->d->privileged ? reserve_claim(d, r->nr_extents) : -XEN_EPERM;
	domain_put(d);
	return rc;
}

/* ---- Maps --------------------------------------------------------------------------- */

static int64_t op_machphys_mapping(struct subcall *c)
{
	*(struct xen_machphys_mapping *)c->arg = (struct xen_machphys_mapping){
		.v_start = MACH2PHYS_VIRT_START,
		.v_end = MACH2PHYS_VIRT_END,
		.max_mfn = MACH2PHYS_NR_ENTRIES - 1,
	};
	return 0;
}

/* The 2 MiB pieces of the M2P; the one before a hole stands for it. */
static int64_t op_machphys_mfn_list(struct subcall *c)
{
	struct xen_machphys_mfn_list *l = c->arg;
	gva_t to = (gva_t)l->extent_start.p;
	uint64_t frame = 0;

	l->nr_extents = (unsigned int)MIN(l->max_extents, MACHPHYS_PIECES);
	for (unsigned int i = 0; i < l->nr_extents; i++, to += sizeof(frame)) {
		mfn_t m = arch_machphys_piece(i);

		if (!mfn_eq(m, MFN_NONE))
			frame = m.n;
		if (copy_to_guest(to, &frame, sizeof(frame)))
			return -XEN_EFAULT;
	}
	return 0;
}

/* No 32-bit guests. */
static int64_t op_machphys_compat_mfn_list(struct subcall *c)
{
	(void)c;
	return -XEN_EOPNOTSUPP;
}

static int64_t rows_out(const struct xen_memory_map *m,
			const struct e820_row *rows)
{
	return copy_to_guest((gva_t)m->buffer.p, rows,
			     m->nr_entries * sizeof(*rows));
}

static int64_t op_memory_map(struct subcall *c)
{
	struct e820_row rows[ARRAY_SIZE(c->d->e820)];
	struct xen_memory_map *m = c->arg;
	unsigned int n;

	lock_take(&c->d->lock);
	n = c->d->e820_rows;
	memcpy(rows, c->d->e820, sizeof(rows));
	lock_drop(&c->d->lock);
	if (!n)
		return -XEN_ENOSYS;
	if (copy_from_guest(m, c->at, sizeof(*m)))
		return -XEN_EFAULT;
	m->nr_entries = MIN(m->nr_entries, n);
	return rows_out(m, rows);
}

static int64_t op_machine_memory_map(struct subcall *c)
{
	struct xen_memory_map *m = c->arg;

	if (m->nr_entries < machine_map_rows + 1)
		return -XEN_EINVAL;
	m->nr_entries = machine_map_rows;
	return rows_out(m, machine_map);
}

static int64_t op_set_memory_map(struct subcall *c)
{
	const struct xen_foreign_memory_map *f = c->arg;
	struct e820_row rows[ARRAY_SIZE(c->d->e820)];
	unsigned int n = f->map.nr_entries;

	if (n > ARRAY_SIZE(rows))
		return -XEN_EINVAL;
	if (copy_from_guest(rows, (gva_t)f->map.buffer.p, n * sizeof(rows[0])))
		return -XEN_EFAULT;
	lock_take(&c->d->lock);
	memcpy(c->d->e820, rows, n * sizeof(rows[0]));
	c->d->e820_rows = n;
	lock_drop(&c->d->lock);
	return 0;
}

/* No domain has a NUMA topology. */
static int64_t op_get_vnumainfo(struct subcall *c)
{
	const struct xen_vnuma_topology_info *t = c->arg;

	return t->pad ? -XEN_EINVAL : -XEN_EOPNOTSUPP;
}

/* ---- Pages of translated guests, which there are none of ------------------------------- */

static int64_t op_add_to_physmap(struct subcall *c)
{
	const struct xen_add_to_physmap *a = c->arg;

	if (a->domid != DOMID_SELF && !domain_held(a->domid))
		return -XEN_ESRCH;
	return a->space == XENMAPSPACE_gmfn_foreign ? -XEN_ENOSYS : -XEN_EACCES;
}

/* Nothing to remove: but is there such a page? */
static int64_t op_remove_from_physmap(struct subcall *c)
{
	mfn_t m = MFN(((const struct xen_remove_from_physmap *)c->arg)->gpfn);

	if (!frame_get(m, c->d->id))
		return -XEN_ENOENT;
	frame_put(m);
	return 0;
}

/* Nor frames that are populated when first used, or others to map. */
static int64_t op_not_ours(struct subcall *c)
{
	return c->cmd == XENMEM_acquire_resource ? -XEN_EOPNOTSUPP : -XEN_EINVAL;
}

/* ---- By number ------------------------------------------------------------------------- */

static const struct subop ops[] = {
#define ROW(...) SUBOP_ROW(XENMEM, __VA_ARGS__)
#define SAYS(NAME, fn) \
	[XENMEM_##NAME] = { fn, ARG_IN(domid_t), .names_domain = true }
	ROW(maximum_ram_page),
	SAYS(current_reservation, op_reservation),
	SAYS(maximum_reservation, op_reservation),
	SAYS(maximum_gpfn, op_maximum_gpfn),
	ROW(exchange, ARG_IN(xen_memory_exchange_t)),
	ROW(claim_pages, ARG_IN(xen_memory_reservation_t)),
	ROW(machphys_mapping, ARG_OUT(xen_machphys_mapping_t)),
	ROW(machphys_mfn_list, ARG_INOUT(xen_machphys_mfn_list_t)),
	ROW(machphys_compat_mfn_list),
	ROW(memory_map, ARG_OUT(xen_memory_map_t)),
	ROW(machine_memory_map, ARG_INOUT(xen_memory_map_t), .privileged = true),
	ROW(set_memory_map, ARG_IN(xen_foreign_memory_map_t),
	    ARG_DOM(xen_foreign_memory_map_t, domid)),
	ROW(get_vnumainfo, ARG_IN(struct xen_vnuma_topology_info),
	    ARG_DOM(struct xen_vnuma_topology_info, domid)),
	ROW(add_to_physmap, ARG_IN(xen_add_to_physmap_t)),
	ROW(remove_from_physmap, ARG_IN(xen_remove_from_physmap_t),
	    ARG_DOM(xen_remove_from_physmap_t, domid)),
	[XENMEM_set_pod_target... XENMEM_get_pod_target] = { .fn = op_not_ours },
	[XENMEM_acquire_resource] = { .fn = op_not_ours, .privileged = true },
#undef ROW
#undef SAYS
};

int64_t hc_memory_op(struct hypercall *h)
{
	struct subcall c = {
		.h = h,
		.v = h->v,
		.cmd = h->arg[0] & CMD_MASK,
		.at = h->arg[1],
	};

	switch (c.cmd) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return extents_run(h);
	}
	/* The others have no extents to start with. */
	if (h->arg[0] >> EXTENT_SHIFT)
		return -XEN_EINVAL;
	return subop_run(&c, ops, ARRAY_SIZE(ops));
}
