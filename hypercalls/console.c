/* SPDX-License-Identifier: MIT */
/* console_io: the initial domain's way to the hypervisor's console. */
#include "hypercall.h"
#include "print.h"

#define CHUNK 128u

/* May stop between chunks: count and pointer say what is left. */
static int64_t io_write(struct hypercall *h)
{
	unsigned int count = (unsigned int)h->arg[1];
	char text[CHUNK];

	for (unsigned int done = 0; done < count;) {
		unsigned int n = MIN(count - done, CHUNK);

		if (done && preempt_check()) {
			h->arg[1] = count - done;
			h->arg[2] += done;
			return -XEN_ERESTART;
		}
		if (copy_from_guest(text, h->arg[2] + done, n))
			return -XEN_EFAULT;
		console_write(text, n);
		done += n;
	}
	return 0;
}

/* What there is now: the count of it. */
static int64_t io_read(struct hypercall *h)
{
	unsigned int count = (unsigned int)h->arg[1], done = 0;
	char text[CHUNK];
	size_t n;

	if (count > INT32_MAX)
		return -XEN_E2BIG;
	while (done < count) {
		n = console_read(text, MIN(count - done, CHUNK));
		if (!n)
			break;
		if (copy_to_guest(h->arg[2] + done, text, n)) {
			console_unread(n);
			return -XEN_EFAULT;
		}
		done += (unsigned int)n;
	}
	return done;
}

int64_t hc_console_io(struct hypercall *h)
{
	if (!h->v->domain->privileged)
		return -XEN_EPERM;
	switch ((unsigned int)h->arg[0]) {
	case CONSOLEIO_write:
		return io_write(h);
	case CONSOLEIO_read:
		return io_read(h);
	default:
		return -XEN_ENOSYS;
	}
}
