/* SPDX-License-Identifier: MIT */
/* console_io: the initial domain's way to the hypervisor's console. */
#include "hypercall.h"
#include "print.h"

#define CHUNK 128u

/* May stop between chunks: count and pointer say what is left. */
static int64_t io_write(struct hypercall *h)
{
	unsigned int count = (unsigned int)h->arg[1], left = count, n;
	char text[CHUNK];

	for (; left; left -= n) {
		n = MIN(left, CHUNK);
		if (left != count && preempt_check()) {
			h->arg[1] = left;
			return -XEN_ERESTART;
		}
		if (copy_from_guest(text, h->arg[2], n))
			return -XEN_EFAULT;
		console_write(text, n);
		h->arg[2] += n;
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
	unsigned int cmd = (unsigned int)h->arg[0];

	if (!h->v->domain->privileged)
		return -XEN_EPERM;
	if (cmd == CONSOLEIO_write)
		return io_write(h);
	return cmd == CONSOLEIO_read ? io_read(h) : -XEN_ENOSYS;
}
