/* SPDX-License-Identifier: MIT */
/* Grant tables, version 1: the table's frames and its limits. */
#ifndef GNTTAB_H
#define GNTTAB_H

#include "domain.h"

/* Grow to n frames: 0, -XEN_ENOMEM (what there was stays), -XEN_EINVAL. */
int gnttab_grow(struct domain *d, unsigned int n);
/* Frame i of the shared table. */
mfn_t gnttab_frame(struct domain *d, unsigned int i);
void gnttab_destroy(struct domain *d);

#endif
