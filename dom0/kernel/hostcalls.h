/* SPDX-License-Identifier: MIT */
/* The machine as its administrator sees it: who rules it, and its end. */
#ifndef HOSTCALLS_H
#define HOSTCALLS_H

/* XENVER_* of <xen/version.h>; 0.. or -errno. */
int host_version(unsigned int what, void *answer);
/* SHUTDOWN_* of <xen/sched.h>, of the machine; returns -errno if refused. */
int host_shutdown(unsigned int reason);

/* The most memory that dom0 has had itself, in KiB. */
unsigned long host_own_peak(void);
/* The processor's time-stamp counter. */
unsigned long host_tsc(void);

#endif
