/* SPDX-License-Identifier: MIT */
/*
 * The life of guests: made from a configuration, started, ended, and made
 * anew when the configuration says so. What is done to guests is done one
 * after the other; a task that wants its turn waits.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include "xlconfig.h"

/*
 * Starts the task that notices when guests end and acts by on_poweroff,
 * on_reboot, on_crash, on_watchdog, on_soft_reset. 0 or -ENOMEM.
 */
int guest_watch(void);

/*
 * Builds a guest and, unless paused, lets it run: its id, or a -errno with the
 * reason printed and nothing left of it.
 */
int guest_create(const struct guest_config *cfg, bool paused);

/* Ends it and waits until it is gone. 0; -ESRCH: there is none; -EINVAL. */
int guest_destroy(domid_t id);

/*
 * Asks the guest, by control/shutdown, to do it itself: "poweroff", "reboot",
 * "suspend", "halt". 0, -ESRCH, or another -errno.
 */
int guest_shutdown(domid_t id, const char *how);

/*
 * What a guest was made from, its uuid filled in, until it is gone; NULL: not
 * made here.
 */
const struct guest_config *guest_config_of(domid_t id);
/* A guest's name is changed, in the store and in what it is restarted as. */
int guest_rename(domid_t id, const char *name);

/* Waits until the guest is gone or has shut down; false: deadline (in
 * time_now()) came first. */
bool guest_wait(domid_t id, uint64_t deadline);

#endif
