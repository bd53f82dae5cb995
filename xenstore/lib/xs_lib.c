/* SPDX-License-Identifier: MIT */
/* The helpers of <xenstore_lib.h> and <xenstore.h> that need no daemon. */
#include "xs_transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "nrwb"; /* by XS_PERM_READ | XS_PERM_WRITE */

bool xs_perm_to_string(const struct xs_permissions *perm, char *text,
		       size_t room)
{
	int n = -1;

	if (!(perm->perms & ~(unsigned int)(XS_PERM_READ | XS_PERM_WRITE)))
		n = snprintf(text, room, "%c%u", letters[perm->perms], perm->id);
	if (n < 0 || (size_t)n >= room) {
		errno = n < 0 ? EINVAL : ENOSPC;
		return false;
	}
	return true;
}

bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
			 const char *strings)
{
	for (unsigned int i = 0; i < num; i++) {
		const char *letter = *strings ? strchr(letters, *strings) : NULL;
		char *end;

		if (!letter || strings[1] < '0' || strings[1] > '9') {
			errno = EINVAL;
			return false;
		}
		perms[i].perms = (unsigned int)(letter - letters);
		perms[i].id = (unsigned int)strtoul(strings + 1, &end, 10);
		if (*end) {
			errno = EINVAL;
			return false;
		}
		strings = end + 1;
	}
	return true;
}

unsigned int xs_count_strings(const char *strings, unsigned int len)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < len; i++)
		count += !strings[i];
	return count;
}

bool xs_path_is_subpath(const char *parent, const char *child)
{
	size_t len = strlen(parent);

	if (strncmp(parent, child, len))
		return false;
	return !strcmp(parent, "/") || !child[len] || child[len] == '/';
}
