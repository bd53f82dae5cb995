/* SPDX-License-Identifier: MIT */
/*
 * sysctl: what the initial domain asks about the machine and of it; and
 * platform_op, which has nothing to offer yet. Errors come in Xen's order:
 * the structure, its version, the caller.
 */
#include "domctl.h"
#include "heap.h"
#include "print.h"
#include "reservation.h"
#include "sched.h"
#include <xen/platform.h>
#include <xen/sysctl.h>

#define CHUNK	       256u
#define NODE_DISTANCE  10u /* to itself */
#define NR_CPUS_ONLINE ((unsigned int)__builtin_popcount(cpus_online()))

/* ---- The machine ------------------------------------------------------------ */

static int64_t op_physinfo(struct xen_sysctl *op)
{
	struct arch_machine m;

	arch_machine(&m);
	op->u.physinfo = (struct xen_sysctl_physinfo){
		.threads_per_core = 1,
		.cores_per_socket = NR_CPUS_ONLINE,
		.nr_cpus = NR_CPUS_ONLINE,
		.max_cpu_id = MAX_CPUS - 1,
		.nr_nodes = 1,
		.cpu_khz = m.khz,
		.capabilities = XEN_SYSCTL_PHYSCAP_pv |
				XEN_SYSCTL_PHYSCAP_gnttab_v1,
		.total_pages = heap_total_frames(),
		.free_pages = heap_free_frames(),
		.outstanding_pages = reserve_claimed(),
		.max_mfn = frame_limit - 1,
	};
	__builtin_memcpy(op->u.physinfo.hw_cap, m.features,
			 sizeof(op->u.physinfo.hw_cap));
	return 0;
}

/* The one without parameters: ours has none. */
static int64_t op_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_NULL;
	return 0;
}

static int64_t op_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	unsigned int i, n = MIN(g->max_cpus, NR_CPUS_ONLINE);

	for (i = 0; i < n; i++) {
		struct xen_sysctl_cpuinfo info = { sched_idle_time(i) };

		if (copy_to_guest((gva_t)g->info.p + i * sizeof(info), &info,
				  sizeof(info)))
			return -XEN_EFAULT;
	}
	g->nr_cpus = n;
	return 0;
}

/* All cores of one socket. No list: how many rows it would have. */
static int64_t op_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	unsigned int i, n = NR_CPUS_ONLINE;

	if (t->cputopo.p)
		n = MIN(n, t->num_cpus);
	for (i = 0; t->cputopo.p && i < n; i++) {
		struct xen_sysctl_cputopo row = { .core = i };

		if (copy_to_guest((gva_t)t->cputopo.p + i * sizeof(row), &row,
				  sizeof(row)))
			return -XEN_EFAULT;
	}
	t->num_cpus = n;
	return 0;
}

/* One node. */
static int64_t op_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *n = &op->u.numainfo;
	struct xen_sysctl_meminfo mem = { heap_total_frames() << PAGE_SHIFT,
					  heap_free_frames() << PAGE_SHIFT };
	uint32_t distance = NODE_DISTANCE;

	if (!n->meminfo.p && !n->distance.p)
		n->num_nodes = 1;
	n->num_nodes = MIN(n->num_nodes, 1u);
	if (n->num_nodes &&
	    ((n->meminfo.p &&
	      copy_to_guest((gva_t)n->meminfo.p, &mem, sizeof(mem))) ||
	     (n->distance.p && copy_to_guest((gva_t)n->distance.p, &distance,
					     sizeof(distance)))))
		return -XEN_EFAULT;
	return 0;
}

/* Of all memory: the heap does not count by width of address. */
static int64_t op_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *a = &op->u.availheap;

	if (a->min_bitwidth || a->max_bitwidth)
		return -XEN_EOPNOTSUPP;
	a->avail_bytes = a->node > 0 ? 0 : heap_free_frames() << PAGE_SHIFT;
	return 0;
}

static int64_t op_refused(struct xen_sysctl *op)
{
	(void)op;
	return -XEN_EOPNOTSUPP;
}

/* ---- Domains -------------------------------------------------------------------- */

static int64_t op_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	struct domain *d;
	uint32_t n = 0;

	for (d = domain_next(NULL); d && n < l->max_domains; d = domain_next(d)) {
		if (d->id < l->first_domain)
			continue;
		domctl_info(d, &info);
		if (copy_to_guest((gva_t)l->buffer.p + n * sizeof(info), &info,
				  sizeof(info))) {
			domain_put(d);
			return -XEN_EFAULT;
		}
		n++;
	}
	if (d)
		domain_put(d);
	l->num_domains = n;
	return 0;
}

/* ---- The console ------------------------------------------------------------------ */

static int64_t op_readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	uint32_t at = console_log_start(r->incremental, r->index), done = 0;
	char text[CHUNK];
	size_t n;

	while (done < MIN(r->count, CONSOLE_LOG_SIZE)) {
		n = console_log_read(&at, text, MIN(r->count - done, CHUNK));
		if (!n)
			break;
		if (copy_to_guest((gva_t)r->buffer.p + done, text, n))
			return -XEN_EFAULT;
		done += (uint32_t)n;
	}
	if (r->clear)
		console_log_clear(at);
	r->count = done;
	r->index = at;
	return 0;
}

static int64_t op_debug_keys(struct xen_sysctl *op)
{
	const struct xen_sysctl_debug_keys *k = &op->u.debug_keys;
	char c;

	for (uint32_t i = 0; i < k->nr_keys; i++) {
		if (copy_from_guest(&c, (gva_t)k->keys.p + i, 1))
			return -XEN_EFAULT;
		console_key(c);
	}
	return 0;
}

/* ---- The tables ---------------------------------------------------------------------- */

static const struct sysctl_row {
	int64_t (*fn)(struct xen_sysctl *op);
	bool out; /* the structure is copied back */
} rows[] = {
#define ROW(name, out) [XEN_SYSCTL_##name] = { op_##name, out }
	ROW(readconsole, true),
	ROW(physinfo, true),
	ROW(sched_id, true),
	ROW(getdomaininfolist, true),
	ROW(debug_keys, false),
	ROW(getcpuinfo, true),
	ROW(availheap, true),
	ROW(cputopoinfo, true),
	ROW(numainfo, true),
	[XEN_SYSCTL_cpu_hotplug] = { op_refused, false },
#undef ROW
};

int64_t hc_sysctl(struct hypercall *h)
{
	struct xen_sysctl op;
	int64_t rc;

	if (copy_from_guest(&op, h->arg[0], sizeof(op)))
		return -XEN_EFAULT;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -XEN_EACCES;
	if (!h->v->domain->privileged)
		return -XEN_EPERM;
	if (op.cmd >= ARRAY_SIZE(rows) || !rows[op.cmd].fn)
		return -XEN_ENOSYS;
	rc = rows[op.cmd].fn(&op);
	if (!rc && rows[op.cmd].out && copy_to_guest(h->arg[0], &op, sizeof(op)))
		return -XEN_EFAULT;
	return rc;
}

int64_t hc_platform_op(struct hypercall *h)
{
	struct xen_platform_op op;

	if (copy_from_guest(&op, h->arg[0], sizeof(op)))
		return -XEN_EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -XEN_EACCES;
	return h->v->domain->privileged ? -XEN_ENOSYS : -XEN_EPERM;
}
