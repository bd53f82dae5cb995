/* SPDX-License-Identifier: MIT */
/* Extended state (x87, SSE, AVX and later): areas, XCR0, eager switching. */
#ifndef XSTATE_H
#define XSTATE_H

#include "vcpu.h"

/* What XCR0 may hold. */
uint64_t xstate_mask(void);
/* Bytes of a save area for the features in mask, standard format. */
uint32_t xstate_size(uint64_t mask);

int xstate_create(struct vcpu *v); /* 0 or -XEN_ENOMEM */

void xstate_save(struct vcpu *v);
void xstate_load(struct vcpu *v);

/* XSETBV of v, current: 0; -XEN_EINVAL: the CPU would refuse it. */
int xstate_set_xcr0(struct vcpu *v, uint32_t index, uint64_t value);

/* The 512 bytes of FXSAVE, into and out of v's area; v does not run. */
void xstate_put_legacy(struct vcpu *v, const void *fxsave);

#endif
