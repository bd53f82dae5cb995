/* SPDX-License-Identifier: MIT */
/*
 * Each vCPU has an area that holds all components that PV guests may use. It
 * is saved when the vCPU leaves a CPU and loaded when it comes (eager: no
 * trap, and nothing of another guest ever stays in registers). XCR0 is the
 * guest's own while it runs, and all components while its state is moved.
 */
#include "xstate.h"
#include "heap.h"
#include "mem.h"
#include "smp.h"
#include "x86.h"

#define XSTATE_FP     1ul
#define XSTATE_SSE    2ul
#define XSTATE_AVX    4ul
#define XSTATE_AVX512 0xe0ul

#define XSAVE_HEADER	   512 /* offset of XSTATE_BV */
#define FCW_DEFAULT	   0x37f
#define MXCSR_DEFAULT	   0x1f80
#define MXCSR_AT	   24
#define MXCSR_MASK_DEFAULT 0xffbf

uint64_t xstate_mask(void)
{
	uint64_t mask = cpu_xcr0;

	if ((mask & XSTATE_AVX512) != XSTATE_AVX512)
		mask &= ~XSTATE_AVX512;
	return mask;
}

uint32_t xstate_size(uint64_t mask)
{
	uint32_t size = XSAVE_HEADER + 64;
	unsigned int i;

	for (i = 2; i < 63; i++) {
		struct cpuid c;

		if (!(mask & (1ul << i)))
			continue;
		c = cpuid(0xd, i);
		size = MAX(size, c.a + c.b);
	}
	return size;
}

static unsigned int area_order(void)
{
	return xstate_size(xstate_mask()) > PAGE_SIZE ? 1 : 0;
}

/* x is XSAVE or XRSTOR: all components, of v's area. */
#define MOVE_ALL(x, v, mask)                                       \
	asm volatile(#x "64 (%0)"                                  \
		     :                                             \
		     : "r"((v)->x86.xsave), "a"((uint32_t)(mask)), \
		       "d"((uint32_t)((mask) >> 32))               \
		     : "memory")

static uint32_t *word_at(struct vcpu *v, size_t offset)
{
	return (uint32_t *)((uint8_t *)v->x86.xsave + offset);
}

int xstate_create(struct vcpu *v)
{
	v->x86.xsave = heap_alloc_zeroed(area_order());
	if (!v->x86.xsave)
		return -XEN_ENOMEM;
	*word_at(v, 0) = FCW_DEFAULT;
	*word_at(v, MXCSR_AT) = MXCSR_DEFAULT;
	v->x86.xcr0 = XSTATE_FP | XSTATE_SSE;
	return 0;
}

void arch_vcpu_destroy(struct vcpu *v)
{
	if (v->x86.xsave)
		heap_free_ptr(v->x86.xsave, area_order());
	v->x86.xsave = NULL;
}

void xstate_save(struct vcpu *v)
{
	uint64_t mask = xstate_mask();

	if (v->x86.xcr0 != mask)
		xsetbv(0, mask);
	MOVE_ALL(xsave, v, mask);
}

void xstate_load(struct vcpu *v)
{
	uint64_t mask = xstate_mask();

	xsetbv(0, mask);
	MOVE_ALL(xrstor, v, mask);
	if (v->x86.xcr0 != mask)
		xsetbv(0, v->x86.xcr0);
}

int xstate_set_xcr0(struct vcpu *v, uint32_t index, uint64_t value)
{
	uint64_t avx512 = value & XSTATE_AVX512;

	/* Intel SDM volume 1, 13.3: which combinations XSETBV takes. */
	if (index || !(value & XSTATE_FP) || value & ~xstate_mask() ||
	    (value & XSTATE_AVX && !(value & XSTATE_SSE)) ||
	    (avx512 && (!(value & XSTATE_AVX) || avx512 != XSTATE_AVX512)))
		return -XEN_EINVAL;
	v->x86.xcr0 = value;
	xsetbv(0, value);
	return 0;
}

void xstate_put_legacy(struct vcpu *v, const void *fxsave)
{
	uint64_t features = XSTATE_FP | XSTATE_SSE;

	memcpy(v->x86.xsave, fxsave, 512);
	*word_at(v, MXCSR_AT) &= MXCSR_MASK_DEFAULT;
	memcpy(word_at(v, XSAVE_HEADER), &features, sizeof(features));
}
