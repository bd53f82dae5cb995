/* SPDX-License-Identifier: MIT */
/*
 * Virtual CPUs. The first part is core's (scheduling, events, time), the
 * second is the x86 state that the PV ABI names; core never looks at it.
 */
#ifndef VCPU_H
#define VCPU_H

#include "domain.h"
#include <xen/vcpu.h>

/* Why a vCPU does not run; it runs when none is set. */
#define VCPU_DOWN    (1u << 0) /* not brought up */
#define VCPU_BLOCKED (1u << 1) /* SCHEDOP_block, poll */
#define VCPU_PAUSED  (1u << 2) /* d->pauses != 0 */
#define VCPU_STOPPED (1u << 3) /* its domain is shut down */

struct callback {	  /* and a row of the guest's trap table */
	uint64_t handler; /* 0: none */
	bool mask;	  /* no upcalls in it */
	uint8_t dpl;	  /* of a trap: who may raise it by software */
};

struct vcpu_x86 {
	uint64_t stack; /* main stack of the CPU that carries it */
	/* Modes and roots */
	bool kernel_mode; /* guest kernel, not guest user */
	mfn_t root;	  /* kernel's table, typed reference held */
	mfn_t user_root;  /* user's, or MFN(0) */
	uint64_t cr3;	  /* what the CPU loads in the present mode */
	uint64_t kernel_sp;
	struct callback trap[256];
	struct callback event, failsafe, syscall, syscall32, sysenter;
	/* Segments: typed references FT_SEGDESC */
	mfn_t gdt[14];
	unsigned int gdt_entries;
	gva_t ldt_base;
	unsigned int ldt_entries;
	mfn_t ldt[16]; /* mapped lazily; MFN(0) not yet */
	struct lock ldt_lock;
	uint64_t fs_base, gs_base_kernel, gs_base_user; /* when not loaded */
	uint16_t ds, es, fs, gs;			/* selectors, same */
	/* Control and debug registers the guest sees */
	uint64_t cr0_ts; /* CR0.TS as the guest set it, 0 or 8 */
	uint64_t cr2, cr4;
	uint64_t dr[8];
	uint32_t dr7_io;     /* I/O breakpoints of DR7: not in the CPU's */
	bool nmi_masked;     /* in its NMI handler until iret */
	bool nmi_held;	     /* one came meanwhile */
	bool context_failed; /* set_context only drops, until all is gone */
	unsigned int iopl;   /* in RFLAGS' place, bits 12-13 */
	gva_t iobitmap;
	unsigned int iobitmap_ports;
	mfn_t eoi_map; /* of vCPU 0: PHYSDEVOP_pirq_eoi_gmfn, or 0 */
	/* Extended state */
	uint64_t xcr0;
	void *xsave; /* area of the CPU's size, 64-byte aligned */
	uint64_t tsc_aux;
};

struct vcpu {
	uint64_t align_regs; /* regs ends 16-byte aligned: the CPU pushes */
	struct cpu_user_regs regs; /* guest registers, saved here on entry */
	struct domain *domain;	   /* NULL: an idle vCPU */
	unsigned int id;

	/* Schedule: the lock of v->cpu's queue guards these (sched.h). */
	unsigned int cpu; /* where it runs or will run */
	uint32_t why_not; /* VCPU_*: atomic */
	bool running, queued;
	bool initialised;    /* has a context (VCPUOP_initialise) */
	bool taking_context; /* somebody is at it: atomic */
	struct vcpu *next;   /* run queue */
	uint64_t slice_end;  /* used by the CPU that runs it */
	uint64_t slice_left; /* of its last one, when it stopped; 0: none */
	cpumask_t affinity;
	cpumask_t affinity_before; /* sched_pin_override(): 0 none */
	cpumask_t affinity_soft;   /* as the tool stack says, of no effect */

	/* Runstate: written by the CPU that runs or queues it. */
	struct vcpu_runstate_info runstate;
	gva_t runstate_area; /* guest virtual address, 0 none */
	gva_t time_area;
	bool runstate_late; /* area not reachable at the last switch */

	/* Events */
	struct vcpu_info *info; /* in shared_info or the registered frame */
	mfn_t info_frame;	/* FT_WRITABLE reference, or MFN_NONE */
	unsigned int virq_port[NR_VIRQS]; /* 0: not bound */
	uint32_t poll_port;    /* SCHEDOP_poll: 0 none, one port, or ~0 some */
	struct lock virq_lock; /* after evtchn_lock: virq_port */
	bool nmi_pending;

	/* Time */
	struct timer periodic, singleshot, poll;
	uint64_t period_ns, period_next; /* 0: no ticks */
	uint32_t time_version;

	/* Tables that interrupted updates let go of: pte_finish(). MFN(0): none */
	mfn_t old_table[2];

	struct vcpu_x86 x86;
};

/* A vCPU of d, down, uninitialised; 0, -XEN_EINVAL, EEXIST, ENOMEM. */
int vcpu_create(struct domain *d, unsigned int id);
void vcpu_destroy(struct vcpu *v);

/* The vCPU of d with that id, NULL if there is none; any id may be asked. */
struct vcpu *vcpu_find(struct domain *d, unsigned int id);
/* The one after v, in order of ids, NULL: the first. */
struct vcpu *vcpu_next(struct domain *d, const struct vcpu *v);
#define for_each_vcpu(d, v) \
	for (struct vcpu *v = vcpu_next(d, NULL); v; v = vcpu_next(d, v))

/*
 * arch_vcpu_set_context() by one at a time; v is down or paused. 0,
 * -XEN_EEXIST: it has one, and again does not say it may; -XEN_EINVAL: its
 * domain dies, too; -XEN_ERESTART: call again.
 */
int vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c,
		     bool again);
/* Let go of all that its context references; the next is its first. */
int vcpu_drop_context(struct vcpu *v);

/*
 * VCPUOP_up: 0, also when it is up; -XEN_EINVAL: not initialised. VCPUOP_down:
 * the last one up that goes down shuts the domain down.
 */
int vcpu_up(struct vcpu *v);
void vcpu_down(struct vcpu *v);
bool vcpu_is_up(const struct vcpu *v);

/*
 * VCPUOP_register_vcpu_info: once, 64 aligned bytes in a frame of v's domain,
 * by v itself or while v is down. Its contents are carried over, every port is
 * made to look pending so that none is lost, v is kicked once.
 * 0, -XEN_ENXIO: crosses the page or is not aligned, -XEN_EINVAL.
 */
int vcpu_set_info(struct vcpu *v, mfn_t m, unsigned int offset);

/* At its next chance; one that is on its way is enough. */
void vcpu_send_nmi(struct vcpu *v);

/* Timers as VCPUOP_* sets them: ns of the period, absolute time; 0 stops. */
void vcpu_set_periodic(struct vcpu *v, uint64_t period);
void vcpu_set_singleshot(struct vcpu *v, uint64_t when);
/* v is loaded: the tick it missed, and its ticks go on. */
void vcpu_periodic_resume(struct vcpu *v);

/* The event upcall: is one due when v is next left to? */
static inline bool vcpu_upcall_due(const struct vcpu *v)
{
	return READ_ONCE(v->info->evtchn_upcall_pending) &&
	       !READ_ONCE(v->info->evtchn_upcall_mask);
}

#endif
