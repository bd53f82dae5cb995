/* SPDX-License-Identifier: MIT */
/*
 * Guest memory at guest virtual addresses: reached directly, by the tables
 * that are loaded. What is not there faults, and the exception table says
 * where to go on. Hypervisor space is refused before it is touched.
 */
#include "usercopy.h"
#include "arch.h"

#define XEN_SPACE_START 0xffff800000000000ul
#define XEN_SPACE_END	0xffff880000000000ul
#define LOW_END		0x0000800000000000ul

struct extable_entry {
	int32_t at, to; /* from the word itself */
};
extern const struct extable_entry __extable_start[], __extable_end[];

uint64_t extable_find(uint64_t rip)
{
	const struct extable_entry *e;

	for (e = __extable_start; e < __extable_end; e++)
		if ((uint64_t)&e->at + e->at == rip)
			return (uint64_t)&e->to + e->to;
	return 0;
}

bool guest_range_ok(gva_t va, size_t n)
{
	if (va < LOW_END)
		return n <= LOW_END - va;
	return va >= XEN_SPACE_END && n <= -va;
}

/* Copies quadwords, then bytes; how many bytes were left when it faulted. */
static size_t copy(void *dst, const void *src, size_t n)
{
	size_t quads = n / 8, tail = n % 8;

	asm volatile("1: rep movsq\n\t"
		     "mov %[tail], %[n]\n\t"
		     "2: rep movsb\n\t"
		     "jmp 4f\n\t"
		     "3: lea (%[tail], %[n], 8), %[n]\n\t"
		     "4:\n\t" EXTABLE(1b, 3b) EXTABLE(2b, 4b)
		     : [n] "+c"(quads), "+D"(dst), "+S"(src)
		     : [tail] "r"(tail)
		     : "memory");
	return quads;
}

int copy_from_guest(void *dst, gva_t src, size_t n)
{
	if (!guest_range_ok(src, n) || copy(dst, (const void *)src, n))
		return -XEN_EFAULT;
	return 0;
}

int copy_to_guest(gva_t dst, const void *src, size_t n)
{
	if (!guest_range_ok(dst, n) || copy((void *)dst, src, n))
		return -XEN_EFAULT;
	return 0;
}

bool rdmsr_safe(uint32_t nr, uint64_t *value)
{
	uint32_t lo = 0, hi = 0, failed = 1;

	asm volatile("1: rdmsr\n\t"
		     "xor %[failed], %[failed]\n\t"
		     "2:\n\t" EXTABLE(1b, 2b)
		     : "+a"(lo), "+d"(hi), [failed] "+r"(failed)
		     : "c"(nr));
	*value = (uint64_t)hi << 32 | lo;
	return !failed;
}

bool wrmsr_safe(uint32_t nr, uint64_t value)
{
	uint32_t failed = 1;

	asm volatile("1: wrmsr\n\t"
		     "xor %[failed], %[failed]\n\t"
		     "2:\n\t" EXTABLE(1b, 2b)
		     : [failed] "+r"(failed)
		     : "c"(nr), "a"((uint32_t)value),
		       "d"((uint32_t)(value >> 32))
		     : "memory");
	return !failed;
}
