/* SPDX-License-Identifier: MIT */
/* The client library: against the daemon, and against one that we play. */
#include "xenstore_setup.h"

/* ---- A daemon that says what it was told to ------------------------------------- */

static struct {
	char bytes[16384]; /* what it will say */
	size_t len, at;
	size_t most; /* bytes at once */
	int error;   /* instead of saying more */
	struct xsd_sockmsg asked;
	size_t sent;
} script;

static int script_write(void *arg, const void *data, size_t n)
{
	(void)arg;
	if (script.error == -EPIPE)
		return -EPIPE;
	if (script.sent < sizeof(script.asked) && n == sizeof(script.asked))
		memcpy(&script.asked, data, n);
	script.sent += n;
	return (int)n;
}

static int script_read(void *arg, void *data, size_t n, bool wait)
{
	size_t left = script.len - script.at;

	(void)arg;
	if (!left)
		return wait ? script.error : 0;
	if (n > left)
		n = left;
	if (script.most && n > script.most)
		n = script.most;
	memcpy(data, script.bytes + script.at, n);
	script.at += n;
	return (int)n;
}

static void script_close(void *arg)
{
	(void)arg;
}

static struct xs_handle *script_open(void)
{
	static const struct xs_transport t = {
		NULL,
		script_write,
		script_read,
		script_close,
	};

	memset(&script, 0, sizeof(script));
	script.error = -EIO;
	return xs_open_transport(&t);
}

static void say(uint32_t type, uint32_t id, const char *body, uint32_t len)
{
	struct xsd_sockmsg header = { type, id, 0, len };

	memcpy(script.bytes + script.len, &header, sizeof(header));
	memcpy(script.bytes + script.len + sizeof(header), body, len);
	script.len += sizeof(header) + len;
}

static void what_it_sends(void)
{
	struct xs_handle *h = script_open();

	say(XS_WRITE, 1, "OK", 3);
	CU_ASSERT(xs_write(h, 77, "/a", "xyz", 3));
	CU_ASSERT_EQUAL(script.asked.type, XS_WRITE);
	CU_ASSERT_EQUAL(script.asked.tx_id, 77);
	CU_ASSERT_EQUAL(script.asked.len, 6);
	CU_ASSERT_EQUAL(script.sent, 22);
	xs_close(h);
}

static void byte_by_byte(void)
{
	struct xs_handle *h = script_open();

	script.most = 1;
	say(XS_WATCH_EVENT, 0, "p\0t", 4);
	say(XS_READ, 1, "value", 5);
	CU_ASSERT(is(h, 0, "/a", "value"));
	EVENT(h, "p t");
	EVENT(h, "");
	xs_close(h);
}

static void errors_by_name(void)
{
	struct xs_handle *h = script_open();

	say(XS_ERROR, 1, "EROFS", 6);
	say(XS_ERROR, 2, "ENOTANERROR", 12);
	say(XS_ERROR, 3, "", 0);
	say(XS_MKDIR, 4, "OK", 3);
	FAILS(xs_rm(h, 0, "/a"), EROFS);
	FAILS(xs_rm(h, 0, "/a"), EINVAL);
	FAILS(xs_rm(h, 0, "/a"), EINVAL);
	FAILS(xs_rm(h, 0, "/a"), EBADF);
	FAILS(xs_rm(h, 0, "/a"), EIO);
	xs_close(h);
}

static void a_transport_that_breaks(void)
{
	struct xs_handle *h = script_open();

	script.error = -EPIPE;
	FAILS(xs_read(h, 0, "/a", NULL), EPIPE);
	FAILS(xs_transaction_start(h), EPIPE);
	xs_close(h);
}

static void replies_of_calls_that_failed(void)
{
	struct xs_handle *h = script_open();

	script.error = -EINTR;
	FAILS(xs_read(h, 0, "/a", NULL), EINTR);
	say(XS_READ, 1, "first", 5);
	say(XS_READ, 2, "second", 6);
	CU_ASSERT(is(h, 0, "/a", "second"));
	xs_close(h);
}

static void a_message_that_is_too_long(void)
{
	struct xs_handle *h = script_open();

	say(XS_READ, 1, "", 0);
	script.bytes[13] = 0x20;
	FAILS(xs_read(h, 0, "/a", NULL), EIO);
	xs_close(h);
}

static void strange_events(void)
{
	struct xs_handle *h = script_open();

	say(XS_WATCH_EVENT, 0, "", 0);
	say(XS_WATCH_EVENT, 0, "nothing", 7);
	say(XS_WATCH_EVENT, 0, "p\0t", 3);
	EVENT(h, " ");
	EVENT(h, "nothing ");
	EVENT(h, "p t");
	xs_close(h);
}

static void strange_lists(void)
{
	struct xs_handle *h = script_open();
	unsigned int num = 7;

	say(XS_ERROR, 1, "E2BIG", 6);
	say(XS_DIRECTORY_PART, 2, "1", 1);
	FAILS(xs_directory(h, 0, "/a", &num), EIO);
	say(XS_ERROR, 3, "E2BIG", 6);
	say(XS_DIRECTORY_PART, 4, "1\0a\0b", 6);
	say(XS_DIRECTORY_PART, 5, "2\0c\0", 5);
	say(XS_DIRECTORY_PART, 6, "2\0a\0b\0c\0", 9);
	CU_ASSERT_STRING_EQUAL(list(h, 0, "/a"), "a b c ");
	xs_close(h);
}

/* ---- Against the daemon --------------------------------------------------------------- */

static void opens_by_itself(void)
{
	struct xs_handle *h = xs_open(0);

	CU_ASSERT(put(h, 0, "/a", "x"));
	CU_ASSERT(is(dom0, 0, "/a", "x"));
	xs_close(h);
	xs_close(NULL);
}

static void a_payload_that_is_too_long(void)
{
	static char big[XENSTORE_PAYLOAD_MAX];

	FAILS(xs_write(dom0, 0, "/a", big, sizeof(big)), E2BIG);
	CU_ASSERT(xs_write(dom0, 0, "/a", big, sizeof(big) - 3));
}

static void long_values_both_ways(void)
{
	static char big[4001];

	memset(big, 'x', 4000);
	CU_ASSERT(put(dom0, 0, "/a", big));
	CU_ASSERT(is(dom0, 0, "/a", big));
	CU_ASSERT(is(dom0, 0, "/a", big));
}

static void events_wait_for_the_reply(void)
{
	struct xs_handle *other = local_client(0);
	unsigned int num = 0;
	char **e;

	CU_ASSERT(xs_watch(dom0, "/a", "t"));
	CU_ASSERT(put(other, 0, "/a", "1"));
	CU_ASSERT(is(dom0, 0, "/a", "1"));
	e = xs_read_watch(dom0, &num);
	CU_ASSERT(e && num == 2 && !strcmp(e[XS_WATCH_PATH], "/a") &&
		  !strcmp(e[XS_WATCH_TOKEN], "t"));
	free(e);
	EVENT(dom0, "/a t");
	EVENT(dom0, "");
	xs_close(other);
}

static void unwatch_filters_on_request(void)
{
	struct xs_handle *h = xs_open(XS_UNWATCH_FILTER);

	CU_ASSERT(xs_watch(h, "/a", "t") && xs_watch(h, "/ab", "t"));
	CU_ASSERT(xs_watch(dom0, "/a", "t"));
	CU_ASSERT(put(h, 0, "/a/b", "1"));
	CU_ASSERT(put(dom0, 0, "/c", "1"));
	CU_ASSERT(xs_unwatch(h, "/a", "t") && xs_unwatch(dom0, "/a", "t"));
	EVENT(h, "/ab t");
	EVENT(h, "");
	EVENT(dom0, "/a t");
	xs_close(h);
}

static void the_daemon_goes(void)
{
	struct xs_handle *h = local_client(3);

	CU_ASSERT(xs_watch(h, "a", "t"));
	xsd_domain_gone(3);
	EVENT(h, "a t");
	FAILS(xs_read(h, 0, "a", NULL), EIO);
	FAILS(xs_check_watch(h), EIO);
	xs_close(h);
}

static void introduce_and_ask(void)
{
	CU_ASSERT(xs_introduce_domain(dom0, 1, 1, 1));
	CU_ASSERT(xs_is_domain_introduced(dom0, 1));
	CU_ASSERT(xs_resume_domain(dom0, 1));
	CU_ASSERT(xs_release_domain(dom0, 1));
	FAILS(xs_is_domain_introduced(dom0, 99999), EINVAL);
	FAILS(xs_get_domain_path(dom0, 99999), EINVAL);
}

/* ---- Without one ------------------------------------------------------------------------ */

static void permissions_as_text(void)
{
	struct xs_permissions p[2] = { { 65535, XS_PERM_READ | XS_PERM_WRITE } };
	char text[8];

	CU_ASSERT(xs_perm_to_string(p, text, sizeof(text)));
	CU_ASSERT_STRING_EQUAL(text, "b65535");
	FAILS(xs_perm_to_string(p, text, 6), ENOSPC);
	p->perms = XS_PERM_OWNER;
	FAILS(xs_perm_to_string(p, text, sizeof(text)), EINVAL);
	CU_ASSERT(xs_strings_to_perms(p, 2, "w3\0n0"));
	CU_ASSERT(p[0].id == 3 && p[0].perms == XS_PERM_WRITE);
	CU_ASSERT(p[1].id == 0 && p[1].perms == XS_PERM_NONE);
	FAILS(xs_strings_to_perms(p, 1, "x3"), EINVAL);
	FAILS(xs_strings_to_perms(p, 1, "r"), EINVAL);
	FAILS(xs_strings_to_perms(p, 1, "r3z"), EINVAL);
	FAILS(xs_strings_to_perms(p, 1, ""), EINVAL);
}

static void paths_below_paths(void)
{
	CU_ASSERT(xs_path_is_subpath("/a", "/a"));
	CU_ASSERT(xs_path_is_subpath("/a", "/a/b"));
	CU_ASSERT(xs_path_is_subpath("/", "/a"));
	CU_ASSERT(!xs_path_is_subpath("/a", "/ab"));
	CU_ASSERT(!xs_path_is_subpath("/a/b", "/a"));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(what_it_sends),
		TEST(byte_by_byte),
		TEST(errors_by_name),
		TEST(a_transport_that_breaks),
		TEST(replies_of_calls_that_failed),
		TEST(a_message_that_is_too_long),
		TEST(strange_events),
		TEST(strange_lists),
		TEST(opens_by_itself),
		TEST(a_payload_that_is_too_long),
		TEST(long_values_both_ways),
		TEST(events_wait_for_the_reply),
		TEST(unwatch_filters_on_request),
		TEST(the_daemon_goes),
		TEST(introduce_and_ask),
		TEST(permissions_as_text),
		TEST(paths_below_paths),
		CU_TEST_INFO_NULL,
	};

	return unit_main("xs", tests, setup, teardown);
}
