/* SPDX-License-Identifier: MIT */
/*
 * Line editing on a stream of bytes: history, cursor keys, completion. A pure
 * state machine: a byte goes in, bytes for the terminal and an event come out.
 *
 * Keys: the cursor keys, home, end, delete, backspace, tab, ^A ^E ^B ^F ^K ^U
 * ^W ^L ^P ^N ^C ^D, and words by control or escape with right and left. A
 * terminal that only types gets its echo and nothing else. Pasted text counts
 * as typed, without completion where the terminal brackets it. A line that is
 * longer than the terminal is wide is shown through a window.
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
	LINE_INTERRUPT, /* ^C */
	LINE_EOF,	/* ^D in an empty line */
};

struct line {
	/* By the user: where output goes, what completes. The rest is 0. */
	void (*write)(void *arg, const char *bytes, size_t n);
	/*
	 * Adds what could stand at the cursor by line_candidate(), for each the
	 * whole word, which begins at the index that is the result. NULL: tab
	 * does nothing.
	 */
	size_t (*complete)(struct line *l, void *arg);
	void *arg;
	const char *prompt;

	char text[LINE_MAX_LENGTH];
	size_t length, cursor;

	/* line.c's own. */
	char *history[LINE_HISTORY]; /* the oldest first */
	size_t nr_history, browsing; /* nr_history: the line being typed */
	char typed[LINE_MAX_LENGTH]; /* that line, while browsing */
	char escape[8];		     /* of a key, as far as it came */
	size_t nr_escape;
	bool pasting, was_cr, was_tab;
	size_t window; /* the first byte shown */
	char **candidates;
	size_t nr_candidates;
};

/* Begins a new line: shows the prompt. */
void line_begin(struct line *l);
enum line_event line_feed(struct line *l, char byte);
/* Shows prompt and line again, when others wrote to the terminal. */
void line_refresh(struct line *l);
/* Adds to the history, unless it is empty or what was added last. */
void line_remember(struct line *l, const char *text);
/* From within complete(): copies text, which ends in / or a blank as fits. */
void line_candidate(struct line *l, const char *text);
/* Gives the history back. */
void line_free(struct line *l);

#endif
