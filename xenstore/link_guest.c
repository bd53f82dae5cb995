/* SPDX-License-Identifier: MIT */
/*
 * The daemon as a task of a paravirtualized domain: store pages are foreign
 * mappings, domains are told by event channels. The only file of the daemon
 * that knows libguest.
 */
#include "link_guest.h"

#include <errno.h>
#include <stdlib.h>
#include "event.h"
#include "memory.h"
#include "pagelink.h"
#include "task.h"
#include "xenerr.h"

struct guest_link {
	struct pagelink page; /* first: the one is the other */
	struct guest_link *next;
	evtchn_port_t port;
};

static struct guest_link *links;
static struct waitq work;

static void on_event(evtchn_port_t port)
{
	for (struct guest_link *l = links; l; l = l->next)
		if (l->port == port)
			pagelink_event(&l->page);
}

static void notify(struct pagelink *page)
{
	event_send(((struct guest_link *)page)->port);
}

static void release(struct pagelink *page)
{
	struct guest_link *l = (struct guest_link *)page, **at = &links;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	event_handle(l->port, NULL);
	event_close(l->port);
	memory_unmap_frames(page->page, 1);
	free(l);
}

int xsd_link_open(domid_t domid, uint64_t mfn, uint32_t port, struct conn **c)
{
	struct guest_link *l = calloc(1, sizeof(*l));
	void *va = NULL;
	int64_t local;
	int rc = -ENOMEM;

	if (!l)
		return -ENOMEM;
	va = memory_map_frames(domid, &mfn, 1, true, &rc);
	if (!va)
		goto no_page;
	local = rc = (int)xen_errno(event_bind_interdomain(domid, port));
	if (rc < 0)
		goto no_port;
	l->port = (evtchn_port_t)local;
	l->page.notify = notify;
	l->page.release = release;
	pagelink_init(&l->page, va);
	rc = -ENOMEM;
	*c = l->page.conn = xsd_conn_new(domid, &pagelink_ops, &l->page);
	if (!*c)
		goto no_conn;
	l->next = links;
	links = l;
	event_handle(l->port, on_event);
	event_unmask(l->port);
	return 0;
no_conn:
	event_close(l->port);
no_port:
	memory_unmap_frames(va, 1);
no_page:
	free(l);
	return rc;
}

void xsd_task_wake(void)
{
	task_wake(&work);
}

void xsd_task(void *arg)
{
	(void)arg;
	for (;;) {
		while (xsd_work())
			task_yield();
		task_wait(&work);
	}
}
