// SPDX-License-Identifier: MIT
/* The xenstore-* tools, over the client library. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "cmds.h"
#include "domains.h"
#include "vcpu.h"

#define DEPTH 32       /* of what xenstore-ls shows */
#define POLL  50000000 /* ns between looks at a watch */

/* In words of the tools, "could not DO path PATH", why, and status 1. */
static int failed(const struct arguments *a, const char *what, const char *path)
{
	fprintf(stderr, "%s: %s path %s (%s)\n", a->command->name, what, path,
		strerror(errno));
	return EXIT_FAILURE;
}

/* Unprintable bytes as \xHH or as C has them. */
static void print_value(const char *value, unsigned int len)
{
	for (; len--; value++) {
		if (*value == '\\' || *value == '"')
			printf("\\%c", *value);
		else if (isprint((unsigned char)*value))
			putchar(*value);
		else if (*value == '\n' || *value == '\t' || *value == '\r')
			printf("\\%c", *value == '\n'	? 'n'
				       : *value == '\t' ? 't'
							: 'r');
		else
			printf("\\x%02x", (unsigned char)*value);
	}
}

static char permission_letter(unsigned int perms)
{
	if ((perms & (XS_PERM_READ | XS_PERM_WRITE)) ==
	    (XS_PERM_READ | XS_PERM_WRITE))
		return 'b';
	return perms & XS_PERM_READ ? 'r' : perms & XS_PERM_WRITE ? 'w' : 'n';
}

static void print_permissions(struct xs_handle *xs, const char *path)
{
	unsigned int n;
	struct xs_permissions *p = xs_get_permissions(xs, XBT_NULL, path, &n);

	if (!p)
		return;
	printf("   (");
	for (unsigned int i = 0; i < n; i++)
		printf("%s%c%u", i ? "," : "", permission_letter(p[i].perms),
		       p[i].id);
	putchar(')');
	free(p);
}

/* ---- xenstore-ls ------------------------------------------------------------- */

static void print_node(const struct arguments *a, struct xs_handle *xs,
		       const char *path, const char *name, int depth)
{
	unsigned int len;
	char *value = xs_read(xs, XBT_NULL, path, &len);

	if (a->option['f'])
		printf("%s", path);
	else
		printf("%*s%s", depth, "", name);
	if (value) {
		printf(" = \"");
		print_value(value, len);
		putchar('"');
	} else {
		printf(" (%s)", strerror(errno));
	}
	free(value);
	if (a->option['p'])
		print_permissions(xs, path);
	putchar('\n');
}

/* What is below path; nodes come and go while we look. DEPTH bounds it. */
static int print_tree(const struct arguments *a, struct xs_handle *xs,
		      const char *path, int depth)
{
	unsigned int n;
	char **names = xs_directory(xs, XBT_NULL, path, &n);
	size_t len = strlen(path);
	char *child;

	if (!names)
		return -1;
	if (len == 1) /* of / itself */
		len = 0;
	for (unsigned int i = 0; i < n; i++) {
		child = malloc(len + strlen(names[i]) + 2);
		if (!child)
			break;
		sprintf(child, "%.*s/%s", (int)len, path, names[i]);
		print_node(a, xs, child, names[i], depth);
		if (depth < DEPTH)
			print_tree(a, xs, child, depth + 1);
		free(child);
	}
	free(names);
	return 0;
}

int cmd_xenstore_ls(struct arguments *a)
{
	const char *path = a->operand[0] ? a->operand[0] : "/";
	struct xs_handle *xs = tools_xs();

	if (!xs)
		return EXIT_FAILURE;
	return print_tree(a, xs, path, 0) ? failed(a, "could not access", path)
					  : EXIT_SUCCESS;
}

/* ---- Reading -------------------------------------------------------------------- */

int cmd_xenstore_read(struct arguments *a)
{
	struct xs_handle *xs = tools_xs();
	unsigned int len;
	char *value;

	for (int i = 0; xs && i < a->count; i++) {
		value = xs_read(xs, XBT_NULL, a->operand[i], &len);
		if (!value)
			return failed(a, "couldn't read", a->operand[i]);
		if (a->option['p'])
			printf("%s: ", a->operand[i]);
		if (a->option['R'])
			fwrite(value, 1, len, stdout);
		else
			print_value(value, len);
		putchar('\n');
		free(value);
	}
	return xs ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_xenstore_list(struct arguments *a)
{
	struct xs_handle *xs = tools_xs();
	unsigned int n;
	char **names;

	for (int i = 0; xs && i < a->count; i++) {
		names = xs_directory(xs, XBT_NULL, a->operand[i], &n);
		if (!names)
			return failed(a, "could not list", a->operand[i]);
		for (unsigned int k = 0; k < n; k++) {
			if (a->option['p'])
				printf("%s/", a->operand[i]);
			printf("%s\n", names[k]);
		}
		free(names);
	}
	return xs ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_xenstore_exists(struct arguments *a)
{
	struct xs_handle *xs = tools_xs();
	char *value;

	for (int i = 0; xs && i < a->count; i++) {
		value = xs_read(xs, XBT_NULL, a->operand[i], NULL);
		if (!value)
			return EXIT_FAILURE;
		free(value);
	}
	return xs ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- Writing ---------------------------------------------------------------------- */

int cmd_xenstore_write(struct arguments *a)
{
	struct xs_handle *xs = tools_xs();

	if (a->count % 2) {
		command_help(a->command->name);
		return EXIT_FAILURE;
	}
	for (int i = 0; xs && i < a->count; i += 2)
		if (!xs_write(xs, XBT_NULL, a->operand[i], a->operand[i + 1],
			      (unsigned int)strlen(a->operand[i + 1])))
			return failed(a, "could not write", a->operand[i]);
	return xs ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Removes the nodes above path that are left without value and children. */
static void remove_empty(struct xs_handle *xs, char *path)
{
	char **names, *value, *slash;
	unsigned int n, len;
	bool empty = true;

	while (empty && (slash = strrchr(path, '/')) && slash != path) {
		*slash = 0;
		value = xs_read(xs, XBT_NULL, path, &len);
		names = xs_directory(xs, XBT_NULL, path, &n);
		empty = value && names && !len && !n &&
			xs_rm(xs, XBT_NULL, path);
		free(value);
		free(names);
	}
}

int cmd_xenstore_rm(struct arguments *a)
{
	struct xs_handle *xs = tools_xs();

	for (int i = 0; xs && i < a->count; i++) {
		if (!xs_rm(xs, XBT_NULL, a->operand[i]))
			return failed(a, "could not remove", a->operand[i]);
		if (a->option['t'])
			remove_empty(xs, a->operand[i]);
	}
	return xs ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- xenstore-watch ------------------------------------------------------------------ */

/* Shows count events, or those until ^C. */
static int show_events(struct xs_handle *xs, long count)
{
	char **event;

	while (count) {
		event = xs_check_watch(xs);
		if (event) {
			printf("%s\n", event[XS_WATCH_PATH]);
			fflush(stdout);
			free(event);
			count -= count > 0;
		} else if (errno != EAGAIN) {
			return EXIT_FAILURE;
		} else if (!cli_sleep_until(time_now() + POLL)) {
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

int cmd_xenstore_watch(struct arguments *a)
{
	long count = a->option['n'] ? strtol(a->option['n'], NULL, 10) : -1;
	struct xs_handle *xs = xs_open(0); /* whose events are ours alone */
	int status = EXIT_SUCCESS;

	if (!xs) {
		fprintf(stderr, "cannot connect to xenstore: %s\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	for (int i = 0; i < a->count && !status; i++)
		if (!xs_watch(xs, a->operand[i], a->operand[i]))
			status = failed(a, "could not watch", a->operand[i]);
	if (!status)
		status = show_events(xs, count);
	xs_close(xs);
	return status;
}
