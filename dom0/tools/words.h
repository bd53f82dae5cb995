/* SPDX-License-Identifier: MIT */
/*
 * A line of commands as words: blanks separate them, ' and " and \ quote as a
 * shell's do, # begins a comment, ; ends a command. $? outside of ' is the
 * status of the last command.
 */
#ifndef WORDS_H
#define WORDS_H

#define WORDS_MAX  64
#define WORDS_SIZE 2048

struct words {
	int count;
	char *word[WORDS_MAX + 1]; /* NULL at the end */
	char text[WORDS_SIZE];
};

/*
 * Splits one command off *line and moves *line behind it, to its end behind
 * the last. NULL, or what is wrong: then *line is its end.
 */
const char *words_split(struct words *w, const char **line, int status);

#endif
