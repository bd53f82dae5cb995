/* SPDX-License-Identifier: MIT */
/* Transactions: what they see, what others see, and which of two gets on. */
#include "xenstore_setup.h"

static xs_transaction_t t;
static struct xs_handle *other;

static void setup_trans(void)
{
	setup();
	other = local_client(0);
	CU_ASSERT(put(dom0, 0, "/a", "1"));
	CU_ASSERT(put(dom0, 0, "/a/b", "2"));
	CU_ASSERT(put(dom0, 0, "/a/c/d", "3"));
	t = xs_transaction_start(dom0);
	CU_ASSERT_NOT_EQUAL(t, XBT_NULL);
}

static void teardown_trans(void)
{
	xs_close(other);
	teardown();
}

static bool commit(void)
{
	errno = 0;
	return xs_transaction_end(dom0, t, false);
}

/* ---- What is seen ----------------------------------------------------------------- */

static void sees_its_own(void)
{
	CU_ASSERT(put(dom0, t, "/a/b", "x"));
	CU_ASSERT(put(dom0, t, "/new/node", "y"));
	CU_ASSERT(is(dom0, t, "/a/b", "x"));
	CU_ASSERT(is(dom0, t, "/new", ""));
	CU_ASSERT(is(dom0, t, "/new/node", "y"));
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/"), "a new ");
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/new"), "node ");
	CU_ASSERT(is(other, 0, "/a/b", "2"));
	CU_ASSERT(is(other, 0, "/new", NULL));
	CU_ASSERT_STRING_EQUAL(list(other, 0, "/"), "a ");
	CU_ASSERT(commit());
	CU_ASSERT(is(other, 0, "/a/b", "x"));
	CU_ASSERT(is(other, 0, "/new/node", "y"));
	CU_ASSERT_STRING_EQUAL(list(other, 0, "/"), "a new ");
}

static void abandoned_is_nothing(void)
{
	CU_ASSERT(put(dom0, t, "/a/b", "x"));
	CU_ASSERT(put(dom0, t, "/new/node", "y"));
	CU_ASSERT(xs_rm(dom0, t, "/a/c"));
	CU_ASSERT(xs_transaction_end(dom0, t, true));
	CU_ASSERT(is(dom0, 0, "/a/b", "2"));
	CU_ASSERT(is(dom0, 0, "/a/c/d", "3"));
	CU_ASSERT(is(dom0, 0, "/new", NULL));
	FAILS(xs_transaction_end(dom0, t, false), ENOENT);
	FAILS(put(dom0, t, "/a", ""), ENOENT);
}

static void what_was_met_stays(void)
{
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(is(dom0, t, "/e", NULL));
	CU_ASSERT(put(other, 0, "/a/b", "x"));
	CU_ASSERT(put(other, 0, "/e", "x"));
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(is(dom0, t, "/e", NULL));
	CU_ASSERT(xs_rm(other, 0, "/a"));
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(!commit() && errno == EAGAIN);
}

static void removal_hides_what_is_below(void)
{
	CU_ASSERT(put(dom0, t, "/a/c/e", "x"));
	CU_ASSERT(xs_rm(dom0, t, "/a/c"));
	CU_ASSERT(is(dom0, t, "/a/c", NULL));
	CU_ASSERT(is(dom0, t, "/a/c/d", NULL));
	CU_ASSERT(is(dom0, t, "/a/c/e", NULL));
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/a"), "b ");
	CU_ASSERT(is(other, 0, "/a/c/d", "3"));
	CU_ASSERT(commit());
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a"), "b ");
}

static void removed_and_made_anew(void)
{
	CU_ASSERT(is(dom0, t, "/a/c/d", "3"));
	CU_ASSERT(xs_rm(dom0, t, "/a"));
	CU_ASSERT(put(dom0, t, "/a/c/e", "x"));
	CU_ASSERT(is(dom0, t, "/a", ""));
	CU_ASSERT(is(dom0, t, "/a/c/d", NULL));
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/a"), "c ");
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/a/c"), "e ");
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/"), "a ");
	CU_ASSERT(commit());
	CU_ASSERT(is(dom0, 0, "/a", ""));
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a"), "c ");
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a/c"), "e ");
}

static void made_and_removed_again(void)
{
	CU_ASSERT(put(dom0, t, "/x/y", "1"));
	CU_ASSERT(xs_rm(dom0, t, "/x"));
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/"), "a ");
	CU_ASSERT(put(dom0, t, "/x/z", "1"));
	CU_ASSERT(xs_rm(dom0, t, "/x/z"));
	CU_ASSERT(put(dom0, t, "/x/z", "2"));
	CU_ASSERT(commit());
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/x"), "z ");
	CU_ASSERT(is(dom0, 0, "/x/z", "2"));
}

static void permissions_too(void)
{
	CU_ASSERT(allow(dom0, t, "/a", "r0 b3"));
	CU_ASSERT(put(dom0, t, "/a/new", ""));
	CU_ASSERT_STRING_EQUAL(perms(dom0, t, "/a/new"), "r0 b3 ");
	CU_ASSERT_STRING_EQUAL(perms(other, 0, "/a"), "n0 ");
	CU_ASSERT(allow(dom0, t, "/a/new", "n2"));
	CU_ASSERT(commit());
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/a"), "r0 b3 ");
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "/a/new"), "n2 ");
	xsd_domain_gone(2);
	CU_ASSERT(is(dom0, 0, "/a/new", NULL));
}

/* ---- Which gets on ------------------------------------------------------------------ */

static void a_change_of_what_was_read(void)
{
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(put(dom0, t, "/mine", "x"));
	CU_ASSERT(put(other, 0, "/a/b", "2"));
	CU_ASSERT(!commit() && errno == EAGAIN);
	CU_ASSERT(is(dom0, 0, "/mine", NULL));
}

static void a_change_of_what_was_written(void)
{
	CU_ASSERT(put(dom0, t, "/a/b", "x"));
	CU_ASSERT(put(other, 0, "/a/b", "y"));
	CU_ASSERT(!commit() && errno == EAGAIN);
	CU_ASSERT(is(dom0, 0, "/a/b", "y"));
}

static void a_change_of_permissions(void)
{
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(allow(other, 0, "/a/b", "r0"));
	CU_ASSERT(!commit() && errno == EAGAIN);
}

static void one_appears(void)
{
	CU_ASSERT(is(dom0, t, "/e", NULL));
	CU_ASSERT(put(other, 0, "/e", ""));
	CU_ASSERT(!commit() && errno == EAGAIN);
}

static void one_goes_and_comes_back(void)
{
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(xs_rm(other, 0, "/a/b"));
	CU_ASSERT(put(other, 0, "/a/b", "2"));
	CU_ASSERT(!commit() && errno == EAGAIN);
}

static void the_list_of_children(void)
{
	CU_ASSERT_STRING_EQUAL(list(dom0, t, "/a"), "b c ");
	CU_ASSERT(put(other, 0, "/a/new", ""));
	CU_ASSERT(!commit() && errno == EAGAIN);
}

static void the_parent_goes(void)
{
	CU_ASSERT(put(dom0, t, "/a/new", ""));
	CU_ASSERT(xs_rm(other, 0, "/a"));
	CU_ASSERT(!commit() && errno == EAGAIN);
}

static void changes_elsewhere_do_not_matter(void)
{
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(put(dom0, t, "/a/c/d", "x"));
	CU_ASSERT(put(dom0, t, "/a/mine", "x"));
	CU_ASSERT(put(other, 0, "/a/yours", "y"));
	CU_ASSERT(put(other, 0, "/e/f", "y"));
	CU_ASSERT(put(other, 0, "/a/c/e", "y"));
	CU_ASSERT(is(other, 0, "/a/b", "2"));
	CU_ASSERT(commit());
	CU_ASSERT_STRING_EQUAL(list(dom0, 0, "/a"), "b c yours mine ");
	CU_ASSERT(is(dom0, 0, "/a/c/d", "x"));
}

static void one_of_two_gets_on(void)
{
	xs_transaction_t u = xs_transaction_start(other);

	CU_ASSERT(put(dom0, t, "/a/b", "x"));
	CU_ASSERT(put(other, u, "/a/b", "y"));
	CU_ASSERT(xs_transaction_end(other, u, false));
	CU_ASSERT(!commit() && errno == EAGAIN);
	CU_ASSERT(is(dom0, 0, "/a/b", "y"));
	/* The loser's next try finds nobody in its way. */
	t = xs_transaction_start(dom0);
	CU_ASSERT(put(dom0, t, "/a/b", "x"));
	CU_ASSERT(commit());
}

static void readers_do_not_disturb(void)
{
	xs_transaction_t u = xs_transaction_start(other);

	CU_ASSERT(is(other, u, "/a/b", "2"));
	CU_ASSERT(is(dom0, t, "/a/b", "2"));
	CU_ASSERT(xs_transaction_end(other, u, false));
	CU_ASSERT(commit());
}

/* ---- Their handling -------------------------------------------------------------------- */

static void of_one_connection_only(void)
{
	FAILS(put(other, t, "/a", "x"), ENOENT);
	FAILS(xs_transaction_end(other, t, false), ENOENT);
	CU_ASSERT(commit());
}

static void goes_with_its_connection(void)
{
	xs_transaction_t u = xs_transaction_start(other);

	CU_ASSERT(put(other, u, "/a/b", "x"));
	xs_close(other);
	other = NULL;
	CU_ASSERT(is(dom0, 0, "/a/b", "2"));
}

/* A dead domain does not come back by a transaction that still names it. */
static void the_dead_stay_dead(void)
{
	guest_start(2);
	CU_ASSERT(put(dom0, t, "/mine", ""));
	CU_ASSERT(allow(dom0, t, "/mine", "n2"));
	CU_ASSERT(xs_release_domain(dom0, 2));
	CU_ASSERT(!commit() && errno == EAGAIN);
}

static void a_guest_in_a_transaction(void)
{
	struct xs_handle *g = guest_start(2);
	xs_transaction_t u = xs_transaction_start(g);

	CU_ASSERT(put(g, u, "control/shutdown", ""));
	CU_ASSERT(is(g, u, "control/shutdown", ""));
	FAILS(put(g, u, "/a/x", ""), EACCES);
	FAILS(xs_read(g, u, "/a/b", NULL), EACCES);
	CU_ASSERT(put(dom0, 0, "/local/domain/2/other", "x"));
	CU_ASSERT(xs_transaction_end(g, u, false));
	CU_ASSERT(is(dom0, 0, "/local/domain/2/control/shutdown", ""));
	CU_ASSERT_STRING_EQUAL(
		perms(dom0, 0, "/local/domain/2/control/shutdown"), "n2 ");
}

static void a_long_list_in_a_transaction(void)
{
	char path[64];
	unsigned int num = 0;

	for (int i = 0; i < 400; i++) {
		snprintf(path, sizeof(path), "/dir/a-rather-long-name-%03d", i);
		CU_ASSERT(put(dom0, i & 1 ? t : 0, path, ""));
		if (i == 0)
			CU_ASSERT(is(dom0, t, "/dir", ""));
	}
	free(xs_directory(dom0, t, "/dir", &num));
	CU_ASSERT_EQUAL(num, 400);
	CU_ASSERT(commit());
	free(xs_directory(dom0, 0, "/dir", &num));
	CU_ASSERT_EQUAL(num, 400);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(sees_its_own),
		TEST(abandoned_is_nothing),
		TEST(what_was_met_stays),
		TEST(removal_hides_what_is_below),
		TEST(removed_and_made_anew),
		TEST(made_and_removed_again),
		TEST(permissions_too),
		TEST(a_change_of_what_was_read),
		TEST(a_change_of_what_was_written),
		TEST(a_change_of_permissions),
		TEST(one_appears),
		TEST(one_goes_and_comes_back),
		TEST(the_list_of_children),
		TEST(the_parent_goes),
		TEST(changes_elsewhere_do_not_matter),
		TEST(one_of_two_gets_on),
		TEST(readers_do_not_disturb),
		TEST(of_one_connection_only),
		TEST(goes_with_its_connection),
		TEST(the_dead_stay_dead),
		TEST(a_guest_in_a_transaction),
		TEST(a_long_list_in_a_transaction),
		CU_TEST_INFO_NULL,
	};

	return unit_main("xenstore_trans", tests, setup_trans, teardown_trans);
}
