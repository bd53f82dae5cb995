/* SPDX-License-Identifier: MIT */
/* Hash tables with links inside of what they hold. */
#include "htab.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define FIRST_SLOTS 64u

static uint64_t factor = 0x9e3779b97f4a7c15u;

void hash_seed(uint64_t secret)
{
	factor = (0x9e3779b97f4a7c15u ^ secret << 3) | 1;
}

uint64_t hash_start(uint64_t with)
{
	return (with + 1) * factor;
}

uint64_t hash_bytes(uint64_t h, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * factor;
	return h;
}

/* A product's upper bits depend on all of its factors' bits. */
static struct hlink **slot_of(const struct htab *t, uint64_t hash)
{
	return &t->slot[(hash ^ hash >> 32) & (t->slots - 1)];
}

int htab_init(struct htab *t)
{
	*t = (struct htab){ .slots = FIRST_SLOTS };
	t->slot = calloc(FIRST_SLOTS, sizeof(*t->slot));
	return t->slot ? 0 : -ENOMEM;
}

void htab_destroy(struct htab *t)
{
	free(t->slot);
	*t = (struct htab){ 0 };
}

static void push(struct htab *t, struct hlink *l)
{
	struct hlink **slot = slot_of(t, l->hash);

	l->next = *slot;
	*slot = l;
}

static void grow(struct htab *t)
{
	struct htab old = *t;
	struct hlink **slot = calloc(old.slots * 2, sizeof(*slot));

	if (!slot)
		return;
	t->slot = slot;
	t->slots = old.slots * 2;
	for (size_t i = 0; i < old.slots; i++)
		for (struct hlink *l = old.slot[i], *next; l; l = next) {
			next = l->next;
			push(t, l);
		}
	free(old.slot);
}

void htab_insert(struct htab *t, struct hlink *l, uint64_t hash)
{
	if (t->count >= t->slots)
		grow(t);
	l->hash = hash;
	push(t, l);
	t->count++;
}

void htab_remove(struct htab *t, struct hlink *l)
{
	struct hlink **at = slot_of(t, l->hash);

	while (*at && *at != l)
		at = &(*at)->next;
	assert(*at);
	*at = l->next;
	t->count--;
}

struct hlink *htab_first(const struct htab *t, uint64_t hash)
{
	return *slot_of(t, hash);
}

struct hlink *htab_chain(const struct htab *t, size_t k)
{
	return t->slot[k];
}
