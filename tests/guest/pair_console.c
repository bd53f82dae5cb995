// SPDX-License-Identifier: MIT
/*
 * The console and store pages of the start info: what the second domain puts
 * in its ring comes out here and what is typed here gets there, around the
 * end of the ring, past a full ring, and after its death.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "vcpu.h"
#include <xen/sched.h>
#include <xen/io/console.h>

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define OUT	      ((uint32_t)sizeof(((struct xencons_interface *)0)->out))
#define LONG	      5000u

typedef volatile struct xencons_interface ring_t;

static struct pair p;

static char nth(uint32_t i)
{
	return 'a' + i % 23;
}

/* ---- In the second domain: the front end ----------------------------------- */

static ring_t *my_ring(void)
{
	return mfn_va(start_info->console.domU.mfn);
}

static evtchn_port_t my_port(void)
{
	return start_info->console.domU.evtchn;
}

static void put(const char *text, uint32_t n)
{
	ring_t *r = my_ring();
	uint32_t i;

	for (i = 0; i < n; i++) {
		while (r->out_prod - r->out_cons == OUT) {
			event_send(my_port());
			port_wait(my_port(), 1000);
		}
		r->out[MASK_XENCONS_IDX(r->out_prod, r->out)] = text[i];
		asm volatile("mfence" : : : "memory");
		r->out_prod++;
	}
	event_send(my_port());
}

static int64_t check_start_info(uint64_t arg)
{
	const uint64_t *store = mfn_va(start_info->store_mfn);
	unsigned int i, words = 0;

	(void)arg;
	check_value("start-magic", "%.7s", start_info->magic);
	CHECK_EQ("start-command", strcmp((char *)start_info->cmd_line, "a b=c"),
		 0);
	CHECK_EQ("start-console-page", my_ring()->out_prod, 0);
	for (i = 0; i < 512; i++)
		words += store[i] != 0;
	CHECK_EQ("start-store-page-zero", words, 0);
	CHECK("start-ports", start_info->store_evtchn != my_port() &&
				     start_info->store_evtchn && my_port());
	CHECK("start-shared-info",
	      start_info->shared_info && !(start_info->shared_info & 0xfff));
	return my_port();
}

static int64_t hello(uint64_t arg)
{
	(void)arg;
	put("hello\n", 6);
	return 0;
}

static int64_t a_lot(uint64_t arg)
{
	uint32_t i;

	(void)arg;
	for (i = 0; i < LONG; i++) {
		char c = nth(i);

		put(&c, 1);
	}
	return 0;
}

/* What was typed: read until a line's end. */
static int64_t read_line(uint64_t arg)
{
	ring_t *r = my_ring();
	uint32_t sum = 0, n = 0;
	char c = 0;

	(void)arg;
	while (c != '\n') {
		while (r->in_cons == r->in_prod)
			if (!port_wait(my_port(), 1000))
				return -1;
		c = r->in[MASK_XENCONS_IDX(r->in_cons, r->in)];
		asm volatile("mfence" : : : "memory");
		r->in_cons++;
		sum += (uint8_t)c;
		n++;
	}
	event_send(my_port());
	return sum << 8 | n;
}

static int64_t store_word(uint64_t value)
{
	volatile uint64_t *store = mfn_va(start_info->store_mfn);
	uint64_t was = *store;

	*store = value;
	event_send(start_info->store_evtchn);
	return was;
}

static int64_t last_words(uint64_t arg)
{
	struct sched_shutdown how = { .reason = SHUTDOWN_crash };

	(void)arg;
	put("panic\n", 6);
	return hypercall_sched_op(SCHEDOP_shutdown, &how);
}

/* ---- The initial domain: the back end --------------------------------------------- */

static ring_t *ring;
static int64_t port, store_port;

static uint32_t take(char *text, uint32_t most)
{
	uint32_t n = 0, prod = ring->out_prod;

	asm volatile("mfence" : : : "memory");
	while (ring->out_cons != prod && n < most) {
		text[n++] =
			ring->out[MASK_XENCONS_IDX(ring->out_cons, ring->out)];
		ring->out_cons++;
	}
	event_send(port);
	return n;
}

static void type(const char *text)
{
	for (; *text; text++) {
		ring->in[MASK_XENCONS_IDX(ring->in_prod, ring->in)] = *text;
		asm volatile("mfence" : : : "memory");
		ring->in_prod++;
	}
	event_send(port);
}

static void check_out(void)
{
	static char text[LONG];
	uint32_t got, n = 0, wrong = 0, i;

	event_clear(port);
	pair_call(&p, hello, 0);
	CHECK("out-event", event_pending(port));
	got = take(text, LONG);
	CHECK("out", got == 6 && !memcmp(text, "hello\n", 6));
	pair_ask(&p, a_lot, 0);
	while (n < LONG) {
		got = take(text + n, LONG - n);
		n += got;
		if (!got && !port_wait(port, 2000))
			break;
	}
	pair_answer(&p);
	for (i = 0; i < LONG; i++)
		wrong += text[i] != nth(i);
	CHECK_EQ("out-long", n, LONG);
	CHECK_EQ("out-long-wrong", wrong, 0);
	CHECK_EQ("out-index", ring->out_prod, 6 + LONG);
}

static void check_in(void)
{
	int64_t sum = 0, i;

	pair_ask(&p, read_line, 0);
	type("xl\n");
	CHECK_EQ("in", pair_answer(&p), ('x' + 'l' + '\n') << 8 | 3);
	/* Often enough for the ring to wrap. */
	for (i = 0; i < 100; i++) {
		pair_ask(&p, read_line, 0);
		type("some words\n");
		sum += pair_answer(&p) & 0xff;
	}
	CHECK_EQ("in-often", sum, 1100);
	CHECK("in-wrapped", ring->in_prod > sizeof(ring->in));
}

static void check_store(void)
{
	volatile uint64_t *page = foreign_map(p.domid, p.mfns[pair_pfn_store()],
					      PTE_RW);

	event_clear(store_port);
	*page = 0x1234;
	CHECK_EQ("store-there", pair_call(&p, store_word, 0x5678), 0x1234);
	CHECK_EQ("store-here", *page, 0x5678);
	CHECK("store-event", event_pending(store_port));
	foreign_unmap(page);
}

static void check_last_words(void)
{
	char text[16];

	CHECK_EQ("last-crash", pair_last_call(&p, last_words, 0),
		 SHUTDOWN_crash);
	CHECK("last-words",
	      take(text, sizeof(text)) == 6 && !memcmp(text, "panic\n", 6));
	pair_unlink(&p);
	domain_destroy(p.domid);
	CHECK_EQ("last-ring-stays", ring->out_prod, ring->out_cons);
	foreign_unmap(ring);
	CHECK("last-gone", domain_wait_gone(p.domid));
}

int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	p.cmdline = "a b=c";
	pair_start(&p);
	ring = foreign_map(p.domid, p.mfns[pair_pfn_console()], PTE_RW);
	port = event_bind_interdomain(p.domid, p.console);
	store_port = event_bind_interdomain(p.domid, p.store);
	CHECK("bound", ring && port > 0 && store_port > 0);
	CHECK_EQ("port", pair_call(&p, check_start_info, 0), p.console);
	check_out();
	check_in();
	check_store();
	check_last_words();
	return check_done();
}
