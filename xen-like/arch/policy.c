/* SPDX-License-Identifier: MIT */
/*
 * CPUID for guests: what the CPU says, less what is no PV guest's. One table
 * of masks says what remains of each leaf; leaves that are not in it read
 * zero. It follows Xen's default for PV guests (its annotations in
 * <xen/arch-x86/cpufeatureset.h>: what is marked A), without the speculation
 * controls, which are not virtualised.
 */
#include "policy.h"
#include "mem.h"
#include "time.h"
#include "trap.h"
#include "xstate.h"
#include <xen/arch-x86/cpuid.h>

#define MAX_BASIC	 0xdu
#define MAX_FEATURE_SUB	 2u
#define MAX_EXTENDED_AMD 0x80000021u
#define MAX_EXTENDED	 0x80000008u

#define ALL (~0u)

/* Feature words, with what they lack of the headers' sets for PV guests. */
#define F_1D	  0x1fc9cbf5u
#define F_1C	  0xf6d83203u
#define F_E1D	  0xea500800u
#define F_E1C	  0x042109e3u
#define F_DA1	  0x00000007u
#define F_7B0	  0xfdaf0b29u /* and see the FPU bits below */
#define F_7C0	  0x02405f43u
#define F_7D0	  0x0000441cu | 1u << 14 /* no IBRSB, STIBP, SSBD, ARCH_CAPS */
#define F_7A1	  0x00001c30u
#define F_E8B	  0x20000005u	       /* no IBPB and its kin */
#define F_E21A	  0x00000040u	       /* no SRSO, SBPB */
#define F_7B0_FPU (1u << 6 | 1u << 13) /* FDP_EXCP_ONLY, NO_FPU_SEL: facts */

#define F_1C_HYPERVISOR (1u << 31)
#define F_1C_OSXSAVE	(1u << 27)
#define F_1C_XSAVE	(1u << 26)
#define F_1C_EIST	(1u << 7)
#define F_1D_MTRR	(1u << 12)
#define F_1D_SEP	(1u << 11) /* not in AMD's long mode */
#define F_E21A_LFENCE	(1u << 2)
/* Bits of leaf 1 that AMD repeats in 0x80000001. */
#define F_COMMON_D 0x0183f3ffu

/* The leaves first .. last, with subleaves up to subs; what counts is first. */
struct cpuid_row {
	uint32_t first, last, subs, vendors;
	uint32_t a, b, c, d; /* masks */
};
#define LEAF(n) 0x##n, 0x##n
#define EXT(n)	0x800000##n, 0x800000##n

/* clang-format off */
static const struct cpuid_row rows[] = {
	{ LEAF(0), ALL, ANY, ALL, ALL, ALL, ALL },
	{ LEAF(1), ALL, INTEL | OTHER, 0x0fff0fff, 0x00ffffff, F_1C, F_1D },
	{ LEAF(1), ALL, AMD, 0x0fff0fff, 0x00ffffff, F_1C, F_1D & ~F_1D_SEP },
	{ LEAF(2), ALL, INTEL, ALL, ALL, ALL, ALL },
	{ LEAF(4), 3, INTEL, 0xffffc3ff, ALL, ALL, 7 },
	{ LEAF(7), 0, ANY, ALL, F_7B0 | F_7B0_FPU, F_7C0, F_7D0 },
	{ LEAF(7), 1, ANY, F_7A1, 0, 0, 0 },
	{ LEAF(d), 1, ANY, F_DA1, 0, 0, 0 }, /* but see leaf_d() */
	{ EXT(00), ALL, AMD, ALL, ALL, ALL, ALL },
	{ EXT(00), ALL, INTEL | OTHER, ALL, 0, 0, 0 },
	{ EXT(01), ALL, AMD, 0x0fff0fff, 0xff00ffff, F_E1C, F_E1D },
	{ EXT(01), ALL, INTEL | OTHER, 0, 0, F_E1C, F_E1D },
	{ 0x80000002, 0x80000004, ALL, ANY, ALL, ALL, ALL, ALL },
	{ 0x80000005, 0x80000006, ALL, AMD, ALL, ALL, ALL, ALL },
	{ EXT(06), ALL, INTEL | OTHER, 0, 0, ALL, 0 },
	{ EXT(08), ALL, AMD, 0xffff, F_E8B, 0x3f0ff, 0 },
	{ EXT(08), ALL, INTEL | OTHER, 0xffff, F_E8B, 0, 0 },
	{ EXT(1a), ALL, AMD, ALL, ALL, ALL, ALL },
	{ EXT(21), ALL, AMD, F_E21A, 0, ALL, 0 },
};
/* clang-format on */

void arch_machine(struct arch_machine *m)
{
	*m = (struct arch_machine){
		.khz = (uint32_t)(tsc_hz / 1000),
		.address_bits = (uint8_t)cpuid(0x80000008, 0).a,
		.features = { cpuid(1, 0).d, cpuid(1, 0).c,
			      cpuid(0x80000001, 0).d, cpuid(0x80000001, 0).c,
			      cpuid(0xd, 1).a, cpuid(7, 0).b, cpuid(7, 0).c,
			      cpuid(0x80000007, 0).d },
	};
}

enum policy_vendor policy_vendor(void)
{
	static enum policy_vendor vendor;
	struct cpuid c;

	if (vendor)
		return vendor;
	c = cpuid(0, 0);
	vendor = OTHER;
	/* "GenuineIntel", "AuthenticAMD", "HygonGenuine": in b, d, c */
	if (c.b == 0x756e6547 && c.d == 0x49656e69 && c.c == 0x6c65746e)
		vendor = INTEL;
	if ((c.b == 0x68747541 && c.d == 0x69746e65 && c.c == 0x444d4163) ||
	    (c.b == 0x6f677948 && c.d == 0x6e65476e && c.c == 0x656e6975))
		vendor = AMD;
	return vendor;
}

/* ---- By the table ------------------------------------------------------------------- */

static struct cpuid masked(uint32_t leaf, uint32_t sub)
{
	enum policy_vendor vendor = policy_vendor();
	const struct cpuid_row *row;
	struct cpuid c;

	for (row = rows; row < rows + ARRAY_SIZE(rows); row++)
		if (leaf >= row->first && leaf <= row->last &&
		    sub <= row->subs && row->vendors & vendor)
			break;
	if (row == rows + ARRAY_SIZE(rows) ||
	    leaf > cpuid(leaf & 0x80000000, 0).a)
		return (struct cpuid){ 0 };
	c = cpuid(leaf, sub);
	c.a &= row->a;
	c.b &= row->b;
	c.c &= row->c;
	c.d &= row->d;
	return c;
}

/* ---- What depends on the guest ------------------------------------------------------------ */

static bool owner_kernel(const struct vcpu *v)
{
	return v->domain->privileged && v->x86.kernel_mode;
}

static void leaf_1(const struct vcpu *v, struct cpuid *c)
{
	uint32_t host = cpuid(1, 0).c;
	bool forced = v->regs.entry_vector == EXC_UD && v->x86.kernel_mode;

	c->c |= F_1C_HYPERVISOR;
	/*
	 * A kernel that asks by the forced prefix has always been shown our
	 * own CR4.OSXSAVE, and relies on it; others see what they have set.
	 */
	c->c &= ~F_1C_OSXSAVE;
	if ((v->x86.cr4 & CR4_OSXSAVE) ||
	    (forced && (c->c & F_1C_XSAVE) && (read_cr4() & CR4_OSXSAVE)))
		c->c |= F_1C_OSXSAVE;
	if (owner_kernel(v)) {
		c->c |= host & F_1C_EIST;
		c->d |= cpuid(1, 0).d & F_1D_MTRR;
	}
}

static void leaf_80000001(const struct vcpu *v, struct cpuid *c)
{
	c->d &= ~F_COMMON_D;
	if (policy_vendor() == AMD)
		c->d |= cpuid(1, 0).d & F_1D & F_COMMON_D;
	if (owner_kernel(v))
		c->d |= cpuid(1, 0).d & F_1D_MTRR;
}

/* Extended state: sizes and offsets of what XCR0 may have. */
static void leaf_d(uint32_t sub, struct cpuid *c)
{
	uint64_t mask = xstate_mask();

	if (sub == 0) {
		c->a = (uint32_t)mask;
		c->b = cpuid(0xd, 0).b; /* by the XCR0 in use */
		c->c = xstate_size(mask);
		c->d = (uint32_t)(mask >> 32);
	} else if (sub == 1) {
		if (c->a & 2)
			c->b = cpuid(0xd, 1).b;
	} else if (sub < 63 && (mask & (1ul << sub))) {
		*c = cpuid(0xd, sub);
		c->c &= 2;
		c->d = 0;
	}
}

/* ---- The hypervisor's leaves ---------------------------------------------------------------- */

/* The TSC as the tool stack has set it: only a domain it made has that. */
static void leaf_tsc(const struct domain *d, struct cpuid *c)
{
	/* the TSC is safe to use; RDTSCP is there */
	c->a = (cpuid(0x80000007, 0).d >> 8 & 1) << 1 |
	       (cpuid(0x80000001, 0).d >> 27 & 1) << 2;
	if (d->privileged)
		return;
	c->b = d->tsc_mode;
	c->c = (uint32_t)(tsc_hz / 1000);
	c->d = 1; /* its first life: nobody moves it */
}

static struct cpuid hypervisor_leaf(const struct domain *d, uint32_t index,
				    uint32_t sub)
{
	struct cpuid c = { 0 };

	if (index == 0) {
		c.a = XEN_CPUID_FIRST_LEAF + XEN_CPUID_MAX_NUM_LEAVES;
		c.b = XEN_CPUID_SIGNATURE_EBX;
		c.c = XEN_CPUID_SIGNATURE_ECX;
		c.d = XEN_CPUID_SIGNATURE_EDX;
	} else if (index == 1) {
		c.a = 4 << 16 | 17; /* of the ABI */
	} else if (index == 2) {
		c.a = 1; /* pages of hypercalls, the MSR that fills one */
		c.b = 0x40000000;
		c.c = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
	} else if (index == 3 && sub == 0) {
		leaf_tsc(d, &c);
	} else if (index == 3 && sub == 2) {
		c.a = (uint32_t)(tsc_hz / 1000);
	} else if (index == 5 && sub == 0) {
		c.b = 64 + PAGE_SHIFT -
		      (uint32_t)__builtin_clzl(frame_limit - 1);
	}
	return c;
}

struct cpuid policy_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t sub)
{
	struct cpuid c;

	if (leaf - XEN_CPUID_FIRST_LEAF < 0x200)
		return hypervisor_leaf(v->domain, leaf - XEN_CPUID_FIRST_LEAF,
				       sub);
	c = masked(leaf, sub);
	if (leaf == 0)
		c.a = MIN(c.a, MAX_BASIC);
	else if (leaf == 0x80000000)
		/* AMD's: to the word of LFENCE, which we make serialise. */
		c.a = policy_vendor() == AMD ? MAX_EXTENDED_AMD
					     : MIN(c.a, MAX_EXTENDED);
	else if (leaf == 1)
		leaf_1(v, &c);
	else if (leaf == 7 && sub == 0)
		c.a = MIN(c.a, MAX_FEATURE_SUB);
	else if (leaf == 0xd)
		leaf_d(sub, &c);
	else if (leaf == 0x80000001)
		leaf_80000001(v, &c);
	else if (leaf == 0x80000008)
		c.a = MAX(c.a & 0xff, 36u) | 48u << 8; /* address bits */
	else if (leaf == 0x80000021 && policy_vendor() == AMD)
		c.a |= F_E21A_LFENCE;
	return c;
}
