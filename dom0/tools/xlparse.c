// SPDX-License-Identifier: MIT
/* The syntax of xl.cfg: a scanner, and a parser that descends. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "xlparse.h"

enum token {
	T_END,
	T_NEWLINE,
	T_NAME,
	T_NUMBER,
	T_STRING,
	T_ADD,
	T_BAD,	/* complained about already */
	T_CHAR, /* one of , [ ] = ; */
};

struct scanner {
	struct xl_tree *tree;
	const char *source;
	const char *p, *end, *line_start;
	unsigned int line;
	/* The token under the eye. */
	enum token token;
	char c; /* of T_CHAR */
	const char *at;
	size_t len;
	unsigned int token_line, token_column;
	bool first;	    /* of its line */
	unsigned int depth; /* of lists */
};

void xlparse_error(struct xl_tree *tree, const char *source, unsigned int line,
		   unsigned int column, const char *fmt, ...)
{
	va_list ap;

	if (++tree->errors > XLPARSE_ERRORS)
		return;
	fprintf(tree->report, "%s:%u:%u: ", source, line, column);
	va_start(ap, fmt);
	vfprintf(tree->report, fmt, ap);
	va_end(ap);
	fputc('\n', tree->report);
	if (tree->errors == XLPARSE_ERRORS)
		fprintf(tree->report, "%s: too many errors\n", source);
}

/* ---- Scanner -------------------------------------------------------------- */

static int peek(const struct scanner *s)
{
	return s->p < s->end ? (unsigned char)*s->p : -1;
}

static unsigned int column(const struct scanner *s, const char *at)
{
	return (unsigned int)(at - s->line_start) + 1;
}

/* "near `text': message", the text made printable and short. */
static void near(struct scanner *s, const char *message)
{
	char text[28];
	size_t n = 0;

	if (s->token == T_NEWLINE || s->token == T_END) {
		xlparse_error(s->tree, s->source, s->token_line, s->token_column,
			      "config parsing error near <%s>: %s",
			      s->token == T_END ? "end of file" : "newline",
			      message);
		return;
	}
	for (; n < s->len && n < sizeof(text) - 4; n++)
		text[n] = isprint((unsigned char)s->at[n]) ? s->at[n] : '?';
	strcpy(text + n, n < s->len ? "..." : "");
	xlparse_error(s->tree, s->source, s->token_line, s->token_column,
		      "config parsing error near `%s': %s", text, message);
}

static void skip_blanks(struct scanner *s)
{
	while (peek(s) == ' ' || peek(s) == '\t' || peek(s) == '\r')
		s->p++;
	if (peek(s) == '#')
		while (peek(s) >= 0 && peek(s) != '\n')
			s->p++;
}

static enum token scan_string(struct scanner *s, int quote)
{
	for (s->p++; peek(s) != quote; s->p++) {
		if (peek(s) == '\\' && s->p + 1 < s->end && s->p[1] != '\n')
			s->p++;
		else if (peek(s) < 0 || peek(s) == '\n')
			return T_BAD;
	}
	s->p++;
	return T_STRING;
}

static enum token scan_token(struct scanner *s, int c)
{
	if (c < 0)
		return T_END;
	if (c == '"' || c == '\'')
		return scan_string(s, c);
	s->p++;
	if (c == '\n')
		return T_NEWLINE;
	if (strchr(",[]=;", c) && c) {
		s->c = (char)c;
		return T_CHAR;
	}
	if (c == '+' && peek(s) == '=') {
		s->p++;
		return T_ADD;
	}
	if (islower(c)) {
		while (islower(peek(s)) || isdigit(peek(s)) || peek(s) == '_')
			s->p++;
		return T_NAME;
	}
	if (isdigit(c)) {
		while (isxdigit(peek(s)) || peek(s) == 'x' || peek(s) == 'X')
			s->p++;
		return T_NUMBER;
	}
	/* What belongs to the same blunder is shown with it. */
	while (peek(s) > ' ' && !strchr(",[]=;#'\"", peek(s)))
		s->p++;
	return T_BAD;
}

static bool is_char(const struct scanner *s, char c)
{
	return s->token == T_CHAR && s->c == c;
}

/* What is wrong with the token; begins: it is to be the name of a key. */
static const char *blunder(const struct scanner *s, bool begins)
{
	if (*s->at == '"')
		return "the closing \" is missing";
	if (*s->at == '\'')
		return "the closing ' is missing";
	if (begins)
		return "expected the name of a key: lower-case letters, "
		       "digits, _";
	return "a value that is neither a number nor a list must be quoted";
}

/* Moves the eye to the next token; complains about what is none. */
static void advance(struct scanner *s)
{
	bool begins = !s->depth && (s->token == T_NEWLINE || is_char(s, ';'));

	s->first = s->p == s->line_start;
	skip_blanks(s);
	s->at = s->p;
	s->token_line = s->line;
	s->token_column = column(s, s->p);
	s->token = scan_token(s, peek(s));
	s->len = (size_t)(s->p - s->at);
	if (s->token == T_NEWLINE) {
		s->line++;
		s->line_start = s->p;
	} else if (s->token == T_BAD) {
		near(s, blunder(s, begins));
	}
}

/* ---- Text of values --------------------------------------------------------- */

/* Digits of one escape, at most most; -1: none. */
static int escape_number(const char **p, const char *end, int base, int most)
{
	int n = 0, i, digit;

	for (i = 0; i < most && *p < end && isxdigit((unsigned char)**p); i++) {
		digit = isdigit((unsigned char)**p) ? **p - '0'
						    : (**p | 32) - 'a' + 10;
		if (digit >= base)
			break;
		n = n * base + digit;
		++*p;
	}
	return i ? n : -1;
}

/* The character of the escape at *p, which is behind the backslash. */
static int escape(const char **p, const char *end)
{
	static const char letters[] = "abfnrtv", meant[] = "\a\b\f\n\r\t\v";
	char c = *(*p)++;
	const char *found = c ? strchr(letters, c) : NULL;

	if (found)
		return (unsigned char)meant[found - letters];
	if (c == '"' || c == '\'' || c == '\\')
		return (unsigned char)c;
	if (c == 'x')
		return escape_number(p, end, 16, 2);
	--*p;
	return escape_number(p, end, 8, 3);
}

/* What stands between the quotes; NULL: complained, or no memory. */
static char *dequote(struct scanner *s)
{
	const char *p = s->at + 1, *end = s->p - 1, *from;
	char *text = malloc(s->len), *out = text;
	int c;

	if (!text) {
		s->tree->no_memory = true;
		return NULL;
	}
	while (p < end) {
		from = p;
		c = (unsigned char)*p++;
		if (c == '\\')
			c = escape(&p, end);
		if (c <= 0 || c > 255) {
			xlparse_error(s->tree, s->source, s->token_line,
				      column(s, from),
				      c ? "\\ before what is no escape; write "
					  "\\\\ for a backslash"
					: "a string cannot hold a NUL");
			free(text);
			return NULL;
		}
		*out++ = (char)c;
	}
	*out = 0;
	return text;
}

static char *plain(struct scanner *s, const char *at, size_t len)
{
	char *text = malloc(len + 1);

	if (!text) {
		s->tree->no_memory = true;
		return NULL;
	}
	memcpy(text, at, len);
	text[len] = 0;
	return text;
}

/* ---- Parser ------------------------------------------------------------------ */

static void value_free(struct xl_value *v)
{
	struct xl_value *next;

	for (; v; v = next) {
		next = v->next;
		value_free(v->first); /* XLPARSE_DEPTH bounds it */
		free(v->text);
		free(v);
	}
}

static struct xl_value *value_new(struct scanner *s, bool is_list)
{
	struct xl_value *v = calloc(1, sizeof(*v));

	if (!v) {
		s->tree->no_memory = true;
		return NULL;
	}
	v->line = s->token_line;
	v->column = s->token_column;
	v->is_list = is_list;
	return v;
}

static void skip_newlines(struct scanner *s)
{
	while (s->token == T_NEWLINE)
		advance(s);
}

static struct xl_value *parse_value(struct scanner *s, int depth);

/* The values of the list whose '[' has just been passed, and its ']'. */
static bool parse_list(struct scanner *s, struct xl_value *list, int depth)
{
	struct xl_value **last = &list->first;

	for (skip_newlines(s); !is_char(s, ']'); skip_newlines(s)) {
		*last = parse_value(s, depth);
		if (!*last)
			return false;
		s->depth = (unsigned int)depth;
		last = &(*last)->next;
		skip_newlines(s);
		if (is_char(s, ',')) {
			advance(s);
		} else if (!is_char(s, ']')) {
			if (s->token != T_BAD)
				near(s, "expected , or ] in the list");
			return false;
		}
	}
	s->depth = (unsigned int)depth - 1;
	advance(s);
	return true;
}

/* NULL: complained, or no memory. */
static struct xl_value *parse_value(struct scanner *s, int depth)
{
	bool is_list = is_char(s, '[');
	struct xl_value *v;

	s->depth = (unsigned int)depth + is_list;
	if (!is_list && s->token != T_STRING && s->token != T_NUMBER) {
		if (s->token != T_BAD)
			near(s, depth ? "expected a value or ] in the list"
				      : "expected a value: a number, a quoted "
					"string or a list");
		return NULL;
	}
	if (depth == XLPARSE_DEPTH) {
		near(s, "lists are nested too deeply");
		return NULL;
	}
	v = value_new(s, is_list);
	if (!v)
		return NULL;
	if (s->token == T_STRING)
		v->text = dequote(s);
	else if (s->token == T_NUMBER)
		v->text = plain(s, s->at, s->len);
	if (is_list || v->text)
		advance(s);
	if (is_list ? !parse_list(s, v, depth + 1) : !v->text) {
		value_free(v);
		return NULL;
	}
	return v;
}

static struct xl_setting *find(struct xl_tree *tree, const char *name)
{
	struct xl_setting *set = tree->first;

	while (set && strcmp(set->name, name))
		set = set->next;
	return set;
}

/* old += more: strings are joined, lists too. false: they do not fit. */
static bool append(struct xl_tree *tree, struct xl_value *old,
		   struct xl_value *more)
{
	struct xl_value **last = &old->first;
	char *text;

	if (old->is_list != more->is_list)
		return false;
	if (old->is_list) {
		while (*last)
			last = &(*last)->next;
		*last = more->first;
		more->first = NULL;
		return true;
	}
	text = malloc(strlen(old->text) + strlen(more->text) + 1);
	if (!text) {
		tree->no_memory = true;
		return true;
	}
	strcat(strcpy(text, old->text), more->text);
	free(old->text);
	old->text = text;
	return true;
}

/* Takes name and value over. */
static void store(struct scanner *s, char *name, struct xl_value *value,
		  unsigned int line, unsigned int col)
{
	struct xl_setting **last = &s->tree->first;
	struct xl_setting *set = find(s->tree, name);

	if (set) {
		free(name);
		value_free(set->value);
	} else {
		set = calloc(1, sizeof(*set));
		if (!set) {
			s->tree->no_memory = true;
			free(name);
			value_free(value);
			return;
		}
		set->name = name;
		while (*last)
			last = &(*last)->next;
		*last = set;
	}
	set->source = s->source;
	set->line = line;
	set->column = col;
	set->value = value;
}

/* name += value; takes both over. */
static void add(struct scanner *s, char *name, struct xl_value *value,
		unsigned int line, unsigned int col)
{
	struct xl_setting *set = find(s->tree, name);

	if (!set) {
		store(s, name, value, line, col);
		return;
	}
	if (!append(s->tree, set->value, value))
		xlparse_error(s->tree, s->source, value->line, value->column,
			      "%s: cannot add a %s to a %s", name,
			      value->is_list ? "list" : "single value",
			      set->value->is_list ? "list" : "single value");
	free(name);
	value_free(value);
}

/* false: complained. */
static bool parse_assignment(struct scanner *s)
{
	unsigned int line = s->token_line, col = s->token_column;
	struct xl_value *value = NULL;
	bool adds;
	char *name;

	if (s->token != T_NAME) {
		if (s->token != T_BAD)
			near(s, blunder(s, true));
		return false;
	}
	name = plain(s, s->at, s->len);
	advance(s);
	adds = s->token == T_ADD;
	if (!adds && !is_char(s, '=')) {
		if (s->token != T_BAD)
			near(s, "expected = after the name of a key");
	} else {
		advance(s);
		value = parse_value(s, 0);
	}
	if (!name || !value) {
		free(name);
		value_free(value);
		return false;
	}
	(adds ? add : store)(s, name, value, line, col);
	if (s->token == T_END || s->token == T_NEWLINE || is_char(s, ';'))
		return true;
	if (s->token != T_BAD)
		near(s, "expected the end of the line or ;");
	return false;
}

/*
 * After an error: to the end of the line; but if a list was not closed, what
 * stands first in this line is rather the next assignment.
 */
static void resume(struct scanner *s)
{
	s->depth = 0;
	if (s->first && s->token == T_NAME)
		return;
	while (s->token != T_NEWLINE && s->token != T_END) {
		s->p = memchr(s->p, '\n', (size_t)(s->end - s->p));
		if (!s->p)
			s->p = s->end;
		advance(s);
	}
}

static void parse(struct scanner *s)
{
	const char *at = NULL; /* where the last error was left */

	advance(s);
	while (s->token != T_END && !s->tree->no_memory) {
		if (s->token == T_NEWLINE || is_char(s, ';')) {
			advance(s);
		} else if (!parse_assignment(s)) {
			/* A line is tried again once only. */
			s->first = s->first && s->at != at;
			at = s->at;
			resume(s);
		}
	}
}

void xlparse(struct xl_tree *tree, const char *source, const char *text,
	     size_t len)
{
	struct scanner s = { .tree = tree,
			     .source = source,
			     .p = text,
			     .end = text + len,
			     .line_start = text,
			     .line = 1,
			     .token = T_NEWLINE };

	parse(&s);
}

/* Is it a number, or does it begin as a string or a list does? */
static bool like_value(const char *text)
{
	text += strspn(text, " \t");
	if (strchr("'\"[", *text) && *text)
		return true;
	return isdigit((unsigned char)*text) &&
	       text[strspn(text, "0123456789abcdefABCDEFx")] == 0;
}

void xlparse_argument(struct xl_tree *tree, const char *source,
		      const char *word, unsigned int line)
{
	struct scanner s = { .tree = tree,
			     .source = source,
			     .p = word,
			     .end = word + strlen(word),
			     .line_start = word,
			     .line = line,
			     .token = T_NEWLINE };
	const char *equals = strchr(word, '=');
	struct xl_value *value;
	char *name;

	if (!equals || equals == word || equals[-1] == '+' ||
	    like_value(equals + 1)) {
		parse(&s);
		return;
	}
	name = plain(&s, word, (size_t)(equals - word));
	s.token_line = line;
	s.token_column = column(&s, equals + 1);
	value = value_new(&s, false);
	if (value)
		value->text = plain(&s, equals + 1, strlen(equals + 1));
	if (!name || !value || !value->text) {
		free(name);
		value_free(value);
		return;
	}
	store(&s, name, value, line, 1);
}

void xlparse_free(struct xl_tree *tree)
{
	struct xl_setting *set, *next;

	for (set = tree->first; set; set = next) {
		next = set->next;
		value_free(set->value);
		free(set->name);
		free(set);
	}
	tree->first = NULL;
}
