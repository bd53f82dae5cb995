/* SPDX-License-Identifier: MIT */
/* What the life of guests asks of the hypervisor. Each returns 0 or -errno. */
#ifndef GUESTCTL_H
#define GUESTCTL_H

#include "xlconfig.h"
#include <xen/xen.h>

struct guestctl_info {
	uint8_t uuid[16];
	bool shutdown;
	unsigned int reason; /* SHUTDOWN_* */
};

int guestctl_info(domid_t id, struct guestctl_info *info);
int guestctl_pause(domid_t id);
int guestctl_unpause(domid_t id);
/* Where its vCPUs run and what their time is, as the configuration says. */
int guestctl_place(const struct guest_config *cfg, domid_t id);
/* One that nobody has. */
void guestctl_new_uuid(uint8_t uuid[16]);

#endif
