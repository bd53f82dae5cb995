/* SPDX-License-Identifier: MIT */
/*
 * Emulation of privileged instructions of guests: after a #GP with no error
 * code, the instruction at rip of current v.
 */
#ifndef EMULATE_H
#define EMULATE_H

#include "vcpu.h"

/* Done, or its own exception bounced; false: not one of ours, pass the #GP. */
bool emulate_privileged(struct vcpu *v);

/* After #UD: ud2, "xen", cpuid. False: something else, pass the #UD. */
bool emulate_forced_cpuid(struct vcpu *v);

#endif
