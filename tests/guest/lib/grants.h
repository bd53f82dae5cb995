/* SPDX-License-Identifier: MIT */
/* Grants that the domain gives itself, one operation at a time. */
#ifndef GRANTS_H
#define GRANTS_H

#include "grant.h"

#define OP(cmd, op, n) hypercall_grant_table_op(GNTTABOP_##cmd, op, n)
#define ME	       0 /* the initial domain */
#define NOBODY	       77
#define REF	       20 /* the first that the tests use */
#define MAPPED	       TEST_VA

extern volatile struct grant_entry_v1 *table; /* the domain's */
extern uint64_t *page;			      /* one to grant */
extern uint32_t handle;			      /* of the last mapping */

/* All of the above, and the tables for 64 pages from MAPPED on. */
void grants_init(void);

/* To ourselves: the page at va. */
void grant(unsigned int ref, const void *va, uint16_t flags);
struct gnttab_map_grant_ref map_op(unsigned int ref, uint32_t flags,
				   uint64_t addr);
/* Each: the status; 100 when the call itself fails, 101: another frame. */
int map(unsigned int ref, uint32_t flags, uint64_t addr);
static inline int unmap(uint32_t h, uint64_t addr)
{
	return grant_unmap(addr, h);
}
int unmap_bus(uint32_t h, uint64_t addr, uint64_t bus);

#endif
