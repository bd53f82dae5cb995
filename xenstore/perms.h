/* SPDX-License-Identifier: MIT */
/*
 * Values and permissions of nodes. Both are immutable and counted, so that a
 * child shares its parent's permissions and a transaction the values that it
 * has seen. NULL is the empty value.
 *
 * Permissions are a list of (domain, rights): the first names the owner, and
 * the rights of whom the list does not name; the owner has all rights.
 */
#ifndef PERMS_H
#define PERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

struct value {
	uint32_t refs, len;
	char data[];
};

/* A copy of len bytes, with one reference; NULL: empty, or no memory. */
struct value *value_new(const void *data, size_t len);
struct value *value_get(struct value *v);
void value_put(struct value *v);
size_t value_len(const struct value *v);

/* Rights: XS_PERM_READ, XS_PERM_WRITE of <xenstore_lib.h>, and this one. */
#define PERM_OWNER 8u
#define PERM_ALL   (PERM_OWNER | 3u)

struct perm {
	domid_t id;
	uint16_t rights;
};

struct perms {
	uint32_t refs, count;
	struct perm list[];
};

/* NULL: no memory. */
struct perms *perms_new(const struct perm *list, size_t count);
struct perms *perms_get(struct perms *p);
void perms_put(struct perms *p);

/* p's list with another owner; p itself where it is his already. */
struct perms *perms_owned(struct perms *p, domid_t owner);
/*
 * Take domid out of the list, its first place excepted: in place, for all who
 * share it, since the domain is no more.
 */
void perms_strip(struct perms *p, domid_t domid);
bool perms_mention(const struct perms *p, domid_t domid);

static inline domid_t perms_owner(const struct perms *p)
{
	return p->list[0].id;
}

/*
 * What the domain may do; as is whatever its target may do (SET_TARGET;
 * DOMID_INVALID: none). Domain 0 may do everything.
 */
unsigned int perms_rights(const struct perms *p, domid_t domid, domid_t target);

/*
 * "r12" and the like: one permission from text, false if it is none, and to
 * text of at most PERM_TEXT bytes with its nul; the bytes used.
 */
#define PERM_TEXT 8
bool perm_parse(const char *text, struct perm *p);
size_t perm_format(const struct perm *p, char *text);

#endif
