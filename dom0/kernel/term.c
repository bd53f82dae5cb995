// SPDX-License-Identifier: MIT
/* The physical console by console_io and VIRQ_CONSOLE. */
#include "term.h"
#include "event.h"
#include "hypercall.h"
#include "task.h"
#include "xenerr.h"

struct waitq term_input;

static void on_input(evtchn_port_t port)
{
	(void)port;
	task_wake(&term_input);
}

int term_init(void)
{
	int64_t port = event_bind_virq(VIRQ_CONSOLE, 0);

	if (port < 0)
		return (int)xen_errno(port);
	event_handle(port, on_input);
	return (int)xen_errno(event_unmask(port));
}

void term_write(const char *text, size_t n)
{
	hypercall_console_io(CONSOLEIO_write, n, text);
}

size_t term_poll(char *buf, size_t n)
{
	int64_t got = hypercall_console_io(CONSOLEIO_read, n, buf);

	return got < 0 ? 0 : (size_t)got;
}

size_t term_read(char *buf, size_t n)
{
	size_t got;

	while (!(got = term_poll(buf, n)))
		task_wait(&term_input);
	return got;
}
