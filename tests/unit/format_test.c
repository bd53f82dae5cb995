/* SPDX-License-Identifier: MIT */
/* What vformat() writes: compared with the C library's printf. */
#include <string.h>
#include "print.h"
#include "unit.h"

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
	SAME("%d %i %u", -1, 2147483647, 4294967295u);
	SAME("%d", -2147483647 - 1);
	SAME("%ld %lu", -9223372036854775807l - 1, ~0ul);
	SAME("%x %X %lx", 0xabcdefu, 0xabcdefu, 0xfeedfacecafebeeful);
	SAME("%lld %zu", -5ll, (size_t)7);
	SAME("%u%%", 100u);
	SAME("%d", 0);
}

static void format_layout(void)
{
	SAME("[%5d][%-5d][%05d]", 42, 42, 42);
	SAME("[%5d][%-5d][%05d]", -42, -42, -42);
	SAME("[%016lx][%-16lx][%16lx]", 0x1234ul, 0x1234ul, 0x1234ul);
	SAME("[%2d]", 12345);
	SAME("[%p]", (void *)0x1000);
	SAME("[%20p]", (void *)0x1000);
	SAME("[%c][%3c][%-3c]", 'a', 'b', 'c');
}

static void format_strings(void)
{
	char text[3] = { 'a', 'b', 'c' }; /* no end */

	SAME("[%s][%6s][%-6s]", "abc", "abc", "abc");
	SAME("[%.2s][%.9s][%5.1s]", "abc", "abc", "abc");
	SAME("[%.3s]", text);
	SAME("[%.*s]", 2, text);
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
	const char *null = NULL, *odd = "%q %", *cut = "%-08";

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
