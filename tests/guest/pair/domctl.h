/* SPDX-License-Identifier: MIT */
/*
 * domctl and sysctl as functions with plain arguments, for the initial
 * domain. Each returns the hypervisor's answer: 0 or more, or -XEN_E*.
 */
#ifndef DOMCTL_H
#define DOMCTL_H

#include <stdbool.h>
#include <stdint.h>
#include "hypercall.h"
#include <xen/domctl.h>
#include <xen/sysctl.h>

/* Fills in the command, the version and the domain; op->domain is the
 * answer's. */
int64_t domctl(uint32_t cmd, domid_t domid, struct xen_domctl *op);
/* One without arguments. */
int64_t domctl_plain(uint32_t cmd, domid_t domid);
int64_t sysctl(uint32_t cmd, struct xen_sysctl *op);

/* What createdomain takes for a PV guest of that many vCPUs. */
struct xen_domctl_createdomain domain_config(unsigned int vcpus);
/* wanted: 0 for any. */
int64_t domain_create(domid_t wanted, struct xen_domctl_createdomain config,
		      domid_t *domid);
int64_t domain_max_vcpus(domid_t domid, unsigned int count);
int64_t domain_max_mem(domid_t domid, uint64_t kib);
int64_t domain_pause(domid_t domid);
int64_t domain_unpause(domid_t domid);
int64_t domain_destroy(domid_t domid);

/* False: no such domain (the next one's record does not count). */
bool domain_info(domid_t domid, struct xen_domctl_getdomaininfo *info);
uint32_t domain_flags(domid_t domid); /* XEN_DOMINF_*; ~0: no such domain */
/* What it shut down for, or -1 while it lives. */
int domain_shutdown_code(domid_t domid);
/* Waits until no trace of it is left, at most a few seconds. */
bool domain_wait_gone(domid_t domid);

/* Frames nobody has, by physinfo: now; once they stay the same for a while;
 * once they are that many again, or time is over. */
uint64_t frames_free(void);
uint64_t frames_settled(void);
uint64_t frames_wait(uint64_t count);

#endif
