/* SPDX-License-Identifier: MIT */
/* The guests that were made here: what guest.c and guestend.c share. */
#ifndef GUESTLIST_H
#define GUESTLIST_H

#include "task.h"
#include "xlconfig.h"
#include <xen/xen.h>

struct guest {
	struct guest *next;
	struct guest_config cfg;
	domid_t id;
	uint64_t started;
	unsigned int short_lives; /* before this one */
	bool ended;		  /* has shut down, and was acted on */
};

extern struct guest *guests;
extern struct waitq guests_changed; /* woken when one ends or goes */

/* What changes the list, or a guest, has its turn. */
void guests_take_turn(void);
void guests_give_turn(void);

/* guest_create() and guest_destroy() for who has the turn. */
int guests_create(const struct guest_config *cfg, bool paused,
		  unsigned int short_lives);
int guests_destroy(domid_t id);
/* The record of a domain that is no more. */
void guests_forget(domid_t id);

#endif
