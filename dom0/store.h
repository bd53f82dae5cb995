/* SPDX-License-Identifier: MIT */
/* xenstored in dom0: its task, and the connections of dom0's own tasks. */
#ifndef STORE_H
#define STORE_H

/* Starts the daemon. 0 or -ENOMEM. xs_open() works from then on. */
int store_start(void);

#endif
