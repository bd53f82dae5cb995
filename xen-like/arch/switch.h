/* SPDX-License-Identifier: MIT */
/* What of a vCPU the CPU itself holds, and how it gets in and out. */
#ifndef SWITCH_H
#define SWITCH_H

#include "vcpu.h"

/* From guest user mode to kernel mode or back: table and GS base. Current v. */
void mode_toggle(struct vcpu *v);

/* Load current v's CR4, DR7 and friends anew after a change. */
void switch_cr4(struct vcpu *v);
void switch_debug(struct vcpu *v);
/* Current v's CR0.TS becomes ts: 0 or CR0_TS. */
void switch_ts(struct vcpu *v, uint64_t ts);

/* What v's CR4 reads after it was set to value. */
uint64_t cr4_guest(uint64_t value);

/* Load a selector (RPL made 3) into GS; a bad one becomes 0: false. */
bool switch_load_gs(uint16_t selector);

#endif
