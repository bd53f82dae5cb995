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
#include "trap.h"
#include "x86.h"

/* The result of an instruction on the old value of its operand. */
struct effect {
	uint64_t store;
	uint64_t flags;		/* RFLAGS bits of STATUS */
	bool to_reg;		/* the old value goes to a register */
	uint8_t reg;
	bool no_store;		/* cmpxchg that did not match */
	bool judged;		/* flags are to be written */
};

#define ZF (1ul << 6)
#define SF (1ul << 7)
#define PF (1ul << 2)
#define AF (1ul << 4)
#define OF (1ul << 11)
#define STATUS (RFLAGS_CF | PF | AF | ZF | SF | OF)
#define RAX 0

/* ---- Semantics ------------------------------------------------------------------- */

static uint64_t size_mask(const struct insn *i)
{
	return i->bytes == 8 ? ~0ul : (1ul << 8 * i->bytes) - 1;
}

static uint64_t flags_of(const struct insn *i, uint64_t result)
{
	uint64_t flags = 0;

	if (!(result & size_mask(i)))
		flags |= ZF;
	if (result >> (8 * i->bytes - 1) & 1)
		flags |= SF;
	if (!(__builtin_popcountl(result & 0xff) & 1))
		flags |= PF;
	return flags;
}

static void logic(const struct insn *i, struct effect *e, uint64_t result)
{
	e->store = result;
	e->flags = flags_of(i, result);
	e->judged = true;
}

/* 80, 81, 83: the operation is in ModRM.reg: 1 or, 4 and, 6 xor. */
static bool immediate(const struct insn *i, struct effect *e, uint64_t old)
{
	uint64_t imm = (uint64_t)i->imm & size_mask(i);

	switch (i->reg & 7) {
	case 1:
		logic(i, e, old | imm);
		return true;
	case 4:
		logic(i, e, old & imm);
		return true;
	case 6:
		logic(i, e, old ^ imm);
		return true;
	default:
		return false;
	}
}

/* kind 1 set, 2 reset, 3 complement; the bit's number is within the operand. */
static bool bit(const struct insn *i, struct effect *e, uint64_t old,
		unsigned int kind, uint64_t number, uint64_t flags)
{
	uint64_t m = 1ul << (number & (8 * i->bytes - 1ul));

	if (kind == 1)
		e->store = old | m;
	else if (kind == 2)
		e->store = old & ~m;
	else if (kind == 3)
		e->store = old ^ m;
	else
		return false;
	e->flags = (flags & STATUS & ~RFLAGS_CF) | (old & m ? RFLAGS_CF : 0);
	e->judged = true;
	return true;
}

static bool cmpxchg(const struct insn *i, struct effect *e, uint64_t old,
		    struct cpu_user_regs *r)
{
	uint64_t want = insn_read(i, r, RAX), diff = want - old;

	e->flags = flags_of(i, diff) | (want < old ? RFLAGS_CF : 0);
	if ((want ^ diff ^ old) & 0x10)
		e->flags |= AF;
	if (((want ^ old) & (want ^ diff)) >> (8 * i->bytes - 1) & 1)
		e->flags |= OF;
	e->judged = true;
	e->store = insn_read(i, r, i->reg);
	if (want != old) {
		e->no_store = true;
		e->to_reg = true;
		e->reg = RAX;
	}
	return true;
}

/* Bit tests with a register reach beyond the operand: only within it. */
static bool bit_near(const struct insn *i, uint64_t number)
{
	return number < 8ul * i->bytes;
}

static bool perform(const struct insn *i, struct effect *e, uint64_t old,
		    struct cpu_user_regs *r)
{
	uint64_t reg = insn_read(i, r, i->reg);

	*e = (struct effect){ .store = reg };
	switch (i->opcode) {
	case 0x88:
	case 0x89:
		return true;
	case 0xc6:
	case 0xc7:
		e->store = (uint64_t)i->imm & size_mask(i);
		return (i->reg & 7) == 0;
	case 0x86:
	case 0x87:
		e->to_reg = true;
		e->reg = i->reg;
		return true;
	case 0x08:
	case 0x09:
		logic(i, e, old | reg);
		return true;
	case 0x20:
	case 0x21:
		logic(i, e, old & reg);
		return true;
	case 0x30:
	case 0x31:
		logic(i, e, old ^ reg);
		return true;
	case 0x80:
	case 0x81:
	case 0x83:
		return immediate(i, e, old);
	case 0x0fab:
		return bit_near(i, reg) && bit(i, e, old, 1, reg, r->rflags);
	case 0x0fb3:
		return bit_near(i, reg) && bit(i, e, old, 2, reg, r->rflags);
	case 0x0fbb:
		return bit_near(i, reg) && bit(i, e, old, 3, reg, r->rflags);
	case 0x0fba:
		return bit(i, e, old, (i->reg & 7) - 4u, (uint64_t)i->imm,
			   r->rflags);
	case 0x0fb0:
	case 0x0fb1:
		return cmpxchg(i, e, old, r);
	default:
		return false;
	}
}

/* ---- The table's entry ---------------------------------------------------------------- */

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
	uint64_t field = seen >> shift & size_mask(i), whole;
	struct effect e;
	int err = 0;

	if (!perform(i, &e, field, &v->regs))
		return -XEN_EINVAL;
	whole = (seen & ~(size_mask(i) << shift)) |
		(e.store & size_mask(i)) << shift;
	if (!e.no_store)
		err = pte_update(v, v->domain, v->domain, target, offset / 8,
				 whole, false, &seen);
	if (err)
		return err == -XEN_EAGAIN ? -XEN_ERESTART : err;
	if (e.judged)
		v->regs.rflags = (v->regs.rflags & ~STATUS) | e.flags;
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
