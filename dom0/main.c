// SPDX-License-Identifier: MIT
/* dom0: what it consists of, put together. */
#include <stdio.h>
#include "term.h"
#include "start.h"
#include "task.h"

static void echo(void *arg)
{
	char c[16];
	size_t n;

	(void)arg;
	printf("dom0: %lu pages\n", start_info->nr_pages);
	for (;;) {
		n = term_read(c, sizeof(c));
		term_write(c, n);
	}
}

int main(void)
{
	term_init();
	task_start("echo", echo, NULL);
	task_loop();
}
