// SPDX-License-Identifier: MIT
/*
 * What the initial domain asks about the machine and its domains, of which
 * there are three; the hypervisor's log, its keys; what is refused.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "vcpu.h"
#include <xen/platform.h>

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define CALL(cmd, op) sysctl(XEN_SYSCTL_##cmd, op)

static struct pair p, q;

/* ---- The machine --------------------------------------------------------------- */

static void check_physinfo(void)
{
	struct xen_sysctl op = { 0 };
	struct xen_sysctl_physinfo *i = &op.u.physinfo;

	SUCCESS(sysctl, XEN_SYSCTL_physinfo, "physinfo", !CALL(physinfo, &op));
	check_value("physinfo-cpus", "%u %u, %u nodes", (unsigned)i->nr_cpus,
		    (unsigned)i->threads_per_core, (unsigned)i->nr_nodes);
	CHECK("physinfo-pv", i->capabilities & XEN_SYSCTL_PHYSCAP_pv);
	CHECK("physinfo-frames", i->free_pages < i->total_pages &&
					 i->total_pages < i->max_mfn + 1);
	CHECK("physinfo-khz", i->cpu_khz > 1000);
	check_value("physinfo-scrub", "%lu %lu", (long)i->scrub_pages,
		    (long)i->outstanding_pages);
	op.interface_version++;
	FAILURE(sysctl, XEN_SYSCTL_physinfo, "physinfo-version",
		hypercall_sysctl(&op), XEN_EACCES);
	CHECK_EQ("physinfo-bad", hypercall_sysctl(NOWHERE), -XEN_EFAULT);
	SAY("unknown", sysctl(99, &op));
	SUCCESS(sysctl, XEN_SYSCTL_sched_id, "sched-id", !CALL(sched_id, &op));
}

static void check_cpus(void)
{
	struct xen_sysctl_cpuinfo cpus[4] = { 0 };
	struct xen_sysctl_cputopo topo[4] = { 0 };
	struct xen_sysctl op = { .u.getcpuinfo.max_cpus = 4 };
	uint64_t idle;

	op.u.getcpuinfo.info.p = cpus;
	SUCCESS(sysctl, XEN_SYSCTL_getcpuinfo, "cpus",
		!CALL(getcpuinfo, &op) && op.u.getcpuinfo.nr_cpus == 1);
	idle = cpus[0].idletime;
	CALL(getcpuinfo, &op);
	CHECK("cpus-idle", cpus[0].idletime >= idle);
	op.u.getcpuinfo.info.p = NOWHERE;
	FAILURE(sysctl, XEN_SYSCTL_getcpuinfo, "cpus-bad",
		CALL(getcpuinfo, &op), XEN_EFAULT);
	memset(&op, 0, sizeof(op));
	CALL(cputopoinfo, &op);
	SAY("topology-count", op.u.cputopoinfo.num_cpus);
	op.u.cputopoinfo.num_cpus = 4;
	op.u.cputopoinfo.cputopo.p = topo;
	SUCCESS(sysctl, XEN_SYSCTL_cputopoinfo, "topology",
		!CALL(cputopoinfo, &op));
	check_value("topology-first", "%u socket %u node %u",
		    (unsigned)op.u.cputopoinfo.num_cpus,
		    (unsigned)topo[0].socket, (unsigned)topo[0].node);
	op.u.cputopoinfo.num_cpus = 1;
	op.u.cputopoinfo.cputopo.p = NOWHERE;
	FAILURE(sysctl, XEN_SYSCTL_cputopoinfo, "topology-bad",
		CALL(cputopoinfo, &op), XEN_EFAULT);
	memset(&op, 0, sizeof(op));
	op.u.cpu_hotplug.cpu = 77;
	op.u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_OFFLINE;
	SAY("hotplug-none", CALL(cpu_hotplug, &op) < 0);
}

static void check_nodes(void)
{
	struct xen_sysctl_meminfo mem[4] = { 0 };
	uint32_t distance[16] = { 0 };
	struct xen_sysctl op = { 0 };

	CALL(numainfo, &op);
	SAY("nodes-count", op.u.numainfo.num_nodes);
	op.u.numainfo.num_nodes = 4;
	op.u.numainfo.meminfo.p = mem;
	op.u.numainfo.distance.p = distance;
	SUCCESS(sysctl, XEN_SYSCTL_numainfo, "nodes", !CALL(numainfo, &op));
	check_value("nodes-all", "%u distance %u",
		    (unsigned)op.u.numainfo.num_nodes, (unsigned)distance[0]);
	CHECK("nodes-memory",
	      mem[0].memfree > 1 << 20 && mem[0].memsize > mem[0].memfree);
	op.u.numainfo.num_nodes = 1;
	op.u.numainfo.meminfo.p = NOWHERE;
	FAILURE(sysctl, XEN_SYSCTL_numainfo, "nodes-bad", CALL(numainfo, &op),
		XEN_EFAULT);
	memset(&op, 0, sizeof(op));
	op.u.availheap.node = -1;
	SUCCESS(sysctl, XEN_SYSCTL_availheap, "heap",
		!CALL(availheap, &op) && op.u.availheap.avail_bytes > 1 << 20);
}

/* ---- Domains ----------------------------------------------------------------------- */

static struct xen_domctl_getdomaininfo list[8];

static int64_t list_from(domid_t first, uint32_t most, void *buffer)
{
	struct xen_sysctl op = {
		.u.getdomaininfolist = { .first_domain = first,
					 .max_domains = most },
	};
	int64_t rc;

	memset(list, 0xee, sizeof(list));
	op.u.getdomaininfolist.buffer.p = buffer;
	rc = CALL(getdomaininfolist, &op);
	return rc ? rc : op.u.getdomaininfolist.num_domains;
}

static void check_list(void)
{
	pair_build(&q, STEP_POPULATE);
	SUCCESS(sysctl, XEN_SYSCTL_getdomaininfolist, "list",
		list_from(0, 8, list) == 3 && list[0].domain == 0 &&
			list[1].domain == p.domid && list[2].domain == q.domid);
	CHECK_EQ("list-pages", list[1].tot_pages, PAIR_PAGES);
	CHECK_EQ("list-initial-pages", list[0].tot_pages, start_info->nr_pages);
	CHECK_EQ("list-short", list_from(0, 2, list), 2);
	CHECK_EQ("list-short-rest", list[2].domain, 0xeeee);
	CHECK_EQ("list-from", list_from(p.domid + 1, 8, list), 1);
	CHECK_EQ("list-from-first", list[0].domain, q.domid);
	CHECK_EQ("list-beyond", list_from(q.domid + 1, 8, list), 0);
	CHECK_EQ("list-none", list_from(0, 0, list), 0);
	FAILURE(sysctl, XEN_SYSCTL_getdomaininfolist, "list-bad",
		list_from(0, 8, NOWHERE), XEN_EFAULT);
	domain_destroy(q.domid);
	domain_wait_gone(q.domid);
	CHECK_EQ("list-without", list_from(0, 8, list), 2);
}

/* ---- The console -------------------------------------------------------------------- */

static char text[65536];

static int64_t read_log(struct xen_sysctl *op, bool clear, bool incremental,
			uint32_t index, uint32_t count)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	int64_t rc;

	memset(op, 0, sizeof(*op));
	r->clear = clear;
	r->incremental = incremental;
	r->index = index;
	r->count = count;
	r->buffer.p = text;
	rc = CALL(readconsole, op);
	return rc ? rc : r->count;
}

static void key(const char *keys, unsigned int n)
{
	struct xen_sysctl op = { .u.debug_keys.nr_keys = n };

	op.u.debug_keys.keys.p = keys;
	SUCCESS(sysctl, XEN_SYSCTL_debug_keys, "keys", !CALL(debug_keys, &op));
}

static void check_console(void)
{
	static const char line[] = "a line of our own\n";
	struct xen_sysctl op;
	int64_t all, more;
	uint32_t end;

	all = read_log(&op, false, false, 0, sizeof(text) - 1);
	SUCCESS(sysctl, XEN_SYSCTL_readconsole, "log",
		all > 100 && strstr(text, "Command line"));
	end = op.u.readconsole.index;
	more = read_log(&op, false, true, end, sizeof(text) - 1);
	CHECK_EQ("log-nothing-more", more, 0);
	hypercall_console_io(CONSOLEIO_write, sizeof(line) - 1, line);
	memset(text, 0, sizeof(text));
	more = read_log(&op, false, true, end, sizeof(text) - 1);
	SAY("log-of-ours", strstr(text, "a line of our own") != NULL);
	end = op.u.readconsole.index;
	key("h", 1);
	memset(text, 0, sizeof(text));
	more = read_log(&op, false, true, end, sizeof(text) - 1);
	CHECK("log-more", more > 50);
	CHECK_EQ("log-short", read_log(&op, false, false, 0, 10), 10);
	op.u.readconsole.buffer.p = NOWHERE;
	op.u.readconsole.count = 10;
	FAILURE(sysctl, XEN_SYSCTL_readconsole, "log-bad",
		CALL(readconsole, &op), XEN_EFAULT);
	read_log(&op, true, false, 0, sizeof(text) - 1);
	CHECK_EQ("log-cleared", read_log(&op, false, false, 0, 100), 0);
	memset(&op, 0, sizeof(op));
	op.u.debug_keys.nr_keys = 1;
	op.u.debug_keys.keys.p = NOWHERE;
	FAILURE(sysctl, XEN_SYSCTL_debug_keys, "keys-bad",
		CALL(debug_keys, &op), XEN_EFAULT);
}

static void check_platform(void)
{
	static struct xen_platform_op op;

	op.interface_version = XENPF_INTERFACE_VERSION + 1;
	FAILURE(platform_op, none, "platform-version",
		hypercall_platform_op(&op), XEN_EACCES);
	op.interface_version = XENPF_INTERFACE_VERSION;
	op.cmd = 999;
	SAY("platform-unknown", hypercall_platform_op(&op));
}

int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	pair_init(&q);
	pair_start(&p);
	check_physinfo();
	check_cpus();
	check_nodes();
	check_list();
	check_console();
	check_platform();
	pair_end(&p);
	return check_done();
}
