/* SPDX-License-Identifier: MIT */
/* What a transaction knows of one path; for trans.c and view.c. */
#ifndef RECORD_H
#define RECORD_H

#include "trans.h"

enum record_state {
	AS_MET,	 /* nothing was done to it; is there if gen is not 0 */
	CHANGED, /* its value or permissions */
	CREATED, /* spare becomes the node */
	REMOVED, /* with all below */
};

struct record {
	struct hlink link;	    /* by path */
	struct record *prev, *next; /* of the transaction */
	uint8_t state;
	bool hidden;	   /* made where a removal hid what may be there */
	bool fires;	   /* the creation was asked for, not only needed */
	uint32_t len;	   /* of path */
	uint64_t gen;	   /* the node's when it was met; 0: was not there */
	uint64_t kids_gen; /* when its children were asked for; 0: were not */
	struct value *value;
	struct perms *perms; /* NULL: never was there */
	struct node *spare;
	struct record *more; /* while a path is made: the next one */
	char path[];
};

/* The first len characters of path, whose hash is known. */
struct record *record_find(const struct trans *t, const char *path, size_t len,
			   uint64_t hash);
bool record_exists(const struct record *r);
/* 0, -ENOSPC or -ENOMEM (quotas, memory). met: NULL if it is not there. */
int record_new(struct trans *t, const char *path, const struct node *met,
	       struct record **out);
/* Counted out (-1) before it is changed, and in (1) afterwards. */
void record_count(struct trans *t, const struct record *r, int sign);
/* Of the list: when it is (re)created, for its parent comes first. */
void record_to_end(struct trans *t, struct record *r);

#endif
