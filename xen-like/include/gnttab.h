/* SPDX-License-Identifier: MIT */
/* Grant tables, version 1: the table's frames and its limits. */
#ifndef GNTTAB_H
#define GNTTAB_H

#include "domain.h"

/* The first frame is there from the start: 0, -XEN_ENOMEM. */
int gnttab_init(struct domain *d, unsigned int max_frames);
/* Grow to n frames: 0, -XEN_ENOMEM (what there was stays), -XEN_EINVAL. */
int gnttab_grow(struct domain *d, unsigned int n);
/* Frame i of the shared table. */
mfn_t gnttab_frame(struct domain *d, unsigned int i);
/* XENMAPSPACE and setup: version 1 only: 0 -XEN_ENOSYS for 2, -XEN_EINVAL. */
int gnttab_set_version(struct domain *d, unsigned int version);
void gnttab_destroy(struct domain *d);

#endif
