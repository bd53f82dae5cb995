// SPDX-License-Identifier: MIT
/*
 * From the first instruction in C to main(), and out again.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hypercall.h"
#include "start.h"
#include "event.h"
#include "memory.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/sched.h>

bool hypercall_by_page;
start_info_t *start_info;
struct shared_info *shared_info;

#define ARGS 16

int main(int argc, char **argv);
void guest_start_c(start_info_t *si);

void guest_exit(void)
{
	struct sched_shutdown how = { .reason = SHUTDOWN_reboot };

	for (;;)
		hypercall_sched_op(SCHEDOP_shutdown, &how);
}

void guest_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("ERROR ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	guest_exit();
}

static int split(char *line, char **argv)
{
	int argc = 0;
	char *word;

	for (word = strtok(line, " "); word && argc < ARGS - 1;
	     word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

void guest_start_c(start_info_t *si)
{
	static char line[MAX_GUEST_CMDLINE + 1];
	static char *argv[ARGS];

	start_info = si;
	memory_init();
	shared_info = memory_map_shared(si->shared_info);
	vcpu_init();
	trap_init();
	memcpy(line, si->cmd_line, MAX_GUEST_CMDLINE);
	exit(main(split(line, argv), argv));
}
