/* SPDX-License-Identifier: MIT */
/* Limits: a guest meets each with Xen's error; domain 0 has none. */
#include "xenstore_setup.h"
#include "xsdom.h"

static struct xs_handle *g;

static void setup_quota(void)
{
	setup();
	g = guest_start(1);
}

static struct xsdom *domain(void)
{
	return xsdom_find(1);
}

static void nodes(void)
{
	size_t n = quota_limit(QUOTA_NODES);
	char path[64];

	CU_ASSERT_EQUAL(domain()->nodes, 1);
	for (size_t i = 1; i < n; i++) {
		snprintf(path, sizeof(path), "n/%zu", i);
		if (i == 1)
			continue; /* that is n itself */
		CU_ASSERT(put(g, 0, path, ""));
	}
	CU_ASSERT_EQUAL(domain()->nodes, n);
	FAILS(put(g, 0, "more", ""), ENOSPC);
	FAILS(xs_mkdir(g, 0, "n/more/x"), ENOSPC);
	CU_ASSERT(put(g, 0, "n/5", "changed"));
	CU_ASSERT_EQUAL(domain()->refused[QUOTA_NODES], 2);
	CU_ASSERT(put(dom0, 0, "/local/domain/1/of-0", ""));
	CU_ASSERT(xs_rm(g, 0, "n/5"));
	CU_ASSERT(xs_rm(g, 0, "n/6"));
	CU_ASSERT(put(g, 0, "more", ""));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "domain 1: limit of 1000"));
	CU_ASSERT(xs_rm(g, 0, "n"));
	CU_ASSERT_EQUAL(domain()->nodes, 3);
}

/* All at once or none: the path that is too long for the rest. */
static void nodes_of_a_path(void)
{
	char path[1024], *at = path;

	CU_ASSERT(quota_set("nodes", 6));
	for (int i = 0; i < 6; i++)
		at += sprintf(at, "%sd%d", i ? "/" : "", i);
	FAILS(put(g, 0, path, "x"), ENOSPC);
	CU_ASSERT_EQUAL(domain()->nodes, 1);
	path[strlen(path) - 3] = '\0';
	CU_ASSERT(put(g, 0, path, "x"));
	CU_ASSERT_EQUAL(domain()->nodes, 6);
	quota_set("nodes", 1000);
}

static void nodes_in_transactions(void)
{
	xs_transaction_t t[3];

	CU_ASSERT(quota_set("nodes", 4));
	for (int i = 0; i < 3; i++) {
		char path[2] = { (char)('a' + i), 0 }, two[3] = { path[0], '2' };

		t[i] = xs_transaction_start(g);
		CU_ASSERT(put(g, t[i], path, ""));
		CU_ASSERT(put(g, t[i], two, ""));
	}
	CU_ASSERT(put(g, t[0], "third", ""));
	FAILS(put(g, t[0], "fourth", ""), ENOSPC);
	CU_ASSERT(xs_transaction_end(g, t[1], false));
	FAILS(xs_transaction_end(g, t[0], false), ENOSPC);
	FAILS(xs_transaction_end(g, t[2], false), ENOSPC);
	CU_ASSERT_EQUAL(domain()->nodes, 3);
	CU_ASSERT(quota_set("nodes", 1000));
}

static void value_size(void)
{
	static char big[4000];
	unsigned int n = (unsigned int)quota_limit(QUOTA_SIZE);

	CU_ASSERT(xs_write(g, 0, "x", big, n));
	FAILS(xs_write(g, 0, "x", big, n + 1), ENOSPC);
	CU_ASSERT(xs_write(dom0, 0, "/local/domain/1/x", big, 4000));
}

static void path_length(void)
{
	char path[XENSTORE_ABS_PATH_MAX];
	size_t n = quota_limit(QUOTA_PATH);

	memset(path, 'a', sizeof(path));
	path[n] = '\0';
	CU_ASSERT(put(g, 0, path, ""));
	path[n] = 'a';
	path[n + 1] = '\0';
	FAILS(put(g, 0, path, ""), EINVAL);
}

static void permissions(void)
{
	CU_ASSERT(put(g, 0, "x", ""));
	CU_ASSERT(allow(g, 0, "x", "n1 r2 r3 r4 r5"));
	FAILS(allow(g, 0, "x", "n1 r2 r3 r4 r5 r6"), ENOSPC);
	CU_ASSERT(allow(dom0, 0, "/local/domain/1/x", "n1 r2 r3 r4 r5 r6 r7"));
}

static void watches(void)
{
	char token[16];
	size_t n = quota_limit(QUOTA_WATCHES);

	for (size_t i = 0; i < n; i++) {
		snprintf(token, sizeof(token), "%zu", i);
		CU_ASSERT(xs_watch(g, "x", token));
	}
	FAILS(xs_watch(g, "x", "more"), E2BIG);
	CU_ASSERT(xs_unwatch(g, "x", "7"));
	CU_ASSERT(xs_watch(g, "x", "more"));
	for (size_t i = 0; i < 2 * n; i++) {
		snprintf(token, sizeof(token), "%zu", i);
		CU_ASSERT(xs_watch(dom0, "x", token));
	}
}

static void transactions(void)
{
	xs_transaction_t t = 0;

	for (size_t i = 0; i < quota_limit(QUOTA_TRANSACTIONS); i++)
		CU_ASSERT_NOT_EQUAL((t = xs_transaction_start(g)), 0);
	FAILS(xs_transaction_start(g), ENOSPC);
	CU_ASSERT(xs_transaction_end(g, t, true));
	CU_ASSERT_NOT_EQUAL(xs_transaction_start(g), 0);
}

static void nodes_of_a_transaction(void)
{
	xs_transaction_t t = xs_transaction_start(g);
	char path[32];
	size_t n = 0;

	for (;; n++) {
		snprintf(path, sizeof(path), "n%zu", n);
		if (!is(g, t, path, NULL) || errno != ENOENT)
			break;
	}
	CU_ASSERT_EQUAL(errno, ENOSPC);
	CU_ASSERT(n > quota_limit(QUOTA_TRANS_NODES) / 2);
	CU_ASSERT(n <= quota_limit(QUOTA_TRANS_NODES));
	CU_ASSERT(xs_transaction_end(g, t, false));
}

static void memory(void)
{
	static char big[2048];
	char path[16];
	int n = 0;

	do
		snprintf(path, sizeof(path), "n%d", n++);
	while (xs_write(g, 0, path, big, sizeof(big)));
	CU_ASSERT_EQUAL(errno, ENOMEM);
	CU_ASSERT(n > 400 && n < 512);
	FAILS(xs_write(g, xs_transaction_start(g), "n1", big, sizeof(big)),
	      ENOMEM);
	memset(big, 'w', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	FAILS(xs_watch(g, big, "t"), ENOMEM);
}

/* What a guest has does not depend on who made it own it. */
static void given_nodes_count(void)
{
	CU_ASSERT(put(dom0, 0, "/given", "value"));
	CU_ASSERT(allow(dom0, 0, "/given", "n1"));
	CU_ASSERT_EQUAL(domain()->nodes, 2);
	CU_ASSERT(allow(dom0, 0, "/given", "n0"));
	CU_ASSERT_EQUAL(domain()->nodes, 1);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(nodes),
		TEST(nodes_of_a_path),
		TEST(value_size),
		TEST(nodes_in_transactions),
		TEST(path_length),
		TEST(permissions),
		TEST(watches),
		TEST(transactions),
		TEST(memory),
		TEST(nodes_of_a_transaction),
		TEST(given_nodes_count),
		CU_TEST_INFO_NULL,
	};

	return unit_main("xenstore_quota", tests, setup_quota, teardown);
}
