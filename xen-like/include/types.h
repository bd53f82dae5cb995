/* SPDX-License-Identifier: MIT */
/*
 * The words every file of the hypervisor shares: integers, the ABI's basic
 * types and errors, frame numbers that do not mix, small helpers.
 */
#ifndef TYPES_H
#define TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

/* XEN_E*: the only error numbers of the hypervisor; returned negated. */
#include <xen/errno.h>

/* Stopped at a preemption point, call again: never reaches a guest. */
#define XEN_ERESTART 85

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))

/* A machine frame, a frame of a guest's own numbering. */
typedef struct {
	uint64_t n;
} mfn_t;
typedef struct {
	uint64_t n;
} pfn_t;

#define MFN(x)	 ((mfn_t){ (x) })
#define PFN(x)	 ((pfn_t){ (x) })
#define MFN_NONE MFN(~0ul)
#define PFN_NONE PFN(~0ul) /* as M2P_INVALID */
static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.n == b.n;
}

/* An address in a guest, as it gave it: never dereferenced, only copied. */
typedef uint64_t gva_t;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define ROUND_UP(x, to) (((x) + (to)-1) & ~((typeof(x))(to)-1))
#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
/* Shared words: one load, one store, and the read-modify-writes we use. */
#define READ_ONCE(x)	    __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)    __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define load_acquire(p)	    __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define smp_mb()	    __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Set or clear bit n of *p; whether it was set before. */
#define BIT_OF(p, n) ((typeof(*(p)))1 << (n))
#define atomic_bit_set(p, n)                                      \
	({                                                        \
		bool was_ = __atomic_fetch_or((p), BIT_OF(p, n),  \
					      __ATOMIC_SEQ_CST) & \
			    BIT_OF(p, n);                         \
		was_;                                             \
	})
#define atomic_bit_clear(p, n)                                              \
	({                                                                  \
		bool was_ = __atomic_fetch_and((p),                         \
					       (typeof(*(p)))~BIT_OF(p, n), \
					       __ATOMIC_SEQ_CST) &          \
			    BIT_OF(p, n);                                   \
		was_;                                                       \
	})

#endif
