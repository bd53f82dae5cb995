/* SPDX-License-Identifier: MIT */
/* Intel SDM volume 2: the flags of each instruction. */
#include "store.h"

#define CF  (1ul << 0)
#define PF  (1ul << 2)
#define AF  (1ul << 4)
#define ZF  (1ul << 6)
#define SF  (1ul << 7)
#define OF  (1ul << 11)
#define RAX 0

/* Those of a result, but CF, AF and OF. */
static uint64_t flags_of(const struct insn *i, uint64_t result)
{
	uint64_t flags = 0;

	if (!(result & insn_mask(i)))
		flags |= ZF;
	if (result >> (8 * i->bytes - 1) & 1)
		flags |= SF;
	if (!(__builtin_popcountl(result & 0xff) & 1))
		flags |= PF;
	return flags;
}

/* kind, as in bits 3 to 5 of opcodes: 1 or, 4 and, 6 xor. */
static bool logic(const struct insn *i, struct store_effect *e, uint64_t old,
		  unsigned int kind, uint64_t operand)
{
	if (kind != 1 && kind != 4 && kind != 6)
		return false;
	e->store = kind == 1   ? old | operand
		   : kind == 4 ? old & operand
			       : old ^ operand;
	e->flags = flags_of(i, e->store);
	return true;
}

/*
 * kind, as in bits 3 to 5 of opcodes: 5 set, 6 reset, 7 complement. The
 * bit's number is within the operand.
 */
static bool bit(const struct insn *i, struct store_effect *e, uint64_t old,
		unsigned int kind, uint64_t number)
{
	uint64_t m = 1ul << (number & (8 * i->bytes - 1ul));

	if (kind < 5)
		return false;
	e->store = kind == 5 ? old | m : kind == 6 ? old & ~m : old ^ m;
	e->flags = (e->flags & ~CF) | (old & m ? CF : 0);
	return true;
}

static bool cmpxchg(const struct insn *i, struct store_effect *e, uint64_t old,
		    struct cpu_user_regs *r)
{
	uint64_t want = insn_read(i, r, RAX), diff = want - old;

	e->flags = flags_of(i, diff) | (want < old ? CF : 0);
	if ((want ^ diff ^ old) & 0x10)
		e->flags |= AF;
	if (((want ^ old) & (want ^ diff)) >> (8 * i->bytes - 1) & 1)
		e->flags |= OF;
	if (want != old) {
		e->no_store = true;
		e->to_reg = RAX;
	}
	return true;
}

/* ModRM.reg 1; with REX.W it is CMPXCHG16B, wider than an entry. */
static bool cmpxchg8b(const struct insn *i, struct store_effect *e,
		      uint64_t old, const struct cpu_user_regs *r)
{
	uint64_t want = (uint32_t)r->rax | r->rdx << 32;

	if ((i->reg & 7) != 1 || (i->rex & 8))
		return false;
	e->store = (uint32_t)r->rbx | r->rcx << 32;
	e->flags = (e->flags & ~ZF) | (want == old ? ZF : 0);
	e->no_store = e->to_pair = want != old;
	return true;
}

bool store_effect(const struct insn *i, struct cpu_user_regs *r, uint64_t old,
		  struct store_effect *e)
{
	uint64_t reg = insn_read(i, r, i->reg), imm = i->imm & insn_mask(i);
	unsigned int kind = i->opcode >> 3 & 7, kind_imm = i->reg & 7;

	*e = (struct store_effect){ .store = reg,
				    .flags = r->rflags & STORE_FLAGS,
				    .to_reg = -1 };
	switch (i->opcode) {
	case 0x88 ... 0x89:
		return true;
	case 0xc6 ... 0xc7:
		e->store = imm;
		return kind_imm == 0;
	case 0x86 ... 0x87:
		e->to_reg = (int8_t)i->reg;
		return true;
	case 0x08 ... 0x09:
	case 0x20 ... 0x21:
	case 0x30 ... 0x31:
		return logic(i, e, old, kind, reg);
	case 0x80:
	case 0x81:
	case 0x83:
		return logic(i, e, old, kind_imm, imm);
	case 0x0fab:
	case 0x0fb3:
	case 0x0fbb:
		/* A register may reach beyond the operand: not with us. */
		return reg < 8ul * i->bytes && bit(i, e, old, kind, reg);
	case 0x0fba:
		return bit(i, e, old, kind_imm, imm);
	case 0xaa ... 0xab:
		e->store = insn_read(i, r, RAX);
		return true;
	case 0x0fb0 ... 0x0fb1:
		return cmpxchg(i, e, old, r);
	case 0x0fc7:
		return cmpxchg8b(i, e, old, r);
	default:
		return false;
	}
}

void store_finish(const struct insn *i, struct cpu_user_regs *r, uint64_t old,
		  const struct store_effect *e)
{
	r->rflags = (r->rflags & ~STORE_FLAGS) | e->flags;
	if (e->to_reg >= 0)
		insn_write(i, r, (unsigned int)e->to_reg, old);
	if (e->to_pair) {
		r->rax = (uint32_t)old;
		r->rdx = old >> 32;
	}
}
