// SPDX-License-Identifier: MIT
/* A line of commands as words. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "words.h"

struct splitter {
	struct words *w;
	const char *p;
	size_t used; /* of text[] */
	bool in_word;
	char quote;
};

static bool put(struct splitter *s, char c)
{
	if (s->used + 1 >= WORDS_SIZE)
		return false;
	if (!s->in_word) {
		if (s->w->count == WORDS_MAX)
			return false;
		s->w->word[s->w->count++] = s->w->text + s->used;
		s->in_word = true;
	}
	if (c)
		s->w->text[s->used++] = c;
	return true;
}

static void end_word(struct splitter *s)
{
	if (s->in_word)
		s->w->text[s->used++] = 0;
	s->in_word = false;
}

static bool put_status(struct splitter *s, int status)
{
	char digits[12];

	snprintf(digits, sizeof(digits), "%d", status);
	for (const char *d = digits; *d; d++)
		if (!put(s, *d))
			return false;
	return true;
}

/* The character at p, which ends nothing. */
static bool take(struct splitter *s, int status)
{
	char c = *s->p++;

	if (s->quote ? c == s->quote : c == '"' || c == '\'') {
		s->quote = s->quote ? 0 : c;
		return put(s, 0); /* quotes make a word even of nothing */
	}
	if (s->quote != '\'' && c == '$' && *s->p == '?') {
		s->p++;
		return put_status(s, status);
	}
	if (c == '\\' && *s->p &&
	    (!s->quote || (s->quote == '"' && strchr("\"\\$", *s->p))))
		c = *s->p++;
	return put(s, c);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *words_split(struct words *w, const char **line, int status)
{
	struct splitter s = { .w = w, .p = *line };
	bool fits = true;

	w->count = 0;
	while (*s.p && fits && (s.quote || *s.p != ';')) {
		if (!s.quote && is_blank(*s.p)) {
			end_word(&s);
			s.p++;
		} else if (*s.p == '#' && !s.in_word) {
			s.p += strlen(s.p);
		} else {
			fits = take(&s, status);
		}
	}
	*line = s.p + (*s.p == ';');
	if (!fits || s.quote)
		*line = s.p + strlen(s.p);
	if (!fits)
		return "too many words, or too long";
	if (s.quote)
		return s.quote == '"' ? "the closing \" is missing"
				      : "the closing ' is missing";
	end_word(&s);
	w->word[w->count] = NULL;
	return NULL;
}
