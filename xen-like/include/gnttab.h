/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 1, as their owner sees them: the shared frames, whose
 * entries are a guest's and change at any time, and beside each entry what is
 * in use of it.
 *
 * An entry that is in use (pinned) holds a plain reference of its frame, and
 * its flags say GTF_reading and GTF_writing as the pins are. All pins of one
 * entry are one domain's.
 */
#ifndef GNTTAB_H
#define GNTTAB_H

#include "domain.h"

#define GRANT_ENTRIES (PAGE_SIZE / sizeof(struct grant_entry_v1)) /* a frame */
#define GRANT_PINS    128u /* of one kind of one entry, as on Xen */

/* Of an entry in use: frame and user stay while there is a pin. */
struct grant_active {
	uint32_t frame;
	domid_t by;
	uint8_t readers, writers; /* pins */
};

/* Grow to n frames: 0, -XEN_ENOMEM (what there was stays), -XEN_EINVAL. */
int gnttab_grow(struct domain *d, unsigned int n);
/* Frame i of the shared table. */
mfn_t gnttab_frame(struct domain *d, unsigned int i);

/*
 * At d's end: what it has mapped is let go of, its table goes; what others
 * have mapped of it stays. 0, -XEN_ERESTART. No vCPU of d runs any more.
 */
int gnttab_destroy(struct domain *d);
/* The last reference of d is gone: the memory of all that. */
void gnttab_free(struct domain *d);

/*
 * n pins of d's entry ref for domain by, to write or only to read; whole: a
 * grant of a part will not do. *m is the frame. 0; -XEN_ENOENT: no such entry;
 * -XEN_EINVAL: not granted to by, not for that, too many pins, dying, or it
 * does not stand still; -XEN_ENXIO: not d's frame. Put with gnttab_unpin().
 */
int gnttab_pin(struct domain *d, uint32_t ref, domid_t by, bool write,
	       bool whole, unsigned int n, mfn_t *m);
void gnttab_unpin(struct domain *d, uint32_t ref, bool write, unsigned int n);

/* What is in use of entry ref, which has been there. */
static inline struct grant_active *gnttab_active(struct domain *d, uint32_t ref)
{
	return &d->grant.active[ref / GRANT_ENTRIES][ref % GRANT_ENTRIES];
}

/* Swap entries: 0, -XEN_ENOENT, -XEN_EAGAIN: one is in use. */
int gnttab_swap(struct domain *d, uint32_t a, uint32_t b);

/*
 * Has d granted m to domain by, who uses it? Looks at some entries from *from
 * on: 1 yes, 0 no, -XEN_ERESTART: at *from it goes on.
 */
int gnttab_granted(struct domain *d, mfn_t m, domid_t by, uint32_t *from);

/*
 * Frame m of d becomes to's, by to's entry ref, which accepts one from d; NULL
 * to: it is lost. 0; -XEN_ENXIO: not d's to give, or in use, it stays; others:
 * m is free memory; -XEN_ESRCH: no such domain, -XEN_EINVAL: it does not
 * accept it, or has no room.
 */
int gnttab_transfer(struct domain *d, mfn_t m, struct domain *to, uint32_t ref);

/*
 * A page to copy from, or with write to: entry `name` of d, granted to by, or
 * d's own frame of that number. 0 and *m, or the errors of gnttab_pin().
 */
int gnttab_hold(struct domain *d, uint64_t name, bool by_ref, domid_t by,
		bool write, mfn_t *m);
void gnttab_release(struct domain *d, uint64_t name, bool by_ref, bool write,
		    mfn_t m);

/* Recount d's pins by all domains' mappings; prints and counts findings. */
unsigned int gnttab_audit(struct domain *d);

#endif
