// SPDX-License-Identifier: MIT
/*
 * console_io: what is written appears, what is typed can be read, a buffer
 * that cannot be read is refused, and so is an unknown command.
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "vcpu.h"
#include "start.h"

/* The line itself is the proof: it never passes through printf. */
static void write_raw(const char *line)
{
	hypercall_console_io(CONSOLEIO_write, strlen(line), line);
}

static void check_write(void)
{
	static char wide[600];

	write_raw("TEST write PASS {console_io.CONSOLEIO_write.success}\n");
	write_raw("TEST write-in-");
	write_raw("parts PASS\n");
	CHECK_EQ("write-result", hypercall_console_io(CONSOLEIO_write, 0, ""),
		 0);
	FAILURE(console_io, CONSOLEIO_write, "write-bad-buffer",
		hypercall_console_io(CONSOLEIO_write, 8, NOWHERE), XEN_EFAULT);
	CHECK_EQ("write-hypervisor-buffer",
		 hypercall_console_io(CONSOLEIO_write, 8, HYPERVISOR_VA),
		 -XEN_EFAULT);
	memset(wide, '.', sizeof(wide));
	wide[sizeof(wide) - 1] = '\n';
	CHECK_EQ("write-long",
		 hypercall_console_io(CONSOLEIO_write, sizeof(wide), wide), 0);
}

static void check_read(void)
{
	int64_t port = event_bind_virq(VIRQ_CONSOLE, 0);
	char line[64] = "";
	int64_t got, all = 0;

	if (port < 0)
		guest_fail("no VIRQ_CONSOLE: %ld", port);
	CHECK_EQ("read-nothing",
		 hypercall_console_io(CONSOLEIO_read, sizeof(line), line), 0);
	upcalls_on();
	event_unmask(port);
	printf("SEND typed\n");
	while (all < 6) {
		WAIT_FOR(event_count(port) || all, 10);
		got = hypercall_console_io(CONSOLEIO_read, sizeof(line) - all,
					   line + all);
		if (got < 0)
			break;
		all += got;
	}
	SUCCESS(console_io, CONSOLEIO_read, "read", !strncmp(line, "typed", 5));
	CHECK("read-event", event_count(port) > 0);
}

static void check_read_bad(void)
{
	printf("SEND x\n");
	WAIT_FOR(hypercall_console_io(CONSOLEIO_read, 8, NOWHERE) != 0, 10);
	FAILURE(console_io, CONSOLEIO_read, "read-bad-buffer",
		hypercall_console_io(CONSOLEIO_read, 8, NOWHERE), XEN_EFAULT);
}

int main(void)
{
	check_write();
	check_read();
	check_read_bad();
	CHECK_EQ("unknown-command", hypercall_console_io(77, 0, ""),
		 -XEN_ENOSYS);
	return check_done();
}
