/* SPDX-License-Identifier: MIT */
/* A line as words: blanks, quotes, comments, several commands. */
#include <stdbool.h>
#include <string.h>
#include "unit.h"
#include "words.h"

static struct words w;

/* The words of all commands, [] around each, / behind each command. */
static const char *split(const char *line)
{
	static char text[4096];
	const char *wrong;

	text[0] = 0;
	while (*line) {
		wrong = words_split(&w, &line, 42);
		if (wrong)
			return wrong;
		for (int i = 0; i < w.count; i++) {
			strcat(text, "[");
			strcat(text, w.word[i]);
			strcat(text, "]");
		}
		CU_ASSERT_PTR_NULL(w.word[w.count]);
		strcat(text, "/");
	}
	return text;
}

static void words_plain(void)
{
	CU_ASSERT_STRING_EQUAL(split("list"), "[list]/");
	CU_ASSERT_STRING_EQUAL(split("  a \t b\r\n"), "[a][b]/");
	CU_ASSERT_STRING_EQUAL(split("   "), "/");
	CU_ASSERT_STRING_EQUAL(split(""), "");
}

static void words_quotes(void)
{
	CU_ASSERT_STRING_EQUAL(split("a 'b c' \"d e\""), "[a][b c][d e]/");
	CU_ASSERT_STRING_EQUAL(split("extra=\"x y\"z"), "[extra=x yz]/");
	CU_ASSERT_STRING_EQUAL(split("'' \"\""), "[][]/");
	CU_ASSERT_STRING_EQUAL(split("'a\"\\' \"b'\\\"\\\\\\n\""),
			       "[a\"\\][b'\"\\\\n]/");
	CU_ASSERT_STRING_EQUAL(split("a\\ b \\' \\\\"), "[a b]['][\\]/");
	CU_ASSERT_STRING_EQUAL(split("a\\"), "[a\\]/");
	CU_ASSERT_STRING_EQUAL(split("a 'b"), "the closing ' is missing");
	CU_ASSERT_STRING_EQUAL(split("a \"b;c"), "the closing \" is missing");
}

static void words_comments(void)
{
	CU_ASSERT_STRING_EQUAL(split("# all"), "/");
	CU_ASSERT_STRING_EQUAL(split("a # b 'c"), "[a]/");
	CU_ASSERT_STRING_EQUAL(split("a#b '#' \\#"), "[a#b][#][#]/");
}

static void words_several(void)
{
	CU_ASSERT_STRING_EQUAL(split("a b;c ;; d"), "[a][b]/[c]//[d]/");
	CU_ASSERT_STRING_EQUAL(split("a ';' \\;"), "[a][;][;]/");
	CU_ASSERT_STRING_EQUAL(split("a;"), "[a]/");
}

static void words_status(void)
{
	CU_ASSERT_STRING_EQUAL(split("echo $? x$?y \"$?\" '$?' \\$? $"),
			       "[echo][42][x42y][42][$?][$?][$]/");
}

static void words_too_many(void)
{
	char line[3000];

	for (int i = 0; i < WORDS_MAX; i++)
		strcpy(line + 2 * i, "a ");
	CU_ASSERT_EQUAL(split(line)[0], '[');
	CU_ASSERT_EQUAL(w.count, WORDS_MAX);
	strcat(line, "a");
	CU_ASSERT_STRING_EQUAL(split(line), "too many words, or too long");
	memset(line, 'x', sizeof(line));
	line[WORDS_SIZE - 1] = 0;
	CU_ASSERT_EQUAL(strlen(split(line)), WORDS_SIZE + 2);
	line[WORDS_SIZE - 1] = 'x';
	line[WORDS_SIZE] = 0;
	CU_ASSERT_STRING_EQUAL(split(line), "too many words, or too long");
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(words_plain),   TEST(words_quotes), TEST(words_comments),
		TEST(words_several), TEST(words_status), TEST(words_too_many),
		CU_TEST_INFO_NULL,
	};

	return unit_main("words", tests, NULL, NULL);
}
