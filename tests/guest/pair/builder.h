/* SPDX-License-Identifier: MIT */
/*
 * Builds a second domain from the initial one's own image, which is also its
 * ramdisk: same file, same addresses, so that a symbol of this program names
 * the same page, function or number in both domains.
 *
 * The second domain's pfns: the image at its place (start at pfn 256, below
 * it free frames that are mapped), then start info, store page, console
 * page, p2m, page tables; up to there all is mapped at GUEST_VIRT_BASE. What
 * is left to PAIR_PAGES is mapped nowhere.
 */
#ifndef BUILDER_H
#define BUILDER_H

#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include "domctl.h"

#define PAIR_PAGES 2048u

struct link;

/* The second domain, as the initial one knows it. */
struct pair {
	struct xen_domctl_createdomain config; /* may be changed before */
	domid_t domid;
	const char *cmdline;
	evtchn_port_t store, console, link; /* its ports, unbound for us */
	int64_t port;			    /* ours, once bound to link */
	volatile struct link *at;	    /* its link, mapped; see pair.h */
	xen_pfn_t mfns[PAIR_PAGES];
};

/* The steps of a build, for builds that stop half-way. */
enum pair_step {
	STEP_CREATE,
	STEP_VCPUS,
	STEP_MEMORY,
	STEP_POPULATE,
	STEP_PORTS,
	STEP_LOAD,
	STEP_START_INFO,
	STEP_TABLES,
	STEP_HYPERCALL_PAGE,
	STEP_PIN,
	STEP_CONTEXT,
	PAIR_STEPS
};
extern const char *const pair_step_names[PAIR_STEPS];

/* A pair of defaults: one vCPU, no command line. */
void pair_init(struct pair *p);
/* The first steps; the first answer that is not 0 ends it. */
int64_t pair_build(struct pair *p, unsigned int steps);

/* Its frames by pfn, and by the address of something in this image. */
uint64_t pair_pfn_start_info(void);
uint64_t pair_pfn_store(void);
uint64_t pair_pfn_console(void);
uint64_t pair_pfn_l4(void);
uint64_t pair_pfn_spare(void); /* the first that is mapped nowhere */
uint64_t pair_mfn_of(const struct pair *p, const void *va);

/* What setvcpucontext is given for its boot vCPU. */
void pair_context(const struct pair *p, struct vcpu_guest_context *context);
int64_t pair_set_context(const struct pair *p, unsigned int vcpu,
			 struct vcpu_guest_context *context);

/* Maps a frame of a domain, here and for good: NULL without. Then not. */
void *foreign_map(domid_t domid, uint64_t mfn, uint64_t flags);
void foreign_unmap(volatile void *va);

#endif
