/* SPDX-License-Identifier: MIT */
/* Watchdogs: a domain that does not set its timer again in time is stopped. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include "domain.h"

/*
 * SCHEDOP_watchdog. id 0: a new one, its id is the result, or -XEN_ENOSPC.
 * Otherwise it is set anew; seconds 0: it is given up. -XEN_EINVAL.
 */
int watchdog_set(struct domain *d, uint32_t id, uint32_t seconds);

/* d dies: no timer of it runs any more. */
void watchdog_stop(struct domain *d);

#endif
