/* SPDX-License-Identifier: MIT */
/*
 * What an instruction that stores to memory does, given the old value there:
 * MOV, STOS, XCHG, CMPXCHG, CMPXCHG8B, AND, OR, XOR, BTS, BTR, BTC. Pure.
 */
#ifndef STORE_H
#define STORE_H

#include "insn.h"

struct store_effect {
	uint64_t store; /* within the operand's size */
	uint64_t flags; /* bits of STORE_FLAGS, if judged */
	bool judged;
	bool no_store; /* a CMPXCHG that did not match */
	bool to_pair;  /* the old value goes to edx:eax */
	bool to_reg;   /* the old value goes to register reg */
	uint8_t reg;
};

/* CF, PF, AF, ZF, SF, OF */
#define STORE_FLAGS 0x8d5ul

/* False: not an instruction of these. r is read only. */
bool store_effect(const struct insn *i, struct cpu_user_regs *r, uint64_t old,
		  struct store_effect *e);

/* All bits of the operand. */
static inline uint64_t store_mask(const struct insn *i)
{
	return i->bytes == 8 ? ~0ul : (1ul << 8 * i->bytes) - 1;
}

#endif
