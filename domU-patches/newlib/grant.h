/* SPDX-License-Identifier: MIT */
/*
 * Grants: our own table (version 1), and the operations on others' with plain
 * arguments. What an operation answers is its status, GNTST_*, or, where the
 * hypercall itself failed, -XEN_E* less 1000.
 */
#ifndef GRANT_H
#define GRANT_H

#include <stdbool.h>
#include <stdint.h>
#include "hypercall.h"
#include <xen/grant_table.h>

#define GRANT_FRAMES 2u
#define GRANT_REFS   (GRANT_FRAMES * 512u)

/* Maps our table; the first use of any below does it, too. */
void grant_init(void);
volatile struct grant_entry_v1 *grant_entry(grant_ref_t ref);

/* Lets a domain have a frame of ours; flags besides GTF_permit_access. */
void grant_give(grant_ref_t ref, domid_t domid, uint64_t mfn, uint16_t flags);
/* False: it is in use, and stays. */
bool grant_end(grant_ref_t ref);
uint16_t grant_flags(grant_ref_t ref);

int grant_map(domid_t domid, grant_ref_t ref, uint64_t at, uint32_t flags,
	      grant_handle_t *handle);
int grant_unmap(uint64_t at, grant_handle_t handle);

/* One end of a copy: a frame of ours, or a grant. */
struct gnttab_copy_ptr copy_frame(uint64_t mfn, unsigned int offset);
struct gnttab_copy_ptr copy_grant(domid_t domid, grant_ref_t ref,
				  unsigned int offset);
/* flags: GNTCOPY_* */
int grant_copy(struct gnttab_copy_ptr from, struct gnttab_copy_ptr to,
	       unsigned int len, unsigned int flags);
int grant_swap(grant_ref_t a, grant_ref_t b);
int grant_transfer(domid_t domid, grant_ref_t ref, uint64_t mfn);

#endif
