// SPDX-License-Identifier: MIT
/* How the words of a command are read, and its help. */
#include <stdio.h>
#include <string.h>
#include "command.h"

const struct command *command_find(const char *name)
{
	const struct command *found = NULL;
	size_t len = strlen(name), count = 0;

	for (size_t i = 0; i < nr_commands; i++) {
		if (strncmp(commands[i].name, name, len))
			continue;
		found = &commands[i];
		if (!found->name[len])
			return found;
		count++;
	}
	return count == 1 ? found : NULL;
}

static void help_one(const struct command *c)
{
	printf("Usage: xl %s %s\n\n%s.\n\n", c->name, c->usage, c->summary);
	if (c->options)
		printf("Options:\n\n%s\n", c->options);
}

void command_help(const char *name)
{
	const struct command *c = name ? command_find(name) : NULL;

	if (c) {
		help_one(c);
		return;
	}
	if (name) {
		printf("command \"%s\" not implemented\n", name);
		return;
	}
	printf("Usage xl <subcommand> [args]\n\n"
	       "xl full list of subcommands:\n\n");
	for (size_t i = 0; i < nr_commands; i++)
		printf(" %-19s %s\n", commands[i].name, commands[i].summary);
}

/* The letter of a long option; 0: there is none. */
static char letter_of(const struct command *c, const char *name, size_t len)
{
	const char *at = c->names;

	if (len == 4 && !strncmp(name, "help", 4))
		return 'h';
	for (; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (!strncmp(at, name, len) && at[len] == '=')
			return at[len + 1];
	}
	return 0;
}

/* Does it take a value? -1: there is no such option. */
static int takes_value(const struct command *c, char letter)
{
	const char *at = c->letters && letter != ':' ? strchr(c->letters, letter)
						     : NULL;

	return at ? at[1] == ':' : -1;
}

static int unsupported(const char *text, size_t len)
{
	fprintf(stderr, "option `%.*s' not supported.\n", (int)len, text);
	return 2;
}

/* An option that takes no value, or takes the rest of its word or the next. */
static int set_option(struct arguments *a, char letter, const char *value,
		      char *const **word, char *const *end)
{
	if (!value) {
		if (*word + 1 == end) {
			fprintf(stderr, "option `%c' requires an argument.\n",
				letter);
			return 2;
		}
		value = *++*word;
	}
	a->option[(unsigned char)letter] = value;
	a->times[(unsigned char)letter]++;
	return -1;
}

static int parse_long(struct arguments *a, char *const **word, char *const *end)
{
	const char *name = **word + 2;
	size_t len = strcspn(name, "=");
	char letter = letter_of(a->command, name, len);
	int value;

	if (letter == 'h') {
		help_one(a->command);
		return 0;
	}
	value = letter ? takes_value(a->command, letter) : -1;
	if (value < 0 || (!value && name[len]))
		return unsupported(**word, strlen(**word));
	if (value)
		return set_option(a, letter, name[len] ? name + len + 1 : NULL,
				  word, end);
	return set_option(a, letter, "", word, end);
}

static int parse_short(struct arguments *a, char *const **word, char *const *end)
{
	int value, status = -1;

	for (const char *p = **word + 1; *p && status < 0; p++) {
		if (*p == 'h') {
			help_one(a->command);
			return 0;
		}
		value = *p > 0 ? takes_value(a->command, *p) : -1;
		if (value < 0)
			return unsupported(p, 1);
		if (value)
			return set_option(a, *p, p[1] ? p + 1 : NULL, word, end);
		status = set_option(a, *p, "", word, end);
	}
	return status;
}

static int too_few(const struct command *c)
{
	fprintf(stderr, "'xl %s' requires at least %d argument%s.\n\n", c->name,
		c->least, c->least > 1 ? "s" : "");
	help_one(c);
	return 2;
}

int command_parse(const struct command *c, int count, char *const *words,
		  struct arguments *a)
{
	char *const *end = words + count;
	bool only_operands = false;
	int status = -1;

	memset(a, 0, sizeof(*a));
	a->command = c;
	for (char *const *w = words + 1; w < end && status < 0; w++) {
		if (only_operands || w[0][0] != '-' || !w[0][1])
			a->operand[a->count++] = *w;
		else if (!strcmp(*w, "--"))
			only_operands = true;
		else if (w[0][1] == '-')
			status = parse_long(a, &w, end);
		else
			status = parse_short(a, &w, end);
	}
	if (status < 0 && a->count < c->least)
		return too_few(c);
	return status;
}
