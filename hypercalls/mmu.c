/* SPDX-License-Identifier: MIT */
/* Page-table updates: mmu_update, update_va_mapping(_otherdomain). */
#include "mmubatch.h"
#include "pte.h"

/* ---- mmu_update -------------------------------------------------------------- */

/* An entry of a table, by its machine address. */
static int entry_update(struct mmu_batch *b, const struct mmu_update *req,
			bool preserve_ad)
{
	unsigned int index = req->ptr % PAGE_SIZE / sizeof(uint64_t);

	/* Device memory is judged by the entry, not by who owns it. */
	if ((b->fg_dom->id != DOMID_IO && !mmu_may(b->v, b->fg_dom)) ||
	    !mmu_may(b->v, b->pt_dom))
		return -XEN_EPERM;
	return pte_update(b->v, b->pt_dom, b->fg_dom,
			  MFN(req->ptr >> PAGE_SHIFT), index, req->val,
			  preserve_ad, NULL);
}

static int machphys_update(struct mmu_batch *b, const struct mmu_update *req)
{
	mfn_t m = MFN(req->ptr >> PAGE_SHIFT);

	if (b->pt_dom != b->v->domain ||
	    (b->fg_dom->id != DOMID_IO && !mmu_may(b->v, b->fg_dom)))
		return -XEN_EPERM;
	if (!frame_get(m, b->fg_dom->id))
		return -XEN_EINVAL;
	WRITE_ONCE(machphys[m.n], req->val);
	frame_put(m);
	return 0;
}

static int update_one(struct mmu_batch *b, const void *request)
{
	const struct mmu_update *req = request;

	switch (req->ptr % sizeof(uint64_t)) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		return entry_update(b, req, false);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return entry_update(b, req, true);
	case MMU_MACHPHYS_UPDATE:
		return machphys_update(b, req);
	default:
		return -XEN_ENOSYS;
	}
}

/* Bits 16 up of the foreign-domain argument: tables' owner's id + 1, or 0. */
static int64_t tables_owner(struct mmu_batch *b, uint32_t pt_dom)
{
	b->pt_dom = b->v->domain;
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

int64_t hc_mmu_update(struct hypercall *h)
{
	struct mmu_batch b = { .v = h->v };
	uint32_t foreigndom = (uint32_t)h->arg[3];
	int64_t rc;

	if (mmu_batch_resume(h, &rc))
		return rc;
	if (!mmu_batch_range_ok(h, sizeof(struct mmu_update)))
		return -XEN_EFAULT;
	rc = tables_owner(&b, foreigndom >> 16);
	if (rc)
		return rc;
	b.fg_dom = mmu_foreign_get(h->v, (domid_t)foreigndom);
	if (b.fg_dom) {
		rc = mmu_batch_run(h, &b, sizeof(struct mmu_update), update_one);
		mmu_foreign_put(h->v, b.fg_dom);
	} else {
		rc = -XEN_ESRCH;
		mmu_batch_none_done(h);
	}
	if (b.pt_dom != h->v->domain)
		domain_put(b.pt_dom);
	return rc;
}

/* ---- update_va_mapping ---------------------------------------------------------- */

/* The flush that flags ask for: 0, -XEN_EFAULT: no mask there. */
static int va_flush(struct vcpu *v, gva_t va, uint64_t flags)
{
	uint64_t who = flags & ~UVMF_FLUSHTYPE_MASK;
	uint64_t kind = flags & UVMF_FLUSHTYPE_MASK;
	cpumask_t mask;
	int rc = 0;

	if (kind != UVMF_TLB_FLUSH && kind != UVMF_INVLPG)
		return 0;
	if (who == UVMF_LOCAL)
		mask = 1u << cpu_id();
	else if (who == UVMF_ALL)
		mask = READ_ONCE(v->domain->dirty);
	else
		rc = mmu_vcpumask(v, who, &mask);
	if (mask)
		arch_flush(mask,
			   kind == UVMF_INVLPG ? FLUSH_VA
					       : FLUSH_TLB | FLUSH_GLOBAL,
			   va);
	return rc;
}

static int64_t va_update(struct vcpu *v, struct domain *fg_dom, gva_t va,
			 uint64_t pte, uint64_t flags)
{
	unsigned int index;
	mfn_t table;
	int rc;

	if (!mmu_may(v, fg_dom))
		return -XEN_EPERM;
	if (!pte_find_l1(v, va, &table, &index))
		return -XEN_EINVAL;
	rc = pte_update(v, v->domain, fg_dom, table, index, pte, false, NULL);
	frame_put(table);
	return rc ? rc : va_flush(v, va, flags);
}

int64_t hc_update_va_mapping(struct hypercall *h)
{
	return va_update(h->v, h->v->domain, h->arg[0], h->arg[1], h->arg[2]);
}

int64_t hc_update_va_mapping_otherdomain(struct hypercall *h)
{
	struct domain *d = mmu_foreign_get(h->v, (domid_t)h->arg[3]);
	int64_t rc;

	if (!d)
		return -XEN_ESRCH;
	rc = va_update(h->v, d, h->arg[0], h->arg[1], h->arg[2]);
	mmu_foreign_put(h->v, d);
	return rc;
}
