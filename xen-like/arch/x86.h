/* SPDX-License-Identifier: MIT */
/* The processor's instructions that C has no word for, and its constants. */
#ifndef X86_H
#define X86_H

#include "types.h"

/* Control registers, Intel SDM volume 3, 2.5 */
#define CR0_MP	       (1ul << 1)
#define CR0_EM	       (1ul << 2)
#define CR0_TS	       (1ul << 3)
#define CR0_NE	       (1ul << 5)
#define CR0_WP	       (1ul << 16)
#define CR0_AM	       (1ul << 18)
#define CR0_NW	       (1ul << 29)
#define CR0_CD	       (1ul << 30)
#define CR4_TSD	       (1ul << 2)
#define CR4_DE	       (1ul << 3)
#define CR4_PAE	       (1ul << 5)
#define CR4_MCE	       (1ul << 6)
#define CR4_PGE	       (1ul << 7)
#define CR4_OSFXSR     (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)
#define CR4_FSGSBASE   (1ul << 16)
#define CR4_OSXSAVE    (1ul << 18)
#define CR4_SMEP       (1ul << 20)

#define RFLAGS_TF   (1ul << 8)
#define RFLAGS_IF   (1ul << 9)
#define RFLAGS_DF   (1ul << 10)
#define RFLAGS_IOPL (3ul << 12)
#define RFLAGS_NT   (1ul << 14)
#define RFLAGS_RF   (1ul << 16)
#define RFLAGS_VM   (1ul << 17)
#define RFLAGS_AC   (1ul << 18)

/* Page fault error codes, 4.7 */
#define PF_PRESENT  (1u << 0)
#define PF_WRITE    (1u << 1)
#define PF_USER	    (1u << 2)
#define PF_RESERVED (1u << 3)
#define PF_FETCH    (1u << 4)

#define MSR_APIC_BASE	      0x1b
#define MSR_ARCH_CAPABILITIES 0x10a
#define MSR_SYSENTER_CS	      0x174
#define MSR_PAT		      0x277
#define MSR_EFER	      0xc0000080
#define MSR_STAR	      0xc0000081
#define MSR_LSTAR	      0xc0000082
#define MSR_CSTAR	      0xc0000083
#define MSR_FMASK	      0xc0000084
#define MSR_FS_BASE	      0xc0000100
#define MSR_GS_BASE	      0xc0000101
#define MSR_KERNEL_GS_BASE    0xc0000102
#define MSR_TSC_AUX	      0xc0000103
#define EFER_SCE	      (1ul << 0)

/* An address of 48 bits, sign extended. */
static inline bool canonical(uint64_t va)
{
	return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

static inline uint64_t rdmsr(uint32_t nr)
{
	uint32_t lo, hi;

	asm volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(nr));
	return (uint64_t)hi << 32 | lo;
}
static inline void wrmsr(uint32_t nr, uint64_t v)
{
	asm volatile("wrmsr"
		     :
		     : "c"(nr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
		     : "memory");
}

struct cpuid {
	uint32_t a, b, c, d;
};
static inline struct cpuid cpuid(uint32_t leaf, uint32_t sub)
{
	struct cpuid r;

	asm volatile("cpuid"
		     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
		     : "a"(leaf), "c"(sub));
	return r;
}

#define X86_REG(name)                                                   \
	static inline uint64_t read_##name(void)                        \
	{                                                               \
		uint64_t v;                                             \
                                                                        \
		asm volatile("mov %%" #name ", %0" : "=r"(v));          \
		return v;                                               \
	}                                                               \
	static inline void write_##name(uint64_t v)                     \
	{                                                               \
		asm volatile("mov %0, %%" #name : : "r"(v) : "memory"); \
	}
X86_REG(cr0)
X86_REG(cr2)
X86_REG(cr3)
X86_REG(cr4)
X86_REG(dr0)
X86_REG(dr1)
X86_REG(dr2)
X86_REG(dr3)
X86_REG(dr6)
X86_REG(dr7)
#undef X86_REG

static inline void xsetbv(uint32_t nr, uint64_t v)
{
	asm volatile("xsetbv"
		     :
		     : "c"(nr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32))
		     : "memory");
}
static inline void invlpg(uint64_t va)
{
	asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}
static inline void swapgs(void)
{
	asm volatile("swapgs");
}
static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

#define X86_PORT(suffix, type)                                \
	static inline type in##suffix(uint16_t port)          \
	{                                                     \
		type v;                                       \
                                                              \
		asm volatile("in" #suffix " %1, %0"           \
			     : "=a"(v)                        \
			     : "Nd"(port)                     \
			     : "memory");                     \
		return v;                                     \
	}                                                     \
	static inline void out##suffix(uint16_t port, type v) \
	{                                                     \
		asm volatile("out" #suffix " %0, %1"          \
			     :                                \
			     : "a"(v), "Nd"(port)             \
			     : "memory");                     \
	}
X86_PORT(b, uint8_t)
X86_PORT(w, uint16_t)
X86_PORT(l, uint32_t)
#undef X86_PORT

#endif
