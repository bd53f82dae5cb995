// SPDX-License-Identifier: MIT
/* Line editing: see line.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "line.h"

#define CTRL(c) ((c)-64)
#define ESC	27
#define RUBOUT	127

/* ---- The terminal ----------------------------------------------------------- */

static void put(struct line *l, const char *bytes, size_t n)
{
	if (n)
		l->write(l->arg, bytes, n);
}

static void put_text(struct line *l, const char *text)
{
	put(l, text, strlen(text));
}

/* Of UTF-8, all bytes but the first of a character. */
static bool continues(char c)
{
	return (c & 0xc0) == 0x80;
}

static size_t columns(const char *text, size_t n)
{
	size_t count = 0;

	while (n--)
		count += !continues(*text++);
	return count;
}

/* The index of the next and of the previous character. */
static size_t next(const struct line *l, size_t at)
{
	if (at < l->length)
		do
			at++;
		while (at < l->length && continues(l->text[at]));
	return at;
}

static size_t previous(const struct line *l, size_t at)
{
	while (at && continues(l->text[--at]))
		;
	return at;
}

static size_t room(const struct line *l)
{
	size_t prompt = columns(l->prompt, strlen(l->prompt));

	return prompt < LINE_WIDTH - 20 ? LINE_WIDTH - 1 - prompt : 20;
}

/* Moves the window so that the cursor is in it; true: it moved. */
static bool follow(struct line *l)
{
	size_t before = l->window;

	if (l->cursor < l->window)
		l->window = l->cursor;
	while (columns(l->text + l->window, l->cursor - l->window) > room(l))
		l->window = next(l, l->window);
	return l->window != before;
}

void line_refresh(struct line *l)
{
	size_t end, back;
	char move[24];

	follow(l);
	end = l->window;
	while (end < l->length &&
	       columns(l->text + l->window, end - l->window) < room(l))
		end = next(l, end);
	put_text(l, "\r");
	put_text(l, l->prompt);
	put(l, l->text + l->window, end - l->window);
	put_text(l, "\033[K");
	back = columns(l->text + l->cursor, end - l->cursor);
	if (back)
		put(l, move, (size_t)sprintf(move, "\033[%zuD", back));
}

static void bell(struct line *l)
{
	put_text(l, "\a");
}

/* ---- Text ---------------------------------------------------------------------- */

static void insert(struct line *l, const char *bytes, size_t n)
{
	bool at_end = l->cursor == l->length;

	if (l->length + n >= sizeof(l->text)) {
		bell(l);
		return;
	}
	memmove(l->text + l->cursor + n, l->text + l->cursor,
		l->length - l->cursor + 1);
	memcpy(l->text + l->cursor, bytes, n);
	l->length += n;
	l->cursor += n;
	if (at_end && !follow(l))
		put(l, bytes, n);
	else
		line_refresh(l);
}

static void erase(struct line *l, size_t from, size_t to)
{
	if (from == to)
		return;
	memmove(l->text + from, l->text + to, l->length - to + 1);
	l->length -= to - from;
	l->cursor = from;
	line_refresh(l);
}

static void move(struct line *l, size_t to)
{
	if (to == l->cursor)
		return;
	l->cursor = to;
	line_refresh(l);
}

static void set_text(struct line *l, const char *text)
{
	snprintf(l->text, sizeof(l->text), "%s", text);
	l->length = l->cursor = strlen(l->text);
	l->window = 0;
	line_refresh(l);
}

static size_t word_left(const struct line *l)
{
	size_t at = l->cursor;

	while (at && l->text[at - 1] == ' ')
		at--;
	while (at && l->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_right(const struct line *l)
{
	size_t at = l->cursor;

	while (at < l->length && l->text[at] == ' ')
		at++;
	while (at < l->length && l->text[at] != ' ')
		at++;
	return at;
}

/* ---- History --------------------------------------------------------------------- */

void line_remember(struct line *l, const char *text)
{
	char *copy;

	if (!*text ||
	    (l->nr_history && !strcmp(l->history[l->nr_history - 1], text)))
		return;
	copy = strdup(text);
	if (!copy)
		return; /* a history that is short of a line */
	if (l->nr_history == LINE_HISTORY) {
		free(l->history[0]);
		memmove(l->history, l->history + 1,
			sizeof(l->history) - sizeof(l->history[0]));
		l->nr_history--;
	}
	l->history[l->nr_history++] = copy;
	l->browsing = l->nr_history;
}

static void browse(struct line *l, size_t to)
{
	if (to > l->nr_history) { /* beyond either end */
		bell(l);
		return;
	}
	if (l->browsing == l->nr_history)
		strcpy(l->typed, l->text);
	l->browsing = to;
	set_text(l, to == l->nr_history ? l->typed : l->history[to]);
}

void line_free(struct line *l)
{
	while (l->nr_history)
		free(l->history[--l->nr_history]);
}

/* ---- Completion --------------------------------------------------------------------- */

void line_candidate(struct line *l, const char *text)
{
	char **more = realloc(l->candidates,
			      (l->nr_candidates + 1) * sizeof(*more));

	if (!more)
		return; /* fewer are offered */
	l->candidates = more;
	more[l->nr_candidates] = strdup(text);
	if (more[l->nr_candidates])
		l->nr_candidates++;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Of all candidates; at least one is there. */
static size_t common_length(const struct line *l)
{
	const char *first = l->candidates[0];
	const char *last = l->candidates[l->nr_candidates - 1];
	size_t n = 0;

	while (first[n] && first[n] == last[n]) /* they are sorted */
		n++;
	return n;
}

/* In columns, below the line. */
static void show_candidates(struct line *l)
{
	size_t width = 0, across, n;
	char cell[LINE_WIDTH + 1];

	for (size_t i = 0; i < l->nr_candidates; i++) {
		n = strlen(l->candidates[i]);
		width = n > width ? n : width;
	}
	width = width + 2 < LINE_WIDTH ? width + 2 : LINE_WIDTH;
	across = LINE_WIDTH / width;
	for (size_t i = 0; i < l->nr_candidates; i++) {
		put_text(l, i % across ? "" : "\r\n");
		if (i + 1 == l->nr_candidates || (i + 1) % across == 0)
			put_text(l, l->candidates[i]);
		else
			put(l, cell,
			    (size_t)snprintf(cell, sizeof(cell), "%-*s",
					     (int)width, l->candidates[i]));
	}
	put_text(l, "\r\n");
	line_refresh(l);
}

static void complete(struct line *l)
{
	size_t start = l->complete(l, l->arg), have = l->cursor - start, n;

	if (!l->nr_candidates) {
		bell(l);
		return;
	}
	qsort(l->candidates, l->nr_candidates, sizeof(char *), compare);
	n = common_length(l);
	if (n > have)
		insert(l, l->candidates[0] + have, n - have);
	else if (l->nr_candidates > 1 && l->was_tab)
		show_candidates(l);
	else if (l->nr_candidates > 1)
		bell(l);
	while (l->nr_candidates)
		free(l->candidates[--l->nr_candidates]);
	free(l->candidates);
	l->candidates = NULL;
}

/* ---- Keys ------------------------------------------------------------------------------ */

static void key_up(struct line *l)
{
	browse(l, l->browsing - 1);
}

static void key_down(struct line *l)
{
	browse(l, l->browsing + 1);
}

static void key_right(struct line *l)
{
	move(l, next(l, l->cursor));
}

static void key_left(struct line *l)
{
	move(l, previous(l, l->cursor));
}

static void key_home(struct line *l)
{
	move(l, 0);
}

static void key_end(struct line *l)
{
	move(l, l->length);
}

static void key_delete(struct line *l)
{
	erase(l, l->cursor, next(l, l->cursor));
}

static void key_word_left(struct line *l)
{
	move(l, word_left(l));
}

static void key_word_right(struct line *l)
{
	move(l, word_right(l));
}

static void key_paste(struct line *l)
{
	l->pasting = true;
}

static void key_pasted(struct line *l)
{
	l->pasting = false;
}

static void key_backspace(struct line *l)
{
	erase(l, previous(l, l->cursor), l->cursor);
}

static void key_kill(struct line *l)
{
	erase(l, l->cursor, l->length);
}

static void key_kill_all(struct line *l)
{
	erase(l, 0, l->cursor);
}

static void key_kill_word(struct line *l)
{
	erase(l, word_left(l), l->cursor);
}

static void key_clear(struct line *l)
{
	put_text(l, "\033[H\033[2J");
	line_refresh(l);
}

static void key_tab(struct line *l)
{
	if (l->complete && !l->pasting)
		complete(l);
	else
		insert(l, " ", 1);
}

/* What stands behind ESC. */
static const struct {
	char sequence[6];
	void (*key)(struct line *l);
} escapes[] = {
	{ "[A", key_up },	    { "[B", key_down },
	{ "[C", key_right },	    { "[D", key_left },
	{ "[H", key_home },	    { "[F", key_end },
	{ "OA", key_up },	    { "OB", key_down },
	{ "OC", key_right },	    { "OD", key_left },
	{ "OH", key_home },	    { "OF", key_end },
	{ "[1~", key_home },	    { "[4~", key_end },
	{ "[7~", key_home },	    { "[8~", key_end },
	{ "[3~", key_delete },	    { "[1;5C", key_word_right },
	{ "f", key_word_right },    { "b", key_word_left },
	{ "[200~", key_paste },	    { "[201~", key_pasted },
	{ "[1;5D", key_word_left },
};

static void (*const controls[33])(struct line *l) = {
	[CTRL('A')] = key_home,	     [CTRL('B')] = key_left,
	[CTRL('E')] = key_end,	     [CTRL('F')] = key_right,
	[CTRL('H')] = key_backspace, [CTRL('I')] = key_tab,
	[CTRL('K')] = key_kill,	     [CTRL('L')] = key_clear,
	[CTRL('N')] = key_down,	     [CTRL('P')] = key_up,
	[CTRL('U')] = key_kill_all,  [CTRL('W')] = key_kill_word,
};

/* A byte behind ESC; a sequence that ends and is none of ours is dropped. */
static void feed_escape(struct line *l, char c)
{
	bool opens = l->nr_escape == 1 && (c == '[' || c == 'O');

	l->escape[l->nr_escape++] = c;
	l->escape[l->nr_escape] = 0;
	if (opens ||
	    (l->nr_escape > 2 && l->nr_escape < 7 && c >= ' ' && c < '@'))
		return;
	l->nr_escape = 0;
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
		if (!strcmp(escapes[i].sequence, l->escape + 1)) {
			escapes[i].key(l);
			return;
		}
}

void line_begin(struct line *l)
{
	l->text[0] = 0;
	l->length = l->cursor = l->window = l->nr_escape = 0;
	l->browsing = l->nr_history;
	l->was_tab = false;
	put_text(l, l->prompt);
}

static enum line_event feed_control(struct line *l, char c)
{
	if (c == '\r' || c == '\n') {
		put_text(l, "\r\n");
		return LINE_READY;
	}
	if (c == CTRL('C')) {
		put_text(l, "^C\r\n");
		return LINE_INTERRUPT;
	}
	if (c == CTRL('D') && !l->length)
		return LINE_EOF;
	if (c == CTRL('D'))
		key_delete(l);
	else if (c == RUBOUT)
		key_backspace(l);
	else if (c == ESC)
		l->escape[l->nr_escape++] = c;
	else if (controls[(unsigned char)c])
		controls[(unsigned char)c](l);
	return LINE_NONE;
}

enum line_event line_feed(struct line *l, char c)
{
	enum line_event event = LINE_NONE;
	bool second = l->was_cr && c == '\n'; /* of a CR and LF */

	l->was_cr = c == '\r';
	if (second)
		return LINE_NONE;
	if (l->nr_escape)
		feed_escape(l, c);
	else if ((unsigned char)c < ' ' || c == RUBOUT)
		event = feed_control(l, c);
	else
		insert(l, &c, 1);
	l->was_tab = c == '\t';
	return event;
}
