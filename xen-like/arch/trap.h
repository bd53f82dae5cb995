/* SPDX-License-Identifier: MIT */
/* Vectors of exceptions, and what emulation asks of the trap handlers. */
#ifndef TRAP_H
#define TRAP_H

#include "vcpu.h"

/* Intel SDM volume 3, table 6-1 */
enum x86_exception {
	EXC_DE,
	EXC_DB,
	EXC_NMI,
	EXC_BP,
	EXC_OF,
	EXC_BR,
	EXC_UD,
	EXC_NM,
	EXC_DF,
	EXC_CSO,
	EXC_TS,
	EXC_NP,
	EXC_SS,
	EXC_GP,
	EXC_PF,
	EXC_SPV,
	EXC_MF,
	EXC_AC,
	EXC_MC,
	EXC_XM,
	EXC_VE,
	EXC_CP,
	EXC_LAST = 31,
};

/* An emulated instruction of current v is complete: single stepping sees it. */
void trap_instruction_done(struct vcpu *v, uint64_t next_rip);

#endif
