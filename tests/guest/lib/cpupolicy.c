// SPDX-License-Identifier: MIT
/*
 * The CPU as a guest is told of it, as VALUEs.
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "cpupolicy.h"
#include "trap.h"

struct cpuid {
	uint32_t a, b, c, d;
};

static struct cpuid forced_cpuid(uint32_t leaf, uint32_t sub)
{
	struct cpuid r;

	asm volatile(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2"
		     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
		     : "a"(leaf), "c"(sub));
	return r;
}

static void show_leaf(uint32_t leaf, uint32_t sub)
{
	struct cpuid r = forced_cpuid(leaf, sub);
	char name[32];

	snprintf(name, sizeof(name), "cpuid-%08x.%x", (unsigned)leaf,
		 (unsigned)sub);
	check_value(name, "%08x %08x %08x %08x", (unsigned)r.a, (unsigned)r.b,
		    (unsigned)r.c, (unsigned)r.d);
}

/* Leaves whose subleaves say different things. */
static unsigned int subleaves(uint32_t leaf)
{
	switch (leaf) {
	case 4:
	case 7:
	case 0xb:
		return 4;
	case 0xd:
		return 20;
	default:
		return 1;
	}
}

/* The time stamp counter's leaf, but for what is measured: its frequency. */
static void show_tsc_leaf(void)
{
	struct cpuid r = forced_cpuid(0x40000003, 0);

	check_value("cpuid-40000003.0", "%08x %08x %08x", (unsigned)r.a,
		    (unsigned)r.b, (unsigned)r.d);
}

static void show_leaves(uint32_t first, uint32_t last)
{
	for (uint32_t leaf = first; leaf <= last; leaf++)
		for (uint32_t sub = 0; sub < subleaves(leaf); sub++)
			show_leaf(leaf, sub);
}

/* ---- MSRs ------------------------------------------------------------------------ */

static void show_msr(uint32_t nr)
{
	uint32_t lo = 0, hi = 0;
	char name[32];
	int vector = TRY("rdmsr", : "+a"(lo), "+d"(hi) : "c"(nr));

	snprintf(name, sizeof(name), "rdmsr-%08x", (unsigned)nr);
	if (vector == TRY_NONE)
		check_value(name, "%08x%08x", (unsigned)hi, (unsigned)lo);
	else
		check_value(name, "fault %d error %x", vector,
			    (unsigned)trap_last.regs.error);
}

/* Writes back what was read, then its complement: who takes what? */
static void write_msr(uint32_t nr)
{
	uint32_t lo = 0, hi = 0;
	char name[32];
	int read, same, other;

	read = TRY("rdmsr", : "+a"(lo), "+d"(hi) : "c"(nr));
	same = TRY("wrmsr", : : "a"(lo), "d"(hi), "c"(nr));
	other = TRY("wrmsr", : : "a"(~lo), "d"(hi), "c"(nr));
	snprintf(name, sizeof(name), "wrmsr-%08x", (unsigned)nr);
	check_value(name, "%d %d %d", read, same, other);
}

static const uint32_t msrs[] = {
	0x0,	    0x1,	0x17,	    0x1b,	0x2a,	    0x3a,
	0x3b,	    0x48,	0x49,	    0x79,	0x8b,	    0x8c,
	0xc1,	    0xc2,	0xcd,	    0xce,	0xe2,	    0xe7,
	0xe8,	    0xfe,	0x10a,	    0x10b,	0x122,	    0x123,
	0x140,	    0x174,	0x175,	    0x176,	0x179,	    0x17a,
	0x17b,	    0x186,	0x187,	    0x198,	0x199,	    0x19a,
	0x19b,	    0x19c,	0x1a0,	    0x1a2,	0x1a4,	    0x1ad,
	0x1b0,	    0x1b1,	0x1d9,	    0x1db,	0x200,	    0x201,
	0x250,	    0x277,	0x280,	    0x281,	0x29f,	    0x2ff,
	0x309,	    0x345,	0x38d,	    0x38f,	0x390,	    0x3f1,
	0x400,	    0x401,	0x402,	    0x403,	0x404,	    0x408,
	0x47f,	    0x480,	0x4d0,	    0x600,	0x606,	    0x610,
	0x6a0,	    0x6a2,	0x6e0,	    0x800,	0x802,	    0x83f,
	0xd90,	    0xda0,	0x40000000, 0x40000001, 0x40000010, 0x40000100,
	0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000103,
	0xc0000104, 0xc00000e7, 0xc00000e9, 0xc0000300, 0xc0000408, 0xc0010000,
	0xc0010004, 0xc0010007, 0xc0010010, 0xc0010015, 0xc0010016, 0xc001001a,
	0xc001001d, 0xc001001f, 0xc0010020, 0xc0010030, 0xc0010041, 0xc0010042,
	0xc0010044, 0xc0010055, 0xc0010058, 0xc0010061, 0xc0010062, 0xc0010063,
	0xc0010064, 0xc001006b, 0xc001006c, 0xc001006f, 0xc0010111, 0xc0010112,
	0xc0010113, 0xc0010114, 0xc0010115, 0xc0010117, 0xc001011f, 0xc0010130,
	0xc0010131, 0xc0010140, 0xc0010200, 0xc0010201, 0xc001020b, 0xc0010299,
	0xc001029a, 0xc00102f0, 0xc0011019, 0xc0011020, 0xc0011022, 0xc0011023,
	0xc0011027, 0xc0011029, 0xc001102a, 0xc001103a, 0xc0011030,
};

/* Writing these would end the guest, or they have tests of their own. */
static bool spared(uint32_t nr)
{
	return nr == 0x40000000;
}

void cpupolicy_show(void)
{
	show_leaves(0, 0x24);
	show_leaves(0x40000000, 0x40000002);
	show_tsc_leaf();
	show_leaves(0x40000004, 0x40000006);
	show_leaf(0x40000100, 0);
	show_leaves(0x80000000, 0x80000028);
	show_leaf(0x8fffffff, 0);
	show_leaf(0xffffffff, 0);
	for (unsigned int i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		show_msr(msrs[i]);
		if (!spared(msrs[i]))
			write_msr(msrs[i]);
	}
}
