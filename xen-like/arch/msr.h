/* SPDX-License-Identifier: MIT */
/* Model specific registers of current v, as its RDMSR and WRMSR find them. */
#ifndef MSR_H
#define MSR_H

#include "vcpu.h"

/* False: #GP. */
bool msr_read(struct vcpu *v, uint32_t nr, uint64_t *value);
bool msr_write(struct vcpu *v, uint32_t nr, uint64_t value);
/* Load what this CPU holds of v's. */
void msr_load(const struct vcpu *v);

#endif
