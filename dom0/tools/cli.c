// SPDX-License-Identifier: MIT
/* The command line on dom0's console. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "cmds.h"
#include "domains.h"
#include "files.h"
#include "task.h"
#include "term.h"
#include "vcpu.h"
#include "words.h"

#define PROMPT	    "dom0# "
#define CTRL_C	    3
#define NESTING	    8	      /* files that source files */
#define SLEEP_SLICE 100000000 /* ns until ^C is noticed */

static int last_status;
static bool interrupted; /* ends scripts, too */
/* Typed while a command ran, and looked through for ^C. */
static char ahead[256];
static size_t nr_ahead;

int cli_status(void)
{
	return last_status;
}

/* ---- Input ------------------------------------------------------------------ */

bool cli_key(char *c)
{
	if (!nr_ahead)
		return term_read(c, 1) == 1;
	*c = ahead[0];
	memmove(ahead, ahead + 1, --nr_ahead);
	return true;
}

/* Was ^C typed? What came before it is dropped. */
static bool was_interrupted(void)
{
	size_t n;

	nr_ahead += term_poll(ahead + nr_ahead, sizeof(ahead) - nr_ahead);
	for (n = nr_ahead; n && ahead[n - 1] != CTRL_C;)
		n--;
	nr_ahead -= n;
	memmove(ahead, ahead + n, nr_ahead);
	return n;
}

bool cli_sleep_until(uint64_t when_ns)
{
	uint64_t now;

	do {
		if (interrupted || was_interrupted()) {
			interrupted = true;
			fprintf(stderr, "interrupted\n");
			return false;
		}
		now = time_now();
		if (now < when_ns)
			task_sleep_until(now + SLEEP_SLICE < when_ns
						 ? now + SLEEP_SLICE
						 : when_ns);
	} while (time_now() < when_ns);
	return true;
}

/* ---- Running ------------------------------------------------------------------ */

/* "xl" and its own options, of which none means anything here. */
static int skip_xl(int count, char *const *words)
{
	int skip = 0;

	if (count < 2 || strcmp(words[0], "xl"))
		return 0;
	do
		skip++;
	while (skip + 1 < count && words[skip][0] == '-' &&
	       strspn(words[skip] + 1, "vftT") == strlen(words[skip] + 1));
	return skip;
}

static int run_words(int count, char *const *words, struct arguments *a)
{
	const struct command *c;
	int status, skip = skip_xl(count, words);

	words += skip;
	count -= skip;
	c = command_find(words[0]);
	if (!c) {
		fprintf(stderr, "%s: command not implemented; try help\n",
			words[0]);
		return EXIT_FAILURE;
	}
	status = command_parse(c, count, words, a);
	return status < 0 ? c->run(a) : status;
}

int cli_run(const char *line)
{
	struct {
		struct words w;
		struct arguments a;
	} *r = malloc(sizeof(*r)); /* scripts nest, and stacks are small */
	static int depth;
	const char *wrong;

	if (!r) {
		fprintf(stderr, "out of memory\n");
		return last_status = EXIT_FAILURE;
	}
	if (!depth++) /* ^C ends all of what was begun by one line */
		interrupted = false;
	while (*line && !interrupted) {
		wrong = words_split(&r->w, &line, last_status);
		if (wrong) {
			fprintf(stderr, "%s\n", wrong);
			last_status = 2;
		} else if (r->w.count) {
			last_status = run_words(r->w.count, r->w.word, &r->a);
		}
		fflush(stdout);
		fflush(stderr);
	}
	depth--;
	free(r);
	return last_status;
}

static void run_text(const char *text, size_t len, bool show)
{
	char *line = strndup(text, len);

	if (!line) {
		fprintf(stderr, "out of memory\n");
		last_status = EXIT_FAILURE;
		return;
	}
	if (show && *line)
		printf("%s%s\n", PROMPT, line);
	cli_run(line);
	free(line);
}

/* The lines of text[size], which no one changes meanwhile. */
static void run_lines(const char *text, size_t size, bool show, bool stop)
{
	const char *end = text + size, *newline;

	for (; text < end; text = newline + 1) {
		interrupted |= was_interrupted();
		if (interrupted)
			return;
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		run_text(text, (size_t)(newline - text), show);
		if (stop && last_status)
			return;
	}
}

int cli_source(const char *path, bool show, bool stop)
{
	static int depth;
	const char *text;
	size_t size;

	if (depth == NESTING) {
		fprintf(stderr, "source: %s: files source files too deeply\n",
			path);
		return EXIT_FAILURE;
	}
	text = file_map(path, &size);
	if (!text) {
		fprintf(stderr, "source: %s: %s\n", path, strerror(errno));
		return EXIT_FAILURE;
	}
	depth++;
	run_lines(text, size, show, stop);
	depth--;
	return last_status;
}

/* ---- Completion ------------------------------------------------------------------ */

struct completion {
	struct line *l;
	const char *word; /* as far as it is typed */
	size_t len;
	const char *dir; /* of a file, with its '/' */
	size_t dir_len;
};

/* A candidate dir + name + tail, if it begins as the word does. */
static void offer(struct completion *c, const char *name, const char *tail)
{
	char text[LINE_MAX_LENGTH];

	if ((size_t)snprintf(text, sizeof(text), "%.*s%s%s", (int)c->dir_len,
			     c->dir, name, tail) < sizeof(text) &&
	    !strncmp(text, c->word, c->len))
		line_candidate(c->l, text);
}

static void complete_command(struct completion *c)
{
	for (size_t i = 0; i < nr_commands; i++)
		offer(c, commands[i].name, " ");
}

static void complete_domain(struct completion *c)
{
	struct xen_domctl_getdomaininfo *list;
	size_t count;
	char *name;

	if (domains_list(&list, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		name = domain_name(list[i].domain);
		if (name)
			offer(c, name, " ");
		free(name);
	}
	free(list);
}

static int offer_file(const char *name, bool is_dir, void *arg)
{
	offer(arg, name, is_dir ? "/" : " ");
	return 0;
}

/* The part of the word up to its last '/', with it. */
static void set_dir(struct completion *c)
{
	c->dir = c->word;
	for (c->dir_len = c->len; c->dir_len; c->dir_len--)
		if (c->word[c->dir_len - 1] == '/')
			break;
}

static void complete_file(struct completion *c)
{
	char dir[LINE_MAX_LENGTH + 1];

	set_dir(c);
	snprintf(dir, sizeof(dir), "%s%.*s", *c->dir == '/' ? "" : "/",
		 (int)c->dir_len, c->dir);
	files_list(dir, offer_file, c);
}

static void complete_path(struct completion *c)
{
	struct xs_handle *xs = tools_xs();
	char dir[LINE_MAX_LENGTH] = "/";
	unsigned int n;
	char **names;

	set_dir(c);
	if (c->dir_len > 1)
		snprintf(dir, sizeof(dir), "%.*s", (int)c->dir_len - 1, c->dir);
	names = xs ? xs_directory(xs, XBT_NULL, dir, &n) : NULL;
	for (unsigned int i = 0; names && i < n; i++)
		offer(c, names[i], "");
	free(names);
}

static void complete_kind(struct completion *c, char kind)
{
	if (kind == 'c')
		complete_command(c);
	else if (kind == 'd')
		complete_domain(c);
	else if (kind == 'f')
		complete_file(c);
	else if (kind == 'x')
		complete_path(c);
}

/* What the operand that begins behind the words before it is. */
static char operand_kind(const struct words *before)
{
	const struct command *c;
	int skip = before->count > 1 && !strcmp(before->word[0], "xl");
	size_t place = 0;

	c = command_find(before->word[skip]);
	if (!c)
		return '-';
	for (int i = skip + 1; i < before->count; i++)
		place += before->word[i][0] != '-';
	if (place >= strlen(c->operands))
		place = strlen(c->operands) - 1;
	return c->operands[place];
}

size_t cli_complete(struct line *l, void *arg)
{
	size_t start = l->cursor, from;
	struct completion c = { .l = l };
	struct words *before = malloc(sizeof(*before));
	char text[LINE_MAX_LENGTH];
	const char *p = text;

	(void)arg;
	while (start && !strchr(" ;=", l->text[start - 1]))
		start--;
	c.word = l->text + start;
	c.len = l->cursor - start;
	for (from = start; from && l->text[from - 1] != ';';)
		from--;
	snprintf(text, sizeof(text), "%.*s", (int)(start - from),
		 l->text + from);
	if (before && !words_split(before, &p, 0) &&
	    (!before->count ||
	     (before->count == 1 && !strcmp(before->word[0], "xl"))))
		complete_command(&c);
	else if (before && before->count && l->text[start ? start - 1 : 0] == '=')
		complete_file(&c); /* kernel=... */
	else if (before && before->count)
		complete_kind(&c, operand_kind(before));
	free(before);
	return start;
}

/* ---- The task ----------------------------------------------------------------------- */

static void to_terminal(void *arg, const char *bytes, size_t n)
{
	(void)arg;
	term_write(bytes, n);
}

static void on_event(struct line *l, enum line_event event)
{
	if (event == LINE_EOF) {
		term_write("\r\n", 2);
	} else if (event == LINE_READY) {
		line_remember(l, l->text);
		cli_run(l->text);
	} else if (event == LINE_INTERRUPT) {
		last_status = 130;
	}
	line_begin(l);
}

void cli_task(void *arg)
{
	static struct line l = { .write = to_terminal,
				 .complete = cli_complete,
				 .prompt = PROMPT };
	const char *script = arg;
	enum line_event event;
	size_t size;
	char c;

	if (script && file_map(script, &size))
		cli_source(script, true, false);
	line_begin(&l);
	/* One at a time: what follows may be for the command, not for us. */
	while (cli_key(&c)) {
		event = line_feed(&l, c);
		if (event != LINE_NONE)
			on_event(&l, event);
	}
}
