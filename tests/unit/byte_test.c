/* SPDX-License-Identifier: MIT */
/* Byte rings: both ends, wrapping, and indices that the other end makes up. */
#include <errno.h>
#include <string.h>
#include "byte.h"
#include "unit.h"

static char buf[64];
static uint32_t cons, prod;
static struct byte_ring in, out;

static void attach(uint32_t at)
{
	memset(buf, '-', sizeof(buf));
	cons = prod = at;
	byte_ring_producer(&in, buf, sizeof(buf), &cons, &prod);
	byte_ring_consumer(&out, buf, sizeof(buf), &cons, &prod);
}

static void moves_bytes(void)
{
	char got[8];

	attach(0);
	CU_ASSERT_EQUAL(byte_ring_write(&in, "hello", 5), 5);
	CU_ASSERT_EQUAL(prod, 5);
	CU_ASSERT_EQUAL(byte_ring_used(&out), 5);
	CU_ASSERT_EQUAL(byte_ring_room(&in), 59);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 2), 2);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got + 2, 6), 3);
	CU_ASSERT(!memcmp(got, "hello", 5));
	CU_ASSERT_EQUAL(cons, 5);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 8), 0);
}

static void takes_what_fits(void)
{
	char got[100], data[100];

	for (int i = 0; i < 100; i++)
		data[i] = (char)i;
	attach(0);
	CU_ASSERT_EQUAL(byte_ring_write(&in, data, 100), 64);
	CU_ASSERT_EQUAL(byte_ring_write(&in, data, 1), 0);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 100), 64);
	CU_ASSERT(!memcmp(got, data, 64));
	CU_ASSERT_EQUAL(byte_ring_write(&in, data, 0), 0);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 0), 0);
}

/* Around the end of the buffer, and around the end of the index. */
static void wraps(void)
{
	char got[40], data[40];

	for (int i = 0; i < 40; i++)
		data[i] = (char)(i + 1);
	for (uint32_t at = 0xffffffd0; at != 0x30; at++) {
		attach(at);
		CU_ASSERT_EQUAL(byte_ring_write(&in, data, 40), 40);
		CU_ASSERT_EQUAL(byte_ring_read(&out, got, 40), 40);
		CU_ASSERT(!memcmp(got, data, 40));
		CU_ASSERT_EQUAL(cons, at + 40);
	}
}

static void refuses_foreign_producer(void)
{
	char got[100];

	attach(1000);
	prod = 1000 + 65;
	CU_ASSERT_EQUAL(byte_ring_used(&out), -EIO);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 100), -EIO);
	prod = 999;
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 100), -EIO);
	CU_ASSERT_EQUAL(cons, 1000);
	prod = 1000 + 64;
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 100), 64);
}

static void refuses_foreign_consumer(void)
{
	attach(1000);
	CU_ASSERT_EQUAL(byte_ring_write(&in, "abc", 3), 3);
	cons = 1004;
	CU_ASSERT_EQUAL(byte_ring_room(&in), -EIO);
	CU_ASSERT_EQUAL(byte_ring_write(&in, "d", 1), -EIO);
	cons = 1003 - 65;
	CU_ASSERT_EQUAL(byte_ring_write(&in, "d", 1), -EIO);
	CU_ASSERT_EQUAL(prod, 1003);
	cons = 1003 - 64;
	CU_ASSERT_EQUAL(byte_ring_write(&in, "d", 1), 0);
}

/* The other end scribbles over our index: we go by our own. */
static void keeps_its_own_index(void)
{
	char got[8];

	attach(0);
	CU_ASSERT_EQUAL(byte_ring_write(&in, "abcd", 4), 4);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 2), 2);
	cons = 77;
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 2), 2);
	CU_ASSERT(!memcmp(got, "cd", 2));
	CU_ASSERT_EQUAL(cons, 4);
	prod = 99;
	CU_ASSERT_EQUAL(byte_ring_write(&in, "e", 1), 1);
	CU_ASSERT_EQUAL(prod, 5);
}

static void goes_on_where_it_stood(void)
{
	char got[8];

	attach(0);
	CU_ASSERT_EQUAL(byte_ring_write(&in, "abcd", 4), 4);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 1), 1);
	byte_ring_producer(&in, buf, sizeof(buf), &cons, &prod);
	byte_ring_consumer(&out, buf, sizeof(buf), &cons, &prod);
	CU_ASSERT_EQUAL(byte_ring_write(&in, "e", 1), 1);
	CU_ASSERT_EQUAL(byte_ring_read(&out, got, 8), 4);
	CU_ASSERT(!memcmp(got, "bcde", 4));
}

static void console_page(void)
{
	static struct xencons_interface page;
	struct byte_ring bin, bout, fin, fout;
	char got[4];

	byte_ring_console_back(&bin, &bout, &page);
	byte_ring_console_front(&fin, &fout, &page);
	CU_ASSERT_EQUAL(byte_ring_write(&fout, "out", 3), 3);
	CU_ASSERT_EQUAL(byte_ring_write(&bin, "in", 2), 2);
	CU_ASSERT(!memcmp(page.out, "out", 3) && !memcmp(page.in, "in", 2));
	CU_ASSERT(page.out_prod == 3 && page.in_prod == 2);
	CU_ASSERT_EQUAL(byte_ring_read(&bout, got, 4), 3);
	CU_ASSERT_EQUAL(byte_ring_read(&fin, got, 4), 2);
	CU_ASSERT(page.out_cons == 3 && page.in_cons == 2);
	CU_ASSERT_EQUAL(byte_ring_room(&fout), 2048);
	CU_ASSERT_EQUAL(byte_ring_room(&bin), 1024);
}

static void store_page(void)
{
	static struct xenstore_domain_interface page;
	struct byte_ring dreq, drsp, creq, crsp;
	char got[4];

	byte_ring_store_daemon(&dreq, &drsp, &page);
	byte_ring_store_client(&creq, &crsp, &page);
	CU_ASSERT_EQUAL(byte_ring_write(&creq, "req", 3), 3);
	CU_ASSERT_EQUAL(byte_ring_write(&drsp, "rs", 2), 2);
	CU_ASSERT(!memcmp(page.req, "req", 3) && !memcmp(page.rsp, "rs", 2));
	CU_ASSERT(page.req_prod == 3 && page.rsp_prod == 2);
	CU_ASSERT_EQUAL(byte_ring_read(&dreq, got, 4), 3);
	CU_ASSERT_EQUAL(byte_ring_read(&crsp, got, 4), 2);
	CU_ASSERT(page.req_cons == 3 && page.rsp_cons == 2);
	CU_ASSERT_EQUAL(byte_ring_room(&drsp), 1024);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(moves_bytes),
		TEST(takes_what_fits),
		TEST(wraps),
		TEST(refuses_foreign_producer),
		TEST(refuses_foreign_consumer),
		TEST(keeps_its_own_index),
		TEST(goes_on_where_it_stood),
		TEST(console_page),
		TEST(store_page),
		CU_TEST_INFO_NULL,
	};

	return unit_main("byte", tests, NULL, NULL);
}
