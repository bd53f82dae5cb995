/* SPDX-License-Identifier: MIT */
/*
 * What a command is: a row of the one table, and the words it was given. A
 * command prints with printf() to stdout and stderr and returns xl's exit
 * status. cli.c has looked after options, -h and the number of operands
 * before it is called.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#define COMMAND_OPERANDS 64

struct arguments {
	const struct command *command;
	/* By letter: NULL, or the option's value, "" if it takes none. */
	const char *option[128];
	unsigned char times[128]; /* each was given */
	int count;
	char *operand[COMMAND_OPERANDS + 1]; /* NULL at the end */
};

struct command {
	const char *name;
	int (*run)(struct arguments *a);
	/* Of the help: what it does, what follows its name, its options. */
	const char *summary, *usage, *options;
	/* Letters, a ':' behind those with a value, as getopt() has it. */
	const char *letters;
	/* "all=a wait=w": long names and the letters they stand for. */
	const char *names;
	int least; /* operands */
	/*
	 * What completes an operand, by place; the last counts for the rest:
	 * d domain, f file, c command, x path of xenstore, - nothing.
	 */
	const char *operands;
};

extern const struct command commands[];
extern const size_t nr_commands;

/* By its whole name, or by a beginning that no other has; NULL: none. */
const struct command *command_find(const char *name);
/* xl's help: of all commands (NULL), or of one. */
void command_help(const char *name);
/*
 * Sorts words[1..count) into options and operands. -1, or the exit status if
 * that was all: help was asked for, or the words were wrong, and told so.
 */
int command_parse(const struct command *c, int count, char *const *words,
		  struct arguments *a);

#endif
