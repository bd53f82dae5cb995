/* SPDX-License-Identifier: MIT */
/*
 * The decoder and the effect of storing instructions, against the CPU itself:
 * each instruction runs natively on a word of memory, and as emulated on a
 * copy. Memory, registers and flags must agree. And bytes that are no
 * instruction of ours, or too few of them, are refused.
 */
#include "insn.h"
#include "store.h"
#include "unit.h"
#include "x86.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What goes in and comes out: the operand is at rdi, in memory. */
struct state {
	uint64_t memory, rax, rsi, rdx, flags;
};

typedef void native_fn(uint64_t *memory, uint64_t rsi, uint64_t rdx,
		       struct state *s);

static uint8_t *code_page;

/*
 * rdi memory, rsi (copied to rbx, rcx), rdx; the state in r9: rax, flags, the
 * instruction, then all back into it.
 */
static const uint8_t prologue[] = {
	0x49, 0x89, 0xc9,	/* mov %rcx, %r9 */
	0x53,			/* push %rbx */
	0x48, 0x89, 0xf3,	/* mov %rsi, %rbx */
	0x48, 0x89, 0xf1,	/* mov %rsi, %rcx */
	0x49, 0x8b, 0x41, 0x08, /* mov 8(%r9), %rax */
	0x41, 0xff, 0x71, 0x20, /* push 32(%r9) */
	0x9d,			/* popf */
};
static const uint8_t epilogue[] = {
	0x49, 0x89, 0x41, 0x08, /* mov %rax, 8(%r9) */
	0x49, 0x89, 0x71, 0x10, /* mov %rsi, 16(%r9) */
	0x49, 0x89, 0x51, 0x18, /* mov %rdx, 24(%r9) */
	0x9c,			/* pushf */
	0x41, 0x8f, 0x41, 0x20, /* pop 32(%r9) */
	0x5b,			/* pop %rbx */
	0xc3,
};

static void run_native(const uint8_t *insn, size_t n, struct state *s)
{
	uint8_t *p = code_page;
	native_fn *fn = (native_fn *)code_page;

	memcpy(p, prologue, sizeof(prologue));
	p += sizeof(prologue);
	memcpy(p, insn, n);
	memcpy(p + n, epilogue, sizeof(epilogue));
	fn(&s->memory, s->rsi, s->rdx, s);
}

static bool run_emulated(const uint8_t *code, size_t n, struct state *s)
{
	struct cpu_user_regs r = {
		.rax = s->rax,
		.rbx = s->rsi,
		.rcx = s->rsi,
		.rdx = s->rdx,
		.rsi = s->rsi,
		.rdi = 0x1000,
	};
	uint64_t old = s->memory, mask;
	struct store_effect e;
	struct insn i;

	if (!insn_decode(&i, code, (unsigned int)n))
		return false;
	CU_ASSERT_EQUAL(i.length, n);
	CU_ASSERT(insn_in_memory(&i));
	CU_ASSERT_EQUAL(insn_offset(&i, &r), 0x1000);
	mask = insn_mask(&i);
	r.rflags = s->flags;
	if (!store_effect(&i, &r, old & mask, &e))
		return false;
	if (!e.no_store)
		s->memory = (old & ~mask) | (e.store & mask);
	store_finish(&i, &r, old & mask, &e);
	s->flags = r.rflags;
	s->rax = r.rax;
	s->rsi = r.rsi;
	s->rdx = r.rdx;
	return true;
}

/* Bytes; for BTS and the like the register must be within the operand. */
static const struct {
	uint8_t n, code[12];
	uint8_t small; /* rsi is below this, if not 0 */
	bool no_af;    /* AF is not defined after it, nor OF, SF, PF */
} cases[] = {
	{ 2, { 0x89, 0x37 }, 0, false },		/* mov %esi, (%rdi) */
	{ 3, { 0x48, 0x89, 0x37 }, 0, false },		/* mov %rsi, (%rdi) */
	{ 3, { 0x66, 0x89, 0x37 }, 0, false },		/* mov %si, (%rdi) */
	{ 2, { 0x88, 0x37 }, 0, false },		/* mov %dh, (%rdi) */
	{ 3, { 0x40, 0x88, 0x37 }, 0, false },		/* mov %sil, (%rdi) */
	{ 3, { 0xc6, 0x07, 0x5a }, 0, false },		/* movb */
	{ 6, { 0xc7, 0x07, 1, 2, 3, 0x84 }, 0, false }, /* movl */
	{ 7, { 0x48, 0xc7, 0x07, 1, 2, 3, 0x84 }, 0, false }, /* movq, sign */
	{ 5, { 0x66, 0xc7, 0x07, 0x55, 0xaa }, 0, false },
	{ 2, { 0x87, 0x37 }, 0, false }, /* xchg */
	{ 3, { 0x48, 0x87, 0x37 }, 0, false },
	{ 3, { 0x66, 0x87, 0x37 }, 0, false },
	{ 2, { 0x86, 0x37 }, 0, false }, /* xchg %dh */
	{ 3, { 0x40, 0x86, 0x37 }, 0, false },
	{ 2, { 0x09, 0x37 }, 0, true }, /* or */
	{ 3, { 0x48, 0x09, 0x37 }, 0, true },
	{ 2, { 0x08, 0x37 }, 0, true },
	{ 4, { 0xf0, 0x48, 0x21, 0x37 }, 0, true }, /* lock and */
	{ 2, { 0x20, 0x37 }, 0, true },
	{ 3, { 0x66, 0x31, 0x37 }, 0, true }, /* xor */
	{ 3, { 0x48, 0x31, 0x37 }, 0, true },
	{ 4, { 0x48, 0x83, 0x27, 0xfd }, 0, true }, /* and $-3 */
	{ 3, { 0x80, 0x0f, 0x81 }, 0, true },	    /* orb */
	{ 3, { 0x83, 0x37, 0x0f }, 0, true },	    /* xorl */
	{ 7, { 0x48, 0x81, 0x27, 0xff, 0, 0, 0x80 }, 0, true },
	{ 5, { 0x66, 0x81, 0x0f, 0x34, 0x12 }, 0, true },
	{ 4, { 0x48, 0x0f, 0xb1, 0x37 }, 0, false }, /* cmpxchg */
	{ 3, { 0x0f, 0xb1, 0x37 }, 0, false },
	{ 4, { 0x66, 0x0f, 0xb1, 0x37 }, 0, false },
	{ 4, { 0x40, 0x0f, 0xb0, 0x37 }, 0, false },
	{ 3, { 0x0f, 0xb0, 0x37 }, 0, false },
	{ 4, { 0x48, 0x0f, 0xab, 0x37 }, 64, true }, /* bts */
	{ 4, { 0x48, 0x0f, 0xb3, 0x37 }, 64, true }, /* btr */
	{ 3, { 0x0f, 0xbb, 0x37 }, 32, true },	     /* btc */
	{ 5, { 0x48, 0x0f, 0xba, 0x2f, 40 }, 0, true },
	{ 5, { 0x48, 0x0f, 0xba, 0x37, 1 }, 0, true },
	{ 4, { 0x0f, 0xba, 0x3f, 31 }, 0, true },
	{ 6, { 0xf0, 0x48, 0x0f, 0xba, 0x37, 63 }, 0, true },
	{ 3, { 0x0f, 0xc7, 0x0f }, 0, false }, /* cmpxchg8b */
	{ 4, { 0xf0, 0x0f, 0xc7, 0x0f }, 0, false },
	/* Other ways to say (%rdi): SIB, displacements, segments, prefixes */
	{ 4, { 0x48, 0x89, 0x34, 0x27 }, 0, false },
	{ 4, { 0x48, 0x89, 0x77, 0x00 }, 0, false },
	{ 7, { 0x48, 0x89, 0xb7, 0, 0, 0, 0 }, 0, false },
	{ 5, { 0x48, 0x89, 0x74, 0x27, 0x00 }, 0, false },
	{ 8, { 0x48, 0x89, 0xb4, 0x27, 0, 0, 0, 0 }, 0, false },
	{ 4, { 0x3e, 0x48, 0x89, 0x37 }, 0, false },
	{ 5, { 0x66, 0x2e, 0x48, 0x89, 0x37 }, 0, false },
};

static uint64_t random64(void)
{
	return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^
	       (uint64_t)random();
}

#define AF	 0x10ul
#define OF_SF_PF 0x884ul
#define ZF	 0x40ul

static void one(unsigned int c)
{
	struct state native = {
		.memory = random64(),
		.rax = random64(),
		.rsi = random64(),
		.rdx = random64(),
		.flags = 0x202 | (random64() & STORE_FLAGS),
	};
	struct state emulated;
	uint64_t defined = STORE_FLAGS;

	if (random() & 1)
		native.rax = native.memory; /* so that cmpxchg matches */
	if (random() & 1)
		native.rdx = native.memory >> 32; /* and cmpxchg8b */
	if (cases[c].small)
		native.rsi %= cases[c].small;
	if (cases[c].no_af)
		defined &= ~AF;
	if (cases[c].code[1] == 0x0f || cases[c].code[0] == 0x0f ||
	    cases[c].code[2] == 0x0f)
		if (cases[c].no_af)
			defined &= ~(OF_SF_PF | ZF);
	emulated = native;
	run_native(cases[c].code, cases[c].n, &native);
	CU_ASSERT_FATAL(run_emulated(cases[c].code, cases[c].n, &emulated));
	CU_ASSERT_EQUAL(emulated.memory, native.memory);
	CU_ASSERT_EQUAL(emulated.rax, native.rax);
	CU_ASSERT_EQUAL(emulated.rsi, native.rsi);
	CU_ASSERT_EQUAL(emulated.rdx, native.rdx);
	CU_ASSERT_EQUAL(emulated.flags & defined, native.flags & defined);
}

static void store_as_the_cpu(void)
{
	srandom(1);
	for (unsigned int c = 0; c < ARRAY_SIZE(cases); c++)
		for (int round = 0; round < 500; round++)
			one(c);
}

/* Each prefix of an instruction is too short for it. */
static void decode_short(void)
{
	struct insn i;

	for (unsigned int c = 0; c < ARRAY_SIZE(cases); c++)
		for (unsigned int n = 0; n < cases[c].n; n++)
			CU_ASSERT(!insn_decode(&i, cases[c].code, n));
}

static void decode_addresses(void)
{
	static const struct {
		uint8_t n, code[10];
		uint64_t offset;
		uint32_t segment_base;
	} row[] = {
		{ 3, { 0x48, 0x89, 0x37 }, 0x7000, 0 },
		{ 7, { 0x48, 0x89, 0x35, 4, 0, 0, 0 }, 0x10b, 0 },
		{ 4, { 0x48, 0x89, 0x77, 0xf8 }, 0x6ff8, 0 },
		{ 5,
		  { 0x4b, 0x89, 0x74, 0xc1, 0x10 },
		  0x9000 + 0x40010,
		  0 }, /* 16(%r9, %r8, 8) */
		{ 8,
		  { 0x48, 0x89, 0x34, 0x25, 0x78, 0x56, 0x34, 0x92 },
		  0xffffffff92345678,
		  0 },
		{ 4, { 0x65, 0x48, 0x89, 0x37 }, 0x7000, MSR_GS_BASE },
		{ 4, { 0x64, 0x48, 0x89, 0x37 }, 0x7000, MSR_FS_BASE },
		{ 9,
		  { 0x67, 0x48, 0x89, 0x34, 0x25, 0x78, 0x56, 0x34, 0x92 },
		  0x92345678,
		  0 },
	};
	struct cpu_user_regs r = {
		.rdi = 0x7000, .r8 = 0x8000, .r9 = 0x9000, .rip = 0x100
	};
	struct insn i;

	for (unsigned int k = 0; k < ARRAY_SIZE(row); k++) {
		CU_ASSERT_FATAL(insn_decode(&i, row[k].code, row[k].n));
		CU_ASSERT_EQUAL(insn_offset(&i, &r), row[k].offset);
		CU_ASSERT_EQUAL(i.segment_base, row[k].segment_base);
	}
}

static void decode_refuses(void)
{
	static const uint8_t bad[][4] = {
		{ 0x90 },	{ 0xcc },	{ 0xf4 },	{ 0x0f, 0x0b },
		{ 0x0f, 0x05 }, { 0xcd, 0x80 }, { 0x8b, 0x07 }, { 0xc3 },
	};
	uint8_t prefixes[32];
	struct insn i;

	for (unsigned int k = 0; k < ARRAY_SIZE(bad); k++)
		CU_ASSERT(!insn_decode(&i, bad[k], 4));
	/* As many prefixes as one likes, but no more than 15 bytes. */
	memset(prefixes, 0x66, sizeof(prefixes));
	prefixes[13] = 0x89;
	prefixes[14] = 0x37;
	CU_ASSERT(insn_decode(&i, prefixes, sizeof(prefixes)));
	prefixes[13] = 0x66;
	prefixes[14] = 0x89;
	prefixes[15] = 0x37;
	CU_ASSERT(!insn_decode(&i, prefixes, sizeof(prefixes)));
}

/* Any bytes: an answer, and never a look beyond them (the sanitisers see). */
static void decode_anything(void)
{
	struct cpu_user_regs r = { 0 };
	struct store_effect e;
	struct insn i;

	srandom(2);
	for (int round = 0; round < 200000; round++) {
		unsigned int n = (unsigned int)random() % 16;
		uint8_t *code = malloc(n ? n : 1);

		for (unsigned int k = 0; k < n; k++)
			code[k] = (uint8_t)random();
		if (insn_decode(&i, code, n)) {
			CU_ASSERT(i.length <= n);
			(void)insn_offset(&i, &r);
			(void)store_effect(&i, &r, random64(), &e);
		}
		free(code);
	}
}

static void make_page(void)
{
	code_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code_page == MAP_FAILED)
		abort();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(store_as_the_cpu), TEST(decode_short),
		TEST(decode_addresses), TEST(decode_refuses),
		TEST(decode_anything),	CU_TEST_INFO_NULL,
	};

	make_page();
	return unit_main("store", tests, NULL, NULL);
}
