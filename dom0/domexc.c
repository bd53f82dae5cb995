// SPDX-License-Identifier: MIT
/*
 * The hypervisor says only that some domain ended: which one, a look at all
 * of them tells.
 */
#include "domexc.h"

#include <errno.h>
#include <string.h>
#include "daemon.h"
#include "event.h"
#include "task.h"
#include "xc.h"
#include "xenerr.h"

#define STEP 16 /* domains asked for at once */

static struct waitq happened;
static bool pending;
static uint8_t known[DOMID_FIRST_RESERVED]; /* 2: there, at this look */

static void on_event(evtchn_port_t port)
{
	(void)port;
	pending = true;
	task_wake(&happened);
}

/* Up to STEP domains from first on: how many. */
static int list_some(domid_t first, struct xen_domctl_getdomaininfo *list)
{
	struct xen_sysctl op;
	int err;

	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_getdomaininfolist;
	op.u.getdomaininfolist.first_domain = first;
	op.u.getdomaininfolist.max_domains = STEP;
	op.u.getdomaininfolist.buffer.p = list;
	err = xc_sysctl(&op);
	return err ? err : (int)op.u.getdomaininfolist.num_domains;
}

static void look(void)
{
	struct xen_domctl_getdomaininfo list[STEP];
	domid_t id = 1;
	int n, i;

	do {
		n = list_some(id, list);
		for (i = 0; i < n; i++) {
			id = list[i].domain;
			known[id] = 2;
			if (list[i].flags & XEN_DOMINF_shutdown)
				xsd_domain_shutdown(id);
		}
		id++;
	} while (n == STEP);
	if (n < 0)
		return;
	for (id = 1; id < DOMID_FIRST_RESERVED; id++)
		if (known[id] && !--known[id])
			xsd_domain_gone(id);
}

static void watch(void *arg)
{
	(void)arg;
	for (;;) {
		while (!pending)
			task_wait(&happened);
		pending = false;
		look();
	}
}

int domexc_start(void)
{
	int port = (int)xen_errno(event_bind_virq(VIRQ_DOM_EXC, 0));

	if (port < 0)
		return port;
	event_handle((evtchn_port_t)port, on_event);
	event_unmask((evtchn_port_t)port);
	return task_start("domexc", watch, NULL) ? 0 : -ENOMEM;
}
