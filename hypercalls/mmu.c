/* SPDX-License-Identifier: MIT */
/* Page-table updates: mmu_update, update_va_mapping(_otherdomain). */
#include "mmubatch.h"
#include "pte.h"

/* ---- mmu_update -------------------------------------------------------------- */

static int machphys_update(struct mmu_batch *b, mfn_t m, uint64_t pfn)
{
	if (b->pt_dom != b->v->domain)
		return -XEN_EPERM;
	return frame_rename(m, b->fg_dom->id, PFN(pfn)) ? 0 : -XEN_EINVAL;
}

static int update_one(struct mmu_batch *b, const void *request)
{
	const struct mmu_update *req = request;
	unsigned int cmd = req->ptr % sizeof(uint64_t);
	unsigned int index = req->ptr % PAGE_SIZE / sizeof(uint64_t);
	mfn_t m = MFN(req->ptr >> PAGE_SHIFT);

	if (cmd > MMU_PT_UPDATE_NO_TRANSLATE)
		return -XEN_ENOSYS;
	/* Device memory is judged by the entry, not by who owns it. */
	if (b->fg_dom->id != DOMID_IO && !mmu_may(b->v, b->fg_dom))
		return -XEN_EPERM;
	if (cmd == MMU_MACHPHYS_UPDATE)
		return machphys_update(b, m, req->val);
	if (!mmu_may(b->v, b->pt_dom))
		return -XEN_EPERM;
	return pte_update(b->v, b->pt_dom, b->fg_dom, m, index, req->val,
			  cmd == MMU_PT_UPDATE_PRESERVE_AD, NULL);
}

int64_t hc_mmu_update(struct hypercall *h)
{
	return mmu_batch_run(h, sizeof(struct mmu_update), update_one, true);
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
