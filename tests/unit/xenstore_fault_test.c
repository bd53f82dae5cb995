/* SPDX-License-Identifier: MIT */
/*
 * Each request with each of its allocations failing, one at a time: it says
 * ENOMEM and nothing has changed, or it was done; nothing leaks, nothing is
 * miscounted, and the same request works afterwards.
 */
#include "alloc_fail.h"
#include "xenstore_setup.h"

static xs_transaction_t t;
static struct xs_handle *g;

static bool write_new(void)
{
	return put(dom0, 0, "/x", "1");
}

static bool write_deep(void)
{
	return put(g, 0, "x/y/z", "1");
}

static bool write_old(void)
{
	return put(dom0, 0, "/a/b", "1");
}

static bool make_dir(void)
{
	return xs_mkdir(dom0, 0, "/x/y");
}

static bool remove_tree(void)
{
	return xs_rm(dom0, 0, "/a");
}

static bool give_away(void)
{
	return allow(dom0, 0, "/a/b", "n5 r1");
}

static bool watch_it(void)
{
	return xs_watch(g, "x", "t");
}

static bool start_trans(void)
{
	return xs_transaction_start(g);
}

static bool write_new_in_trans(void)
{
	return put(dom0, t, "/x/y", "1");
}

static bool write_old_in_trans(void)
{
	return put(dom0, t, "/a/b", "1");
}

static bool rewrite_in_trans(void)
{
	return put(dom0, t, "/t/made", "again");
}

static bool remove_in_trans(void)
{
	return xs_rm(dom0, t, "/a");
}

static bool remake_in_trans(void)
{
	return put(dom0, t, "/gone/x", "1");
}

static bool give_away_in_trans(void)
{
	return allow(dom0, t, "/a/b", "n5 r1");
}

static bool commit(void)
{
	return xs_transaction_end(dom0, t, false);
}

static bool introduce(void)
{
	return xs_introduce_domain(dom0, 2, 2, 1);
}

static bool release(void)
{
	return xs_release_domain(dom0, 1);
}

static bool read_it(void)
{
	return is(dom0, 0, "/a/b", "old") && errno != ENOMEM;
}

static bool list_all(void)
{
	unsigned int num = 0;

	free(xs_directory(dom0, 0, "/long", &num));
	return num == 200;
}

static bool list_rights(void)
{
	return strcmp(perms(dom0, 0, "/a"), "?");
}

static bool ask_control(void)
{
	char *answer = xs_control_command(dom0, "quota", NULL, 0);

	free(answer);
	return answer;
}

static const struct {
	const char *name;
	bool (*fn)(void);
} ops[] = {
	{ "write_new", write_new },
	{ "write_deep", write_deep },
	{ "write_old", write_old },
	{ "make_dir", make_dir },
	{ "remove_tree", remove_tree },
	{ "give_away", give_away },
	{ "watch_it", watch_it },
	{ "start_trans", start_trans },
	{ "write_new_in_trans", write_new_in_trans },
	{ "write_old_in_trans", write_old_in_trans },
	{ "rewrite_in_trans", rewrite_in_trans },
	{ "remove_in_trans", remove_in_trans },
	{ "remake_in_trans", remake_in_trans },
	{ "give_away_in_trans", give_away_in_trans },
	{ "commit", commit },
	{ "introduce", introduce },
	{ "release", release },
	{ "read_it", read_it },
	{ "list_all", list_all },
	{ "list_rights", list_rights },
	{ "ask_control", ask_control },
};
#define OPS (sizeof(ops) / sizeof(ops[0]))

/* ---- The world, and what it looks like ------------------------------------------- */

static void world(void)
{
	char path[64];

	setup();
	g = guest_start(1);
	put(dom0, 0, "/a/b", "old");
	put(dom0, 0, "/a/c/d", "old");
	put(dom0, 0, "/gone/x", "old");
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/long/a-rather-long-name-%d", i);
		put(dom0, 0, path, "");
	}
	xs_watch(g, "/", "w");
	xs_watch(dom0, "@releaseDomain", "r");
	t = xs_transaction_start(dom0);
	put(dom0, t, "/t/made", "1");
	put(dom0, t, "/a/c/d", "new");
	xs_rm(dom0, t, "/gone");
	for (int i = 0; i < 2; i++) {
		event(g);
		event(dom0);
	}
}

/* All that clients can see, as text. */
static char *look(void)
{
	static const char *const paths[] = {
		"/",
		"/a",
		"/a/b",
		"/a/c/d",
		"/x",
		"/x/y",
		"/gone",
		"/gone/x",
		"/t",
		"/t/made",
		"/local/domain",
		"/local/domain/1",
		"/local/domain/1/x/y/z",
	};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (int in = 0; in < 2; in++)
		for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
			xs_transaction_t tx = in ? t : 0;
			char *value = xs_read(dom0, tx, paths[i], NULL);

			fprintf(f, "%s %s", paths[i], value ? value : "?");
			fprintf(f, " %s", list(dom0, tx, paths[i]));
			fprintf(f, " %s\n", perms(dom0, tx, paths[i]));
			free(value);
		}
	fprintf(f, "%d\n", xs_is_domain_introduced(dom0, 2));
	fclose(f);
	return text;
}

/* ---- The daemon fails ---------------------------------------------------------------- */

static bool daemon_only;
/* The n-th allocation from 1, of the daemon's or of all. */
static void fail_from_here(unsigned long n)
{
	host_alloc_fail = daemon_only ? 0 : n;
	daemon_alloc_fail = n;
	around_work = daemon_only ? alloc_around : NULL;
}

/* Has it failed? From here on, none does. */
static bool fail_no_more(void)
{
	bool failed = !(daemon_only ? daemon_alloc_fail : host_alloc_fail);

	around_work = NULL;
	host_alloc_fail = 0;
	return failed;
}

/* false: the op has fewer allocations than that. */
static bool try_op(size_t k, unsigned long n)
{
	char *before, *after;
	bool ok, failed;

	world();
	before = look();
	fail_from_here(n);
	errno = 0;
	ok = ops[k].fn();
	failed = fail_no_more();
	if (!ok && failed)
		CU_ASSERT_EQUAL(errno, ENOMEM);
	after = look();
	/* A library that fails leaves what it has asked for. */
	if (!ok && daemon_only && strcmp(before, after)) {
		fprintf(stderr, "%s, allocation %lu: half done\n", ops[k].name,
			n);
		CU_FAIL("half done");
	}
	CU_ASSERT_EQUAL(xsd_audit(), 0);
	if (!ok && daemon_only)
		CU_ASSERT(ops[k].fn());
	free(before);
	free(after);
	teardown();
	return failed;
}

static void each_op(void)
{
	unsigned int tried = 0;

	for (size_t k = 0; k < OPS; k++)
		for (unsigned long n = 1; try_op(k, n); n++)
			tried++;
	printf("  %u allocations failed\n", tried);
	CU_ASSERT(tried > 20);
}

static void in_the_daemon(void)
{
	daemon_only = true;
	each_op();
}

static void anywhere(void)
{
	daemon_only = false;
	each_op();
}

/* An event that could not be kept comes when there is memory. */
static void events_come_later(void)
{
	world();
	daemon_only = true;
	for (unsigned long n = 1; n < 4; n++) {
		fail_from_here(n);
		CU_ASSERT_EQUAL(put(dom0, 0, "/local/domain/1", "x"), n > 1);
		CU_ASSERT_EQUAL(fail_no_more(), n < 3);
		CU_ASSERT_EQUAL(*event(g) != '\0', n > 1);
		EVENT(g, "");
	}
	teardown();
}

static void the_beginning(void)
{
	unsigned long n = 0;

	daemon_only = false;
	do {
		fail_from_here(++n);
		dom0 = NULL;
		if (xsd_init(1, NULL, NULL))
			continue;
		dom0 = local_client(0);
		if (!dom0)
			xsd_destroy();
	} while (fail_no_more());
	CU_ASSERT(dom0 && n > 5);
	teardown();
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(in_the_daemon), TEST(anywhere),	TEST(events_come_later),
		TEST(the_beginning), CU_TEST_INFO_NULL,
	};

	return unit_main("xenstore_fault", tests, NULL, NULL);
}
