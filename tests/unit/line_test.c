/* SPDX-License-Identifier: MIT */
/* The line editor by transcripts: keys in, bytes on the terminal out. */
#include <stdlib.h>
#include <string.h>
#include "line.h"
#include "unit.h"

static struct line l;
static char out[8192];
static size_t out_len;
static char got[LINE_MAX_LENGTH]; /* the last line that was ready */

static void to_out(void *arg, const char *bytes, size_t n)
{
	(void)arg;
	if (out_len + n < sizeof(out)) {
		memcpy(out + out_len, bytes, n);
		out_len += n;
	}
	out[out_len] = 0;
}

static const char *const offers[] = { "destroy ", "domid ", "domname ",
				      "dmesg ", NULL };
static const char *const *offering = offers;

static size_t from_offers(struct line *line, void *arg)
{
	size_t start = line->cursor;

	(void)arg;
	while (start && line->text[start - 1] != ' ')
		start--;
	for (const char *const *o = offering; *o; o++)
		if (!strncmp(*o, line->text + start, line->cursor - start))
			line_candidate(line, *o);
	return start;
}

static void setup(void)
{
	line_free(&l);
	l = (struct line){ .write = to_out,
			   .complete = from_offers,
			   .prompt = "$ " };
	offering = offers;
	line_begin(&l);
	out_len = 0;
	out[0] = 0;
}

/* Feeds keys; the last event that was one. Begins anew behind a line. */
static enum line_event keys_n(const char *keys, size_t n)
{
	enum line_event event, last = LINE_NONE;

	while (n--) {
		event = line_feed(&l, *keys++);
		if (event == LINE_NONE)
			continue;
		last = event;
		if (event == LINE_READY) {
			strcpy(got, l.text);
			line_remember(&l, got);
		}
		line_begin(&l);
	}
	return last;
}

static enum line_event keys(const char *k)
{
	out_len = 0;
	out[0] = 0;
	return keys_n(k, strlen(k));
}

/* The line that these keys make. */
static const char *made(const char *k)
{
	CU_ASSERT_EQUAL(keys(k), LINE_NONE);
	CU_ASSERT_EQUAL(keys("\r"), LINE_READY);
	return got;
}

static void line_plain(void)
{
	CU_ASSERT_EQUAL(keys("list\r"), LINE_READY);
	CU_ASSERT_STRING_EQUAL(out, "list\r\n$ ");
	CU_ASSERT_STRING_EQUAL(got, "list");
	CU_ASSERT_EQUAL(keys("a\nb\r\nc\r"), LINE_READY);
	CU_ASSERT_STRING_EQUAL(out, "a\r\n$ b\r\n$ c\r\n$ ");
	CU_ASSERT_EQUAL(keys("\n"), LINE_NONE); /* of the CR */
	CU_ASSERT_STRING_EQUAL(out, "");
}

static void line_ends(void)
{
	CU_ASSERT_EQUAL(keys("abc\003"), LINE_INTERRUPT);
	CU_ASSERT_STRING_EQUAL(out, "abc^C\r\n$ ");
	CU_ASSERT_EQUAL(keys("\004"), LINE_EOF);
	CU_ASSERT_EQUAL(keys("ab\001\004"), LINE_NONE); /* deletes */
	CU_ASSERT_STRING_EQUAL(made(""), "b");
}

static void line_editing(void)
{
	CU_ASSERT_STRING_EQUAL(made("abd\033[D\033[Dx"), "axbd");
	CU_ASSERT_STRING_EQUAL(made("abc\x7f\x08z"), "az");
	CU_ASSERT_STRING_EQUAL(made("bc\001a\005d"), "abcd");
	CU_ASSERT_STRING_EQUAL(made("bc\033[Ha\033[Fd"), "abcd");
	CU_ASSERT_STRING_EQUAL(made("bc\033[1~a\033[4~d"), "abcd");
	CU_ASSERT_STRING_EQUAL(made("bc\033OHa\033OFd"), "abcd");
	CU_ASSERT_STRING_EQUAL(made("abc\002\002\006\013"), "ab");
	CU_ASSERT_STRING_EQUAL(made("abc def\025x"), "x");
	CU_ASSERT_STRING_EQUAL(made("abc def\002\025"), "f");
	CU_ASSERT_STRING_EQUAL(made("one two  \027x"), "one x");
	CU_ASSERT_STRING_EQUAL(made("abc\001\033[3~"), "bc");
	CU_ASSERT_STRING_EQUAL(made("one two\033[1;5Dx\033[1;5C y"),
			       "one xtwo y");
	CU_ASSERT_STRING_EQUAL(made("one two\033bx\033fy"), "one xtwoy");
	CU_ASSERT_STRING_EQUAL(made("\x7f\027\025\013\033[D\033[C"), "");
}

/* Sequences that are none of ours leave nothing behind. */
static void line_unknown_keys(void)
{
	CU_ASSERT_STRING_EQUAL(made("a\033[15~b\033[1;2Rc\033OPd"), "abcd");
	CU_ASSERT_STRING_EQUAL(made("a\033[1234567890~b"), "a67890~b");
	CU_ASSERT_STRING_EQUAL(made("x\033\033y"), "xy");
}

/* What the terminal shows when the cursor is not at the end. */
static void line_output(void)
{
	keys("ac\033[Db");
	CU_ASSERT_STRING_EQUAL(out, "ac"
				    "\r$ ac\033[K\033[1D"
				    "\r$ abc\033[K\033[1D");
	keys("\014");
	CU_ASSERT_STRING_EQUAL(out, "\033[H\033[2J\r$ abc\033[K\033[1D");
	out_len = 0;
	line_refresh(&l);
	CU_ASSERT_STRING_EQUAL(out, "\r$ abc\033[K\033[1D");
}

static void line_history(void)
{
	keys("one\rtwo\rtwo\r\r");
	CU_ASSERT_STRING_EQUAL(made("\033[A"), "two");
	CU_ASSERT_STRING_EQUAL(made("\033[A\033[A"), "one");
	CU_ASSERT_STRING_EQUAL(made("typed\020\020\016\016!"), "typed!");
	keys("\033[A\033[A\033[A\033[A\033[A\033[A\033[A");
	CU_ASSERT(strstr(out, "\a") != NULL); /* no further */
	CU_ASSERT_STRING_EQUAL(made("\033[B\033[B\033[B\033[B\033[B\033[B"
				    "\033[B\033[Bx"),
			       "x");
}

static void line_history_is_bounded(void)
{
	char text[16];

	for (int i = 0; i < LINE_HISTORY + 5; i++) {
		sprintf(text, "line%d\r", i);
		keys(text);
	}
	CU_ASSERT_EQUAL(l.nr_history, LINE_HISTORY);
	CU_ASSERT_STRING_EQUAL(l.history[0], "line5");
}

static void line_completion(void)
{
	CU_ASSERT_STRING_EQUAL(made("de\tx"), "destroy x");
	CU_ASSERT_STRING_EQUAL(made("do\t"), "dom");
	CU_ASSERT_STRING_EQUAL(made("domi\t"), "domid ");
	CU_ASSERT_STRING_EQUAL(made("help domn\t"), "help domname ");
	keys("zz\t");
	CU_ASSERT_STRING_EQUAL(out, "zz\a");
	keys("\025dom\t");
	CU_ASSERT(strstr(out, "\a") != NULL);
	keys("\t");
	CU_ASSERT_STRING_EQUAL(out, "\r\ndomid     domname \r\n\r$ dom\033[K");
}

static void line_completion_in_the_middle(void)
{
	CU_ASSERT_STRING_EQUAL(made("domn x\033[D\033[D\t"), "domname  x");
	l.complete = NULL;
	CU_ASSERT_STRING_EQUAL(made("a\tb"), "a b");
}

/* More candidates than fit in a row, one wider than the terminal. */
static void line_completion_columns(void)
{
	static const char *const many[] = { "a1-------------------------",
					    "a2-------------------------",
					    "a3-------------------------",
					    NULL };
	static char wide[101];
	static const char *const wides[] = { wide, "ay", NULL };

	offering = many;
	keys("a\t\t");
	CU_ASSERT_STRING_EQUAL(out, "a\a\r\na1-------------------------  "
				    "a2-------------------------\r\n"
				    "a3-------------------------\r\n"
				    "\r$ a\033[K");
	memset(wide, 'x', 100);
	wide[0] = 'a';
	offering = wides;
	keys("\t\t");
	CU_ASSERT(strstr(out, "xxxx") && strstr(out, "\r\nay\r\n"));
}

static void line_paste(void)
{
	CU_ASSERT_STRING_EQUAL(made("\033[200~do\tx\033[201~"), "do x");
	CU_ASSERT_EQUAL(keys("\033[200~a b\rc\033[201~"), LINE_READY);
	CU_ASSERT_STRING_EQUAL(got, "a b");
	CU_ASSERT_STRING_EQUAL(made("\tx"), "cx");
}

/* A line longer than the terminal is wide never wraps. */
static void line_window(void)
{
	char text[201];

	for (int i = 0; i < 200; i++)
		text[i] = (char)('0' + i % 10);
	text[200] = 0;
	keys(text);
	line_refresh(&l);
	for (char *p = strtok(out, "\r"); p; p = strtok(NULL, "\r"))
		CU_ASSERT(strcspn(p, "\033") < LINE_WIDTH);
	keys("\001");
	CU_ASSERT(!strncmp(out, "\r$ 0123456789", 13));
	CU_ASSERT_EQUAL(strcspn(out + 1, "\033"), LINE_WIDTH - 1);
	CU_ASSERT(strstr(out, "\033[K\033[77D") != NULL);
	CU_ASSERT_STRING_EQUAL(made(""), text);
}

static void line_too_long(void)
{
	char text[LINE_MAX_LENGTH + 100];

	memset(text, 'x', sizeof(text));
	keys_n(text, sizeof(text));
	CU_ASSERT_EQUAL(l.length, LINE_MAX_LENGTH - 1);
	keys("y");
	CU_ASSERT_STRING_EQUAL(out, "\a");
	CU_ASSERT_EQUAL(strlen(made("")), LINE_MAX_LENGTH - 1);
}

static void line_utf8(void)
{
	CU_ASSERT_STRING_EQUAL(made("a\xc3\xa4\xe2\x82\xac\x7f"), "a\xc3\xa4");
	CU_ASSERT_STRING_EQUAL(made("\xc3\xa4x\002\002\033[3~"), "x");
	keys("\xc3\xa4\xc3\xa4\002");
	CU_ASSERT(strstr(out, "\033[K\033[1D") != NULL);
}

/* Any bytes at all: the state stays in its bounds. */
static void line_noise(void)
{
	unsigned int seed = 1;
	char c;

	for (int i = 0; i < 200000; i++) {
		seed = seed * 1103515245 + 12345;
		c = "\033[~12ABCD;\t\r\001\005\013\025\027\020\016\x7fxyz "
		    "\xc3\xa4O\003\004\014"[(seed >> 16) % 30];
		keys_n(&c, 1);
		if (l.cursor > l.length || l.length >= LINE_MAX_LENGTH ||
		    l.window > l.cursor || strlen(l.text) != l.length) {
			CU_FAIL("out of bounds");
			return;
		}
	}
	CU_PASS("");
}

static void teardown(void)
{
	line_free(&l);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(line_plain),
		TEST(line_ends),
		TEST(line_editing),
		TEST(line_unknown_keys),
		TEST(line_output),
		TEST(line_history),
		TEST(line_history_is_bounded),
		TEST(line_completion),
		TEST(line_completion_in_the_middle),
		TEST(line_completion_columns),
		TEST(line_paste),
		TEST(line_window),
		TEST(line_too_long),
		TEST(line_utf8),
		TEST(line_noise),
		CU_TEST_INFO_NULL,
	};

	return unit_main("line", tests, setup, teardown);
}
