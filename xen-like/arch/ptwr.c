/* SPDX-License-Identifier: MIT */
/*
 * A store of the guest kernel to an L1 table that it has mapped read-only:
 * decoded, judged as an mmu_update would be, and done. Only naturally aligned
 * stores within one entry; what is not understood stays a page fault.
 */
#include "emulate.h"
#include "pte.h"
#include "store.h"
#include "trap.h"
#include "x86.h"

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

/* MOVS and STOS: rdi says where, and REP may do it again. */
static bool is_string(const struct insn *i)
{
	return (i->opcode & ~0xfu) == 0xa0;
}
static bool is_movs(const struct insn *i)
{
	return (i->opcode & ~1u) == 0xa4;
}

/* 0; an error; -XEN_ERESTART: run the instruction again. */
static int update(struct vcpu *v, const struct insn *i, mfn_t target,
		  unsigned int offset)
{
	uint64_t *table = frame_ptr(target);
	uint64_t seen = READ_ONCE(table[offset / 8]);
	unsigned int shift = offset % 8 * 8;
	uint64_t mask = insn_mask(i), field = seen >> shift & mask, whole;
	struct store_effect e = { .flags = v->regs.rflags & STORE_FLAGS,
				  .to_reg = -1 };
	int err = 0;

	if (is_movs(i) ? copy_from_guest(&e.store, v->regs.rsi, i->bytes)
		       : !store_effect(i, &v->regs, field, &e))
		return -XEN_EINVAL;
	whole = (seen & ~(mask << shift)) | (e.store & mask) << shift;
	if (!e.no_store)
		err = pte_update(v, v->domain, v->domain, target, offset / 8,
				 whole, false, &seen);
	if (err)
		return err == -XEN_EAGAIN ? -XEN_ERESTART : err;
	store_finish(i, &v->regs, field, &e);
	return 0;
}

/* A string instruction's registers; -XEN_ERESTART: REP has more to do. */
static int advance(struct cpu_user_regs *r, const struct insn *i)
{
	uint64_t by = r->rflags & RFLAGS_DF ? -(uint64_t)i->bytes : i->bytes;

	if (!is_string(i))
		return 0;
	r->rdi += by;
	if (is_movs(i))
		r->rsi += by;
	return i->rep && --r->rcx ? -XEN_ERESTART : 0;
}

bool ptwr_fault(struct vcpu *v, gva_t va)
{
	struct insn i;
	uint64_t at;
	mfn_t target;
	int err;

	if (!emulate_fetch(v, &i) || !(is_string(&i) || insn_in_memory(&i)))
		return false;
	at = is_string(&i)
		     ? v->regs.rdi
		     : insn_offset(&i, &v->regs) + emulate_segment_base(&i);
	if (i.address32 || (at ^ va) & PAGE_MASK || at % i.bytes)
		return false;
	if (!target_of(v, va, &target))
		return false;
	err = update(v, &i, target, (unsigned int)(at & ~PAGE_MASK));
	frame_put(target);
	if (!err)
		err = advance(&v->regs, &i);
	if (!err)
		trap_instruction_done(v, v->regs.rip + i.length);
	/* To be continued: the instruction faults again. */
	return !err || err == -XEN_ERESTART;
}
