/* SPDX-License-Identifier: MIT */
/*
 * Port I/O of guests. Whether the guest kernel lets its present mode do it
 * (IOPL, I/O bitmap) decides between #GP and going on; what the machine's
 * owner permits decides what is found there: denied ports read all ones.
 */
#ifndef EMULATE_IO_H
#define EMULATE_IO_H

#include "insn.h"
#include "vcpu.h"

/* IN, OUT, INS, OUTS: results of emulate.c's perform(). */
int emulate_io(struct vcpu *v, const struct insn *i);

/* Does v's I/O privilege level cover its mode? */
bool emulate_iopl_ok(const struct vcpu *v);

#endif
