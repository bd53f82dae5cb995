/* SPDX-License-Identifier: MIT */
/* Watches: when they fire, with which path, for whom, and that none is lost. */
#include "path.h"
#include "xenstore_setup.h"

/* Watch, and take the event that comes at once. */
static void watch(struct xs_handle *h, const char *path, const char *token)
{
	char text[256];

	CU_ASSERT(xs_watch(h, path, token));
	snprintf(text, sizeof(text), "%s %s", path, token);
	EVENT(h, text);
	EVENT(h, "");
}

static void fires_at_once(void)
{
	CU_ASSERT(xs_watch(dom0, "/not/there", "t"));
	EVENT(dom0, "/not/there t");
	EVENT(dom0, "");
	CU_ASSERT_EQUAL(errno, EAGAIN);
}

static void fires_for_each_change(void)
{
	watch(dom0, "/a", "t");
	CU_ASSERT(put(dom0, 0, "/a", "1"));
	EVENT(dom0, "/a t");
	CU_ASSERT(put(dom0, 0, "/a", "1"));
	EVENT(dom0, "/a t");
	CU_ASSERT(allow(dom0, 0, "/a", "r0"));
	EVENT(dom0, "/a t");
	CU_ASSERT(xs_mkdir(dom0, 0, "/a/b"));
	EVENT(dom0, "/a/b t");
	CU_ASSERT(xs_mkdir(dom0, 0, "/a/b"));
	EVENT(dom0, "");
	CU_ASSERT(xs_rm(dom0, 0, "/a/b"));
	EVENT(dom0, "/a/b t");
	CU_ASSERT(is(dom0, 0, "/a", "1"));
	EVENT(dom0, "");
}

static void fires_for_what_is_below(void)
{
	watch(dom0, "/a", "t");
	CU_ASSERT(put(dom0, 0, "/a/b/c", "1"));
	EVENT(dom0, "/a/b/c t");
	EVENT(dom0, "");
	CU_ASSERT(put(dom0, 0, "/ab", "1"));
	CU_ASSERT(put(dom0, 0, "/b/a", "1"));
	EVENT(dom0, "");
}

static void the_root_sees_all(void)
{
	watch(dom0, "/", "t");
	CU_ASSERT(put(dom0, 0, "/a", "1"));
	EVENT(dom0, "/a t");
	CU_ASSERT(put(dom0, 0, "/a/b", "1"));
	EVENT(dom0, "/a/b t");
	CU_ASSERT(put(dom0, 0, "/", "1"));
	EVENT(dom0, "/ t");
}

/* Who watches what was removed hears of it by its name; above, once. */
static void fires_for_removal_from_above(void)
{
	CU_ASSERT(put(dom0, 0, "/a/b/c", "1"));
	watch(dom0, "/a/b/c", "c");
	CU_ASSERT(xs_rm(dom0, 0, "/a"));
	EVENT(dom0, "/a/b/c c");
	EVENT(dom0, "");
	CU_ASSERT(put(dom0, 0, "/a/b/c", "1"));
	EVENT(dom0, "/a/b/c c");
	CU_ASSERT(xs_unwatch(dom0, "/a/b/c", "c"));
	watch(dom0, "/a", "a");
	CU_ASSERT(xs_rm(dom0, 0, "/a"));
	EVENT(dom0, "/a a");
	EVENT(dom0, "");
}

static void several_at_one_path(void)
{
	watch(dom0, "/a", "t1");
	watch(dom0, "/a", "t2");
	FAILS(xs_watch(dom0, "/a", "t2"), EEXIST);
	CU_ASSERT(put(dom0, 0, "/a", "1"));
	CU_ASSERT_NOT_EQUAL(*event(dom0), '\0');
	CU_ASSERT_NOT_EQUAL(*event(dom0), '\0');
	EVENT(dom0, "");
}

static void unwatch_ends_it(void)
{
	watch(dom0, "/a", "t");
	FAILS(xs_unwatch(dom0, "/a", "u"), ENOENT);
	FAILS(xs_unwatch(dom0, "/b", "t"), ENOENT);
	CU_ASSERT(xs_unwatch(dom0, "/a", "t"));
	CU_ASSERT(put(dom0, 0, "/a", "1"));
	EVENT(dom0, "");
	FAILS(xs_unwatch(dom0, "/a", "t"), ENOENT);
}

static void relative_paths(void)
{
	struct xs_handle *g = guest_start(5);

	watch(g, "device", "t");
	CU_ASSERT(put(dom0, 0, "/local/domain/5/device/vbd", "1"));
	EVENT(g, "device/vbd t");
	watch(g, "/local/domain/5/device", "u");
	CU_ASSERT(put(g, 0, "device", "1"));
	CU_ASSERT_NOT_EQUAL(*event(g), '\0');
	CU_ASSERT_NOT_EQUAL(*event(g), '\0');
	CU_ASSERT(xs_unwatch(g, "device", "t"));
	CU_ASSERT(put(g, 0, "device/x", "1"));
	EVENT(g, "/local/domain/5/device/x u");
	EVENT(g, "");
}

static void needs_the_right_to_read(void)
{
	struct xs_handle *g = guest_start(1);

	CU_ASSERT(put(dom0, 0, "/a", ""));
	watch(g, "/a", "t");
	CU_ASSERT(put(dom0, 0, "/a", "1"));
	EVENT(g, "");
	CU_ASSERT(allow(dom0, 0, "/a", "n0 r1"));
	EVENT(g, "/a t");
	CU_ASSERT(put(dom0, 0, "/a", "2"));
	EVENT(g, "/a t");
	/* That it can read no more, is told; and children of what it can. */
	CU_ASSERT(allow(dom0, 0, "/a", "n0"));
	EVENT(g, "/a t");
	CU_ASSERT(put(dom0, 0, "/a/b", "2"));
	EVENT(g, "");
	CU_ASSERT(allow(dom0, 0, "/a", "n0 r1"));
	EVENT(g, "/a t");
	CU_ASSERT(put(dom0, 0, "/a/b", "3"));
	EVENT(g, "/a/b t");
	CU_ASSERT(xs_rm(dom0, 0, "/a"));
	EVENT(g, "/a t");
	EVENT(g, "");
}

/* As text: how far below, or not at all. */
static void below(void)
{
	CU_ASSERT_EQUAL(path_below("/a", "/a"), 0);
	CU_ASSERT_EQUAL(path_below("/a/b/c", "/a"), 2);
	CU_ASSERT_EQUAL(path_below("/", "/"), 0);
	CU_ASSERT_EQUAL(path_below("/a", "/"), 1);
	CU_ASSERT_EQUAL(path_below("/a/b", "/"), 2);
	CU_ASSERT_EQUAL(path_below("/ab", "/a"), -1);
	CU_ASSERT_EQUAL(path_below("/", "/a"), -1);
	CU_ASSERT_EQUAL(path_below("/a", "/a/b"), -1);
}

static void a_token_that_is_too_long(void)
{
	char token[1100];

	memset(token, 't', sizeof(token));
	token[1024] = '\0';
	FAILS(xs_watch(dom0, "/a", token), EINVAL);
	token[1023] = '\0';
	CU_ASSERT(xs_watch(dom0, "/a", token));
}

static void special_events(void)
{
	struct xs_handle *g;

	watch(dom0, "@introduceDomain", "i");
	watch(dom0, "@releaseDomain", "r");
	g = guest_start(1);
	EVENT(dom0, "@introduceDomain i");
	EVENT(dom0, "");
	CU_ASSERT(xs_introduce_domain(dom0, 1, 2, 1));
	EVENT(dom0, "");
	xsd_domain_shutdown(1);
	xsd_domain_shutdown(1);
	EVENT(dom0, "@releaseDomain r");
	EVENT(dom0, "");
	CU_ASSERT(xs_resume_domain(dom0, 1));
	xsd_domain_shutdown(1);
	EVENT(dom0, "@releaseDomain r");
	CU_ASSERT(xs_release_domain(dom0, 1));
	EVENT(dom0, "@releaseDomain r");
	EVENT(dom0, "");
	(void)g;
}

static void special_events_need_rights(void)
{
	struct xs_handle *g = guest_start(1);

	watch(g, "@introduceDomain", "i");
	guest_start(2);
	EVENT(g, "");
	CU_ASSERT_STRING_EQUAL(perms(dom0, 0, "@introduceDomain"), "n0 ");
	CU_ASSERT(allow(dom0, 0, "@introduceDomain", "n0 r1"));
	EVENT(g, "@introduceDomain i");
	guest_start(3);
	EVENT(g, "@introduceDomain i");
	EVENT(g, "");
}

static void a_transactions_events_wait(void)
{
	struct xs_handle *other = local_client(0);
	xs_transaction_t t;

	watch(other, "/a", "t");
	t = xs_transaction_start(dom0);
	CU_ASSERT(put(dom0, t, "/a/b/c", "1"));
	CU_ASSERT(put(dom0, t, "/a/b/c", "2"));
	CU_ASSERT(put(dom0, t, "/a/d", "2"));
	EVENT(other, "");
	CU_ASSERT(xs_transaction_end(dom0, t, false));
	EVENT(other, "/a/b/c t");
	EVENT(other, "/a/d t");
	EVENT(other, "");
	t = xs_transaction_start(dom0);
	CU_ASSERT(xs_rm(dom0, t, "/a/d"));
	CU_ASSERT(xs_transaction_end(dom0, t, true));
	EVENT(other, "");
	t = xs_transaction_start(dom0);
	CU_ASSERT(xs_rm(dom0, t, "/a/b"));
	CU_ASSERT(xs_transaction_end(dom0, t, false));
	EVENT(other, "/a/b t");
	EVENT(other, "");
	xs_close(other);
}

/* Nobody reads: what is kept is bounded, and the watch fires afterwards. */
static void no_event_is_lost_for_good(void)
{
	struct xs_handle *g = guest_start(1);
	char path[64];
	unsigned int got = 0;
	bool again = false;

	watch(g, "flood", "t");
	for (int i = 0; i < 3000; i++) {
		snprintf(path, sizeof(path), "/local/domain/1/flood/%d",
			 i % 900);
		CU_ASSERT(put(dom0, 0, path, "x"));
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "event-bytes"));
	for (const char *e; *(e = event(g)); got++)
		again |= !strcmp(e, "flood t");
	CU_ASSERT(again);
	CU_ASSERT(got > 100 && got < 1500);
	CU_ASSERT(put(dom0, 0, "/local/domain/1/flood/1", "x"));
	EVENT(g, "flood/1 t");
}

static void the_same_event_waits_once(void)
{
	struct xs_handle *g = guest_start(1);

	watch(g, "a", "t");
	/* More than the ring holds, so that some wait in the daemon. */
	for (int i = 0; i < 1000; i++)
		CU_ASSERT(put(dom0, 0, "/local/domain/1/a", "x"));
	for (int i = 0; i < 60; i++)
		event(g);
	EVENT(g, "");
}

static void reset_forgets(void)
{
	struct xs_handle *g = guest_start(1);
	struct xenstore_domain_interface *page = &guests[1].page;
	struct xsd_sockmsg reset = { .type = XS_RESET_WATCHES, .len = 1 };
	char got[32];

	watch(g, "a", "t");
	CU_ASSERT_NOT_EQUAL(xs_transaction_start(g), 0);
	byte_ring_write(&guests[1].req, &reset, sizeof(reset));
	byte_ring_write(&guests[1].req, "", 1);
	tell_daemon(&guests[1]);
	CU_ASSERT_EQUAL(byte_ring_read(&guests[1].rsp, got, 32), 19);
	CU_ASSERT(!memcmp(got + 16, "OK", 3));
	CU_ASSERT(put(g, 0, "a", "x"));
	EVENT(g, "");
	FAILS(xs_transaction_end(g, 1, false), ENOENT);
	CU_ASSERT_EQUAL(page->error, 0);
}

static void a_client_goes_with_its_watches(void)
{
	struct xs_handle *other = local_client(0);

	CU_ASSERT(xs_watch(other, "/a", "t"));
	xs_close(other);
	CU_ASSERT(put(dom0, 0, "/a", "x"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(fires_at_once),
		TEST(fires_for_each_change),
		TEST(fires_for_what_is_below),
		TEST(the_root_sees_all),
		TEST(fires_for_removal_from_above),
		TEST(several_at_one_path),
		TEST(unwatch_ends_it),
		TEST(relative_paths),
		TEST(needs_the_right_to_read),
		TEST(below),
		TEST(a_token_that_is_too_long),
		TEST(special_events),
		TEST(special_events_need_rights),
		TEST(a_transactions_events_wait),
		TEST(no_event_is_lost_for_good),
		TEST(the_same_event_waits_once),
		TEST(reset_forgets),
		TEST(a_client_goes_with_its_watches),
		CU_TEST_INFO_NULL,
	};

	return unit_main("xenstore_watch", tests, setup, teardown);
}
