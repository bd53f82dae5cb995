/* SPDX-License-Identifier: MIT */
/*
 * Page types: the rule that a guest never holds a writable mapping of a frame
 * that the MMU or the segment unit trusts. docs/page-types.md argues it.
 *
 * No lock: each step is a compare-and-swap of the frame's word or an exchange
 * of one table entry, made by whoever holds a typed reference of the table.
 * A type change that takes long (a table) stops at preemption points with
 * -XEN_ERESTART; its progress stays in the frames, anyone may go on with it.
 * While a change is not interrupted, others who want the type wait for it.
 */
#ifndef PAGETYPE_H
#define PAGETYPE_H

#include "domain.h"
#include "frame.h"

/*
 * A typed reference (and a plain one) of m, owned by d, for type. Table types
 * are validated on the first. 0;
 * -XEN_EINVAL: not d's, used as another type;
 * -XEN_EINVAL, -XEN_EPERM, -XEN_EBUSY, -XEN_EACCES: what is wrong with an
 * entry of it, or of a table below;
 * -XEN_ERESTART: stopped at a preemption point, nothing taken: call again.
 * Only table types stop, and only for them no lock may be held.
 */
int type_get(struct domain *d, mfn_t m, enum frame_type type);
/* The same for a frame of which the caller has a plain reference to spare. */
int type_take(struct domain *d, mfn_t m, enum frame_type type);
/*
 * The same for whatever type m is in use as, writable if it is in none;
 * *type says which. Never stops.
 */
int type_hold(struct domain *d, mfn_t m, enum frame_type *type);

/*
 * Give it back; the last one of a table takes its entries' references down.
 * 0, or -XEN_ERESTART: given back, but taking down stopped at a preemption
 * point: call type_finish() until it returns 0. Only table types do that.
 */
int type_put(mfn_t m);

/*
 * Go on with taking m down, if it was interrupted and nobody has gone on with
 * it or turned it since; abandon: in whatever direction it was. 0 or
 * -XEN_ERESTART.
 */
int type_finish(mfn_t m, bool abandon);

/*
 * MMUEXT_PIN_*, UNPIN: 0, -XEN_EINVAL (also: pinned, not pinned), the errors
 * of type_get(). -XEN_ERESTART of a pin: nothing was done; of an unpin: done,
 * but for type_finish().
 */
int type_pin(struct domain *d, mfn_t m, enum frame_type type);
int type_unpin(struct domain *d, mfn_t m);

/*
 * Let go of all that dying d's frames hold, unpin and free them; restartable
 * (-XEN_ERESTART), 0 when d owns no frame with a reference of its own left.
 * Its vCPUs have dropped their contexts before.
 */
int type_relinquish(struct domain *d);

/*
 * Make a descriptor safe to load: privilege 3 at least. False: no guest may
 * have it. desc is the descriptor's value.
 */
bool segdesc_fix(uint64_t *desc);

#endif
