/* SPDX-License-Identifier: MIT */
/*
 * The only door from core/ and hypercalls/ to the machine. xen-like/arch
 * implements it for x86-64, tests/host for a host process, with the same
 * promises. Nothing here needs privileged instructions to be compiled.
 */
#ifndef ARCH_H
#define ARCH_H

#include "types.h"

struct domain;
struct vcpu;

/* ---- CPUs ------------------------------------------------------------- */

#define MAX_CPUS 16
typedef uint32_t cpumask_t; /* bit n is CPU n */

unsigned int cpu_id(void); /* this CPU, 0 .. MAX_CPUS-1 */
cpumask_t cpus_online(void);
/* As VCPUOP_get_physid tells it: APIC id, above it the ACPI id. */
uint64_t arch_cpu_physid(unsigned int cpu);

/* The vCPU whose context this CPU carries; the CPU's idle vCPU if none. */
struct vcpu *current_vcpu(void);

/* Interrupt cpu so that it looks at its softirq word soon (or now, if idle). */
void arch_kick(unsigned int cpu);

/*
 * One turn of any wait: serves TLB-flush requests to this CPU, then relaxes
 * it. Every spin of the hypervisor calls it; it takes no lock.
 */
void cpu_relax_poll(void);

/*
 * A preemption point of long work: opens an interrupt window, serves flush
 * requests, and says whether this CPU has something better to do (softirqs
 * pending). Never called with a lock held.
 */
bool preempt_check(void);

/* ---- Locks ------------------------------------------------------------ */

/* Spins by cpu_relax_poll(). Not recursive: taking a held one is a panic. */
struct lock {
	uint32_t word; /* 0 free, otherwise 1 + cpu_id() of the holder */
};
void lock_take(struct lock *l);
bool lock_try(struct lock *l);
void lock_drop(struct lock *l);
bool lock_mine(const struct lock *l);

/* ---- Memory ----------------------------------------------------------- */

/* The direct map: frame n is at direct_map + n * PAGE_SIZE. */
extern uint8_t *direct_map;
static inline void *frame_ptr(mfn_t m)
{
	return direct_map + (m.n << PAGE_SHIFT);
}
static inline mfn_t ptr_frame(const void *p)
{
	return MFN((uint64_t)((const uint8_t *)p - direct_map) >> PAGE_SHIFT);
}

/* The machine-to-phys table, as large as the frame table. */
extern uint64_t *machphys;
#define M2P_INVALID (~0ul)
/* It is made of so many 2 MiB pieces. One's first frame; MFN_NONE: a hole. */
#define MACHPHYS_PIECES (((frame_limit - 1) >> 18) + 1)
mfn_t arch_machphys_piece(uint64_t i);

/* Machine frames that have a frame record and an M2P entry: 0 .. n-1. */
extern uint64_t frame_limit;

/*
 * The current guest's memory at a guest virtual address, by its current page
 * tables. 0 or -XEN_EFAULT: not all accessible (some bytes may be written);
 * hypervisor space is never accessible. Not called with a lock held that a
 * fault handler takes (there is none today).
 */
int copy_from_guest(void *dst, gva_t src, size_t n);
int copy_to_guest(gva_t dst, const void *src, size_t n);

/* Is [va, va+n) outside hypervisor space (not wrapping, canonical)? */
bool guest_range_ok(gva_t va, size_t n);

/* Entries of each root table that the hypervisor owns, slots 256..271. */
void arch_root_install(uint64_t *root);

/*
 * Flushes. A flush of mask returns when no CPU in mask can use a translation
 * that was not in the tables when it was called. FLUSH_GLOBAL includes global
 * entries (a guest's user mappings are global); FLUSH_VA only va's page.
 * Own CPU is flushed when it is in mask. May be called with locks held.
 */
#define FLUSH_TLB    (1u << 0)
#define FLUSH_GLOBAL (1u << 1)
#define FLUSH_VA     (1u << 2)
#define FLUSH_CACHE  (1u << 3)
void arch_flush(cpumask_t mask, unsigned int how, gva_t va);

/*
 * The flush clock: ticks at each full flush of any CPU. A frame that leaves
 * type T at time s needs no flush on a CPU whose last full flush is after s.
 * Returns the members of mask that have not flushed since stamp.
 */
uint32_t arch_flush_clock(void);
cpumask_t arch_flush_filter(cpumask_t mask, uint32_t stamp);

/* ---- Time ------------------------------------------------------------- */

uint64_t now_ns(void); /* system time: since boot, the same on all CPUs */
/* Wall-clock time at system time 0, seconds and nanoseconds since 1970. */
void arch_wallclock(uint64_t *sec, uint32_t *nsec);
/* Interrupt this CPU at or soon after ns; 0 for never. */
void arch_set_deadline(uint64_t ns);
/* Fill v's vcpu_time_info (version protocol) from this CPU's clock. */
void arch_update_vcpu_time(struct vcpu *v);

/* ---- Domains and vCPUs: the x86 part of them ---------------------------- */

int arch_vcpu_create(struct vcpu *v); /* 0 or -XEN_ENOMEM */
void arch_vcpu_destroy(struct vcpu *v);
/*
 * VCPUOP_initialise and domctl: checks and takes a context of the ABI's
 * layout. 0, -XEN_EINVAL and the like, -XEN_ERESTART (call again); an error
 * leaves v without references.
 */
int arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
/* What v, which does not run and has a context, would be given again. */
void arch_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
/* Drops what v's context references (base pointers, GDT, LDT); restartable. */
int arch_vcpu_drop_context(struct vcpu *v);

/*
 * World switch on this CPU: save what is live of prev, load next. Returns on
 * the same stack; the exit path then leaves to current_vcpu().
 */
void arch_switch(struct vcpu *prev, struct vcpu *next);

/* v's roots have changed: if v is current, load that of its present mode. */
void arch_load_root(struct vcpu *v);

/*
 * MMUEXT_SET_LDT: n descriptors at base, for current v; 0 or -XEN_EINVAL. Its
 * pages are referenced (FT_SEGDESC) when first used; arch_ldt_drop() lets go
 * of those: its callers make sure that v runs nowhere, or is current.
 */
int arch_ldt_set(struct vcpu *v, gva_t base, unsigned int n);
void arch_ldt_drop(struct vcpu *v);

/*
 * Fill a page with the stubs that a guest may call: n at n * 32 makes hypercall
 * n with the ABI's registers and keeps all others; that of iret is jumped to
 * and does not return.
 */
void arch_hypercall_page_fill(void *page);

/* Print v's registers and stack (a domain crash). */
void arch_vcpu_dump(struct vcpu *v);

/* What the tool stack is told of the machine. */
struct arch_machine {
	uint32_t khz;	      /* of the TSC */
	uint8_t address_bits; /* of physical ones */
	uint32_t features[8]; /* CPUID's words, in the order of the headers */
};
void arch_machine(struct arch_machine *m);

/* ---- Machine ---------------------------------------------------------- */

void arch_console_write(const char *text, size_t len);
/*
 * Measuring, if somebody wants it (params.stretch): a stretch begins where a guest
 * is left, ends and begins anew at each poll, ends where it is gone back to.
 * The longest of any CPU on one line; nothing if none was measured.
 */
void arch_stretch_begin(void);
void arch_stretch_end(void);
void arch_print_stretch(void);
_Noreturn void arch_reboot(void);
_Noreturn void arch_halt(void);	      /* stop all CPUs; power off if we can */
_Noreturn void arch_panic_stop(void); /* registers, backtrace, stop */

#endif
