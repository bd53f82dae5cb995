/* SPDX-License-Identifier: MIT */
/*
 * What the life of guests stands on, for tests: domains of the simulated
 * machine, the store's daemon as it is, a console and files that are counted,
 * tasks of which only one runs: it works until the daemon has nothing to do.
 */
#ifndef GUEST_SETUP_H
#define GUEST_SETUP_H

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "console.h"
#include "daemon.h"
#include "files.h"
#include "guest.h"
#include "guestlist.h"
#include "host_alloc.h"
#include "host_machine.h"
#include "kernel_setup.h"
#include "local.h"
#include "pagelink.h"
#include "task.h"
#include "unit.h"
#include "xc.h"
#include "xs_transport.h"

static uint64_t now = 1000000000; /* what time_now() says */
static struct xs_handle *store;	  /* the test's own connection */

/* ---- The hypervisor ----------------------------------------------------------- */

static struct {
	unsigned int pauses; /* as many unpauses let it run */
	bool shutdown;
	unsigned int reason;
	uint64_t affinity[2];
} states[MACHINE_DOMAINS];

static inline bool call_fails(void)
{
	return machine_fail && !--machine_fail;
}

static inline void fill_info(domid_t id, struct xen_domctl_getdomaininfo *d)
{
	memset(d, 0, sizeof(*d));
	d->domain = id;
	memcpy(d->handle, machine_domains[id].made.uuid, sizeof(d->handle));
	if (states[id].shutdown)
		d->flags = XEN_DOMINF_shutdown |
			   states[id].reason << XEN_DOMINF_shutdownshift;
}

int xc_domctl(struct xen_domctl *op)
{
	domid_t id = op->domain;

	if (call_fails())
		return -machine_fail_err;
	while (op->cmd == XEN_DOMCTL_getdomaininfo && id < MACHINE_DOMAINS &&
	       !machine_domains[id].exists)
		id++;
	if (id >= MACHINE_DOMAINS || !machine_domains[id].exists)
		return -ESRCH;
	switch (op->cmd) {
	case XEN_DOMCTL_getdomaininfo:
		op->domain = id;
		fill_info(id, &op->u.getdomaininfo);
		return 0;
	case XEN_DOMCTL_pausedomain:
		states[id].pauses++;
		return 0;
	case XEN_DOMCTL_unpausedomain:
		states[id].pauses--;
		states[id].shutdown = false; /* it starts */
		return 0;
	case XEN_DOMCTL_setvcpuaffinity:
		states[id].affinity[op->u.vcpuaffinity.vcpu] =
			*(uint64_t *)op->u.vcpuaffinity.cpumap_hard.bitmap.p;
		return 0;
	}
	return -ENOSYS;
}

/* ---- The store ----------------------------------------------------------------- */

static struct link {
	struct pagelink page; /* first */
	bool used;
} links[MACHINE_DOMAINS];
static jmp_buf nothing_to_do;
static bool leave; /* whoever waits in vain jumps there */

static inline void link_notify(struct pagelink *l)
{
	(void)l;
}

static inline void link_release(struct pagelink *l)
{
	((struct link *)l)->used = false;
}

int xsd_link_open(domid_t domid, uint64_t mfn, uint32_t port, struct conn **c)
{
	struct link *l = &links[domid];

	if (call_fails())
		return -machine_fail_err;
	CU_ASSERT(!l->used && port && machine_owner(mfn) == domid);
	l->page.notify = link_notify;
	l->page.release = link_release;
	pagelink_init(&l->page, (void *)machine_page(mfn));
	*c = l->page.conn = xsd_conn_new(domid, &pagelink_ops, &l->page);
	l->used = *c;
	return *c ? 0 : -ENOMEM;
}

static unsigned int idle; /* waits since the daemon moved bytes */

static inline void store_wait(void *arg)
{
	(void)arg;
	if (!xsd_work() && ++idle > 2 && leave)
		longjmp(nothing_to_do, 1);
}

static inline void store_moved(void *arg)
{
	(void)arg;
	idle = 0;
}

static inline void store_gone(void *arg)
{
	(void)arg;
}

int xs_transport_open(struct xs_transport *t)
{
	static const struct xsd_local_client client = { store_wait, store_moved,
							store_gone, NULL };

	return xsd_local_open(0, &client, t);
}

static inline void store_wake(void)
{
}

/* All nodes below path, as text; the caller frees it. */
static inline void store_dump(const char *path, FILE *out)
{
	unsigned int n = 0, len;
	char **names = xs_directory(store, XBT_NULL, path, &n), below[200];
	char *value;

	for (unsigned int i = 0; names && i < n; i++) {
		snprintf(below, sizeof(below), "%s/%s",
			 strcmp(path, "/") ? path : "", names[i]);
		value = xs_read(store, XBT_NULL, below, &len);
		fprintf(out, "%s = %s\n", below, value ? value : "?");
		free(value);
		store_dump(below, out);
	}
	free(names);
}

static inline char *store_text(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	store_dump("/", out);
	fclose(out);
	return text;
}

/* ---- Console, files, time, tasks ------------------------------------------------ */

static unsigned int consoles;

int console_open(domid_t id, const char *name, uint64_t ring_mfn,
		 evtchn_port_t remote_port)
{
	if (call_fails())
		return -machine_fail_err;
	CU_ASSERT(*name && remote_port && machine_owner(ring_mfn) == id);
	consoles |= 1u << id;
	return 0;
}

static char console_name[64]; /* as console_rename() said last */

void console_rename(domid_t id, const char *name)
{
	(void)id;
	snprintf(console_name, sizeof(console_name), "%s", name);
}

void console_close(domid_t id)
{
	consoles &= ~(1u << id);
}

static struct blob kernel;

const void *file_map(const char *path, size_t *size)
{
	errno = ENOENT;
	if (strcmp(path, "/boot/vmlinuz"))
		return NULL;
	*size = kernel.size;
	return kernel.p;
}

/* Of libguest's vcpu.h, whose name the hypervisor has, too. */
uint64_t time_now(void);
uint64_t time_wall(void);

uint64_t time_now(void)
{
	return now;
}

uint64_t time_wall(void)
{
	return 1700000000000000000 + now;
}

void task_wait(struct waitq *q)
{
	(void)q;
	CU_FAIL_FATAL("nobody else is there to wait for");
}

bool task_wait_until(struct waitq *q, uint64_t when)
{
	(void)q;
	now = when;
	return false;
}

void task_wake(struct waitq *q)
{
	(void)q;
}

static void (*watcher)(void *);

struct task *task_start(const char *name, void (*fn)(void *), void *arg)
{
	(void)name;
	(void)arg;
	watcher = fn;
	return (struct task *)&watcher;
}

/* The task of guest_watch(), until it has nothing to do. */
static inline void run_watcher(void)
{
	leave = true;
	if (!setjmp(nothing_to_do))
		watcher(NULL);
	leave = false;
}

/* A guest ends by itself, a while after its start. */
static inline void guest_ends(domid_t id, unsigned int reason, uint64_t after)
{
	now += after;
	states[id].shutdown = true;
	states[id].reason = reason;
	xsd_domain_shutdown(id);
	run_watcher();
}

#endif
