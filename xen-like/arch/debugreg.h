/* SPDX-License-Identifier: MIT */
/* Debug registers as a guest has them: DR0..3, 6 (4), 7 (5). */
#ifndef DEBUGREG_H
#define DEBUGREG_H

#include "vcpu.h"

#define DR6_DEFAULT 0xffff0ff0ul

/* As after a reset. */
void debugreg_init(struct vcpu *v);
/* 0; -XEN_ENODEV: no such register; -XEN_EPERM, -XEN_EINVAL: not that value. */
int debugreg_set(struct vcpu *v, unsigned int reg, uint64_t value);
/* 0 or -XEN_ENODEV. */
int debugreg_get(const struct vcpu *v, unsigned int reg, uint64_t *value);

#endif
