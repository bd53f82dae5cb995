/* SPDX-License-Identifier: MIT */
/*
 * Page types: the rule that a guest never holds a writable mapping of a frame
 * that the MMU or the segment unit trusts. docs/page-types.md argues it.
 *
 * No lock: each step is a compare-and-swap of the frame's word or an exchange
 * of one table entry, made by whoever holds a typed reference of the table.
 * A type change that takes long (a table) stops at preemption points with
 * -XEN_ERESTART; its progress stays in the frames, anyone may go on with it.
 */
#ifndef PAGETYPE_H
#define PAGETYPE_H

#include "domain.h"
#include "frame.h"

/*
 * A typed reference (and a plain one) of m, owned by d, for type. Table types
 * are validated on the first. 0;
 * -XEN_EINVAL: not d's, used as another type, or contents not legal;
 * -XEN_ERESTART: stopped at a preemption point, nothing taken: call again.
 */
int type_get(struct domain *d, mfn_t m, enum frame_type type);

/*
 * Give it back; the last one of a table takes its entries' references down.
 * 0, or -XEN_ERESTART: the reference is not given back yet, call again.
 */
int type_put(mfn_t m);

/* MMUEXT_PIN_*, UNPIN: 0, -XEN_EINVAL, -XEN_EBUSY (pinned), -XEN_ERESTART. */
int type_pin(struct domain *d, mfn_t m, enum frame_type type);
int type_unpin(struct domain *d, mfn_t m);

/*
 * Let go of all that dying d's frames hold, unpin and free them; restartable
 * (-XEN_ERESTART), 0 when d owns no frame with a reference of its own left.
 */
int type_relinquish(struct domain *d);

#endif
