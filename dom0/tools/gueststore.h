/* SPDX-License-Identifier: MIT */
/*
 * The nodes of guests in the store, as libxl makes them for a paravirtualized
 * guest. The connection is this file's own; callers of different tasks wait
 * for each other in it. Each returns 0 or a -errno.
 */
#ifndef GUESTSTORE_H
#define GUESTSTORE_H

#include "builder.h"
#include "xlconfig.h"

/*
 * Makes the nodes of a guest that was built from cfg, whose uuid is set, and
 * introduces it to the daemon. Failing leaves none of them.
 */
int gueststore_add(const struct guest_config *cfg,
		   const struct builder_domain *d);
/* Takes the nodes away, those of /vm too; the daemon forgets the domain. */
void gueststore_remove(domid_t id, const uint8_t uuid[16]);

/* Does a domain have that name? */
bool gueststore_name_used(const char *name);
int gueststore_rename(domid_t id, const char *name);
/* The toolstack's half of the shutdown protocol. */
int gueststore_shutdown(domid_t id, const char *how);

/*
 * Waits, in the only task that calls it, until a domain may have ended. On a
 * connection of its own, which the first call opens. 0, or a -errno.
 */
int gueststore_wait_release(void);

#endif
