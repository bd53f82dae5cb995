/* SPDX-License-Identifier: MIT */
/* Batches of MMU requests; mmubatch.h. */
#include "mmubatch.h"
#include "pte.h"

#define PREEMPTED (1u << 31) /* in the count: a continued call */
#define CHUNK	  512u	     /* bytes of requests copied in at once */

/* ---- Continuing ------------------------------------------------------------ */

/* How many earlier parts of this call have done: the guest keeps it. */
static uint32_t done_before(const struct hypercall *h, bool continued)
{
	uint32_t done;

	if (!continued || !h->arg[2] ||
	    copy_from_guest(&done, h->arg[2], sizeof(done)))
		return 0;
	return done;
}

static void done_write(const struct hypercall *h, uint32_t done)
{
	if (h->arg[2])
		(void)copy_to_guest(h->arg[2], &done, sizeof(done));
}

void mmu_batch_none_done(const struct hypercall *h)
{
	done_write(h, done_before(h, h->arg[1] & PREEMPTED));
}

bool mmu_batch_resume(struct hypercall *h, int64_t *result)
{
	*result = pte_finish(h->v);
	if (*result)
		return true;
	/* All was done but that; the last argument is what to answer. */
	if ((uint32_t)h->arg[1] != PREEMPTED || h->arg[0])
		return false;
	*result = (int32_t)h->arg[3];
	return true;
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

bool mmu_batch_range_ok(const struct hypercall *h, size_t size)
{
	return guest_range_ok(h->arg[0],
			      ((uint32_t)h->arg[1] & ~PREEMPTED) * size);
}

/* The requests in buf; *done of them were carried out. */
static int chunk_run(struct mmu_batch *b, const uint8_t *buf, uint32_t n,
		     size_t size, mmu_request_fn *one, uint32_t *done)
{
	int rc;

	for (uint32_t i = 0; i < n; i++) {
		if (pte_unfinished(b->v))
			return -XEN_ERESTART;
		rc = one(b, buf + i * size);
		if (rc)
			return rc;
		++*done;
	}
	return 0;
}

/* As many requests as are there and can be read, at most count. */
static uint32_t chunk_read(uint8_t *buf, gva_t va, uint32_t count, size_t size)
{
	uint32_t n, most = MIN(count, CHUNK / (uint32_t)size);

	if (!copy_from_guest(buf, va, most * size))
		return most;
	for (n = 0; n < most; n++)
		if (copy_from_guest(buf + n * size, va + n * size, size))
			break;
	return n;
}

int64_t mmu_batch_run(struct hypercall *h, struct mmu_batch *b, size_t size,
		      mmu_request_fn *one)
{
	uint32_t count = (uint32_t)h->arg[1] & ~PREEMPTED, done = 0;
	uint32_t before = done_before(h, h->arg[1] & PREEMPTED);
	uint8_t buf[CHUNK] __attribute__((aligned(8)));
	int rc = 0;

	while (!rc && done < count) {
		gva_t at = h->arg[0] + done * size;
		uint32_t n;

		if (done && preempt_check()) {
			rc = -XEN_ERESTART;
			break;
		}
		n = chunk_read(buf, at, count - done, size);
		rc = n ? chunk_run(b, buf, n, size, one, &done) : -XEN_EFAULT;
	}
	done_write(h, before + done);
	if (rc != -XEN_ERESTART)
		return batch_end(h, rc);
	h->arg[0] += done * size;
	h->arg[1] = (count - done) | PREEMPTED;
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
