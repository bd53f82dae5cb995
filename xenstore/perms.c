/* SPDX-License-Identifier: MIT */
/* Values and permissions of nodes. */
#include "perms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore_lib.h>

struct value *value_new(const void *data, size_t len)
{
	struct value *v = len ? malloc(sizeof(*v) + len) : NULL;

	if (!v)
		return NULL;
	v->refs = 1;
	v->len = (uint32_t)len;
	memcpy(v->data, data, len);
	return v;
}

struct value *value_get(struct value *v)
{
	if (v)
		v->refs++;
	return v;
}

void value_put(struct value *v)
{
	if (v && !--v->refs)
		free(v);
}

size_t value_len(const struct value *v)
{
	return v ? v->len : 0;
}

struct perms *perms_new(const struct perm *list, size_t count)
{
	struct perms *p = malloc(sizeof(*p) + count * sizeof(*list));

	if (!p)
		return NULL;
	p->refs = 1;
	p->count = (uint32_t)count;
	memcpy(p->list, list, count * sizeof(*list));
	return p;
}

struct perms *perms_get(struct perms *p)
{
	if (p)
		p->refs++;
	return p;
}

void perms_put(struct perms *p)
{
	if (p && !--p->refs)
		free(p);
}

struct perms *perms_owned(struct perms *p, domid_t owner)
{
	struct perms *q;

	if (perms_owner(p) == owner)
		return perms_get(p);
	q = perms_new(p->list, p->count);
	if (q)
		q->list[0].id = owner;
	return q;
}

bool perms_mention(const struct perms *p, domid_t domid)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (p->list[i].id == domid)
			return true;
	return false;
}

void perms_strip(struct perms *p, domid_t domid)
{
	uint32_t kept = 1;

	for (uint32_t i = 1; i < p->count; i++)
		if (p->list[i].id != domid)
			p->list[kept++] = p->list[i];
	p->count = kept;
}

unsigned int perms_rights(const struct perms *p, domid_t domid, domid_t target)
{
	domid_t owner = perms_owner(p);

	if (!domid || owner == domid || owner == target)
		return PERM_ALL;
	for (uint32_t i = 1; i < p->count; i++)
		if (p->list[i].id == domid || p->list[i].id == target)
			return p->list[i].rights;
	return p->list[0].rights;
}

/* ---- As text ---------------------------------------------------------------- */

static const char letters[] = "nrwb"; /* by rights */

bool perm_parse(const char *text, struct perm *p)
{
	const char *letter = *text ? strchr(letters, *text) : NULL;
	unsigned long id;
	char *end;

	if (!letter || text[1] < '0' || text[1] > '9')
		return false;
	id = strtoul(text + 1, &end, 10);
	if (*end || id >= DOMID_FIRST_RESERVED)
		return false;
	p->id = (domid_t)id;
	p->rights = (uint16_t)(letter - letters);
	return true;
}

size_t perm_format(const struct perm *p, char *text)
{
	return (size_t)snprintf(text, PERM_TEXT, "%c%u", letters[p->rights & 3],
				(unsigned int)p->id) +
	       1;
}
