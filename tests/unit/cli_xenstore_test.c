/* SPDX-License-Identifier: MIT */
/* The xenstore-* commands: output and exit status are the tools'. */
#include "cli_setup.h"

static void ls(void)
{
	node_set("/local/domain/3/data", "a\n\"b\"\\\001");
	CU_ASSERT(prints("xenstore-ls", 0,
			 "local = \"\"\n"
			 " domain = \"\"\n"
			 "  0 = \"\"\n"
			 "   name = \"Domain-0\"\n"
			 "  3 = \"\"\n"
			 "   name = \"guest\"\n"
			 "   data = \"a\\n\\\"b\\\"\\\\\\x01\"\n",
			 ""));
	CU_ASSERT(prints("xenstore-ls -f /local/domain/0", 0,
			 "/local/domain/0/name = \"Domain-0\"\n", ""));
	CU_ASSERT(prints("xenstore-ls -p /local/domain/0", 0,
			 "name = \"Domain-0\"   (n0,b3)\n", ""));
	CU_ASSERT(prints("xenstore-ls /none", 1, "",
			 "xenstore-ls: could not access path /none (No such "
			 "file or directory)\n"));
}

static void reading(void)
{
	CU_ASSERT(prints("xenstore-read /local/domain/3/name", 0, "guest\n", ""));
	CU_ASSERT(prints("xenstore-read -p /local/domain/3/name "
			 "/local/domain/0/name",
			 0,
			 "/local/domain/3/name: guest\n"
			 "/local/domain/0/name: Domain-0\n",
			 ""));
	node_set("/b", "\001");
	CU_ASSERT(prints("xenstore-read /b", 0, "\\x01\n", ""));
	CU_ASSERT(prints("xenstore-read -R /b", 0, "\001\n", ""));
	CU_ASSERT(prints("xenstore-read /none", 1, "",
			 "xenstore-read: couldn't read path /none (No such "
			 "file or directory)\n"));
	CU_ASSERT(prints("xenstore-list /local/domain", 0, "0\n3\n", ""));
	CU_ASSERT(prints("xenstore-list -p /local", 0, "/local/domain\n", ""));
	CU_ASSERT(prints("xenstore-list /none", 1, "",
			 "xenstore-list: could not list path /none (No such "
			 "file or directory)\n"));
	CU_ASSERT(prints("xenstore-exists /local /local/domain", 0, "", ""));
	CU_ASSERT(prints("xenstore-exists /local /none", 1, "", ""));
}

static void writing(void)
{
	CU_ASSERT(prints("xenstore-write /a/b 1 /c 'x y'", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(node_get("/a/b"), "1");
	CU_ASSERT_STRING_EQUAL(node_get("/c"), "x y");
	CU_ASSERT_EQUAL(run("xenstore-write /a/b 1 /c"), 1);
	CU_ASSERT(!strncmp(out, "Usage: xl xenstore-write", 24));
	CU_ASSERT(prints("xenstore-rm /c", 0, "", ""));
	CU_ASSERT_PTR_NULL(node_get("/c"));
	CU_ASSERT(prints("xenstore-rm /c", 1, "",
			 "xenstore-rm: could not remove path /c (No such file "
			 "or directory)\n"));
	write_fails = true;
	CU_ASSERT(prints("xenstore-write /a 2", 1, "",
			 "xenstore-write: could not write path /a (Permission "
			 "denied)\n"));
}

/* -t takes away what is left without value and children, nothing more. */
static void tidying(void)
{
	node_set("/a/b/c/d", "1");
	CU_ASSERT(prints("xenstore-rm -t /a/b/c/d", 0, "", ""));
	CU_ASSERT_PTR_NULL(node_get("/a"));
	node_set("/a", "kept");
	node_set("/a/b/c", "1");
	CU_ASSERT(prints("xenstore-rm -t /a/b/c", 0, "", ""));
	CU_ASSERT_PTR_NULL(node_get("/a/b"));
	CU_ASSERT_STRING_EQUAL(node_get("/a"), "kept");
	node_set("/a/b/c", "1");
	node_set("/a/b/e", "1");
	CU_ASSERT(prints("xenstore-rm -t /a/b/c", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(node_get("/a/b/e"), "1");
}

static void third_event(void)
{
	watch_events[0] = "/local/domain/3";
	on_sleep = NULL;
}

static void watching(void)
{
	int users = store.users;

	watch_events[0] = "/local";
	watch_events[1] = "/local/domain";
	on_sleep = third_event;
	CU_ASSERT(prints("xenstore-watch -n 3 /local", 0,
			 "/local\n/local/domain\n/local/domain/3\n", ""));
	CU_ASSERT_STRING_EQUAL(watched, "/local");
	interrupt_at = now + 5000000000;
	CU_ASSERT(prints("xenstore-watch /local", 1, "", "interrupted\n"));
	CU_ASSERT_EQUAL(store.users, users);
	store_is_down = true;
	CU_ASSERT(prints("xenstore-watch /local", 1, "",
			 "cannot connect to xenstore: Connection refused\n"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(ls),      TEST(reading),  TEST(writing),
		TEST(tidying), TEST(watching), CU_TEST_INFO_NULL,
	};

	return unit_main("cli_xenstore", tests, setup, teardown);
}
