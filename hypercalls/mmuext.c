/* SPDX-License-Identifier: MIT */
/*
 * Extended MMU operations: pins, base pointers, flushes, the LDT, pages. One
 * function per operation, in the table at the end.
 */
#include "mmubatch.h"
#include "pagetype.h"
#include "pte.h"

#define LDT_ENTRIES 8192u

typedef int mmuext_fn(struct mmu_batch *b, const struct mmuext_op *op);

/* ---- Pins and base pointers --------------------------------------------------- */

static int op_pin(struct mmu_batch *b, const struct mmuext_op *op)
{
	enum frame_type type = FT_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE);

	return type_pin(b->fg_dom, MFN(op->arg1.mfn), type);
}

static int op_unpin(struct mmu_batch *b, const struct mmuext_op *op)
{
	int rc = type_unpin(b->fg_dom, MFN(op->arg1.mfn));

	if (rc != -XEN_ERESTART)
		return rc;
	pte_defer(b->v, MFN(op->arg1.mfn));
	return 0;
}

static int op_new_baseptr(struct mmu_batch *b, const struct mmuext_op *op)
{
	return pte_set_root(b->v, MFN(op->arg1.mfn), false);
}

static int op_new_user_baseptr(struct mmu_batch *b, const struct mmuext_op *op)
{
	return pte_set_root(b->v, MFN(op->arg1.mfn), true);
}

/* ---- Flushes ---------------------------------------------------------------------- */

/* An address of hypervisor space has nothing to forget. */
static void flush(cpumask_t mask, bool page, gva_t va)
{
	if (page && guest_range_ok(va, 1))
		arch_flush(mask, FLUSH_VA, va);
	else if (!page)
		arch_flush(mask, FLUSH_TLB | FLUSH_GLOBAL, 0);
}

static int op_flush_local(struct mmu_batch *b, const struct mmuext_op *op)
{
	(void)b;
	flush(1u << cpu_id(), op->cmd == MMUEXT_INVLPG_LOCAL,
	      op->arg1.linear_addr);
	return 0;
}

static int op_flush_all(struct mmu_batch *b, const struct mmuext_op *op)
{
	flush(READ_ONCE(b->v->domain->dirty), op->cmd == MMUEXT_INVLPG_ALL,
	      op->arg1.linear_addr);
	return 0;
}

static int op_flush_multi(struct mmu_batch *b, const struct mmuext_op *op)
{
	cpumask_t mask;

	if (mmu_vcpumask(b->v, (gva_t)op->arg2.vcpumask.p, &mask))
		return -XEN_EINVAL;
	flush(mask, op->cmd == MMUEXT_INVLPG_MULTI, op->arg1.linear_addr);
	return 0;
}

/* For who has device memory. */
static int op_flush_cache(struct mmu_batch *b, const struct mmuext_op *op)
{
	bool global = op->cmd == MMUEXT_FLUSH_CACHE_GLOBAL;

	if (!b->v->domain->privileged)
		return global ? -XEN_EINVAL : -XEN_EACCES;
	arch_flush(global ? cpus_online() : 1u << cpu_id(), FLUSH_CACHE, 0);
	return 0;
}

/* ---- The LDT, pages ------------------------------------------------------------------ */

static int op_set_ldt(struct mmu_batch *b, const struct mmuext_op *op)
{
	unsigned int n = op->arg2.nr_ents;
	gva_t base = n ? op->arg1.linear_addr : 0;

	if (base % PAGE_SIZE || !guest_range_ok(base, 1) || n > LDT_ENTRIES)
		return -XEN_EINVAL;
	return arch_ldt_set(b->v, base, n);
}

/* A page to overwrite: with a writable reference; false: it is not that. */
static bool page_get(struct domain *d, mfn_t m)
{
	return !type_get(d, m, FT_WRITABLE);
}

static int op_clear_page(struct mmu_batch *b, const struct mmuext_op *op)
{
	mfn_t m = MFN(op->arg1.mfn);

	if (!page_get(b->fg_dom, m))
		return -XEN_EINVAL;
	__builtin_memset(frame_ptr(m), 0, PAGE_SIZE);
	return type_put(m);
}

static int op_copy_page(struct mmu_batch *b, const struct mmuext_op *op)
{
	mfn_t to = MFN(op->arg1.mfn), from = MFN(op->arg2.src_mfn);

	if (!frame_get(from, b->fg_dom->id))
		return -XEN_EINVAL;
	if (!page_get(b->fg_dom, to)) {
		frame_put(from);
		return -XEN_EINVAL;
	}
	__builtin_memmove(frame_ptr(to), frame_ptr(from), PAGE_SIZE);
	frame_put(from);
	return type_put(to);
}

/* Superpages are none of ours. */
static int op_super(struct mmu_batch *b, const struct mmuext_op *op)
{
	(void)b;
	(void)op;
	return -XEN_EOPNOTSUPP;
}

/* ---- The table ------------------------------------------------------------------------- */

static const struct mmuext_row {
	mmuext_fn *fn;
	bool foreign; /* may be asked for another domain's frames */
} ops[] = {
	[MMUEXT_PIN_L1_TABLE] = { op_pin, true },
	[MMUEXT_PIN_L2_TABLE] = { op_pin, true },
	[MMUEXT_PIN_L3_TABLE] = { op_pin, true },
	[MMUEXT_PIN_L4_TABLE] = { op_pin, true },
	[MMUEXT_UNPIN_TABLE] = { op_unpin, true },
	[MMUEXT_NEW_BASEPTR] = { op_new_baseptr, false },
	[MMUEXT_TLB_FLUSH_LOCAL] = { op_flush_local, false },
	[MMUEXT_INVLPG_LOCAL] = { op_flush_local, false },
	[MMUEXT_TLB_FLUSH_MULTI] = { op_flush_multi, false },
	[MMUEXT_INVLPG_MULTI] = { op_flush_multi, false },
	[MMUEXT_TLB_FLUSH_ALL] = { op_flush_all, false },
	[MMUEXT_INVLPG_ALL] = { op_flush_all, false },
	[MMUEXT_FLUSH_CACHE] = { op_flush_cache, false },
	[MMUEXT_SET_LDT] = { op_set_ldt, false },
	[MMUEXT_NEW_USER_BASEPTR] = { op_new_user_baseptr, false },
	[MMUEXT_CLEAR_PAGE] = { op_clear_page, true },
	[MMUEXT_COPY_PAGE] = { op_copy_page, true },
	[MMUEXT_FLUSH_CACHE_GLOBAL] = { op_flush_cache, false },
	[MMUEXT_MARK_SUPER] = { op_super, true },
	[MMUEXT_UNMARK_SUPER] = { op_super, true },
};

static int ext_one(struct mmu_batch *b, const void *request)
{
	const struct mmuext_op *op = request;
	const struct mmuext_row *row;

	if (op->cmd >= ARRAY_SIZE(ops) || !ops[op->cmd].fn)
		return -XEN_ENOSYS;
	row = &ops[op->cmd];
	if (!row->foreign && b->fg_dom != b->v->domain)
		return -XEN_EPERM;
	return row->fn(b, op);
}

int64_t hc_mmuext_op(struct hypercall *h)
{
	struct mmu_batch b = { .v = h->v, .pt_dom = h->v->domain };
	int64_t rc;

	if (mmu_batch_resume(h, &rc))
		return rc;
	if (!mmu_batch_range_ok(h, sizeof(struct mmuext_op)))
		return -XEN_EFAULT;
	b.fg_dom = mmu_foreign_get(h->v, (domid_t)h->arg[3]);
	if (!b.fg_dom)
		return -XEN_ESRCH;
	rc = -XEN_EPERM;
	if (mmu_may(h->v, b.fg_dom))
		rc = mmu_batch_run(h, &b, sizeof(struct mmuext_op), ext_one);
	mmu_foreign_put(h->v, b.fg_dom);
	return rc;
}
