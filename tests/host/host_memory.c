/* SPDX-License-Identifier: MIT */
/* RAM, translation, TLBs and their flushes; host.h has the rules. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "frame.h"
#include "heap.h"
#include "host.h"
#include "host_memory.h"
#include "panic.h"
#include "pte.h"

#define XEN_SPACE_START 0xffff800000000000ul
#define XEN_SPACE_END	0xffff880000000000ul
#define LOW_END		0x0000800000000000ul
#define BYTES_MAX	(64ul << 20)

uint8_t *direct_map;
uint64_t *machphys;

static uint8_t *window;
static size_t window_size;
static uint32_t flush_clock;

void host_memory_init(size_t bytes)
{
	uint64_t n = bytes / PAGE_SIZE;

	ASSERT(!direct_map && bytes <= BYTES_MAX);
	direct_map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	machphys = malloc(n * sizeof(*machphys));
	ASSERT(direct_map != MAP_FAILED && machphys);
	memset(machphys, 0xff, n * sizeof(*machphys));
	host.frames = n;
	frame_init(aligned_alloc(32, n * sizeof(struct frame)), n);
	heap_add(MFN(1), MFN(n));
}

void host_window(void *buf, size_t size)
{
	window = buf;
	window_size = buf ? size : 0;
}

/* Not made of frames: any number will do. */
mfn_t arch_machphys_piece(uint64_t i)
{
	return i % 2 ? MFN_NONE : MFN(i + 1);
}

void arch_root_install(uint64_t *root)
{
	/* Not present, and no value that a guest would write there. */
	for (unsigned int i = ROOT_XEN_FIRST; i <= ROOT_XEN_LAST; i++)
		root[i] = 0xe50e500000ul | i << 1;
}

bool guest_range_ok(gva_t va, size_t n)
{
	if (va < LOW_END)
		return n <= LOW_END - va;
	return va >= XEN_SPACE_END && n <= -va;
}

/* ---- TLBs: cpu's own lock, a leaf that core knows nothing of ------------------ */

static struct host_cpu *tlb_take(unsigned int cpu)
{
	struct host_cpu *c = &host.cpu[cpu];

	while (__atomic_exchange_n(&c->tlb_lock, 1, __ATOMIC_ACQUIRE))
		;
	return c;
}

static void tlb_drop(struct host_cpu *c)
{
	__atomic_store_n(&c->tlb_lock, 0, __ATOMIC_RELEASE);
}

void host_tlb_clear(unsigned int cpu)
{
	struct host_cpu *c = tlb_take(cpu);

	memset(c->tlb, 0, sizeof(c->tlb));
	tlb_drop(c);
}

static struct host_tlb_entry *tlb_slot(struct host_cpu *c, uint64_t page)
{
	return &c->tlb[page % HOST_TLB_SIZE];
}

static bool tlb_find(uint64_t page, bool write, mfn_t *m)
{
	struct host_cpu *c = tlb_take(cpu_id());
	struct host_tlb_entry *e = tlb_slot(c, page);
	bool found = e->page == page + 1 && (e->write || !write);

	if (found)
		*m = e->mfn;
	tlb_drop(c);
	return found;
}

static void tlb_enter(uint64_t page, bool write, mfn_t m)
{
	struct host_cpu *c = tlb_take(cpu_id());

	*tlb_slot(c, page) = (struct host_tlb_entry){
		.page = page + 1,
		.mfn = m,
		.owner = frame_of(m)->owner,
		.write = write,
	};
	tlb_drop(c);
}

static void flush_one(unsigned int cpu, unsigned int how, uint64_t page)
{
	struct host_cpu *c = tlb_take(cpu);

	if (how & (FLUSH_TLB | FLUSH_GLOBAL))
		memset(c->tlb, 0, sizeof(c->tlb));
	else if (how & FLUSH_VA && tlb_slot(c, page)->page == page + 1)
		tlb_slot(c, page)->page = 0;
	c->flushes++;
	if (how & FLUSH_GLOBAL) {
		c->full_flushes++;
		c->flush_seen = __atomic_add_fetch(&flush_clock, 1,
						   __ATOMIC_SEQ_CST);
	}
	tlb_drop(c);
}

void arch_flush(cpumask_t mask, unsigned int how, gva_t va)
{
	smp_mb();
	for (mask &= cpus_online(); mask; mask &= mask - 1)
		flush_one((unsigned int)__builtin_ctz(mask), how,
			  va >> PAGE_SHIFT);
}

uint32_t arch_flush_clock(void)
{
	return __atomic_load_n(&flush_clock, __ATOMIC_SEQ_CST);
}

cpumask_t arch_flush_filter(cpumask_t mask, uint32_t stamp)
{
	for (unsigned int n = 0; n < host.nr_cpus; n++) {
		struct host_cpu *c = tlb_take(n);

		if ((int32_t)(c->flush_seen - stamp) > 0)
			mask &= ~(1u << n);
		tlb_drop(c);
	}
	return mask;
}

static bool entry_bad(const struct host_tlb_entry *e)
{
	const struct frame *f = frame_of(e->mfn);
	enum frame_type type = frame_type_in(f->word);

	/* In the heap: flushed before somebody else gets it (f->stale). */
	if (f->owner == OWNER_NONE)
		return !f->stale;
	if (f->owner != e->owner)
		return true;
	return e->write && f->word & FRAME_TCOUNT_MASK && type != FT_NONE &&
	       type != FT_WRITABLE;
}

unsigned int host_tlb_audit(void)
{
	unsigned int bad = 0;

	for (unsigned int n = 0; n < host.nr_cpus; n++) {
		struct host_cpu *c = tlb_take(n);

		for (unsigned int i = 0; i < HOST_TLB_SIZE; i++)
			bad += c->tlb[i].page && entry_bad(&c->tlb[i]);
		tlb_drop(c);
	}
	return bad;
}

/* ---- Translation -------------------------------------------------------------- */

static enum frame_type type_of(mfn_t m)
{
	return frame_type_in(READ_ONCE(frame_of(m)->word));
}

/* The entry of va in table m of this level; NULL: it does not allow this. */
static uint64_t *step(mfn_t m, unsigned int level, gva_t va, bool write)
{
	unsigned int shift = PAGE_SHIFT + 9 * (level - 1);
	uint64_t *e = (uint64_t *)frame_ptr(m) + (va >> shift) % PTES;
	uint64_t value = READ_ONCE(*e);
	uint64_t word = READ_ONCE(frame_of(m)->word);

	ASSERT(frame_type_in(word) == (enum frame_type)(FT_L1 + level - 1) &&
	       word & FRAME_VALIDATED);
	if (!(value & PTE_P) || (write && !(value & PTE_RW)))
		return NULL;
	ASSERT(value & PTE_US && (level == 1 || !(value & PTE_PSE)));
	__atomic_fetch_or(e, PTE_A, __ATOMIC_SEQ_CST);
	return e;
}

static bool walk(gva_t va, bool write, mfn_t *m)
{
	const struct vcpu *v = current_vcpu();
	uint64_t *e = NULL;

	if (!v->domain)
		return false;
	*m = v->x86.kernel_mode ? v->x86.root : v->x86.user_root;
	if (!m->n)
		return false;
	for (unsigned int level = 4; level; level--) {
		e = step(*m, level, va, write);
		if (!e)
			return false;
		*m = pte_mfn(READ_ONCE(*e));
		/* Device memory: there is none. */
		if (m->n >= frame_limit || !frame_is_ram(*m))
			return false;
	}
	if (write) {
		ASSERT(type_of(*m) == FT_WRITABLE);
		__atomic_fetch_or(e, PTE_D, __ATOMIC_SEQ_CST);
	}
	ASSERT(frame_of(*m)->word & FRAME_COUNT_MASK);
	return true;
}

/* Where the byte at va lies, NULL: not accessible. */
static uint8_t *translate(gva_t va, bool write)
{
	uint64_t page = va >> PAGE_SHIFT;
	mfn_t m;

	if (va - HOST_WINDOW < window_size)
		return window + (va - HOST_WINDOW);
	if (!tlb_find(page, write, &m)) {
		if (!walk(va, write, &m))
			return NULL;
		tlb_enter(page, write, m);
	}
	return (uint8_t *)frame_ptr(m) + va % PAGE_SIZE;
}

/* ---- Copies: guests write meanwhile, so each access is an atomic one ------------- */

static void move(uint8_t *dst, const uint8_t *src, size_t n)
{
	while (n && ((uintptr_t)dst | (uintptr_t)src | n) % 8) {
		WRITE_ONCE(*dst, READ_ONCE(*src));
		dst++, src++, n--;
	}
	for (; n; dst += 8, src += 8, n -= 8)
		WRITE_ONCE(*(uint64_t *)dst, READ_ONCE(*(const uint64_t *)src));
}

/* How much of n lies on va's page, or in the window. */
static size_t chunk(gva_t va, size_t n)
{
	size_t here = PAGE_SIZE - va % PAGE_SIZE;

	if (va - HOST_WINDOW < window_size)
		here = window_size - (va - HOST_WINDOW);
	return MIN(n, here);
}

int copy_from_guest(void *dst, gva_t src, size_t n)
{
	uint8_t *to = dst;

	if (!guest_range_ok(src, n))
		return -XEN_EFAULT;
	while (n) {
		size_t k = chunk(src, n);
		const uint8_t *from = translate(src, false);

		if (!from)
			return -XEN_EFAULT;
		move(to, from, k);
		to += k;
		src += k;
		n -= k;
	}
	return 0;
}

int copy_to_guest(gva_t dst, const void *src, size_t n)
{
	const uint8_t *from = src;

	if (!guest_range_ok(dst, n))
		return -XEN_EFAULT;
	while (n) {
		size_t k = chunk(dst, n);
		uint8_t *to = translate(dst, true);

		if (!to)
			return -XEN_EFAULT;
		move(to, from, k);
		from += k;
		dst += k;
		n -= k;
	}
	return 0;
}
