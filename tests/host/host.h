/* SPDX-License-Identifier: MIT */
/*
 * The host's machine behind arch.h: a block of memory is the RAM, threads (or
 * one thread that takes turns) are CPUs, the clock stands until it is set.
 *
 * Guest addresses are translated as a CPU does it: a small TLB per CPU, then
 * a walk of the current vCPU's tables, accessed and dirty bits set. The walk
 * panics at a table that is not typed and validated as one; so does a write
 * to a frame that is not writable: what the page types promise is checked at
 * each use.
 *
 * One thread: host_cpu(n) says which CPU it is now; a wait lets the other
 * CPUs run their softirqs, and a lock that is taken elsewhere is a panic.
 * Threads: host.threaded is set, each calls host_cpu() once.
 */
#ifndef HOST_H
#define HOST_H

#include "arch.h"
#include "domain.h"
#include "vcpu.h"

#define HOST_TLB_SIZE 32

struct host_tlb_entry {
	uint64_t page; /* va >> PAGE_SHIFT, plus 1: 0 is empty */
	mfn_t mfn;
	domid_t owner; /* of the frame, when it was entered */
	bool write;
};

struct host_cpu {
	struct vcpu idle;
	struct vcpu *current;
	uint64_t deadline; /* arch_set_deadline() */
	unsigned int kicks, flushes, full_flushes;
	uint32_t flush_seen;
	uint32_t tlb_lock;
	struct host_tlb_entry tlb[HOST_TLB_SIZE];
};

extern struct host {
	bool threaded;
	bool loud; /* console output to stderr, too */
	unsigned int nr_cpus;
	uint64_t frames;
	uint64_t now;
	/* Says at each preemption point whether to stop; NULL: never. */
	bool (*preempt)(void);
	/* In the middle of a world switch from prev; NULL: nothing. */
	void (*switching)(struct vcpu *prev);
	uint64_t preempt_asked, preempt_told; /* how often, and yes */
	struct host_cpu cpu[MAX_CPUS];
	char console[8192]; /* the last of the output, zero-terminated */
	size_t console_len;
} host;

/* Once per process: RAM of so many bytes (up to 64 MiB), CPUs, core's state. */
void host_init(size_t bytes, unsigned int cpus);

/* This thread is CPU n from now on. */
void host_cpu(unsigned int n);

/* The clock goes on; CPUs whose deadline comes get their timer softirq. */
void host_advance(uint64_t ns);

/* Softirqs of all CPUs, until there are none. One thread only. */
void host_settle(void);

/* v is current on this CPU, whatever the scheduler thinks. */
void host_run(struct vcpu *v);

/* fn(arg), which may end the machine: 0 if it returned. */
enum host_end { HOST_RETURNED, HOST_HALTED, HOST_REBOOTED };
enum host_end host_call(void (*fn)(void *), void *arg);

/* Locks that this thread holds. */
unsigned int host_locks_held(void);

/*
 * No TLB of any CPU leads to a frame of another owner, or writably to one
 * that is a table or a descriptor page: the number of entries that do.
 */
unsigned int host_tlb_audit(void);

/* ---- Guests ------------------------------------------------------------ */

/*
 * Guest addresses [HOST_WINDOW, + size) are buf, with no tables at all: for
 * tests of what needs none. NULL takes it away.
 */
#define HOST_WINDOW 0x700000000000ul
void host_window(void *buf, size_t size);

/* Page pfn of a guest of ours is mapped here. */
#define HOST_VA(pfn)   (0x40000000ul + (pfn)*PAGE_SIZE)
#define HOST_PAGES_MAX 4096u

struct host_guest {
	struct domain *d;
	unsigned int pages;  /* all it has, tables included, come last */
	unsigned int tables; /* of them L1s, then L2, L3, L4; read-only */
	mfn_t mfn[HOST_PAGES_MAX];
	mfn_t root; /* pinned */
};

/*
 * A domain with vCPUs that are up, and pages: they are mapped at HOST_VA(0..).
 * False: out of memory; then nothing of it is left.
 */
bool host_guest_create(struct host_guest *g, domid_t id, bool privileged,
		       unsigned int vcpus, unsigned int pages);

/* All domains die; panics if a frame is not back in the heap afterwards. */
void host_destroy_all(void);

#endif
