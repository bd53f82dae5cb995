// SPDX-License-Identifier: MIT
/* What a shell has: files, text, scripts, help. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "cmds.h"
#include "files.h"
#include "term.h"
#include "vcpu.h"

#define PAGE 23 /* lines shown at once */

/* NULL: told why. */
static const char *open_file(const struct arguments *a, const char *path,
			     size_t *size)
{
	const char *text = file_map(path, size);

	if (!text)
		fprintf(stderr, "%s: %s: %s\n", a->command->name, path,
			strerror(errno));
	return text;
}

int cmd_cat(struct arguments *a)
{
	const char *text;
	size_t size;

	for (int i = 0; i < a->count; i++) {
		text = open_file(a, a->operand[i], &size);
		if (!text)
			return EXIT_FAILURE;
		fwrite(text, 1, size, stdout);
	}
	return EXIT_SUCCESS;
}

/* Up to lines lines of text[size]; where the next begins. */
static size_t show_lines(const char *text, size_t at, size_t size, int lines)
{
	const char *end;

	for (; lines && at < size; lines--) {
		end = memchr(text + at, '\n', size - at);
		end = end ? end + 1 : text + size;
		fwrite(text + at, 1, (size_t)(end - (text + at)), stdout);
		at = (size_t)(end - text);
	}
	return at;
}

/* Page by page: a blank for the next, return for a line, q. */
int cmd_less(struct arguments *a)
{
	size_t size, at;
	const char *text = open_file(a, a->operand[0], &size);
	char key = ' ';

	if (!text)
		return EXIT_FAILURE;
	at = show_lines(text, 0, size, PAGE);
	while (at < size) {
		fflush(stdout);
		term_write("--More--", 8);
		if (!cli_key(&key))
			break;
		term_write("\r        \r", 10);
		if (key == 'q' || key == 'Q' || key == 3)
			break;
		at = show_lines(text, at, size,
				key == '\r' || key == '\n' ? 1 : PAGE);
	}
	return EXIT_SUCCESS;
}

static int print_entry(const char *name, bool is_dir, void *dir)
{
	char path[512];
	size_t size = 0;

	if (!dir) {
		printf("%s%s\n", name, is_dir ? "/" : "");
		return 0;
	}
	snprintf(path, sizeof(path), "%s/%s", (char *)dir, name);
	if (!is_dir)
		file_map(path, &size);
	printf("%10zu %s%s\n", size, name, is_dir ? "/" : "");
	return 0;
}

int cmd_ls(struct arguments *a)
{
	char dir[512];
	size_t size, len;
	int rc;

	snprintf(dir, sizeof(dir), "%s", a->operand[0] ? a->operand[0] : "");
	for (len = strlen(dir); len && dir[len - 1] == '/';)
		dir[--len] = 0;
	rc = files_list(len ? dir : "/", print_entry,
			a->option['l'] ? dir : NULL);
	if (rc >= 0)
		return EXIT_SUCCESS;
	if (file_map(dir, &size)) { /* a file by its name */
		if (a->option['l'])
			printf("%10zu ", size);
		printf("%s\n", dir);
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "ls: %s: %s\n", dir, strerror(-rc));
	return EXIT_FAILURE;
}

int cmd_echo(struct arguments *a)
{
	for (int i = 0; i < a->count; i++)
		printf("%s%s", i ? " " : "", a->operand[i]);
	if (!a->option['n'])
		putchar('\n');
	return EXIT_SUCCESS;
}

bool parse_seconds(const char *text, uint64_t *ns)
{
	uint64_t unit = 1000000000;

	if (!isdigit((unsigned char)*text))
		return false;
	for (*ns = 0; isdigit((unsigned char)*text); text++) {
		*ns = *ns * 10 + (uint64_t)(*text - '0') * unit;
		if (*ns > 86400 * 1000000000ul)
			return false;
	}
	if (*text == '.')
		for (text++; isdigit((unsigned char)*text); text++) {
			unit /= 10;
			*ns += (uint64_t)(*text - '0') * unit;
		}
	return !*text;
}

int cmd_sleep(struct arguments *a)
{
	uint64_t ns;

	if (!parse_seconds(a->operand[0], &ns)) {
		fprintf(stderr,
			"sleep: %s is not a number of seconds up to "
			"a day\n",
			a->operand[0]);
		return EXIT_FAILURE;
	}
	return cli_sleep_until(time_now() + ns) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_source(struct arguments *a)
{
	return cli_source(a->operand[0], a->option['v'], a->option['e']);
}

/* What the last command's was, before this one. */
int cmd_status(struct arguments *a)
{
	(void)a;
	printf("%d\n", cli_status());
	return EXIT_SUCCESS;
}

int cmd_help(struct arguments *a)
{
	command_help(a->operand[0]);
	return EXIT_SUCCESS;
}
