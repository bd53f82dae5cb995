/* SPDX-License-Identifier: MIT */
/*
 * Line editing on a stream of bytes: history, cursor keys, completion. A pure
 * state machine: a byte goes in, bytes for the terminal and an event come out.
 *
 * Keys: left, right, home, end, delete, up and down, ^A ^E ^B ^F ^K ^U ^W ^L
 * ^P ^N ^R ^G ^C ^D, backspace, tab. Pasted text is taken as typed, without
 * completion where the terminal brackets it. A line longer than the terminal
 * is wide is shown through a window that follows the cursor.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_LENGTH 1024 /* with its NUL */
#define LINE_HISTORY	64
#define LINE_WIDTH	80

enum line_event {
	LINE_NONE,
	LINE_READY,	/* the line is in text[] */
	LINE_INTERRUPT, /* ^C; text[] is empty */
	LINE_EOF,	/* ^D in an empty line */
};

struct line;

/*
 * What could stand at the cursor: adds each candidate for text[0..cursor) by
 * line_candidate(), as the whole of the word that begins at the index that is
 * the result.
 */
typedef size_t (*line_complete_fn)(struct line *l, const char *text,
				   size_t cursor, void *arg);

struct line {
	/* Where output goes, and what completes; set by the user. */
	void (*write)(void *arg, const char *bytes, size_t n);
	line_complete_fn complete;
	void *arg;
	const char *prompt; /* printable */

	char text[LINE_MAX_LENGTH];
	size_t length, cursor;

	/* The rest is line.c's. */
	char *history[LINE_HISTORY]; /* the oldest first */
	size_t nr_history, browsing; /* nr_history: the line being typed */
	char typed[LINE_MAX_LENGTH]; /* that line, while browsing */
	char escape[8];		     /* of a key, as far as it came */
	size_t nr_escape;
	bool pasting, cr, tab;
	bool searching;
	char search[64];
	size_t nr_search;
	char **candidates;
	size_t nr_candidates;
};

/* Begins a new line: shows the prompt. */
void line_begin(struct line *l);
enum line_event line_feed(struct line *l, char byte);
/* Shows prompt and line again, after others wrote to the terminal. */
void line_refresh(struct line *l);
/* Adds to the history, unless it is empty or what was added last. */
void line_remember(struct line *l, const char *text);
/* From within complete(): text is copied; it ends in / or ' ' as it should. */
void line_candidate(struct line *l, const char *text);
/* Gives history and candidates back. */
void line_free(struct line *l);

#endif
