// SPDX-License-Identifier: MIT
/*
 * From <xen/errno.h>'s numbers to newlib's: the one table.
 */
#include <errno.h>
#include <stddef.h>
#include "xenerr.h"

/* Names that newlib has not. */
#ifndef EDEADLOCK
#define EDEADLOCK EDEADLK
#endif
#ifndef ERESTART
#define ERESTART EINTR
#endif

static const struct {
	int xen, ours;
} table[] = {
/* The header is a list of XEN_ERRNO(name, number) for whoever defines it. */
#define XEN_ERRNO(name, number) { number, name },
#include <xen/errno.h>
};

int64_t xen_errno(int64_t rc)
{
	size_t i;

	if (rc >= 0)
		return rc;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].xen == -rc)
			return -table[i].ours;
	return -EINVAL;
}
