/* SPDX-License-Identifier: MIT */
/*
 * A machine for the domain builder (xcbuild.h): frames in an arena that can be
 * mapped in any order, domains that own them, calls that fail when told.
 * Broken rules of the interface end the test.
 */
#ifndef HOST_MACHINE_H
#define HOST_MACHINE_H

#include "xcbuild.h"

#define MACHINE_DOMAINS 4 /* ids 1..3 */

struct machine_domain {
	bool exists;
	struct xcbuild_domain made;
	unsigned int vcpus;
	uint64_t max_pages, pages;
	uint64_t shared_info; /* its frame */
	uint64_t root;	      /* pinned; 0: none */
	uint64_t hypercall_mfn;
	evtchn_port_t ports;
	bool has_context;
	struct vcpu_guest_context context;
};

extern struct machine_domain machine_domains[MACHINE_DOMAINS];

/* The so manieth call from now on fails with -err, once; 0: none. */
extern unsigned long machine_fail;
extern int machine_fail_err;
/* Extents of more pages than 2^machine_max_order are not to be had. */
extern unsigned int machine_max_order;
/* The clock, and by how much a yield moves it. */
extern uint64_t machine_now, machine_step;

void machine_start(uint64_t frames);
void machine_stop(void);
/* No domain, no frame taken, nothing mapped. */
bool machine_empty(void);
unsigned long machine_mappings(void);

/* Owner of a frame, 0: none; its number in the owner; its bytes. */
domid_t machine_owner(uint64_t mfn);
uint64_t machine_pfn(uint64_t mfn);
uint8_t *machine_page(uint64_t mfn);

#endif
