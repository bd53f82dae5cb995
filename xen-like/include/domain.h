/* SPDX-License-Identifier: MIT */
/*
 * Domains: identity, memory, life and death.
 *
 * Lock order: d->lock, d->grant.lock, d->grant.map_lock, d->evtchn_lock (two:
 * lower id first), v->virq_lock, d->frames_lock, a CPU's scheduler lock, a
 * CPU's timer lock, heap, domain table, console. Of two domains' grant locks
 * nobody holds both.
 */
#ifndef DOMAIN_H
#define DOMAIN_H

#include "arch.h"
#include "timer.h"
#include <xen/grant_table.h>

#define MAX_VCPUS	  32 /* of one domain: what shared_info holds */
#define MAX_DOMAINS	  128
#define EVTCHN_2L_PORTS	  4096u
#define EVTCHN_PAGE_PORTS 128u /* records of 32 bytes in a page */
#define NR_VIRQS	  24
#define GRANT_FRAMES	  64u	/* as Xen gives a domain by default */
#define GRANT_MAP_FRAMES  1024u /* the same: pages of grant.map */
#define NR_PIRQS	  512u	/* of one domain */
#define CTL_PAUSES_MAX	  255u	/* by the tool stack */

struct evtchn;	  /* evtchn.h */
struct e820_row { /* the layout of memory_map */
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

enum domain_life { DOMAIN_ALIVE, DOMAIN_DYING, DOMAIN_DEAD };

struct grant_active; /* gnttab.h */
struct grant_map;    /* grantmap.h */
struct grant_state {
	struct lock lock; /* what the domain grants: guards these four */
	unsigned int frames, max_frames;
	void *shared[GRANT_FRAMES]; /* domain_share_alloc() */
	struct grant_active *active[GRANT_FRAMES];
	struct lock map_lock; /* what it has mapped: guards these */
	unsigned int max_map_frames;
	uint32_t map_used, map_free; /* handles: ever used; first free + 1 */
	uint32_t map_swept;	     /* at its end: released so far */
	struct grant_map **map;	     /* pages, NULL until the first mapping */
};

struct watchdog {
	struct timer timer;
	uint64_t deadline; /* 0: not used */
};

struct domain {
	domid_t id;
	bool privileged;  /* the initial domain */
	struct lock lock; /* vCPU creation, life, options */
	enum domain_life life;
	bool born;	       /* domain_get() finds it; stays */
	bool killing;	       /* somebody is in domain_destroy(): atomic */
	bool shutdown;	       /* stopped by SCHEDOP_shutdown or a crash */
	bool code_given;       /* by SCHEDOP_shutdown_code */
	uint8_t shutdown_code; /* SHUTDOWN_* */
	unsigned int refs;     /* atomic: domain_get / domain_put */
	unsigned int pauses;   /* reasons for VCPU_PAUSED; the tool stack's: */
	unsigned int ctl_pauses;
	bool debugged, xenstore; /* as the tool stack says */
	uint32_t tsc_mode;	 /* as it set it; CPUID shows it */
	uint32_t ssidref;

	/* Memory; frames_lock guards the list and the counts. */
	struct lock frames_lock;
	uint32_t frames_head; /* first frame, 0 = none; by frame.next/prev */
	uint64_t frames, max_frames;
	uint64_t claimed; /* reserve_claim(): not yet frames */
	uint32_t sweep;	  /* type_relinquish(): how far; holds a reference */
	bool unpinned;	  /* its first half is over */
	struct shared_info *shared; /* a frame of ours, owner = this domain */
	struct e820_row e820[16];
	unsigned int e820_rows;
	uint32_t vm_assist; /* bits VMASST_TYPE_* */
	cpumask_t dirty;    /* atomic: CPUs that may hold its TLB entries */

	/* vCPUs: the slot is written once, before online_vcpus covers it. */
	struct vcpu *vcpu[MAX_VCPUS];
	unsigned int max_vcpus;

	/* Events; evtchn_lock guards them. */
	struct lock evtchn_lock;
	struct evtchn *evtchn[EVTCHN_2L_PORTS / EVTCHN_PAGE_PORTS];
	unsigned int ports; /* records there are, a multiple of a page */
	unsigned int max_port;
	uint32_t poll_mask; /* atomic: vCPUs in SCHEDOP_poll */

	uint8_t cmos_index;   /* index registers as it has set them: RTC, */
	uint32_t pci_address; /* PCI configuration */
	uint64_t pirq_used[NR_PIRQS / 64]; /* atomic: given out, a bit each */
	struct grant_state grant;
	struct watchdog watchdog[2]; /* watchdog.h */
	uint8_t handle[16];
};

/*
 * A new domain without memory or vCPUs: NULL when out of memory or the id is
 * taken. Published last; domain_destroy() is the inverse.
 */
struct domain *domain_create(domid_t id, bool privileged,
			     unsigned int max_vcpus, uint64_t max_frames);

/*
 * An id that is free now, not given before the others have been; so two who
 * ask get different ones.
 */
domid_t domain_next_id(void);

/* By id, with a reference; NULL. DOMID_SELF is resolved by the handlers. */
struct domain *domain_get(domid_t id);
void domain_put(struct domain *d);

/* The domain of an id that something holds alive; no reference is taken. */
struct domain *domain_held(domid_t id);

/* All domains, in id order: first(NULL) .. NULL; holds a reference. */
struct domain *domain_next(struct domain *d);

/* The initial domain, no reference taken; NULL before it is created. */
struct domain *domain_initial(void);

/*
 * Stop d for reason (SHUTDOWN_*): all vCPUs leave the schedule. The initial
 * domain's shutdown is the machine's: reboots, halts or stops as asked.
 */
void domain_shutdown(struct domain *d, unsigned int reason);
/* The reason that a later shutdown has, whatever it says. */
void domain_shutdown_code(struct domain *d, unsigned int reason);

/* v did what no guest may: print its registers and stack, stop its domain. */
void domain_crash(struct vcpu *v, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Stop all vCPUs of all domains, audit, print "audit: clean" or the findings,
 * and let them go on. For a debug key and the end of the machine. Nothing, if
 * another CPU is at it.
 */
void domain_audit_machine(void);

/* The shutdown is undone, its vCPUs go on; d is not the caller's. */
void domain_resume(struct domain *d);

/*
 * The wall clock that d sees is so many seconds off from now on: 0,
 * -XEN_EINVAL: it dies.
 */
int domain_set_clock(struct domain *d, int64_t offset);

/*
 * Kill: 0 when gone (also before), -XEN_ERESTART: call again (always to its
 * own vCPUs).
 */
int domain_destroy(struct domain *d);

/* Not dying: stays so while one holds a lock that its end takes. */
static inline bool domain_alive(const struct domain *d)
{
	return READ_ONCE(d->life) == DOMAIN_ALIVE;
}

/* Pause counts nest; returns when no vCPU of d runs (not current's own). */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);
/* The same by the tool stack: 0, -XEN_EOVERFLOW: so often, -XEN_EINVAL: not. */
int domain_ctl_pause(struct domain *d);
int domain_ctl_unpause(struct domain *d);

/* ---- Frames ------------------------------------------------------------ */

/*
 * 2^order frames for d, zeroed, each with the owner's reference, M2P invalid.
 * MFN_NONE: over max_frames or none left.
 */
mfn_t domain_alloc(struct domain *d, unsigned int order);

/*
 * The same, all below limit; they are d's pages pfn on, for the M2P, PFN_NONE:
 * not said; over: also beyond max_frames, for a caller that
 * gives back as many at once.
 */
mfn_t domain_alloc_below(struct domain *d, unsigned int order, mfn_t limit,
			 bool over, pfn_t pfn);

/*
 * The parts of it: n frames more are counted, or no more (false: over
 * max_frames, or dying); m, fresh from the heap or without references, is d's
 * (false: no more, d dies).
 */
bool domain_reserve(struct domain *d, uint64_t n, bool over);
void domain_unreserve(struct domain *d, uint64_t n);
bool domain_adopt(struct domain *d, mfn_t m, pfn_t pfn);
/* m, stolen from its owner, is nobody's: for domain_adopt(), frame_gone(). */
void domain_disown(mfn_t m);

/* Drop the owner's reference of m: 0, -XEN_EINVAL: it is not d's to drop. */
int domain_free(struct domain *d, mfn_t m);
/* The same for some of n frames from m on: how many; 0: ask domain_free(). */
uint64_t domain_free_run(struct domain *d, mfn_t m, uint64_t n);
/* At d's end, for all there are: 0, -XEN_ERESTART. Progress is in d->sweep. */
int domain_free_all(struct domain *d);

/*
 * A page of ours that d may map (shared_info, grant frames): owner d, not
 * in its list or counts, M2P invalid; holds a writable type, so that it never
 * becomes a table. Keeps d alive. NULL: none left.
 */
void *domain_share_alloc(struct domain *d);
void domain_share_free(struct domain *d, void *page);

/*
 * The last reference of m, owned by a domain, is gone: it leaves the owner's
 * list and counts. frame_put() calls it before the heap gets the frame; no
 * lock of the order from d->frames_lock on is held.
 */
void domain_frame_gone(domid_t owner, mfn_t m);

/* Recount d's list against its counts; prints and counts findings. */
unsigned int domain_frames_audit(struct domain *d);

#endif
