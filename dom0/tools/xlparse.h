/* SPDX-License-Identifier: MIT */
/*
 * The syntax of xl.cfg: assignments "name = value" and "name += value", one
 * each line or with ';' between them. A value is a number, a string in ' or "
 * with C's escapes, or a list of values in brackets, in which newlines and a
 * comma at the end are free. '#' begins a comment. Numbers stay the text they
 * were, as strings do: what they mean is the key's affair.
 *
 * Errors are printed as "source:line:column: what"; reading goes on with the
 * next line, so that several are found at once.
 */
#ifndef XLPARSE_H
#define XLPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define XLPARSE_DEPTH  8  /* lists in lists */
#define XLPARSE_ERRORS 20 /* are printed, then no more */

struct xl_value {
	struct xl_value *next; /* in the same list */
	unsigned int line, column;
	bool is_list;
	char *text; /* !is_list */
	struct xl_value *first;
};

struct xl_setting {
	struct xl_setting *next;
	const char *source; /* the caller's */
	unsigned int line, column;
	char *name;
	struct xl_value *value;
};

/* In the order of the text, one for each name: the last assignment counts. */
struct xl_tree {
	struct xl_setting *first;
	FILE *report;
	unsigned int errors;
	bool no_memory;
};

/* Adds text[len] to the tree, which begins as { .report = file }. */
void xlparse(struct xl_tree *tree, const char *source, const char *text,
	     size_t len);
/*
 * Adds "key=value", the word number line of a command line. A value that does
 * not begin like one of xl.cfg is a string as it stands.
 */
void xlparse_argument(struct xl_tree *tree, const char *source,
		      const char *word, unsigned int line);
void xlparse_free(struct xl_tree *tree);

/* Prints and counts an error. */
void xlparse_error(struct xl_tree *tree, const char *source, unsigned int line,
		   unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
