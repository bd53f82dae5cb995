/* SPDX-License-Identifier: MIT */
/* Paths as text. */
#include "path.h"

#include <stdint.h>
#include <string.h>
#include <xen/io/xs_wire.h>

#define HOME "/local/domain/"

/* A bit for each character that a path may have. */
static const uint64_t allowed[4] = {
	0x03ffa00000000000u, /* - / 0-9 */
	0x07fffffe87ffffffu, /* @ A-Z _ a-z */
};

static bool is_allowed(unsigned char c)
{
	return allowed[c / 64] >> c % 64 & 1;
}

bool path_valid(const char *path)
{
	size_t i;

	if (path[0] != '/')
		return false;
	for (i = 0; path[i]; i++)
		if (!is_allowed((unsigned char)path[i]) ||
		    (path[i] == '/' && path[i + 1] == '/'))
			return false;
	return i < XENSTORE_ABS_PATH_MAX && (i == 1 || path[i - 1] != '/');
}

size_t path_own_len(const char *path)
{
	const char *own = path;

	if (!strncmp(path, HOME, sizeof(HOME) - 1)) {
		own += sizeof(HOME) - 1;
		own += strspn(own, "0123456789");
		own = *own == '/' ? own + 1 : path;
	}
	return strlen(own);
}

size_t path_parent(const char *path, size_t len)
{
	if (len <= 1)
		return 0;
	while (path[--len] != '/')
		;
	return len ? len : 1;
}

int path_below(const char *path, const char *above)
{
	size_t len = strlen(above);
	int depth = 0;

	if (strncmp(path, above, len))
		return -1;
	if (len == 1 && path[1])
		depth = 1; /* the root's slash is also its children's */
	else if (path[len] && path[len] != '/')
		return -1;
	for (path += len; *path; path++)
		depth += *path == '/';
	return depth;
}
