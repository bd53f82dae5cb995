/* SPDX-License-Identifier: MIT */
/* The wire: messages byte by byte over a store page, good ones and others. */
#include "xenstore_setup.h"

static struct guest *g = &guests[1];

static struct {
	struct xsd_sockmsg header;
	char body[XENSTORE_PAYLOAD_MAX + 1];
} got;

static void setup_wire(void)
{
	setup();
	guest_start(1);
	work();
	g->told = 0;
}

/* Bytes into the ring, all of them, the daemon working as needed. */
static void send_bytes(const void *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		int n = byte_ring_write(&g->req, (const char *)data + at,
					len - at);

		if (n < 0)
			abort();
		at += (size_t)n;
		tell_daemon(g);
	}
}

static void send_message(uint32_t type, uint32_t tx, const char *body,
			 uint32_t len)
{
	struct xsd_sockmsg header = { type, 0x1234, tx, len };

	send_bytes(&header, sizeof(header));
	send_bytes(body, len);
}

static size_t receive_bytes(void *data, size_t len)
{
	size_t at = 0;
	int n;

	do {
		n = byte_ring_read(&g->rsp, (char *)data + at, len - at);
		at += n > 0 ? (size_t)n : 0;
		tell_daemon(g);
	} while (n > 0);
	return at;
}

static bool receive_message(void)
{
	memset(&got, 0, sizeof(got));
	return receive_bytes(&got.header, sizeof(got.header)) ==
		       sizeof(got.header) &&
	       got.header.len <= XENSTORE_PAYLOAD_MAX &&
	       receive_bytes(got.body, got.header.len) == got.header.len;
}

/* Ask; the answer is that type with that body. */
static bool ask(uint32_t type, uint32_t tx, const char *body, uint32_t len,
		uint32_t type_back, const char *answer, uint32_t answer_len)
{
	send_message(type, tx, body, len);
	return receive_message() && got.header.type == type_back &&
	       got.header.req_id == 0x1234 && got.header.tx_id == tx &&
	       got.header.len == answer_len &&
	       !memcmp(got.body, answer, answer_len);
}

/* Strings with their sizes. */
#define S(s) s, sizeof(s)     /* with the last nul */
#define B(s) s, sizeof(s) - 1 /* without */

static bool fails(uint32_t type, const char *body, uint32_t len,
		  const char *error)
{
	return ask(type, 0, body, len, XS_ERROR, error,
		   (uint32_t)strlen(error) + 1);
}

static void answers_as_documented(void)
{
	CU_ASSERT(ask(XS_WRITE, 0, B("a\0val"), XS_WRITE, S("OK")));
	CU_ASSERT(ask(XS_READ, 0, S("a"), XS_READ, B("val")));
	CU_ASSERT(ask(XS_MKDIR, 0, S("b/c"), XS_MKDIR, S("OK")));
	CU_ASSERT(ask(XS_READ, 0, S("b"), XS_READ, B("")));
	CU_ASSERT(ask(XS_DIRECTORY, 0, S("/local/domain/1"), XS_DIRECTORY,
		      S("a\0b")));
	CU_ASSERT(ask(XS_DIRECTORY, 0, S("a"), XS_DIRECTORY, B("")));
	CU_ASSERT(ask(XS_GET_PERMS, 0, S("a"), XS_GET_PERMS, S("n1")));
	CU_ASSERT(ask(XS_SET_PERMS, 0, S("a\0r1\0w2"), XS_SET_PERMS, S("OK")));
	CU_ASSERT(ask(XS_GET_PERMS, 0, S("a"), XS_GET_PERMS, S("r1\0w2")));
	CU_ASSERT(ask(XS_RM, 0, S("b"), XS_RM, S("OK")));
	CU_ASSERT(ask(XS_TRANSACTION_START, 0, S(""), XS_TRANSACTION_START,
		      S("1")));
	CU_ASSERT(ask(XS_WRITE, 1, B("a\0x"), XS_WRITE, S("OK")));
	CU_ASSERT(ask(XS_TRANSACTION_END, 1, S("T"), XS_TRANSACTION_END,
		      S("OK")));
	CU_ASSERT(ask(XS_GET_DOMAIN_PATH, 0, S("7"), XS_GET_DOMAIN_PATH,
		      S("/local/domain/7")));
	CU_ASSERT(ask(XS_IS_DOMAIN_INTRODUCED, 0, S("1"),
		      XS_IS_DOMAIN_INTRODUCED, S("T")));
	CU_ASSERT(ask(XS_IS_DOMAIN_INTRODUCED, 0, S("2"),
		      XS_IS_DOMAIN_INTRODUCED, S("F")));
	CU_ASSERT(ask(XS_RESET_WATCHES, 0, S(""), XS_RESET_WATCHES, S("OK")));
}

static void the_event_follows_the_reply(void)
{
	CU_ASSERT(ask(XS_WATCH, 0, S("a\0tok"), XS_WATCH, S("OK")));
	CU_ASSERT(receive_message());
	CU_ASSERT_EQUAL(got.header.type, XS_WATCH_EVENT);
	CU_ASSERT(!got.header.req_id && !got.header.tx_id);
	CU_ASSERT(got.header.len == 6 && !memcmp(got.body, "a\0tok", 6));
	CU_ASSERT(ask(XS_WRITE, 0, B("a\0x"), XS_WRITE, S("OK")));
	CU_ASSERT(receive_message() && got.header.type == XS_WATCH_EVENT);
	CU_ASSERT(ask(XS_UNWATCH, 0, S("a\0tok"), XS_UNWATCH, S("OK")));
}

static void a_part_of_a_list(void)
{
	CU_ASSERT(ask(XS_MKDIR, 0, S("d/one"), XS_MKDIR, S("OK")));
	CU_ASSERT(ask(XS_MKDIR, 0, S("d/two"), XS_MKDIR, S("OK")));
	send_message(XS_DIRECTORY_PART, 0,
		     S("d\0"
		       "4"));
	CU_ASSERT(receive_message());
	CU_ASSERT_EQUAL(got.header.type, XS_DIRECTORY_PART);
	CU_ASSERT(!memcmp(got.body + strlen(got.body) + 1, "two\0\0", 5));
	send_message(XS_DIRECTORY_PART, 0,
		     S("d\0"
		       "8"));
	CU_ASSERT(receive_message());
	CU_ASSERT_EQUAL(got.header.len, strlen(got.body) + 2);
	CU_ASSERT(fails(XS_DIRECTORY_PART, S("d"), "EINVAL"));
	CU_ASSERT(fails(XS_DIRECTORY_PART, S("d\0x"), "EINVAL"));
}

/* The third string says how far below the path events count. */
static void watches_with_a_depth(void)
{
	CU_ASSERT(ask(XS_WATCH, 0,
		      S("a\0t\0"
			"1"),
		      XS_WATCH, S("OK")));
	CU_ASSERT(receive_message());
	CU_ASSERT(put(dom0, 0, "/local/domain/1/a/b/c", ""));
	CU_ASSERT(!receive_message());
	CU_ASSERT(put(dom0, 0, "/local/domain/1/a/b", ""));
	CU_ASSERT(receive_message());
	CU_ASSERT(!memcmp(got.body, "a/b\0t", 6));
	CU_ASSERT(ask(XS_WATCH, 0,
		      S("a\0u\0"
			"0"),
		      XS_WATCH, S("OK")));
	CU_ASSERT(receive_message());
	CU_ASSERT(put(dom0, 0, "/local/domain/1/a/d", ""));
	CU_ASSERT(receive_message() && got.body[4] == 't');
	CU_ASSERT(!receive_message());
	CU_ASSERT(fails(XS_WATCH, S("a\0v\0x"), "EINVAL"));
	CU_ASSERT(fails(XS_WATCH,
			S("a\0v\0"
			  "1\0"
			  "1"),
			"EINVAL"));
	CU_ASSERT(allow(dom0, 0, "@releaseDomain", "r0"));
	CU_ASSERT(ask(XS_WATCH, 0,
		      S("@releaseDomain\0t\0"
			"1"),
		      XS_WATCH, S("OK")));
	CU_ASSERT(receive_message());
	guest_start(2);
	CU_ASSERT(xs_release_domain(dom0, 2));
	CU_ASSERT(receive_message());
	CU_ASSERT_STRING_EQUAL(got.body, "@releaseDomain/2");
}

static void malformed_requests(void)
{
	CU_ASSERT(fails(XS_READ, B(""), "EINVAL"));
	CU_ASSERT(fails(XS_READ, B("a"), "EINVAL"));
	CU_ASSERT(fails(XS_READ, S("a\0b"), "EINVAL"));
	CU_ASSERT(fails(XS_WRITE, B("a"), "EINVAL"));
	CU_ASSERT(fails(XS_WRITE, B(""), "EINVAL"));
	CU_ASSERT(fails(XS_MKDIR, B("a"), "EINVAL"));
	CU_ASSERT(fails(XS_RM, B(""), "EINVAL"));
	CU_ASSERT(fails(XS_DIRECTORY, B(""), "EINVAL"));
	CU_ASSERT(fails(XS_GET_PERMS, B("a"), "EINVAL"));
	CU_ASSERT(fails(XS_SET_PERMS, S("a"), "EINVAL"));
	CU_ASSERT(fails(XS_SET_PERMS, B("/local/domain/1\0n1"), "EINVAL"));
	CU_ASSERT(fails(XS_WATCH, S("a"), "EINVAL"));
	CU_ASSERT(fails(XS_WATCH, B("a\0t"), "EINVAL"));
	CU_ASSERT(fails(XS_UNWATCH, S("a"), "EINVAL"));
	CU_ASSERT(fails(XS_TRANSACTION_END, S("T"), "ENOENT"));
	CU_ASSERT(fails(XS_TRANSACTION_END, S("X"), "EINVAL"));
	CU_ASSERT(fails(XS_GET_DOMAIN_PATH, S("x"), "EINVAL"));
	CU_ASSERT(fails(XS_GET_DOMAIN_PATH, S("99999"), "EINVAL"));
	CU_ASSERT(fails(XS_INTRODUCE,
			S("2\0"
			  "2\0"
			  "1"),
			"EACCES"));
}

static void unknown_types(void)
{
	CU_ASSERT(fails(XS_WATCH_EVENT, S("a"), "ENOSYS"));
	CU_ASSERT(fails(XS_ERROR, S("a"), "ENOSYS"));
	CU_ASSERT(fails(XS_SET_TARGET + 1, S("a"), "ENOSYS"));
	CU_ASSERT(fails(XS_TYPE_COUNT, S("a"), "ENOSYS"));
	CU_ASSERT(fails(XS_INVALID, S("a"), "ENOSYS"));
	CU_ASSERT(fails(0xffffffff, S(""), "ENOSYS"));
}

static void unknown_transactions(void)
{
	CU_ASSERT(ask(XS_READ, 9, S("a"), XS_ERROR, S("ENOENT")));
	CU_ASSERT(ask(XS_TRANSACTION_START, 9, S(""), XS_ERROR, S("ENOENT")));
	CU_ASSERT(ask(XS_TRANSACTION_START, 0, S(""), XS_TRANSACTION_START,
		      S("1")));
	CU_ASSERT(ask(XS_TRANSACTION_START, 1, S(""), XS_ERROR, S("EBUSY")));
	CU_ASSERT(ask(XS_WATCH, 9, S("a\0t"), XS_WATCH, S("OK")));
}

/* One byte at a time, and another client served in between. */
static void a_slow_client(void)
{
	struct xsd_sockmsg header = { XS_WRITE, 0x1234, 0, 5 };
	char message[21];

	memcpy(message, &header, 16);
	memcpy(message + 16, "a\0val", 5);
	for (size_t i = 0; i < sizeof(message); i++) {
		CU_ASSERT(is(dom0, 0, "/local/domain/1/a", NULL));
		send_bytes(message + i, 1);
	}
	CU_ASSERT(is(dom0, 0, "/local/domain/1/a", "val"));
	for (size_t i = 0; i < 16 + 3; i++)
		CU_ASSERT_EQUAL(receive_bytes(message, 1), 1);
	CU_ASSERT_EQUAL(receive_bytes(message, 1), 0);
}

static void several_at_once(void)
{
	struct xsd_sockmsg header = { XS_READ, 1, 0, 2 };

	CU_ASSERT(put(dom0, 0, "/local/domain/1/a", "val"));
	for (uint32_t i = 0; i < 50; i++) {
		header.req_id = i;
		CU_ASSERT_EQUAL(byte_ring_write(&g->req, &header, 16), 16);
		CU_ASSERT_EQUAL(byte_ring_write(&g->req, "a", 2), 2);
	}
	tell_daemon(g);
	for (uint32_t i = 0; i < 50; i++) {
		CU_ASSERT(receive_message());
		CU_ASSERT_EQUAL(got.header.req_id, i);
		CU_ASSERT(!memcmp(got.body, "val", 3));
	}
}

/* It does not read: it is not served, others are; when it reads, it is. */
static void a_client_that_does_not_read(void)
{
	static char big[2048];
	struct xsd_sockmsg header = { XS_READ, 0, 0, 2 };
	unsigned int sent, read = 0;

	memset(big, 'v', sizeof(big));
	CU_ASSERT(xs_write(dom0, 0, "/local/domain/1/a", big, sizeof(big)));
	for (sent = 0; byte_ring_room(&g->req) >= 18; sent++) {
		byte_ring_write(&g->req, &header, 16);
		byte_ring_write(&g->req, "a", 2);
		tell_daemon(g);
	}
	CU_ASSERT(sent < 60);
	CU_ASSERT(put(dom0, 0, "/b", "x"));
	while (receive_message()) {
		CU_ASSERT_EQUAL(got.header.len, sizeof(big));
		CU_ASSERT(!memcmp(got.body, big, sizeof(big)));
		read++;
	}
	CU_ASSERT_EQUAL(read, sent);
}

static void the_longest_payload(void)
{
	static char body[XENSTORE_PAYLOAD_MAX] = "a";

	CU_ASSERT(ask(XS_WRITE, 0, body, sizeof(body), XS_ERROR, S("ENOSPC")));
	CU_ASSERT(ask(XS_WRITE, 0, body, 2050, XS_WRITE, S("OK")));
}

/* ---- What kills a connection ------------------------------------------------------- */

static void a_payload_that_is_too_long(void)
{
	struct xsd_sockmsg header = { XS_WRITE, 1, 0, XENSTORE_PAYLOAD_MAX + 1 };

	CU_ASSERT(xs_watch(g->xs, "a", "t"));
	CU_ASSERT_NOT_EQUAL(xs_transaction_start(g->xs), 0);
	send_bytes(&header, sizeof(header));
	CU_ASSERT_EQUAL(g->page.error, XENSTORE_ERROR_PROTO);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "domain 1: connection given up"));
	byte_ring_write(&g->req, "more", 4);
	tell_daemon(g);
	CU_ASSERT(put(dom0, 0, "/local/domain/1/a", "x"));
	CU_ASSERT(xs_is_domain_introduced(dom0, 1));
	CU_ASSERT(xs_release_domain(dom0, 1));
}

static void indices_out_of_bounds(void)
{
	g->page.req_prod += 1025;
	tell_daemon(g);
	CU_ASSERT_EQUAL(g->page.error, XENSTORE_ERROR_RINGIDX);
	CU_ASSERT(put(dom0, 0, "/a", "x"));
}

static void a_consumer_out_of_bounds(void)
{
	CU_ASSERT(xs_watch(g->xs, "a", "t"));
	g->page.rsp_cons = g->page.rsp_prod + 1;
	CU_ASSERT(put(dom0, 0, "/local/domain/1/a", "x"));
	CU_ASSERT_EQUAL(g->page.error, XENSTORE_ERROR_RINGIDX);
}

static void reconnects(void)
{
	struct xsd_sockmsg header = { XS_WRITE, 1, 0, 99999 };

	CU_ASSERT_EQUAL(g->page.server_features,
			XENSTORE_SERVER_FEATURE_RECONNECTION |
				XENSTORE_SERVER_FEATURE_ERROR);
	CU_ASSERT(put(g->xs, 0, "a", "x"));
	CU_ASSERT(xs_watch(g->xs, "a", "t"));
	send_bytes(&header, sizeof(header));
	CU_ASSERT_EQUAL(g->page.error, XENSTORE_ERROR_PROTO);
	g->page.connection = XENSTORE_RECONNECT;
	tell_daemon(g);
	CU_ASSERT_EQUAL(g->page.connection, XENSTORE_CONNECTED);
	CU_ASSERT_EQUAL(g->page.error, XENSTORE_ERROR_NONE);
	CU_ASSERT(!g->page.req_prod && !g->page.req_cons);
	CU_ASSERT(!g->page.rsp_prod && !g->page.rsp_cons);
	byte_ring_store_client(&g->req, &g->rsp, &g->page);
	CU_ASSERT(ask(XS_READ, 0, S("a"), XS_READ, B("x")));
	CU_ASSERT(put(dom0, 0, "/local/domain/1/a", "x"));
	CU_ASSERT(!receive_message());
}

static void is_told_only_when_something_moved(void)
{
	unsigned int told = g->told;

	tell_daemon(g);
	CU_ASSERT_EQUAL(g->told, told);
	CU_ASSERT(ask(XS_READ, 0, S("a"), XS_ERROR, S("ENOENT")));
	CU_ASSERT(g->told > told);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(answers_as_documented),
		TEST(the_event_follows_the_reply),
		TEST(a_part_of_a_list),
		TEST(watches_with_a_depth),
		TEST(malformed_requests),
		TEST(unknown_types),
		TEST(unknown_transactions),
		TEST(a_slow_client),
		TEST(several_at_once),
		TEST(a_client_that_does_not_read),
		TEST(the_longest_payload),
		TEST(a_payload_that_is_too_long),
		TEST(indices_out_of_bounds),
		TEST(a_consumer_out_of_bounds),
		TEST(reconnects),
		TEST(is_told_only_when_something_moved),
		CU_TEST_INFO_NULL,
	};

	return unit_main("xenstore_wire", tests, setup_wire, teardown);
}
