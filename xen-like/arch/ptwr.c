/* SPDX-License-Identifier: MIT */
/*
 * A store of the guest kernel to an L1 table that it has mapped read-only:
 * decoded, judged as an mmu_update would be, and done. Only naturally aligned
 * stores within one entry; what is not understood stays a page fault.
 */
#include "ptwr.h"
#include "emulate.h"
#include "frame.h"
#include "insn.h"
#include "pte.h"
#include "store.h"
#include "trap.h"

/* The L1 table of v's domain that va maps read-only; referenced. */
static bool target_of(struct vcpu *v, gva_t va, mfn_t *target)
{
	unsigned int index;
	uint64_t pte, word;
	mfn_t table;

	if (!pte_find_l1(v, va, &table, &index))
		return false;
	pte = READ_ONCE(((uint64_t *)frame_ptr(table))[index]);
	frame_put(table);
	*target = pte_mfn(pte);
	if ((pte & (PTE_P | PTE_RW)) != PTE_P ||
	    !frame_get(*target, v->domain->id))
		return false;
	word = READ_ONCE(frame_of(*target)->word);
	if ((word & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT == FT_L1 &&
	    (word & FRAME_TCOUNT_MASK))
		return true;
	frame_put(*target);
	return false;
}

/* 0; an error; -XEN_ERESTART: run the instruction again. */
static int update(struct vcpu *v, const struct insn *i, mfn_t target,
		  unsigned int offset)
{
	uint64_t *table = frame_ptr(target);
	uint64_t seen = READ_ONCE(table[offset / 8]);
	unsigned int shift = offset % 8 * 8;
	uint64_t field = seen >> shift & store_mask(i), whole;
	struct store_effect e;
	int err = 0;

	if (!store_effect(i, &v->regs, field, &e))
		return -XEN_EINVAL;
	whole = (seen & ~(store_mask(i) << shift)) | (e.store & store_mask(i))
							     << shift;
	if (!e.no_store)
		err = pte_update(v, v->domain, v->domain, target, offset / 8,
				 whole, false, &seen);
	if (err)
		return err == -XEN_EAGAIN ? -XEN_ERESTART : err;
	if (e.judged)
		v->regs.rflags = (v->regs.rflags & ~STORE_FLAGS) | e.flags;
	if (e.to_reg)
		insn_write(i, &v->regs, e.reg, field);
	return 0;
}

bool ptwr_fault(struct vcpu *v, gva_t va)
{
	struct insn i;
	uint64_t at;
	mfn_t target;
	int err;

	if (!emulate_fetch(v, &i) || !insn_in_memory(&i))
		return false;
	at = emulate_address(v, &i);
	if ((at ^ va) & PAGE_MASK || at % i.bytes)
		return false;
	if (!target_of(v, va, &target))
		return false;
	err = update(v, &i, target, (unsigned int)(at & ~PAGE_MASK));
	frame_put(target);
	if (!err)
		trap_instruction_done(v, v->regs.rip + i.length);
	/* To be continued: the instruction faults again. */
	return !err || err == -XEN_ERESTART;
}
