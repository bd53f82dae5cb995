/* SPDX-License-Identifier: MIT */
/* Nodes: values, children, removal, paths; and who may do what. */
#include "htab.h"
#include "xenstore_setup.h"

/* ---- The tree ----------------------------------------------------------------- */

static void write_then_read(void)
{
	CU_ASSERT(put(dom0, 0, "/a", "one"));
	CU_ASSERT(is(dom0, 0, "/a", "one"));
	CU_ASSERT(put(dom0, 0, "/a", "two"));
	CU_ASSERT(is(dom0, 0, "/a", "two"));
}

static void values_are_bytes(void)
{
	static const char bytes[] = "a\0b\xff\0";
	unsigned int len;
	char *got;

	CU_ASSERT(xs_write(dom0, 0, "/a", bytes, sizeof(bytes)));
	got = xs_read(dom0, 0, "/a", &len);
	CU_ASSERT_EQUAL(len, sizeof(bytes));
	CU_ASSERT(got && !memcmp(got, bytes, len) && !got[len]);
	free(got);
	CU_ASSERT(put(dom0, 0, "/a", ""));
	CU_ASSERT(is(dom0, 0, "/a", ""));
}

static void absent_is_enoent(void)
{
	FAILS(xs_read(dom0, 0, "/a", NULL), ENOENT);
	CU_ASSERT(put(dom0, 0, "/a", ""));
	FAILS(xs_read(dom0, 0, "/a/b", NULL), ENOENT);
	FAILS(xs_read(dom0, 0, "/ab", NULL), ENOENT);
}

static void write_makes_parents(void)
{
	CU_ASSERT(put(dom0, 0, "/a/b/c", "x"));
	CU_ASSERT(is(dom0, 0, "/a", ""));
	CU_ASSERT(is(dom0, 0, "/a/b", ""));
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a"), "b ");
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a/b/c"), "");
}

static void mkdir_keeps_the_value(void)
{
	CU_ASSERT(xs_mkdir(dom0, 0, "/a/b"));
	CU_ASSERT(is(dom0, 0, "/a/b", ""));
	CU_ASSERT(put(dom0, 0, "/a/b", "x"));
	CU_ASSERT(xs_mkdir(dom0, 0, "/a/b"));
	CU_ASSERT(is(dom0, 0, "/a/b", "x"));
}

static void directory_lists_children(void)
{
	CU_ASSERT(put(dom0, 0, "/a/one", ""));
	CU_ASSERT(put(dom0, 0, "/a/two/x", ""));
	CU_ASSERT(put(dom0, 0, "/a/three", ""));
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a"), "one two three ");
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/"), "a ");
	FAILS(xs_directory(dom0, 0, "/b", NULL), ENOENT);
}

/* More names than a message has room for. */
static void directory_in_parts(void)
{
	unsigned int num = 0;
	char path[64], name[64], **names;

	for (int i = 0; i < 500; i++) {
		snprintf(path, sizeof(path), "/dir/a-rather-long-name-%03d", i);
		CU_ASSERT(put(dom0, 0, path, ""));
	}
	names = xs_directory(dom0, 0, "/dir", &num);
	CU_ASSERT_EQUAL(num, 500);
	for (unsigned int i = 0; i < num; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-%03u", i);
		CU_ASSERT_STRING_EQUAL(names[i], name);
	}
	free(names);
}

static void rm_takes_all_below(void)
{
	CU_ASSERT(put(dom0, 0, "/a/b/c/d", "x"));
	CU_ASSERT(put(dom0, 0, "/a/b/e", "x"));
	CU_ASSERT(put(dom0, 0, "/a/f", "x"));
	CU_ASSERT(xs_rm(dom0, 0, "/a/b"));
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a"), "f ");
	FAILS(xs_read(dom0, 0, "/a/b/c/d", NULL), ENOENT);
	CU_ASSERT(put(dom0, 0, "/a/b/c", ""));
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a/b/c"), "");
}

static void rm_of_what_is_not_there(void)
{
	CU_ASSERT(xs_rm(dom0, 0, "/a"));
	FAILS(xs_rm(dom0, 0, "/a/b"), ENOENT);
	FAILS(xs_rm(dom0, 0, "/"), EINVAL);
}

static void deep_paths(void)
{
	char path[XENSTORE_ABS_PATH_MAX + 2];

	for (size_t i = 0; i < sizeof(path); i += 2)
		memcpy(path + i, "/a", 2);
	path[XENSTORE_ABS_PATH_MAX] = '\0';
	FAILS(put(dom0, 0, path, "x"), EINVAL);
	path[XENSTORE_ABS_PATH_MAX - 2] = '\0';
	CU_ASSERT(put(dom0, 0, path, "x"));
	CU_ASSERT(is(dom0, 0, path, "x"));
	CU_ASSERT(xs_rm(dom0, 0, "/a"));
}

static void invalid_paths(void)
{
	static const char *const bad[] = { "",	   "//",     "/a/",   "/a//b",
					   "/a b", "/a.b",   "/\xe4", "/a\nb",
					   "/a/",  "/a\x7f", "/a:b" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		FAILS(put(dom0, 0, bad[i], "x"), EINVAL);
		FAILS(xs_read(dom0, 0, bad[i], NULL), EINVAL);
	}
	CU_ASSERT(put(dom0, 0, "/azAZ09-_@", "x"));
}

static void relative_paths(void)
{
	struct xs_handle *g = guest_start(3);

	CU_ASSERT(put(g, 0, "data/x", "1"));
	CU_ASSERT(is(dom0, 0, "/local/domain/3/data/x", "1"));
	CU_ASSERT(put(dom0, 0, "x", "2"));
	CU_ASSERT(is(g, 0, "/local/domain/0/x", NULL));
	CU_ASSERT(is(dom0, 0, "/local/domain/0/x", "2"));
}

/* ---- Rights --------------------------------------------------------------------- */

static void children_inherit(void)
{
	CU_ASSERT(put(dom0, 0, "/a", ""));
	CU_ASSERT(allow(dom0, 0, "/a", "r5 w6"));
	CU_ASSERT(put(dom0, 0, "/a/b/c", ""));
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/a/b/c"), "r5 w6 ");
	CU_ASSERT(allow(dom0, 0, "/a", "n0"));
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/a/b/c"), "r5 w6 ");
}

static void a_guest_owns_what_it_makes(void)
{
	struct xs_handle *g = guest_start(1);

	CU_ASSERT(put(dom0, 0, "/shared", ""));
	CU_ASSERT(allow(dom0, 0, "/shared", "n0 b1 r2"));
	CU_ASSERT(put(g, 0, "/shared/x/y", ""));
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/shared/x"), "n1 b1 r2 ");
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/shared/x/y"), "n1 b1 r2 ");
}

static void rights_are_kept(void)
{
	struct xs_handle *g = guest_start(1);
	static const struct {
		const char *perms;
		bool read, write;
	} cases[] = {
		{ "n0", false, false },	   { "r0", true, false },
		{ "w0", false, true },	   { "b0", true, true },
		{ "n0 r1", true, false },  { "n0 w1", false, true },
		{ "b0 n1", false, false }, { "n0 b2", false, false },
		{ "n1", true, true },	   { "n2 r3 b1", true, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT(put(dom0, 0, "/a", "x"));
		CU_ASSERT(allow(dom0, 0, "/a", cases[i].perms));
		CU_ASSERT_EQUAL(is(g, 0, "/a", "x"), cases[i].read);
		CU_ASSERT_EQUAL(put(g, 0, "/a", "y"), cases[i].write);
		if (!cases[i].write)
			CU_ASSERT_EQUAL(errno, EACCES);
		CU_ASSERT(is(dom0, 0, "/a", cases[i].write ? "y" : "x"));
	}
}

static void no_right_no_answer(void)
{
	struct xs_handle *g = guest_start(1);

	CU_ASSERT(put(dom0, 0, "/secret/x", "x"));
	FAILS(xs_read(g, 0, "/secret/x", NULL), EACCES);
	FAILS(xs_read(g, 0, "/secret/y", NULL), EACCES);
	FAILS(xs_directory(g, 0, "/secret", NULL), EACCES);
	FAILS(xs_rm(g, 0, "/secret/x"), EACCES);
	FAILS(xs_mkdir(g, 0, "/secret/y"), EACCES);
	FAILS(xs_get_permissions(g, 0, "/secret/x", NULL), EACCES);
	FAILS(xs_read(g, 0, "absent", NULL), ENOENT);
	FAILS(xs_mkdir(g, 0, "/local/domain/2"), EACCES);
}

static void only_the_owner_sets_rights(void)
{
	struct xs_handle *g = guest_start(1);

	CU_ASSERT(put(dom0, 0, "/a", ""));
	CU_ASSERT(allow(dom0, 0, "/a", "n0 b1"));
	FAILS(allow(g, 0, "/a", "n0 b1 b2"), EACCES);
	CU_ASSERT(put(g, 0, "x", ""));
	CU_ASSERT(allow(g, 0, "x", "n1 r2"));
	CU_ASSERT_STRING_EQUAL(perms(g, 0, "x"), "n1 r2 ");
	FAILS(allow(g, 0, "x", "n2"), EPERM);
	CU_ASSERT(allow(dom0, 0, "/local/domain/1/x", "n2"));
	FAILS(xs_read(g, 0, "x", NULL), EACCES);
}

static void bad_rights(void)
{
	static const char *const bad[] = {
		"x1", "r", "r1x", "r65535", "1", "r32752", "r-1", "r99999999999"
	};
	struct xs_permissions none;

	CU_ASSERT(put(dom0, 0, "/a", ""));
	FAILS(xs_set_permissions(dom0, 0, "/a", &none, 0), EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT(!allow(dom0, 0, "/a", bad[i]));
	FAILS(allow(dom0, 0, "/b", "n0"), ENOENT);
	FAILS(allow(dom0, 0, "/", "n1"), EINVAL);
	FAILS(allow(dom0, 0, "@releaseDomain", "n1"), EINVAL);
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/a"), "n0 ");
}

static void a_target_lends_its_rights(void)
{
	struct xs_handle *g = guest_start(1);

	guest_start(2);
	CU_ASSERT(put(dom0, 0, "/local/domain/2/x", "x"));
	CU_ASSERT(put(dom0, 0, "/a", "x"));
	CU_ASSERT(allow(dom0, 0, "/a", "n0 r2"));
	FAILS(xs_read(g, 0, "/local/domain/2/x", NULL), EACCES);
	FAILS(xs_set_target(g, 1, 2), EACCES);
	FAILS(xs_set_target(dom0, 1, 5), ENOENT);
	CU_ASSERT(xs_set_target(dom0, 1, 2));
	CU_ASSERT(put(g, 0, "/local/domain/2/x", "y"));
	CU_ASSERT(is(g, 0, "/a", "x"));
	CU_ASSERT(xs_release_domain(dom0, 2));
	FAILS(xs_read(g, 0, "/a", NULL), EACCES);
}

/* ---- Domains ---------------------------------------------------------------------- */

static void introduce_and_release(void)
{
	char *path;

	CU_ASSERT(!xs_is_domain_introduced(dom0, 1));
	guest_start(1);
	CU_ASSERT(xs_is_domain_introduced(dom0, 1));
	CU_ASSERT(xs_is_domain_introduced(guests[1].xs, 0));
	path = xs_get_domain_path(dom0, 1);
	CU_ASSERT_STRING_EQUAL(path, "/local/domain/1");
	free(path);
	CU_ASSERT(xs_release_domain(dom0, 1));
	CU_ASSERT(!xs_is_domain_introduced(dom0, 1));
	CU_ASSERT(!guests[1].linked);
	FAILS(xs_release_domain(dom0, 1), ENOENT);
	FAILS(xs_release_domain(dom0, 0), EINVAL);
}

static void only_domain_0_introduces(void)
{
	struct xs_handle *g = guest_start(1);

	FAILS(xs_introduce_domain(g, 2, 2, 1), EACCES);
	FAILS(xs_release_domain(g, 1), EACCES);
	FAILS(xs_resume_domain(g, 1), EACCES);
	FAILS(xs_control_command(g, "help", NULL, 0), EACCES);
	FAILS(xs_introduce_domain(dom0, 0, 2, 1), EINVAL);
	FAILS(xs_introduce_domain(dom0, 2, 99, 1), EINVAL);
	FAILS(xs_introduce_domain(dom0, 2, 2, 0), EINVAL);
	FAILS(xs_introduce_domain(dom0, 0x7ff0, 2, 1), EINVAL);
	CU_ASSERT(!xs_is_domain_introduced(dom0, 2));
}

static void introduced_again(void)
{
	guest_start(1);
	CU_ASSERT(xs_introduce_domain(dom0, 1, 2, 1));
	CU_ASSERT(!guests[1].linked && guests[2].linked);
	CU_ASSERT(xs_is_domain_introduced(dom0, 1));
}

/* Its number may be another's tomorrow. */
static void the_dead_leave_nothing(void)
{
	struct xs_handle *g = guest_start(1);

	CU_ASSERT(put(g, 0, "a/b/c", "x"));
	CU_ASSERT(put(dom0, 0, "/local/domain/1/of-0", ""));
	CU_ASSERT(put(dom0, 0, "/a", ""));
	CU_ASSERT(allow(dom0, 0, "/a", "n0 b1 r2 w1"));
	CU_ASSERT(put(dom0, 0, "/b", ""));
	CU_ASSERT(allow(dom0, 0, "/b", "n1"));
	CU_ASSERT(allow(dom0, 0, "@introduceDomain", "n0 r1"));
	xsd_domain_gone(1);
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/"), "local a ");
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/local/domain"), "");
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/a"), "n0 r2 ");
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "@introduceDomain"), "n0 ");
	xsd_domain_gone(1);
	xsd_domain_gone(0);
}

static void the_dead_without_a_page(void)
{
	CU_ASSERT(put(dom0, 0, "/a", ""));
	CU_ASSERT(allow(dom0, 0, "/a", "n4"));
	FAILS(xs_release_domain(dom0, 4), EINVAL);
	xsd_domain_gone(4);
	FAILS(xs_read(dom0, 0, "/a", NULL), ENOENT);
}

static bool control(const char *args, unsigned int len, const char *answer)
{
	char *got = xs_control_command(dom0, args, NULL, 0);
	bool same = got && strstr(got, answer);

	(void)len;
	free(got);
	return same;
}

static void control_commands(void)
{
	struct xs_handle *g = guest_start(1);
	char set[] = "set\0watches\0"
		     "7",
	     *got;

	CU_ASSERT(control("check", 5, "OK"));
	CU_ASSERT(control("help", 4, "quota"));
	CU_ASSERT(control("quota", 5, "nodes "));
	got = xs_control_command(dom0, "quota", set, sizeof(set));
	CU_ASSERT(got && !strcmp(got, "OK"));
	free(got);
	CU_ASSERT(control("quota", 5, "watches                   7"));
	set[12] = '1';
	got = xs_control_command(dom0, "quota",
				 "set\0watches\0"
				 "128",
				 16);
	free(got);
	got = xs_control_command(dom0, "quota", "1", 2);
	CU_ASSERT(got && strstr(got, "nodes 1 watches 0 transactions 0"));
	free(got);
	FAILS(xs_control_command(dom0, "quota", "set", 4), EINVAL);
	FAILS(xs_control_command(dom0, "quota", "6", 2), ENOENT);
	FAILS(xs_control_command(dom0, "log", NULL, 0), EINVAL);
	(void)g;
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(write_then_read),
		TEST(values_are_bytes),
		TEST(absent_is_enoent),
		TEST(write_makes_parents),
		TEST(mkdir_keeps_the_value),
		TEST(directory_lists_children),
		TEST(directory_in_parts),
		TEST(rm_takes_all_below),
		TEST(rm_of_what_is_not_there),
		TEST(deep_paths),
		TEST(invalid_paths),
		TEST(relative_paths),
		TEST(children_inherit),
		TEST(a_guest_owns_what_it_makes),
		TEST(rights_are_kept),
		TEST(no_right_no_answer),
		TEST(only_the_owner_sets_rights),
		TEST(bad_rights),
		TEST(a_target_lends_its_rights),
		TEST(introduce_and_release),
		TEST(only_domain_0_introduces),
		TEST(introduced_again),
		TEST(the_dead_leave_nothing),
		TEST(the_dead_without_a_page),
		TEST(control_commands),
		CU_TEST_INFO_NULL,
	};

	return unit_main("xenstore_node", tests, setup, teardown);
}
