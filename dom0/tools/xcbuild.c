// SPDX-License-Identifier: MIT
/*
 * The builder's door on a real machine: hypercalls.
 */
#include "xcbuild.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "event.h"
#include "heap.h"
#include "hypercall.h"
#include "memory.h"
#include "task.h"
#include "vcpu.h"
#include "xc.h"
#include "xenerr.h"
#include <xen/memory.h>

#define GRANT_VERSION 1

/* ---- The domain -------------------------------------------------------------- */

int xcbuild_create(const struct xcbuild_domain *d)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain, .domain = 0 };
	struct xen_domctl_createdomain *c = &op.u.createdomain;
	int err;

	memcpy(c->handle, d->uuid, sizeof(c->handle));
	c->max_vcpus = d->max_vcpus;
	c->max_evtchn_port = d->max_evtchn_port;
	c->max_grant_frames = (int32_t)d->max_grant_frames;
	c->max_maptrack_frames = (int32_t)d->max_maptrack_frames;
	c->grant_opts = XEN_DOMCTL_GRANT_version(GRANT_VERSION);
	err = xc_domctl(&op);
	return err < 0 ? err : op.domain;
}

int xcbuild_vcpus(domid_t id, unsigned int max_vcpus)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_vcpus, .domain = id };

	op.u.max_vcpus.max = max_vcpus;
	return xc_domctl(&op);
}

int xcbuild_max_mem(domid_t id, uint64_t kib)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem, .domain = id };

	op.u.max_mem.max_memkb = kib;
	return xc_domctl(&op);
}

/* Asked for one that is not there, it tells of the next. */
static int get_info(domid_t id, struct xen_domctl *op)
{
	int err;

	*op = (struct xen_domctl){ .cmd = XEN_DOMCTL_getdomaininfo,
				   .domain = id };
	err = xc_domctl(op);
	return !err && op->domain != id ? -ESRCH : err;
}

int xcbuild_shared_info(domid_t id, uint64_t *mfn)
{
	struct xen_domctl op;
	int err = get_info(id, &op);

	*mfn = op.u.getdomaininfo.shared_info_frame;
	return err;
}

int xcbuild_free_pages(uint64_t *pages)
{
	struct xen_sysctl op;
	int err;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_physinfo;
	err = xc_sysctl(&op);
	*pages = op.u.physinfo.free_pages + op.u.physinfo.scrub_pages;
	return err < 0 ? err : 0;
}

int xcbuild_destroy(domid_t id)
{
	struct xen_domctl op;
	int err;

	do {
		op = (struct xen_domctl){ .cmd = XEN_DOMCTL_destroydomain,
					  .domain = id };
		err = xc_domctl(&op);
		task_yield();
	} while (err == -EAGAIN);
	while (!err && !get_info(id, &op))
		task_yield();
	return err;
}

/* ---- Its memory --------------------------------------------------------------- */

size_t xcbuild_populate(domid_t id, uint64_t *list, size_t n, unsigned int order)
{
	struct xen_memory_reservation r = {
		.nr_extents = n,
		.extent_order = order,
		.domid = id,
	};
	int64_t done;

	r.extent_start.p = list;
	done = hypercall_memory_op(XENMEM_populate_physmap, &r);
	return done < 0 ? 0 : (size_t)done;
}

void *xcbuild_map(domid_t id, const uint64_t *mfns, size_t n, int *err)
{
	return memory_map_frames(id, mfns, n, true, err);
}

void xcbuild_unmap(void *va, size_t n)
{
	memory_unmap_frames(va, n);
}

int xcbuild_number(domid_t id, const uint64_t *mfns, const uint64_t *pfns,
		   size_t n)
{
	static struct mmu_update req[XCBUILD_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		req[i].ptr = mfns[i] << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
		req[i].val = pfns[i];
	}
	return (int)xen_errno(hypercall_mmu_update(req, n, NULL, id));
}

int xcbuild_pin(domid_t id, uint64_t root)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_PIN_L4_TABLE,
		.arg1.mfn = root,
	};

	return (int)xen_errno(hypercall_mmuext_op(&op, 1, NULL, id));
}

/* ---- Our own memory ------------------------------------------------------------ */

static size_t pages_of(size_t size)
{
	return (size + PAGE_SIZE - 1) / PAGE_SIZE;
}

void *xcbuild_memory(size_t size)
{
	size_t n = pages_of(size);
	uint64_t *mfns = malloc(n * sizeof(*mfns));
	void *va = NULL;
	int err;

	if (!mfns || frames_new(mfns, n))
		goto out;
	va = memory_map_frames(DOMID_SELF, mfns, n, true, &err);
	if (va)
		memset(va, 0, n * PAGE_SIZE);
	else
		frames_free(mfns, n);
out:
	free(mfns);
	return va;
}

/* The frames are known by the mapping. */
void xcbuild_memory_free(void *mem, size_t size)
{
	size_t n = pages_of(size), i;
	uint64_t mfns[64], at = (uint64_t)mem;
	size_t done, some;

	if (!mem)
		return;
	for (done = 0; done < n; done += some) {
		some = n - done < 64 ? n - done : 64;
		for (i = 0; i < some; i++)
			mfns[i] = pte_mfn(memory_pte(
				(void *)(at + (done + i) * PAGE_SIZE)));
		memory_set_frames(at + done * PAGE_SIZE, DOMID_SELF, NULL, some,
				  false);
		frames_free(mfns, some);
	}
	memory_unmap_frames(mem, n);
}

/* ---- What it starts with -------------------------------------------------------- */

int xcbuild_port(domid_t id)
{
	return (int)xen_errno(event_alloc_unbound(id, DOMID_SELF));
}

int xcbuild_hypercall_page(domid_t id, uint64_t mfn)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_hypercall_init,
				 .domain = id };

	op.u.hypercall_init.gmfn = mfn;
	return xc_domctl(&op);
}

int xcbuild_context(domid_t id, const struct vcpu_guest_context *c)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpucontext,
				 .domain = id };

	op.u.vcpucontext.ctxt.p = (struct vcpu_guest_context *)c;
	return xc_domctl(&op);
}

/* ---- Time ------------------------------------------------------------------------ */

uint64_t xcbuild_time(void)
{
	return time_now();
}

void xcbuild_yield(void)
{
	task_yield();
}
