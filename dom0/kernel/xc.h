/* SPDX-License-Identifier: MIT */
/*
 * The tool stack's hypercalls. The caller fills in the operation, its domain
 * and its structure; the interface version is filled in here.
 */
#ifndef XC_H
#define XC_H

#include <stdint.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

/* >= 0 as the operation has it, or a -errno; answers are in *op. */
int xc_domctl(struct xen_domctl *op);
int xc_sysctl(struct xen_sysctl *op);

#endif
