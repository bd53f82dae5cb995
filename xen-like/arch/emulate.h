/* SPDX-License-Identifier: MIT */
/*
 * Emulation of guests' instructions: privileged ones, after a #GP with no
 * error code, and writes to page tables that are mapped read-only. Each is of
 * the instruction at rip of current v.
 */
#ifndef EMULATE_H
#define EMULATE_H

#include "insn.h"
#include "vcpu.h"

/* Done, or its own exception bounced; false: not one of ours, pass the #GP. */
bool emulate_privileged(struct vcpu *v);

/* After #UD: ud2, "xen", cpuid. False: something else, pass the #UD. */
bool emulate_forced_cpuid(struct vcpu *v);

/*
 * The write to va of current v's kernel failed on a present page. If it was
 * to an L1 table: do it (true), or leave the page fault to the guest (false).
 */
bool ptwr_fault(struct vcpu *v, gva_t va);

/* ---- What they share ---- */

/* Read and decode the 64-bit instruction at rip: false, it is not known. */
bool emulate_fetch(struct vcpu *v, struct insn *i);
/* Of the segment that its prefixes name; current guest's. */
gva_t emulate_segment_base(const struct insn *i);

/*
 * IN, OUT, INS, OUTS: results of emulate.c's perform(). Whether the guest
 * kernel lets its present mode do it (IOPL, I/O bitmap) decides between #GP
 * and going on; what the machine's owner permits decides what is found there:
 * denied ports read all ones.
 */
int emulate_io(struct vcpu *v, const struct insn *i);
/* Does v's I/O privilege level cover its mode? */
bool emulate_iopl_ok(const struct vcpu *v);

#endif
