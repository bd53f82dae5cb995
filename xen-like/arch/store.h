/* SPDX-License-Identifier: MIT */
/*
 * What an instruction that stores to memory does, given the old value there:
 * MOV, STOS, XCHG, CMPXCHG, CMPXCHG8B, AND, OR, XOR, BTS, BTR, BTC. Pure.
 */
#ifndef STORE_H
#define STORE_H

#include "insn.h"

/* CF, PF, AF, ZF, SF, OF */
#define STORE_FLAGS 0x8d5ul

struct store_effect {
	uint64_t store; /* within the operand's size */
	uint64_t flags; /* STORE_FLAGS after it */
	bool no_store;	/* a CMPXCHG that did not match */
	bool to_pair;	/* the old value goes to edx:eax */
	int8_t to_reg;	/* the register that gets the old value, or -1 */
};

/* False: not an instruction of these. r is read only. */
bool store_effect(const struct insn *i, struct cpu_user_regs *r, uint64_t old,
		  struct store_effect *e);
/* It has been stored: what e says of registers and flags. */
void store_finish(const struct insn *i, struct cpu_user_regs *r, uint64_t old,
		  const struct store_effect *e);

#endif
