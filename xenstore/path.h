/* SPDX-License-Identifier: MIT */
/* Paths as text: which are valid, and who is above whom. */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Absolute, of letters, digits and -/_@ only, no empty component, shorter
 * than XENSTORE_ABS_PATH_MAX.
 */
bool path_valid(const char *path);

/* Characters behind /local/domain/N/, or all where that is not the start. */
size_t path_own_len(const char *path);

/* The parent's length; 1 for children of the root; 0 for the root. */
size_t path_parent(const char *path, size_t len);

/*
 * Is path the same as above, or below it? Then how many components below;
 * else -1.
 */
int path_below(const char *path, const char *above);

#endif
