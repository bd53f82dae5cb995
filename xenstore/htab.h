/* SPDX-License-Identifier: MIT */
/*
 * Hash tables whose links lie in what they hold: to insert and to remove never
 * fails. A table grows when its chains get long and memory allows it; when not
 * it stays as it is. Hashes are keyed with a secret of xsd_init()'s caller, as
 * guests choose the names.
 */
#ifndef HTAB_H
#define HTAB_H

#include <stddef.h>
#include <stdint.h>

struct hlink {
	struct hlink *next;
	uint64_t hash;
};

struct htab {
	struct hlink **slot;
	size_t slots; /* a power of two */
	size_t count;
};

#define container(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))

/* 0 or -ENOMEM; htab_destroy() frees the table, not what it holds. */
int htab_init(struct htab *t);
void htab_destroy(struct htab *t);

void htab_insert(struct htab *t, struct hlink *l, uint64_t hash);
void htab_remove(struct htab *t, struct hlink *l); /* it must be there */

/* Who may have that hash: walk on by ->next and compare. */
struct hlink *htab_first(const struct htab *t, uint64_t hash);

/* The k-th chain, for a walk over everything. */
struct hlink *htab_chain(const struct htab *t, size_t k);

void hash_seed(uint64_t secret);
uint64_t hash_start(uint64_t with);
uint64_t hash_bytes(uint64_t h, const char *s, size_t n);

#endif
