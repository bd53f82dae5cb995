/* SPDX-License-Identifier: MIT */
/* What vformat() writes: compared with the C library's printf. */
#include <string.h>
#include "print.h"
#include "unit.h"

static __attribute__((format(printf, 3, 4))) int format(char *buf, size_t size,
							const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

#define SAME(...)                                                  \
	do {                                                       \
		char ours[128], libc[128];                         \
		int a = format(ours, sizeof(ours), __VA_ARGS__);   \
		int b = snprintf(libc, sizeof(libc), __VA_ARGS__); \
		CU_ASSERT_STRING_EQUAL(ours, libc);                \
		CU_ASSERT_EQUAL(a, b);                             \
	} while (0)

static void format_numbers(void)
{
	SAME("%d %d %u", -1, 2147483647, 4294967295u);
	SAME("%d", -2147483647 - 1);
	SAME("%ld %lu", -9223372036854775807l - 1, ~0ul);
	SAME("%x %lx", 0xabcdefu, 0xfeedfacecafebeeful);
	SAME("%u%%", 100u);
	SAME("%d", 0);
}

static void format_layout(void)
{
	SAME("[%5d][%05d]", 42, 42);
	SAME("[%5d][%05d]", -42, -42);
	SAME("[%016lx][%16lx]", 0x1234ul, 0x1234ul);
	SAME("[%2d]", 12345);
	SAME("[%p]", (void *)0x1000);
	SAME("[%20p]", (void *)0x1000);
	SAME("[%c][%3c]", 'a', 'b');
}

static void format_strings(void)
{
	char text[3] = { 'a', 'b', 'c' }; /* no end */

	SAME("[%s][%6s]", "abc", "abc");
	SAME("[%.*s][%.*s][%5.*s]", 2, "abc", 9, "abc", 1, "abc");
	SAME("[%.*s]", 3, text);
	SAME("%s", "");
}

static void format_bounds(void)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	CU_ASSERT_EQUAL(format(buf, 4, "%s", "hello"), 5);
	CU_ASSERT_STRING_EQUAL(buf, "hel");
	CU_ASSERT_EQUAL(buf[4], 'x');
	CU_ASSERT_EQUAL(format(buf, 1, "%d", 12345), 5);
	CU_ASSERT_EQUAL(buf[0], 0);
	CU_ASSERT_EQUAL(format(buf, 6, "hello"), 5);
	CU_ASSERT_STRING_EQUAL(buf, "hello");
}

static void format_wrong(void)
{
	char buf[32];
	const char *null = NULL, *odd = "%q %", *cut = "%08";

	format(buf, sizeof(buf), "%s", null);
	CU_ASSERT_STRING_EQUAL(buf, "(null)");
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-security"
	format(buf, sizeof(buf), odd);
	CU_ASSERT_STRING_EQUAL(buf, "q ");
	format(buf, sizeof(buf), cut);
	CU_ASSERT_STRING_EQUAL(buf, "");
#pragma clang diagnostic pop
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(format_numbers), TEST(format_layout), TEST(format_strings),
		TEST(format_bounds),  TEST(format_wrong),  CU_TEST_INFO_NULL,
	};

	return unit_main("format", tests, NULL, NULL);
}
