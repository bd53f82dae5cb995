/* SPDX-License-Identifier: MIT */
/* Batches of MMU requests; mmubatch.h. */
#include "mmubatch.h"
#include "pte.h"

#define PREEMPTED (1u << 31) /* in the count: a continued call */
#define CHUNK	  512u	     /* bytes of requests copied in at once */

/* ---- Continuing ------------------------------------------------------------ */

/* How many earlier parts of this call have done: the guest keeps it. */
static uint32_t done_before(const struct hypercall *h)
{
	uint32_t done;

	if (!(h->arg[1] & PREEMPTED) || !h->arg[2] ||
	    copy_from_guest(&done, h->arg[2], sizeof(done)))
		return 0;
	return done;
}

static void done_write(const struct hypercall *h, uint32_t done)
{
	if (h->arg[2])
		(void)copy_to_guest(h->arg[2], &done, sizeof(done));
}

/* After the last request: pages it let go of are free when the call returns. */
static int64_t batch_end(struct hypercall *h, int rc)
{
	if (!pte_unfinished(h->v))
		return rc;
	h->arg[0] = 0;
	h->arg[1] = PREEMPTED;
	h->arg[2] = 0;
	h->arg[3] = (uint32_t)rc;
	return -XEN_ERESTART;
}

/* ---- Running ------------------------------------------------------------------ */

uint32_t batch_read(void *buf, size_t room, gva_t va, uint32_t count,
		    size_t size)
{
	uint32_t n, most = MIN(count, (uint32_t)(room / size));

	if (!copy_from_guest(buf, va, most * size))
		return most;
	for (n = 0; n < most; n++)
		if (copy_from_guest((uint8_t *)buf + n * size, va + n * size,
				    size))
			break;
	return n;
}

/* The requests at at, until one fails; *done of them were carried out. */
static int requests_run(struct mmu_batch *b, gva_t at, uint32_t count,
			size_t size, mmu_request_fn *one, uint32_t *done)
{
	uint8_t buf[CHUNK] __attribute__((aligned(8)));
	uint32_t i = 0, n = 0;
	int rc;

	for (; *done < count; i++, ++*done, at += size) {
		if (i == n) {
			if (n && preempt_check())
				return -XEN_ERESTART;
			n = batch_read(buf, sizeof(buf), at, count - *done,
				       size);
			i = 0;
		}
		if (!n)
			return -XEN_EFAULT;
		if (pte_unfinished(b->v))
			return -XEN_ERESTART;
		rc = one(b, buf + i * size);
		if (rc)
			return rc;
	}
	return 0;
}

/* Them all, or so many, and what is left for a later part of the call. */
static int64_t part_run(struct hypercall *h, struct mmu_batch *b, size_t size,
			mmu_request_fn *one)
{
	uint32_t count = (uint32_t)h->arg[1] & ~PREEMPTED, done = 0;
	uint32_t before = done_before(h);
	int rc = requests_run(b, h->arg[0], count, size, one, &done);

	done_write(h, before + done);
	if (rc != -XEN_ERESTART)
		return batch_end(h, rc);
	h->arg[0] += done * size;
	h->arg[1] = (count - done) | PREEMPTED;
	return rc;
}

/* Bits 16 up of the foreign-domain argument: tables' owner's id + 1, or 0. */
static int64_t tables_owner(struct mmu_batch *b, uint32_t pt_dom)
{
	if (!pt_dom || pt_dom - 1 == b->v->domain->id)
		return 0;
	b->pt_dom = domain_get((domid_t)(pt_dom - 1));
	if (!b->pt_dom)
		return -XEN_ESRCH;
	if (vcpu_find(b->pt_dom, 0))
		return 0;
	domain_put(b->pt_dom);
	return -XEN_EINVAL;
}

/* With the tables' owner known: the frames', and the requests. */
static int64_t foreign_run(struct hypercall *h, struct mmu_batch *b,
			   size_t size, mmu_request_fn *one, bool tables)
{
	int64_t rc = -XEN_EPERM;

	b->fg_dom = mmu_foreign_get(b->v, (domid_t)h->arg[3]);
	if (!b->fg_dom) {
		if (tables)
			done_write(h, done_before(h));
		return -XEN_ESRCH;
	}
	if (tables || mmu_may(b->v, b->fg_dom))
		rc = part_run(h, b, size, one);
	mmu_foreign_put(b->v, b->fg_dom);
	return rc;
}

int64_t mmu_batch_run(struct hypercall *h, size_t size, mmu_request_fn *one,
		      bool tables)
{
	struct mmu_batch b = { .v = h->v, .pt_dom = h->v->domain };
	uint32_t count = (uint32_t)h->arg[1];
	int64_t rc = pte_finish(h->v);

	if (rc)
		return rc;
	/* All was done but that; the last argument is what to answer. */
	if (count == PREEMPTED && !h->arg[0])
		return (int32_t)h->arg[3];
	if (!guest_range_ok(h->arg[0], (count & ~PREEMPTED) * size))
		return -XEN_EFAULT;
	if (tables)
		rc = tables_owner(&b, (uint32_t)h->arg[3] >> 16);
	if (rc)
		return rc;
	rc = foreign_run(h, &b, size, one, tables);
	mmu_foreign_put(b.v, b.pt_dom);
	return rc;
}

/* ---- Domains and CPUs ------------------------------------------------------------ */

struct domain *mmu_foreign_get(struct vcpu *v, domid_t id)
{
	struct domain *pseudo = pte_pseudo_domain(id);

	if (id == DOMID_SELF)
		return v->domain;
	if (pseudo || id == v->domain->id)
		return pseudo;
	return domain_get(id);
}

void mmu_foreign_put(struct vcpu *v, struct domain *d)
{
	if (d != v->domain && d != pte_pseudo_domain(d->id))
		domain_put(d);
}

int mmu_vcpumask(struct vcpu *v, gva_t va, cpumask_t *mask)
{
	struct domain *d = v->domain;
	uint64_t vcpus;

	*mask = 0;
	if (copy_from_guest(&vcpus, va, sizeof(vcpus)))
		return -XEN_EFAULT;
	for (unsigned int i = 0; i < d->max_vcpus && i < 64; i++)
		if (vcpus >> i & 1 && vcpu_find(d, i))
			*mask |= 1u << READ_ONCE(vcpu_find(d, i)->cpu);
	/* Leaving a CPU, a vCPU takes its translations with it. */
	*mask &= READ_ONCE(d->dirty);
	return 0;
}
