/* SPDX-License-Identifier: MIT */
/*
 * Decoder for the 64-bit instructions that are emulated: the privileged ones,
 * and the plain writes to memory that a page table may see. Pure: bytes in,
 * a struct out.
 */
#ifndef INSN_H
#define INSN_H

#include "types.h"

#define INSN_MAX 15

struct insn {
	uint16_t opcode; /* 0x0fxx for the two-byte ones */
	uint8_t length;
	uint8_t bytes;	    /* operand size: 1, 2, 4, 8 */
	uint8_t rex, modrm; /* modrm: as of a register, if there is none */
	bool rep, lock, address32; /* rep: or repne */
	uint8_t reg;		   /* ModRM.reg with REX.R */
	uint8_t rm;	    /* ModRM.rm with REX.B, if it is a register */
	int8_t base, index; /* of a memory operand: -1 none, 16 rip */
	uint8_t scale;
	uint32_t segment_base; /* the MSR that has it, 0: flat */
	int32_t disp;
	int64_t imm;
};

/* False: not one of ours, or longer than the n bytes there are. */
bool insn_decode(struct insn *i, const uint8_t *code, unsigned int n);

/* Is the ModRM operand in memory? */
static inline bool insn_in_memory(const struct insn *i)
{
	return i->modrm < 0xc0;
}

/* General register nr (rax = 0 .. r15 = 15) in r. */
uint64_t *insn_register(struct cpu_user_regs *r, unsigned int nr);

/* All bits of the operand. */
uint64_t insn_mask(const struct insn *i);

/* What register nr holds as an operand of that size; 8-bit ones by REX. */
uint64_t insn_read(const struct insn *i, struct cpu_user_regs *r,
		   unsigned int nr);
void insn_write(const struct insn *i, struct cpu_user_regs *r, unsigned int nr,
		uint64_t value);

/* Offset of the memory operand in its segment. */
uint64_t insn_offset(const struct insn *i, struct cpu_user_regs *r);

#endif
