// SPDX-License-Identifier: MIT
/*
 * The archive, read where it lies: each look-up walks its headers. They are
 * few, and nobody opens files in a hurry.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include "files.h"
#include "start.h"

#define HEADER	 110 /* "070701", 13 fields of 8 hexadecimal digits */
#define MODE	 (6 + 1 * 8)
#define SIZE	 (6 + 6 * 8)
#define NAMESIZE (6 + 11 * 8)
#define TRAILER	 "TRAILER!!!"

struct entry {
	const char *name; /* without "/" or "./" before it */
	const uint8_t *data;
	uint32_t mode, size;
};

static const uint8_t *archive(void)
{
	return (const uint8_t *)start_info->mod_start;
}

/* 8 digits; what is none makes the number too large to be believed. */
static uint32_t field(const uint8_t *at)
{
	uint32_t value = 0;
	int i;

	for (i = 0; i < 8; i++) {
		const char *digits = "0123456789abcdef";
		const char *d = strchr(digits, at[i] | 0x20);

		if (!at[i] || !d)
			return UINT32_MAX;
		value = value << 4 | (uint32_t)(d - digits);
	}
	return value;
}

static const char *trim(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/'))
		path++;
	return *path == '.' && !path[1] ? path + 1 : path;
}

/*
 * The entry at *at, which moves behind it. False: no more, or it is broken.
 * Between two archives there are zeros.
 */
static bool next(uint64_t *at, struct entry *e)
{
	const uint8_t *base = archive(), *head;
	uint64_t end = start_info->mod_len, name, data;

	while (*at < end && !base[*at])
		++*at;
	head = base + *at;
	if (end - *at < HEADER || memcmp(head, "070701", 6))
		return false;
	name = *at + HEADER;
	data = (name + field(head + NAMESIZE) + 3) & ~3ul;
	if (data > end || data == name ||
	    base[name + field(head + NAMESIZE) - 1])
		return false;
	e->name = trim((const char *)base + name);
	e->data = base + data;
	e->mode = field(head + MODE);
	e->size = field(head + SIZE);
	if (e->size > end - data)
		return false;
	*at = (data + e->size + 3) & ~3ul;
	return true;
}

/* Is path the folder's, or below it? What follows the folder's name then. */
static const char *below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n && folder[n - 1] == '/')
		n--;
	if (strncmp(path, folder, n))
		return NULL;
	if (!n)
		return path;
	return path[n] == '/' ? path + n + 1 : path[n] ? NULL : path + n;
}

const void *file_map(const char *path, size_t *size)
{
	const uint8_t *found = NULL;
	struct entry e;
	uint64_t at = 0;

	path = trim(path);
	errno = folder_exists(path) ? EISDIR : ENOENT;
	while (next(&at, &e))
		if (S_ISREG(e.mode) && !strcmp(e.name, path)) {
			found = e.data;
			*size = e.size;
		}
	return found;
}

static bool is_trailer(const struct entry *e)
{
	return !strcmp(e->name, TRAILER);
}

bool folder_exists(const char *path)
{
	struct entry e;
	uint64_t at = 0;

	path = trim(path);
	while (next(&at, &e)) {
		const char *rest = below(e.name, path);

		if (rest && !is_trailer(&e) && (*rest || S_ISDIR(e.mode)))
			return true;
	}
	return false;
}

/* Has an entry before `until` named the same thing in the folder? */
static bool named_before(const char *folder, const char *name, size_t len,
			 uint64_t until)
{
	struct entry e;
	uint64_t at = 0;

	while (at < until && next(&at, &e) && at < until) {
		const char *rest = below(e.name, folder);

		if (rest && strcspn(rest, "/") == len &&
		    !strncmp(rest, name, len))
			return true;
	}
	return false;
}

int files_list(const char *path,
	       int (*fn)(const char *name, bool is_folder, void *arg), void *arg)
{
	char name[256];
	struct entry e;
	uint64_t at = 0, start;
	int rc = 0;

	path = trim(path);
	if (!folder_exists(path))
		return -ENOENT;
	for (start = 0; !rc && next(&at, &e); start = at) {
		const char *rest = below(e.name, path);
		size_t len = rest ? strcspn(rest, "/") : 0;

		if (!len || len >= sizeof(name) || is_trailer(&e) ||
		    named_before(path, rest, len, start + 1))
			continue;
		memcpy(name, rest, len);
		name[len] = 0;
		rc = fn(name, rest[len] || S_ISDIR(e.mode), arg);
	}
	return rc;
}
