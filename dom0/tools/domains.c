// SPDX-License-Identifier: MIT
/* The domains that there are. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "domains.h"
#include "xc.h"

#define DOMAINS_STEP 64 /* asked for at once */

struct xs_handle *tools_xs(void)
{
	static struct xs_handle *xs;

	if (!xs)
		xs = xs_open(0);
	if (!xs)
		fprintf(stderr, "cannot connect to xenstore: %s\n",
			strerror(errno));
	return xs;
}

static int list_from(domid_t first, struct xen_domctl_getdomaininfo *list,
		     size_t most)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist };
	int rc;

	op.u.getdomaininfolist.first_domain = first;
	op.u.getdomaininfolist.max_domains = (uint32_t)most;
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, list);
	rc = xc_sysctl(&op);
	return rc < 0 ? rc : (int)op.u.getdomaininfolist.num_domains;
}

int domains_list(struct xen_domctl_getdomaininfo **list, size_t *count)
{
	struct xen_domctl_getdomaininfo *all = NULL, *more;
	size_t n = 0;
	int got;

	do {
		more = realloc(all, (n + DOMAINS_STEP) * sizeof(*all));
		if (!more) {
			free(all);
			return -ENOMEM;
		}
		all = more;
		got = list_from(n ? (domid_t)(all[n - 1].domain + 1) : 0,
				all + n, DOMAINS_STEP);
		if (got < 0) {
			free(all);
			return got;
		}
		n += (size_t)got;
	} while (got == DOMAINS_STEP);
	*list = all;
	*count = n;
	return 0;
}

int domain_info(domid_t id, struct xen_domctl_getdomaininfo *info)
{
	int got = list_from(id, info, 1);

	if (got < 0)
		return got;
	return got && info->domain == id ? 0 : -ESRCH;
}

char *domain_read(domid_t id, const char *key)
{
	struct xs_handle *xs = tools_xs();
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", id, key);
	return xs ? xs_read(xs, XBT_NULL, path, NULL) : NULL;
}

bool domain_write(domid_t id, const char *key, const char *value)
{
	struct xs_handle *xs = tools_xs();
	char path[96];

	snprintf(path, sizeof(path), "/local/domain/%u/%s", id, key);
	return xs &&
	       xs_write(xs, XBT_NULL, path, value, (unsigned int)strlen(value));
}

char *domain_name(domid_t id)
{
	char *name = domain_read(id, "name");

	return name || id ? name : strdup("Domain-0");
}

int domain_of_name(const char *name, domid_t *id)
{
	struct xen_domctl_getdomaininfo *list;
	int rc = -ESRCH;
	size_t count;
	char *have;

	if (domains_list(&list, &count))
		return -ESRCH;
	for (size_t i = 0; i < count && rc; i++) {
		have = domain_name(list[i].domain);
		if (have && !strcmp(have, name)) {
			*id = list[i].domain;
			rc = 0;
		}
		free(have);
	}
	free(list);
	return rc;
}

int domain_find(const char *word, domid_t *id)
{
	struct xen_domctl_getdomaininfo info;
	unsigned long number;
	char *end;

	number = strtoul(word, &end, 10);
	if (!isdigit((unsigned char)*word) || *end) {
		if (!domain_of_name(word, id))
			return 0;
		fprintf(stderr, "%s is an invalid domain identifier (rc=-6)\n",
			word);
		return -ESRCH;
	}
	*id = (domid_t)number;
	if (number < DOMID_FIRST_RESERVED && !domain_info(*id, &info))
		return 0;
	fprintf(stderr, "Error: Domain '%s' does not exist.\n", word);
	return -ESRCH;
}
