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
	return pte_set_root(b->v, MFN(op->arg1.mfn),
			    op->cmd == MMUEXT_NEW_USER_BASEPTR);
}

/* ---- Flushes ---------------------------------------------------------------------- */

/* Here, on a mask of vCPUs, on all: each of everything, then of one page. */
static int op_flush(struct mmu_batch *b, const struct mmuext_op *op)
{
	bool page = (op->cmd - MMUEXT_TLB_FLUSH_LOCAL) % 2;
	gva_t va = op->arg1.linear_addr;
	cpumask_t mask = 1u << cpu_id();

	if (op->cmd >= MMUEXT_TLB_FLUSH_ALL)
		mask = READ_ONCE(b->v->domain->dirty);
	else if (op->cmd >= MMUEXT_TLB_FLUSH_MULTI &&
		 mmu_vcpumask(b->v, (gva_t)op->arg2.vcpumask.p, &mask))
		return -XEN_EINVAL;
	/* An address of hypervisor space has nothing to forget. */
	if (!page)
		arch_flush(mask, FLUSH_TLB | FLUSH_GLOBAL, 0);
	else if (guest_range_ok(va, 1))
		arch_flush(mask, FLUSH_VA, va);
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

static int op_clear_page(struct mmu_batch *b, const struct mmuext_op *op)
{
	mfn_t m = MFN(op->arg1.mfn);

	if (type_get(b->fg_dom, m, FT_WRITABLE))
		return -XEN_EINVAL;
	__builtin_memset(frame_ptr(m), 0, PAGE_SIZE);
	return type_put(m);
}

static int op_copy_page(struct mmu_batch *b, const struct mmuext_op *op)
{
	mfn_t to = MFN(op->arg1.mfn), from = MFN(op->arg2.src_mfn);

	if (!frame_get(from, b->fg_dom->id))
		return -XEN_EINVAL;
	if (type_get(b->fg_dom, to, FT_WRITABLE)) {
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
	[MMUEXT_PIN_L1_TABLE... MMUEXT_PIN_L4_TABLE] = { op_pin, true },
	[MMUEXT_UNPIN_TABLE] = { op_unpin, true },
	[MMUEXT_NEW_BASEPTR] = { op_new_baseptr, false },
	[MMUEXT_TLB_FLUSH_LOCAL... MMUEXT_INVLPG_ALL] = { op_flush, false },
	[MMUEXT_FLUSH_CACHE] = { op_flush_cache, false },
	[MMUEXT_SET_LDT] = { op_set_ldt, false },
	[MMUEXT_NEW_USER_BASEPTR] = { op_new_baseptr, false },
	[MMUEXT_CLEAR_PAGE] = { op_clear_page, true },
	[MMUEXT_COPY_PAGE] = { op_copy_page, true },
	[MMUEXT_FLUSH_CACHE_GLOBAL] = { op_flush_cache, false },
	[MMUEXT_MARK_SUPER... MMUEXT_UNMARK_SUPER] = { op_super, true },
};

static int ext_one(struct mmu_batch *b, const void *request)
{
	const struct mmuext_op *op = request;

	if (op->cmd >= ARRAY_SIZE(ops) || !ops[op->cmd].fn)
		return -XEN_ENOSYS;
	if (!ops[op->cmd].foreign && b->fg_dom != b->v->domain)
		return -XEN_EPERM;
	return ops[op->cmd].fn(b, op);
}

int64_t hc_mmuext_op(struct hypercall *h)
{
	return mmu_batch_run(h, sizeof(struct mmuext_op), ext_one, false);
}
