// SPDX-License-Identifier: MIT
/*
 * What newlib asks of a kernel. Descriptors 0 to 2 are the console, further
 * ones files of the ramdisk, for reading. There are no processes, signals,
 * links or times of files: what would make, change or await them answers
 * EROFS, ENOSYS or nothing at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include "files.h"
#include "hypercall.h"
#include "start.h"
#include "vcpu.h"

#define FIRST_FILE 3
#define OPEN_MAX   16

static struct {
	const char *data; /* NULL: not open */
	size_t size, at;
} files[OPEN_MAX];

static int fail(int error)
{
	errno = error;
	return -1;
}

static bool is_open(int fd)
{
	return fd >= FIRST_FILE && fd < FIRST_FILE + OPEN_MAX &&
	       files[fd - FIRST_FILE].data;
}

/* ---- Files ------------------------------------------------------------------ */

int open(const char *path, int flags, ...)
{
	size_t size;
	const void *data;
	int i;

	if ((flags & O_ACCMODE) != O_RDONLY)
		return fail(EROFS);
	data = file_map(path, &size);
	if (!data)
		return -1;
	for (i = 0; i < OPEN_MAX; i++)
		if (!files[i].data) {
			files[i].data = data;
			files[i].size = size;
			files[i].at = 0;
			return FIRST_FILE + i;
		}
	return fail(EMFILE);
}

int close(int fd)
{
	if (is_open(fd))
		files[fd - FIRST_FILE].data = NULL;
	return 0;
}

static size_t read_file(int fd, void *data, size_t count)
{
	size_t left = files[fd - FIRST_FILE].size - files[fd - FIRST_FILE].at;

	if (count > left)
		count = left;
	memcpy(data, files[fd - FIRST_FILE].data + files[fd - FIRST_FILE].at,
	       count);
	files[fd - FIRST_FILE].at += count;
	return count;
}

off_t lseek(int fd, off_t offset, int whence)
{
	size_t size, from;

	if (!is_open(fd))
		return 0;
	size = files[fd - FIRST_FILE].size;
	from = whence == SEEK_SET   ? 0
	       : whence == SEEK_CUR ? files[fd - FIRST_FILE].at
				    : size;
	if (from + offset > size)
		return fail(EINVAL);
	files[fd - FIRST_FILE].at = from + offset;
	return from + offset;
}

/* The console is a terminal: lines go out one by one. */
int fstat(int fd, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR;
	if (is_open(fd)) {
		st->st_mode = S_IFREG | 0444;
		st->st_size = files[fd - FIRST_FILE].size;
	}
	return 0;
}

int stat(const char *path, struct stat *st)
{
	size_t size = 0;

	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFREG | 0444;
	if (folder_exists(path))
		st->st_mode = S_IFDIR | 0555;
	else if (!file_map(path, &size))
		return -1;
	st->st_size = size;
	return 0;
}

/* ---- The console -------------------------------------------------------------- */

_READ_WRITE_RETURN_TYPE write(int fd, const void *data, size_t count)
{
	if (fd != 1 && fd != 2)
		return fail(EBADF);
	hypercall_console_io(CONSOLEIO_write, count, data);
	return count;
}

_READ_WRITE_RETURN_TYPE read(int fd, void *data, size_t count)
{
	if (is_open(fd))
		return read_file(fd, data, count);
	if (fd != 0)
		return fail(EBADF);
	return hypercall_console_io(CONSOLEIO_read, count, data);
}

int isatty(int fd)
{
	return fd < FIRST_FILE;
}

/* ---- Time and the end ----------------------------------------------------------- */

int gettimeofday(struct timeval *tv, void *zone)
{
	uint64_t now = time_wall();

	(void)zone;
	tv->tv_sec = now / 1000000000;
	tv->tv_usec = now % 1000000000 / 1000;
	return 0;
}

void _exit(int status)
{
	(void)status;
	guest_exit();
}

int kill(pid_t pid, int sig)
{
	(void)pid;
	(void)sig;
	guest_exit();
}

pid_t getpid(void)
{
	return 1;
}
