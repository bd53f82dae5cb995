/* SPDX-License-Identifier: MIT */
/*
 * The domains that there are: their numbers and states from the hypervisor,
 * their names from xenstore.
 */
#ifndef DOMAINS_H
#define DOMAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xenstore.h>

/* The connection of the tools; NULL: errno, and told so. */
struct xs_handle *tools_xs(void);

/* All of them, by number: the caller frees *list. 0 or -errno. */
int domains_list(struct xen_domctl_getdomaininfo **list, size_t *count);
/* -ESRCH: there is none. */
int domain_info(domid_t id, struct xen_domctl_getdomaininfo *info);
/* The caller frees it; NULL: it has none. */
char *domain_name(domid_t id);
/* The id of the domain of that name; -ESRCH. */
int domain_of_name(const char *name, domid_t *id);
/*
 * The domain that a word of a command means, by number or by name, which must
 * exist. 0, or -ESRCH and told so.
 */
int domain_find(const char *word, domid_t *id);

/* Reads or writes /local/domain/ID/key; NULL, false: errno. */
char *domain_read(domid_t id, const char *key);
bool domain_write(domid_t id, const char *key, const char *value);

#endif
