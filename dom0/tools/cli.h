/* SPDX-License-Identifier: MIT */
/*
 * The command line on dom0's console: reads lines, runs commands, completes
 * words. It is a task; commands run in it, one at a time.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stdint.h>
#include "line.h"

/*
 * The task: runs the file whose path is arg, if it is not NULL and there, and
 * shows its lines as if typed; then reads from the terminal for good.
 */
void cli_task(void *arg);

/* Runs the commands of a line; the exit status of the last. */
int cli_run(const char *line);
/* Runs a file line by line; show: each as if typed; stop: at the first that
 * fails. The exit status of the last command; 1 and told so if the file is
 * not there, or sources itself too deeply. */
int cli_source(const char *path, bool show, bool stop);
/* Of the last command. */
int cli_status(void);

/* line.h's complete(): commands, then what the table says of operands. */
size_t cli_complete(struct line *l, void *arg);

/* Waits for a key, one typed while a command ran first; false: no more. */
bool cli_key(char *c);

/*
 * Sleeps, looking for ^C; false, and told so: it came. Of use in commands
 * that wait.
 */
bool cli_sleep_until(uint64_t when_ns);

#endif
