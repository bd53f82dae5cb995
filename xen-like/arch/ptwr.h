/* SPDX-License-Identifier: MIT */
/* Writes of a guest kernel to its page tables, mapped read-only, by emulation. */
#ifndef PTWR_H
#define PTWR_H

#include "vcpu.h"

/*
 * The write to va of current v's kernel failed on a present page. If it was
 * to an L1 table: do it (true), or leave the page fault to the guest (false).
 */
bool ptwr_fault(struct vcpu *v, gva_t va);

#endif
