/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors of guests. Their kernels run in ring 3, so everything
 * that can be loaded gets privilege 3; of system descriptors only call gates
 * are let through, with privilege 0: using one faults.
 */
#include "pagetype.h"
#include "vcpu.h"

#define DESC_P		  (1ul << 47)
#define DESC_DPL	  (3ul << 45)
#define DESC_S		  (1ul << 44)
#define DESC_TYPE	  (15ul << 40)
#define DESC_CALL_GATE	  (12ul << 40)
#define GATE_RESERVED	  (0xfful << 32)
#define GATE_SEL_SHIFT	  16
#define GUEST_GDT_ENTRIES 7168u /* 14 pages; the rest is ours */

/* Can a gate lead to this segment: of a guest's, or the ABI's flat kernel's? */
static bool gate_target_ok(uint64_t sel)
{
	return sel >> 3 < GUEST_GDT_ENTRIES || sel & 4 || sel == FLAT_KERNEL_CS;
}

bool segdesc_fix(uint64_t *desc)
{
	uint64_t d = *desc, sel = d >> GATE_SEL_SHIFT & 0xffff;

	if (!(d & DESC_P))
		return true;
	if (d & DESC_S) {
		*desc = d | DESC_DPL;
		return true;
	}
	/* Type 0: never loads; the second half of a call gate looks so. */
	if (!(d & DESC_TYPE))
		return true;
	if ((d & DESC_TYPE) != DESC_CALL_GATE || d & GATE_RESERVED ||
	    !gate_target_ok(sel))
		return false;
	*desc = (d & ~DESC_DPL) | 3ul << GATE_SEL_SHIFT;
	return true;
}
