// SPDX-License-Identifier: MIT
/*
 * Two domains that run the same program: calls and text between them.
 */
#include <stdio.h>
#include <string.h>
#include "pair.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "vcpu.h"
#include <xen/sched.h>

#define PATIENCE 10000 /* ms */
#define ASLEEP	 100   /* ms, and look whether the other lives */

/*
 * text[made % size] is the next byte to come, text[taken % size] the next to
 * be printed; made is the second domain's, taken the initial one's. A call
 * is due while asked differs from done.
 */
struct link {
	uint32_t made, taken;
	uint32_t asked, done;
	uint32_t port; /* the second domain's end of the channel */
	uint64_t fn, arg;
	int64_t result;
	char text[2048];
};

static union {
	volatile struct link link;
	char page[PAGE_SIZE];
} here __attribute__((aligned(4096)));

#define barrier() asm volatile("mfence" : : : "memory")

bool port_wait(evtchn_port_t port, unsigned int ms)
{
	uint64_t end = time_now() + ms * 1000000ul;
	struct sched_poll poll = { .nr_ports = 1, .timeout = end };

	poll.ports.p = &port;
	while (!event_pending(port)) {
		if (time_now() > end)
			return false;
		hypercall_sched_op(SCHEDOP_poll, &poll);
	}
	event_clear(port);
	return true;
}

/* ---- The second domain --------------------------------------------------------- */

bool pair_is_second(void)
{
	return !(start_info->flags & SIF_INITDOMAIN);
}

/* What stdio writes goes into the link. */
static int text_write(void *cookie, const char *data, int count)
{
	volatile struct link *l = cookie;
	int i;

	for (i = 0; i < count; i++) {
		while (l->made - l->taken == sizeof(l->text)) {
			event_send(l->port);
			hypercall_sched_op(SCHEDOP_yield, NULL);
		}
		l->text[l->made % sizeof(l->text)] = data[i];
		barrier();
		l->made++;
	}
	return count;
}

void pair_serve_if_second(void)
{
	volatile struct link *l = &here.link;

	if (!pair_is_second())
		return;
	stdout = funopen((void *)l, NULL, text_write, NULL, NULL);
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	for (;;) {
		while (l->asked == l->done)
			port_wait(l->port, ASLEEP);
		barrier();
		l->result = ((pair_fn *)l->fn)(l->arg);
		fflush(stdout);
		barrier();
		l->done = l->asked;
		event_send(l->port);
	}
}

/* ---- The initial domain ---------------------------------------------------------- */

void *pair_map(struct pair *p, void *variable)
{
	char *page = foreign_map(p->domid, pair_mfn_of(p, variable), PTE_RW);

	return page ? page + ((uint64_t)variable & (PAGE_SIZE - 1)) : NULL;
}

void pair_start_paused(struct pair *p)
{
	int64_t rc = pair_build(p, PAIR_STEPS);

	if (rc)
		guest_fail("no second domain: %ld", (long)rc);
	p->at = pair_map(p, (void *)&here);
	p->port = event_bind_interdomain(p->domid, p->link);
	if (!p->at || p->port < 0)
		guest_fail("no link: port %ld", (long)p->port);
	p->at->port = p->link;
}

void pair_start(struct pair *p)
{
	pair_start_paused(p);
	domain_unpause(p->domid);
}

static void print_text(volatile struct link *l)
{
	uint32_t made = l->made, n = made - l->taken;

	if (n > sizeof(l->text))
		guest_fail("text of %u bytes", (unsigned)n);
	for (; n; n--) {
		putchar(l->text[l->taken % sizeof(l->text)]);
		l->taken++;
	}
}

void pair_ask(struct pair *p, pair_fn *fn, uint64_t arg)
{
	p->at->fn = (uint64_t)fn;
	p->at->arg = arg;
	barrier();
	p->at->asked++;
	event_send(p->port);
}

int64_t pair_answer(struct pair *p)
{
	volatile struct link *l = p->at;
	uint64_t end = time_now() + PATIENCE * 1000000ul;

	while (l->done != l->asked) {
		print_text(l);
		if (time_now() > end || domain_shutdown_code(p->domid) >= 0)
			guest_fail("domain %u does not answer: flags %x",
				   p->domid, (unsigned)domain_flags(p->domid));
		port_wait(p->port, ASLEEP);
	}
	print_text(l);
	return l->result;
}

int64_t pair_call(struct pair *p, pair_fn *fn, uint64_t arg)
{
	pair_ask(p, fn, arg);
	return pair_answer(p);
}

int pair_wait_shutdown(struct pair *p)
{
	uint64_t end = time_now() + PATIENCE * 1000000ul;
	int code;

	while ((code = domain_shutdown_code(p->domid)) < 0) {
		print_text(p->at);
		if (time_now() > end)
			guest_fail("domain %u does not shut down", p->domid);
		port_wait(p->port, 1);
	}
	print_text(p->at);
	return code;
}

int pair_last_call(struct pair *p, pair_fn *fn, uint64_t arg)
{
	pair_ask(p, fn, arg);
	return pair_wait_shutdown(p);
}

void pair_unlink(struct pair *p)
{
	foreign_unmap(p->at);
	p->at = NULL;
	event_close(p->port);
	p->port = 0;
}

void pair_end(struct pair *p)
{
	pair_unlink(p);
	domain_destroy(p->domid);
	if (!domain_wait_gone(p->domid))
		guest_fail("domain %u is not gone", p->domid);
}
