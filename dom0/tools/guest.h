/* SPDX-License-Identifier: MIT */
/* The life of guests. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

struct guest_config;

/*
 * Builds and starts (paused if so asked) a guest: its id, or -errno with the
 * reason already printed.
 */
int guest_create(const struct guest_config *cfg, bool paused);
int guest_destroy(domid_t id); /* 0, -errno; waits until it is gone */
/* "poweroff", "reboot", "suspend": by control/shutdown; 0 or -errno. */
int guest_shutdown(domid_t id, const char *how);
/* What a guest was made of; NULL: not made here. */
const struct guest_config *guest_config_of(domid_t id);
bool guest_wait(domid_t id, uint64_t deadline); /* until gone or deadline */

#endif
