/* SPDX-License-Identifier: MIT */
/* xenstored is told when domains shut down, crash, or are gone. */
#ifndef DOMEXC_H
#define DOMEXC_H

/* Binds VIRQ_DOM_EXC and starts a task, after the daemon's. 0 or -errno. */
int domexc_start(void);

#endif
