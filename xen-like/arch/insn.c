/* SPDX-License-Identifier: MIT */
/* Intel SDM volume 2, chapter 2 (formats) and appendix A (opcode maps). */
#include "insn.h"
#include "x86.h"

/* ---- What follows each opcode --------------------------------------------------- */

#define MODRM	 1u
#define IMM8	 2u
#define IMMZ	 4u /* as the operand, but at most 4 bytes */
#define BYTE	 8u /* operands of one byte, whatever the prefixes */
#define OK	 16u
#define EIGHT	 32u /* operands of 8 bytes, whatever the prefixes */
#define REGISTER 64u /* ModRM.rm is a register, whatever ModRM.mod */

#define CONTROL (OK | MODRM | EIGHT | REGISTER)
#define ALU(op) [op] = OK | MODRM | BYTE, [(op) + 1] = OK | MODRM

/* clang-format off */
static const uint8_t one_byte[256] = {
	ALU(0x08), ALU(0x20), ALU(0x30), ALU(0x86), ALU(0x88),
	[0x6c] = OK | BYTE, [0x6d] = OK, [0x6e] = OK | BYTE, [0x6f] = OK,
	[0x80] = OK | MODRM | IMM8 | BYTE, [0x81] = OK | MODRM | IMMZ,
	[0x83] = OK | MODRM | IMM8,
	[0xa4] = OK | BYTE, [0xa5] = OK, [0xaa] = OK | BYTE, [0xab] = OK,
	[0xc6] = OK | MODRM | IMM8 | BYTE, [0xc7] = OK | MODRM | IMMZ,
	[0xe4] = OK | IMM8 | BYTE, [0xe5] = OK | IMM8,
	[0xe6] = OK | IMM8 | BYTE, [0xe7] = OK | IMM8,
	[0xec] = OK | BYTE, [0xed] = OK, [0xee] = OK | BYTE, [0xef] = OK,
	[0xfa] = OK, [0xfb] = OK,
};

static const uint8_t two_byte[256] = {
	[0x01] = OK | MODRM, [0x06] = OK, [0x09] = OK,
	[0x20] = CONTROL, [0x21] = CONTROL,
	[0x22] = CONTROL, [0x23] = CONTROL,
	[0x30] = OK, [0x31] = OK, [0x32] = OK, [0xa2] = OK,
	[0xab] = OK | MODRM, [0xb3] = OK | MODRM, [0xbb] = OK | MODRM,
	[0xb0] = OK | MODRM | BYTE, [0xb1] = OK | MODRM,
	[0xba] = OK | MODRM | IMM8, [0xc7] = OK | MODRM | EIGHT,
};
/* clang-format on */

/* ---- Reading ------------------------------------------------------------------------ */

struct reader {
	const uint8_t *code;
	unsigned int at, n; /* at > n: more was read than there is */
};

static uint64_t take(struct reader *r, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < bytes; i++, r->at++)
		if (r->at < r->n)
			v |= (uint64_t)r->code[r->at] << 8 * i;
	return v;
}

static int64_t take_signed(struct reader *r, unsigned int bytes)
{
	unsigned int shift = 64 - 8 * bytes;

	return (int64_t)(take(r, bytes) << shift) >> shift;
}

#define PREFIX_FLAT    0x26 /* and 2e, 36, 3e: es, cs, ss, ds */
#define PREFIX_FS      0x64
#define PREFIX_GS      0x65
#define PREFIX_OPERAND 0x66
#define PREFIX_ADDRESS 0x67
#define PREFIX_LOCK    0xf0
#define PREFIX_REPNE   0xf2
#define PREFIX_REP     0xf3
#define REX_W	       8
#define REX_R	       4
#define REX_X	       2
#define REX_B	       1

/* Legacy prefixes, then REX, then the opcode: its first byte is returned. */
static uint8_t prefixes(struct insn *i, struct reader *r, bool *operand16)
{
	for (;;) {
		uint8_t b = (uint8_t)take(r, 1);

		if (b == PREFIX_OPERAND) {
			*operand16 = true;
		} else if (b == PREFIX_ADDRESS) {
			i->address32 = true;
		} else if (b == PREFIX_FS || b == PREFIX_GS) {
			i->segment_base = b == PREFIX_FS ? MSR_FS_BASE
							 : MSR_GS_BASE;
		} else if (b == PREFIX_LOCK) {
			i->lock = true;
		} else if (b == PREFIX_REP || b == PREFIX_REPNE) {
			i->rep = true;
		} else if ((b & 0xf0) == 0x40) {
			i->rex = b;
			return (uint8_t)take(r, 1);
		} else if ((b & 0xe7) != PREFIX_FLAT) {
			return b;
		}
	}
}

static void memory_operand(struct insn *i, struct reader *r)
{
	unsigned int mod = i->modrm >> 6, rm = i->modrm & 7;
	int8_t no_base = 16;

	if (rm == 4) {
		uint8_t sib = (uint8_t)take(r, 1);
		unsigned int x = (sib >> 3 & 7) + (i->rex & REX_X ? 8 : 0);

		rm = sib & 7;
		no_base = -1;
		i->index = x == 4 ? -1 : (int8_t)x;
		i->scale = sib >> 6;
	}
	i->base = (int8_t)(rm + (i->rex & REX_B ? 8 : 0));
	if (mod == 0 && rm == 5) {
		i->base = no_base;
		mod = 2;
	}
	if (mod)
		i->disp = (int32_t)take_signed(r, mod == 1 ? 1 : 4);
}

static void operands(struct insn *i, struct reader *r, uint8_t kind)
{
	if (kind & MODRM) {
		i->modrm = (uint8_t)take(r, 1);
		i->reg = (i->modrm >> 3 & 7) + (i->rex & REX_R ? 8 : 0);
		i->rm = (i->modrm & 7) + (i->rex & REX_B ? 8 : 0);
		/* Moves of control registers ignore mod: SDM, MOV CR. */
		if (kind & REGISTER)
			i->modrm |= 0xc0;
		if (i->modrm < 0xc0)
			memory_operand(i, r);
	}
	if (kind & IMM8)
		i->imm = take_signed(r, 1);
	if (kind & IMMZ)
		i->imm = take_signed(r, MIN(i->bytes, 4));
}

bool insn_decode(struct insn *i, const uint8_t *code, unsigned int n)
{
	struct reader r = { .code = code, .n = MIN(n, INSN_MAX) };
	bool operand16 = false;
	uint8_t kind;

	*i = (struct insn){ .modrm = 0xc0, .base = -1, .index = -1 };
	i->opcode = prefixes(i, &r, &operand16);
	if (i->opcode == 0x0f) {
		uint8_t second = (uint8_t)take(&r, 1);

		i->opcode = 0x0f00 | second;
		kind = two_byte[second];
	} else {
		kind = one_byte[i->opcode];
	}
	if (!(kind & OK))
		return false;
	i->bytes = kind & BYTE			      ? 1
		   : (kind & EIGHT || i->rex & REX_W) ? 8
		   : operand16			      ? 2
						      : 4;
	operands(i, &r, kind);
	i->length = (uint8_t)r.at;
	return r.at <= r.n;
}

/* ---- Registers ---------------------------------------------------------------------------- */

uint64_t *insn_register(struct cpu_user_regs *r, unsigned int nr)
{
#define AT(reg) offsetof(struct cpu_user_regs, reg)
	static const uint8_t at[16] = {
		AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
		AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
		AT(r12), AT(r13), AT(r14), AT(r15),
	};

	return (void *)((uint8_t *)r + at[nr & 15]);
}

/* Without REX, byte registers 4 to 7 are ah, ch, dh, bh. */
static bool high_byte(const struct insn *i, unsigned int nr)
{
	return i->bytes == 1 && !i->rex && nr >= 4 && nr < 8;
}

uint64_t insn_mask(const struct insn *i)
{
	return i->bytes == 8 ? ~0ul : (1ul << 8 * i->bytes) - 1;
}

uint64_t insn_read(const struct insn *i, struct cpu_user_regs *r,
		   unsigned int nr)
{
	if (high_byte(i, nr))
		return *insn_register(r, nr - 4) >> 8 & 0xff;
	return *insn_register(r, nr) & insn_mask(i);
}

void insn_write(const struct insn *i, struct cpu_user_regs *r, unsigned int nr,
		uint64_t value)
{
	bool high = high_byte(i, nr);
	uint64_t *to = insn_register(r, high ? nr - 4 : nr);
	uint64_t mask = insn_mask(i) << (high ? 8 : 0);

	value <<= high ? 8 : 0;
	/* Writes of 32 bits clear the upper half. */
	*to = i->bytes == 4 ? (uint32_t)value : (*to & ~mask) | (value & mask);
}

uint64_t insn_offset(const struct insn *i, struct cpu_user_regs *r)
{
	uint64_t at = (uint64_t)(int64_t)i->disp;

	if (i->base == 16)
		at += r->rip + i->length;
	else if (i->base >= 0)
		at += *insn_register(r, (unsigned int)i->base);
	if (i->index >= 0)
		at += *insn_register(r, (unsigned int)i->index) << i->scale;
	return i->address32 ? (uint32_t)at : at;
}
