/* SPDX-License-Identifier: MIT */
/*
 * Mappings of grants, as the domain that has them sees them: a handle for
 * each. A mapping holds a reference of the granting domain and a pin of its
 * entry for each kind (host, device); the page-table entry holds its own
 * reference of the frame as every entry does, the device mapping, when it may
 * write, a writable one.
 */
#ifndef GRANTMAP_H
#define GRANTMAP_H

#include "vcpu.h"

#define GRANT_KINDS (GNTMAP_device_map | GNTMAP_host_map)
#define GRANT_MAPS  (PAGE_SIZE / sizeof(struct grant_map)) /* a page of them */
#define GRANT_BUSY  (1u << 15) /* somebody is at it */

struct grant_map {
	struct domain *granter;
	uint32_t ref;	/* free: the next free handle + 1 */
	uint16_t flags; /* atomic: GNTMAP_*, GRANT_BUSY; 0: free */
};

/*
 * A table that neighbours in a list of host mappings share: held on to from
 * one to the next. Starts with table MFN(0).
 */
struct grant_l1 {
	mfn_t table;
	uint64_t part; /* of the address space, or the table by its address */
};
void grant_l1_put(struct vcpu *v, struct grant_l1 *l1);

/*
 * Map granter's entry ref for v's domain as flags say (GNTMAP_*, one of
 * GRANT_KINDS at least), a host mapping at addr: an address in v's current
 * tables or, GNTMAP_contains_pte, an entry's machine address. What was mapped
 * there is let go of. 0, *handle, *m; -XEN_ENOSPC: no handle left; the errors
 * of gnttab_pin(); -XEN_EINVAL: no L1 entry at addr, or the frame is in use
 * as a table.
 */
int gnttab_map(struct vcpu *v, struct domain *granter, uint32_t ref,
	       uint32_t flags, uint64_t addr, struct grant_l1 *l1,
	       uint32_t *handle, mfn_t *m);

/*
 * Take handle's mapping away: of the host if host_addr is not 0, of devices if
 * bus_addr is not. new_addr, if not 0: the entry that maps it moves to the
 * mapping's place; then l1 is not held on to. *done says what was mapped until now; with that
 * gnttab_unmap_finish() must follow, after a flush. 0; -XEN_EBADF: no such
 * handle; -XEN_ENODEV: another bus_addr; -XEN_EINVAL: not what is mapped there.
 */
int gnttab_unmap(struct vcpu *v, uint32_t handle, uint64_t host_addr,
		 uint64_t bus_addr, uint64_t new_addr, struct grant_l1 *l1,
		 uint16_t *done);
void gnttab_unmap_finish(struct domain *d, uint32_t handle, uint16_t done);

/* Let go of all that dying d has mapped: 0, -XEN_ERESTART. */
int grantmap_destroy(struct domain *d);

static inline struct grant_map *grantmap_at(struct domain *d, uint32_t handle)
{
	return &d->grant.map[handle / GRANT_MAPS][handle % GRANT_MAPS];
}

#endif
