/* SPDX-License-Identifier: MIT */
/*
 * memory_op. Lists of extents answer how many were done, whatever stopped
 * them; a list that is to go on has the number in the high bits of cmd.
 */
#include "frame.h"
#include "heap.h"
#include "hypercall.h"
#include "mem.h"
#include "reservation.h"
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

/* One extent: done, or the list ends here. */
static bool increase_one(struct extents *x, unsigned long i)
{
	gva_t to = x->list + i * sizeof(uint64_t);
	mfn_t m;

	if (reserve_add(x->d, x->r.extent_order, x->limit, PFN_NONE, &m))
		return false;
	if (!x->list || !copy_to_guest(to, &m.n, sizeof(m.n)))
		return true;
	(void)reserve_drop(x->d, m, x->r.extent_order);
	return false;
}

static bool populate_one(struct extents *x, unsigned long i)
{
	gva_t at = x->list + i * sizeof(uint64_t);
	uint64_t pfn;
	mfn_t m;

	if (copy_from_guest(&pfn, at, sizeof(pfn)) ||
	    reserve_add(x->d, x->r.extent_order, x->limit, PFN(pfn), &m))
		return false;
	if (!copy_to_guest(at, &m.n, sizeof(m.n)))
		return true;
	(void)reserve_drop(x->d, m, x->r.extent_order);
	return false;
}

static bool decrease_one(struct extents *x, unsigned long i)
{
	uint64_t m;

	if (copy_from_guest(&m, x->list + i * sizeof(m), sizeof(m)))
		return false;
	return !reserve_drop(x->d, MFN(m), x->r.extent_order);
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
	    start >= x->r.nr_extents || !frame_bound(x->r.mem_flags, &x->limit))
		return false;
	if (x->r.extent_order > order_max(h->v->domain))
		return false;
	x->d = hypercall_domain(h, x->r.domid, &rc);
	return x->d;
}

static int64_t extents_run(struct hypercall *h, unsigned int op,
			   unsigned long start,
			   bool (*one)(struct extents *x, unsigned long i))
{
	struct extents x;
	unsigned long i = start;

	if (!extents_open(h, &x, start))
		return (int64_t)start;
	while (i < x.r.nr_extents) {
		if (i != start && preempt_check()) {
			domain_put(x.d);
			h->arg[0] = op | i << EXTENT_SHIFT;
			return -XEN_ERESTART;
		}
		if (!one(&x, i))
			break;
		i++;
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
			machphys[x->out[i] + k] = pfn + k;
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
	int64_t rc = 0;
	bool first = true;

	while (!rc && x->e.nr_exchanged < x->e.in.nr_extents) {
		if (!first && preempt_check())
			return -XEN_ERESTART;
		rc = exchange_chunk(x);
		first = false;
	}
	return rc;
}

/* With two lists for the frames of a chunk, each as many pages as it needs. */
static int64_t exchange_run(struct hypercall *h, struct exchange *x)
{
	unsigned int order = x->order > 9 ? x->order - 9 : 0;
	int64_t rc = -XEN_ENOMEM;

	x->d = hypercall_domain(h, x->e.in.domid, &rc);
	if (!x->d)
		return rc;
	x->in = heap_alloc_zeroed(order);
	x->out = heap_alloc_zeroed(order);
	rc = x->in && x->out ? exchange_chunks(x) : -XEN_ENOMEM;
	if (x->in)
		heap_free_ptr(x->in, order);
	if (x->out)
		heap_free_ptr(x->out, order);
	domain_put(x->d);
	return rc;
}

static int64_t op_exchange(struct hypercall *h)
{
	struct exchange x;
	int64_t rc;

	if (copy_from_guest(&x.e, h->arg[1], sizeof(x.e)))
		return -XEN_EFAULT;
	rc = exchange_check(h, &x);
	if (!rc)
		rc = exchange_run(h, &x);
	if (copy_to_guest(h->arg[1] + offsetof(struct xen_memory_exchange,
					       nr_exchanged),
			  &x.e.nr_exchanged, sizeof(x.e.nr_exchanged)))
		return -XEN_EFAULT;
	return rc;
}

/* ---- How much ------------------------------------------------------------------- */

static int64_t op_amount(struct hypercall *h, unsigned int op)
{
	struct domain *d;
	uint64_t n = 0;
	int64_t rc;
	domid_t id;

	if (copy_from_guest(&id, h->arg[1], sizeof(id)))
		return -XEN_EFAULT;
	d = hypercall_domain(h, id, &rc);
	if (!d)
		return rc;
	if (op == XENMEM_current_reservation)
		n = READ_ONCE(d->frames);
	else if (op == XENMEM_maximum_reservation)
		n = d->max_frames;
	else /* what the guest itself says */
		n = READ_ONCE(d->shared->arch.max_pfn) - 1;
	domain_put(d);
	/* No limit is a number, not an error. */
	return op == XENMEM_maximum_gpfn ? (int64_t)n
					 : (int64_t)MIN(n, UINT32_MAX);
}

static int64_t op_claim_pages(struct hypercall *h)
{
	struct xen_memory_reservation r;
	struct domain *d;
	int64_t rc;

	if (copy_from_guest(&r, h->arg[1], sizeof(r)))
		return -XEN_EFAULT;
	if (r.extent_start.p || r.extent_order || r.mem_flags)
		return -XEN_EINVAL;
	d = domain_get(r.domid);
	if (!d)
		return -XEN_EINVAL;
	rc = h->v->domain->privileged ? reserve_claim(d, r.nr_extents)
				      : -XEN_EPERM;
	domain_put(d);
	return rc;
}

/* ---- Maps --------------------------------------------------------------------------- */

static int64_t op_machphys_mapping(struct hypercall *h)
{
	struct xen_machphys_mapping m = {
		.v_start = MACH2PHYS_VIRT_START,
		.v_end = MACH2PHYS_VIRT_END,
		.max_mfn = MACH2PHYS_NR_ENTRIES - 1,
	};

	return copy_to_guest(h->arg[1], &m, sizeof(m));
}

/* Rows out to m's buffer, their number to m. */
static int64_t map_out(struct hypercall *h, struct xen_memory_map *m,
		       const struct e820_row *rows)
{
	if (copy_to_guest((gva_t)m->buffer.p, rows,
			  m->nr_entries * sizeof(*rows)))
		return -XEN_EFAULT;
	return copy_to_guest(h->arg[1], m, sizeof(*m));
}

static int64_t op_memory_map(struct hypercall *h)
{
	struct e820_row rows[ARRAY_SIZE(h->v->domain->e820)];
	struct domain *d = h->v->domain;
	struct xen_memory_map m;
	unsigned int n;

	lock_take(&d->lock);
	n = d->e820_rows;
	memcpy(rows, d->e820, sizeof(rows));
	lock_drop(&d->lock);
	if (!n)
		return -XEN_ENOSYS;
	if (copy_from_guest(&m, h->arg[1], sizeof(m)))
		return -XEN_EFAULT;
	m.nr_entries = MIN(m.nr_entries, n);
	return map_out(h, &m, rows);
}

static int64_t op_machine_memory_map(struct hypercall *h)
{
	struct xen_memory_map m;

	if (!h->v->domain->privileged)
		return -XEN_EPERM;
	if (copy_from_guest(&m, h->arg[1], sizeof(m)))
		return -XEN_EFAULT;
	if (m.nr_entries < machine_map_rows + 1)
		return -XEN_EINVAL;
	m.nr_entries = machine_map_rows;
	return map_out(h, &m, machine_map);
}

static int64_t op_set_memory_map(struct hypercall *h)
{
	struct e820_row rows[ARRAY_SIZE(h->v->domain->e820)];
	struct xen_foreign_memory_map f;
	struct domain *d;
	int64_t rc;

	if (copy_from_guest(&f, h->arg[1], sizeof(f)))
		return -XEN_EFAULT;
	if (f.map.nr_entries > ARRAY_SIZE(rows))
		return -XEN_EINVAL;
	d = hypercall_domain(h, f.domid, &rc);
	if (!d)
		return rc;
	rc = copy_from_guest(rows, (gva_t)f.map.buffer.p,
			     f.map.nr_entries * sizeof(rows[0]));
	if (!rc) {
		lock_take(&d->lock);
		memcpy(d->e820, rows, f.map.nr_entries * sizeof(rows[0]));
		d->e820_rows = f.map.nr_entries;
		lock_drop(&d->lock);
	}
	domain_put(d);
	return rc;
}

/* No domain has a NUMA topology. */
static int64_t op_get_vnumainfo(struct hypercall *h)
{
	struct xen_vnuma_topology_info t;
	struct domain *d;
	int64_t rc;

	if (copy_from_guest(&t, h->arg[1], sizeof(t)))
		return -XEN_EFAULT;
	if (t.pad)
		return -XEN_EINVAL;
	d = hypercall_domain(h, t.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return -XEN_EOPNOTSUPP;
}

/*
 * The list of 2 MiB pieces of the machine-to-phys table: ours is made of
 * 4 KiB pages.
 */
static int64_t op_machphys_mfn_list(struct hypercall *h)
{
	struct xen_machphys_mfn_list l;

	if (copy_from_guest(&l, h->arg[1], sizeof(l)))
		return -XEN_EFAULT;
	return -XEN_EOPNOTSUPP;
}

/* ---- Pages of translated guests, which there are none of ------------------------------- */

static int64_t op_add_to_physmap(struct hypercall *h)
{
	struct xen_add_to_physmap a;
	struct domain *d;
	int64_t rc;

	if (copy_from_guest(&a, h->arg[1], sizeof(a)))
		return -XEN_EFAULT;
	if (a.space == XENMAPSPACE_gmfn_foreign)
		return -XEN_ENOSYS;
	d = hypercall_domain(h, a.domid, &rc);
	if (!d)
		return rc;
	domain_put(d);
	return -XEN_EACCES;
}

/* Nothing to remove: but is there such a page? */
static int64_t op_remove_from_physmap(struct hypercall *h)
{
	struct xen_remove_from_physmap r;
	struct domain *d;
	int64_t rc;

	if (copy_from_guest(&r, h->arg[1], sizeof(r)))
		return -XEN_EFAULT;
	d = hypercall_domain(h, r.domid, &rc);
	if (!d)
		return rc;
	rc = -XEN_ENOENT;
	if (frame_get(MFN(r.gpfn), d->id)) {
		frame_put(MFN(r.gpfn));
		rc = 0;
	}
	domain_put(d);
	return rc;
}

/* ---- By number ------------------------------------------------------------------------- */

static int64_t simple_op(struct hypercall *h, unsigned int op)
{
	switch (op) {
	case XENMEM_maximum_ram_page:
		return (int64_t)frame_limit;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return op_amount(h, op);
	case XENMEM_machphys_mapping:
		return op_machphys_mapping(h);
	case XENMEM_machphys_mfn_list:
		return op_machphys_mfn_list(h);
	case XENMEM_machphys_compat_mfn_list:
		return -XEN_EOPNOTSUPP; /* no 32-bit guests */
	case XENMEM_add_to_physmap:
		return op_add_to_physmap(h);
	case XENMEM_remove_from_physmap:
		return op_remove_from_physmap(h);
	case XENMEM_memory_map:
		return op_memory_map(h);
	case XENMEM_machine_memory_map:
		return op_machine_memory_map(h);
	case XENMEM_set_memory_map:
		return op_set_memory_map(h);
	case XENMEM_claim_pages:
		return op_claim_pages(h);
	case XENMEM_get_vnumainfo:
		return op_get_vnumainfo(h);
	case XENMEM_exchange:
		return op_exchange(h);
	default:
		return -XEN_ENOSYS;
	}
}

int64_t hc_memory_op(struct hypercall *h)
{
	unsigned int op = h->arg[0] & CMD_MASK;
	unsigned long start = h->arg[0] >> EXTENT_SHIFT;

	switch (op) {
	case XENMEM_increase_reservation:
		return extents_run(h, op, start, increase_one);
	case XENMEM_decrease_reservation:
		return extents_run(h, op, start, decrease_one);
	case XENMEM_populate_physmap:
		return extents_run(h, op, start, populate_one);
	}
	/* The others have no extents to start with. */
	return start ? -XEN_EINVAL : simple_op(h, op);
}
