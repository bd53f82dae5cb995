/* SPDX-License-Identifier: MIT */
/*
 * GDT and LDT windows: where this CPU's descriptor tables show the current
 * vCPU's descriptor pages (FT_SEGDESC references of the vCPU's). LDT pages
 * are found by the guest's own page tables when they are first used.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include "vcpu.h"

/* Descriptors, at most. */
#define LDT_MAX 8192u
#define GDT_MAX 7168u

/* Show v's tables on this CPU; the caller flushes (CR3). */
void window_load(const struct vcpu *v);

/*
 * Replace v's GDT by n <= GDT_MAX entries in frames: 0 or -XEN_EINVAL, nothing changed.
 * v is current, or does not run.
 */
int window_set_gdt(struct vcpu *v, const uint64_t *frames, unsigned int n);

/*
 * A supervisor access to va failed: was it a descriptor load by way of the
 * window? Then it is mended (true), or, if in_guest, its fault is given to
 * the guest (true); false: not ours, or not to be mended.
 */
bool window_fault(struct vcpu *v, gva_t va, uint32_t error, bool in_guest);

/* The error code that names the descriptor at va, of the window; 0: none. */
uint32_t window_selector(gva_t va);

#endif
