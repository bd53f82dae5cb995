/* SPDX-License-Identifier: MIT */
/*
 * The ramdisk as a read-only file system: a cpio archive ("newc", as Linux
 * has it; several one after the other are one, the later entry counts), which
 * stays where the builder put it. Paths begin at its root, with or without
 * "/"; folders are those that a file's path or an entry names.
 */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

/* A regular file's bytes, in place. NULL: errno is ENOENT, EISDIR, EINVAL (no
 * archive, or a broken one). */
const void *file_map(const char *path, size_t *size);

/* Is there such a folder? */
bool folder_exists(const char *path);

/*
 * Calls fn for each name in the folder, once each, until it returns other
 * than 0. What it returned last; -ENOENT: no such folder.
 */
int files_list(const char *path,
	       int (*fn)(const char *name, bool is_folder, void *arg),
	       void *arg);

#endif
