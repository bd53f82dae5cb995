/* SPDX-License-Identifier: MIT */
/*
 * Emulation of privileged instructions of guests: after a #GP with no error
 * code, the instruction at rip of current v.
 */
#ifndef EMULATE_H
#define EMULATE_H

#include "insn.h"
#include "vcpu.h"

/* Done, or its own exception bounced; false: not one of ours, pass the #GP. */
bool emulate_privileged(struct vcpu *v);

/* After #UD: ud2, "xen", cpuid. False: something else, pass the #UD. */
bool emulate_forced_cpuid(struct vcpu *v);

/* Read and decode the 64-bit instruction at rip: false, it is not known. */
bool emulate_fetch(struct vcpu *v, struct insn *i);
/* Of the segment that its prefixes name; current guest's. */
gva_t emulate_segment_base(const struct insn *i);

#endif
