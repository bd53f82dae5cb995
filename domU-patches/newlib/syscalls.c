// SPDX-License-Identifier: MIT
/*
 * What newlib asks of a kernel: output on the hypervisor's console, a heap,
 * an end.
 */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hypercall.h"
#include "start.h"

#define HEAP 0x100000

static char heap[HEAP] __attribute__((aligned(16)));

_READ_WRITE_RETURN_TYPE write(int fd, const void *data, size_t count)
{
	if (fd != 1 && fd != 2) {
		errno = EBADF;
		return -1;
	}
	hypercall_console_io(CONSOLEIO_write, count, data);
	return count;
}

_READ_WRITE_RETURN_TYPE read(int fd, void *data, size_t count)
{
	if (fd != 0) {
		errno = EBADF;
		return -1;
	}
	return hypercall_console_io(CONSOLEIO_read, count, data);
}

void *sbrk(ptrdiff_t more)
{
	static ptrdiff_t used;
	void *at = heap + used;

	if (more > HEAP - used || more < -used) {
		errno = ENOMEM;
		return (void *)-1;
	}
	used += more;
	return at;
}

void _exit(int status)
{
	(void)status;
	guest_exit();
}

int close(int fd)
{
	(void)fd;
	return 0;
}

/* The console is a terminal: lines go out one by one. */
int fstat(int fd, struct stat *st)
{
	(void)fd;
	st->st_mode = S_IFCHR;
	return 0;
}

int isatty(int fd)
{
	return fd <= 2;
}

off_t lseek(int fd, off_t offset, int whence)
{
	(void)fd;
	(void)offset;
	(void)whence;
	return 0;
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
