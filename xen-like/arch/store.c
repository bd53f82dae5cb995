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

static uint64_t flags_of(const struct insn *i, uint64_t result)
{
	uint64_t flags = 0;

	if (!(result & store_mask(i)))
		flags |= ZF;
	if (result >> (8 * i->bytes - 1) & 1)
		flags |= SF;
	if (!(__builtin_popcountl(result & 0xff) & 1))
		flags |= PF;
	return flags;
}

static void logic(const struct insn *i, struct store_effect *e, uint64_t result)
{
	e->store = result;
	e->flags = flags_of(i, result);
	e->judged = true;
}

/* 80, 81, 83: the operation is in ModRM.reg: 1 or, 4 and, 6 xor. */
static bool immediate(const struct insn *i, struct store_effect *e, uint64_t old)
{
	uint64_t imm = (uint64_t)i->imm & store_mask(i);

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
static bool bit(const struct insn *i, struct store_effect *e, uint64_t old,
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
	e->flags = (flags & STORE_FLAGS & ~CF) | (old & m ? CF : 0);
	e->judged = true;
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
	e->judged = true;
	e->store = insn_read(i, r, i->reg);
	if (want != old) {
		e->no_store = true;
		e->to_reg = true;
		e->reg = RAX;
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
	e->flags = (r->rflags & STORE_FLAGS & ~ZF) | (want == old ? ZF : 0);
	e->judged = true;
	e->no_store = e->to_pair = want != old;
	return true;
}

/* Bit tests with a register reach beyond the operand: only within it. */
static bool bit_near(const struct insn *i, uint64_t number)
{
	return number < 8ul * i->bytes;
}

bool store_effect(const struct insn *i, struct cpu_user_regs *r, uint64_t old,
		  struct store_effect *e)
{
	uint64_t reg = insn_read(i, r, i->reg);

	*e = (struct store_effect){ .store = reg };
	switch (i->opcode) {
	case 0x88:
	case 0x89:
		return true;
	case 0xc6:
	case 0xc7:
		e->store = (uint64_t)i->imm & store_mask(i);
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
	case 0xaa:
	case 0xab:
		e->store = insn_read(i, r, RAX);
		return true;
	case 0x0fb0:
	case 0x0fb1:
		return cmpxchg(i, e, old, r);
	case 0x0fc7:
		return cmpxchg8b(i, e, old, r);
	default:
		return false;
	}
}
