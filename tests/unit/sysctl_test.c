/* SPDX-License-Identifier: MIT */
/* sysctl and platform_op: what the tool stack hears of the machine. */
#include "dispatch_setup.h"
#include "evtchn.h"
#include "param.h"
#include "print.h"
#include <xen/platform.h>
#include <xen/sysctl.h>

#define OUT (DATA + PAGE_SIZE)

static struct xen_sysctl op;

static int64_t ctl(uint32_t cmd)
{
	int64_t rc;

	op.cmd = cmd;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	put(DATA, &op, sizeof(op));
	rc = CALL(sysctl, DATA, 0, 0);
	get(&op, DATA, sizeof(op));
	return rc;
}
#define CTL(name) ctl(XEN_SYSCTL_##name)

static void sysctl_refuses(void)
{
	struct xen_platform_op p = { .cmd = XENPF_settime64 };

	setup(1, false);
	CU_ASSERT_EQUAL(CALL(sysctl, NOWHERE, 0, 0), -XEN_EFAULT);
	CU_ASSERT_EQUAL(CTL(physinfo), -XEN_EPERM);
	CU_ASSERT_EQUAL(ctl(99), -XEN_EPERM);
	op.interface_version++;
	put(DATA, &op, sizeof(op));
	CU_ASSERT_EQUAL(CALL(sysctl, DATA, 0, 0), -XEN_EACCES);
	CU_ASSERT_EQUAL(CALL(platform_op, NOWHERE, 0, 0), -XEN_EFAULT);
	put(DATA, &p, sizeof(p));
	CU_ASSERT_EQUAL(CALL(platform_op, DATA, 0, 0), -XEN_EACCES);
	p.interface_version = XENPF_INTERFACE_VERSION;
	put(DATA, &p, sizeof(p));
	CU_ASSERT_EQUAL(CALL(platform_op, DATA, 0, 0), -XEN_EPERM);
	finish();
	setup(1, true);
	put(DATA, &p, sizeof(p));
	CU_ASSERT_EQUAL(CALL(platform_op, DATA, 0, 0), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(ctl(99), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(ctl(~0u), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(CTL(perfc_op), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(CTL(tbuf_op), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(CTL(cpu_hotplug), -XEN_EOPNOTSUPP);
	finish();
}

static void sysctl_machine(void)
{
	struct xen_sysctl_cpuinfo cpu;
	struct xen_sysctl_cputopo row;
	struct xen_sysctl_meminfo mem;

	setup(1, true);
	CU_ASSERT_EQUAL(CTL(physinfo), 0);
	CU_ASSERT_EQUAL(op.u.physinfo.nr_cpus, 1);
	CU_ASSERT_EQUAL(op.u.physinfo.free_pages, heap_free_frames());
	CU_ASSERT_EQUAL(op.u.physinfo.total_pages, heap_total_frames());
	CU_ASSERT_EQUAL(op.u.physinfo.hw_cap[2], 3);
	CU_ASSERT_EQUAL(CTL(sched_id), 0);
	CU_ASSERT_EQUAL(op.u.sched_id.sched_id, XEN_SCHEDULER_NULL);
	op.u.getcpuinfo.max_cpus = 9;
	op.u.getcpuinfo.info.p = (void *)OUT;
	CU_ASSERT_EQUAL(CTL(getcpuinfo), 0);
	CU_ASSERT_EQUAL(op.u.getcpuinfo.nr_cpus, 1);
	get(&cpu, OUT, sizeof(cpu));
	op.u.getcpuinfo.info.p = (void *)NOWHERE;
	CU_ASSERT_EQUAL(CTL(getcpuinfo), -XEN_EFAULT);
	op.u.cputopoinfo.cputopo.p = NULL;
	CU_ASSERT_EQUAL(CTL(cputopoinfo), 0);
	CU_ASSERT_EQUAL(op.u.cputopoinfo.num_cpus, 1);
	op.u.cputopoinfo.cputopo.p = (void *)OUT;
	CU_ASSERT_EQUAL(CTL(cputopoinfo), 0);
	get(&row, OUT, sizeof(row));
	CU_ASSERT(!row.core && !row.socket && !row.node);
	op.u.numainfo = (struct xen_sysctl_numainfo){ 0 };
	CU_ASSERT_EQUAL(CTL(numainfo), 0);
	CU_ASSERT_EQUAL(op.u.numainfo.num_nodes, 1);
	op.u.numainfo.meminfo.p = (void *)OUT;
	op.u.numainfo.num_nodes = 3;
	CU_ASSERT_EQUAL(CTL(numainfo), 0);
	CU_ASSERT_EQUAL(op.u.numainfo.num_nodes, 1);
	get(&mem, OUT, sizeof(mem));
	CU_ASSERT_EQUAL(mem.memfree, heap_free_frames() << PAGE_SHIFT);
	op.u.availheap = (struct xen_sysctl_availheap){ .node = -1 };
	CU_ASSERT_EQUAL(CTL(availheap), 0);
	CU_ASSERT_EQUAL(op.u.availheap.avail_bytes, mem.memfree);
	op.u.availheap.max_bitwidth = 32;
	CU_ASSERT_EQUAL(CTL(availheap), -XEN_EOPNOTSUPP);
	finish();
}

/* An idle CPU's time goes on while it is idle, and no longer. */
static void sysctl_idle(void)
{
	uint64_t idle;

	setup(1, true);
	idle = sched_idle_time(0);
	at(host.now + 50 * MS);
	CU_ASSERT_EQUAL(sched_idle_time(0), idle);
	sched_stop(v, VCPU_PAUSED);
	host_settle();
	at(host.now + 50 * MS);
	CU_ASSERT_EQUAL(sched_idle_time(0), idle + 50 * MS);
	sched_start(v, VCPU_PAUSED);
	host_settle();
	at(host.now + 50 * MS);
	CU_ASSERT_EQUAL(sched_idle_time(0), idle + 50 * MS);
	finish();
}

static uint32_t list_from(domid_t first, uint32_t most)
{
	op.u.getdomaininfolist = (struct xen_sysctl_getdomaininfolist){
		.first_domain = first,
		.max_domains = most,
	};
	op.u.getdomaininfolist.buffer.p = (void *)OUT;
	CU_ASSERT_EQUAL(CTL(getdomaininfolist), 0);
	return op.u.getdomaininfolist.num_domains;
}

static void sysctl_list(void)
{
	struct xen_domctl_getdomaininfo info;

	setup(1, true);
	setup_domain(5, 2);
	setup_domain(9, 1);
	CU_ASSERT_EQUAL(list_from(0, 8), 3);
	CU_ASSERT_EQUAL(list_from(0, 2), 2);
	CU_ASSERT_EQUAL(list_from(0, 0), 0);
	CU_ASSERT_EQUAL(list_from(6, 8), 1);
	get(&info, OUT, sizeof(info));
	CU_ASSERT_EQUAL(info.domain, 9);
	CU_ASSERT_EQUAL(list_from(10, 8), 0);
	op.u.getdomaininfolist.first_domain = 0;
	op.u.getdomaininfolist.buffer.p = (void *)NOWHERE;
	CU_ASSERT_EQUAL(CTL(getdomaininfolist), -XEN_EFAULT);
	finish();
	CU_ASSERT_PTR_NULL(domain_get(5));
}

/* ---- The console's log --------------------------------------------------------- */

static char text[2 * CONSOLE_LOG_SIZE];

/* As much as goes into the guest's page, at once. */
static uint32_t log_read(uint32_t index, uint32_t count, bool clear)
{
	op.u.readconsole = (struct xen_sysctl_readconsole){
		.clear = clear,
		.incremental = index != 0,
		.index = index,
		.count = count,
	};
	op.u.readconsole.buffer.p = (void *)OUT;
	CU_ASSERT_EQUAL(CTL(readconsole), 0);
	memset(text, 0, sizeof(text));
	get(text, OUT, op.u.readconsole.count);
	return op.u.readconsole.count;
}

static void sysctl_console(void)
{
	uint32_t index;

	setup(1, true);
	while (log_read(0, PAGE_SIZE, true))
		;
	print(LOG_ERR, "first\n");
	console_write("a guest's\n", 10);
	CU_ASSERT_EQUAL(log_read(0, PAGE_SIZE, false), 13);
	CU_ASSERT_STRING_EQUAL(text, "(ENSO) first\n");
	index = op.u.readconsole.index;
	CU_ASSERT_EQUAL(log_read(index, PAGE_SIZE, false), 0);
	print(LOG_ERR, "second\n");
	CU_ASSERT_EQUAL(log_read(index, PAGE_SIZE, false), 14);
	CU_ASSERT_STRING_EQUAL(text, "(ENSO) second\n");
	CU_ASSERT_EQUAL(log_read(0, 5, false), 5);
	CU_ASSERT_STRING_EQUAL(text, "(ENSO");
	/* An index that was never, or is gone: from the oldest. */
	CU_ASSERT_EQUAL(log_read(index + 1000, PAGE_SIZE, false), 27);
	CU_ASSERT_EQUAL(log_read(0, 13, true), 13);
	CU_ASSERT_EQUAL(log_read(0, PAGE_SIZE, false), 14);
	CU_ASSERT_STRING_EQUAL(text, "(ENSO) second\n");
	op.u.readconsole.buffer.p = (void *)NOWHERE;
	op.u.readconsole.count = 9;
	CU_ASSERT_EQUAL(CTL(readconsole), -XEN_EFAULT);
	finish();
}

/* More than there is room for: the oldest is lost. */
static void sysctl_console_wraps(void)
{
	static char buf[CONSOLE_LOG_SIZE];
	uint32_t start, at;

	setup(1, true);
	for (unsigned int i = 0; i < 1000; i++)
		print(LOG_ERR, "line number %04u\n", i);
	start = at = console_log_start(false, 0);
	CU_ASSERT_EQUAL(console_log_read(&at, buf, sizeof(buf)), sizeof(buf));
	CU_ASSERT_EQUAL(at - start, CONSOLE_LOG_SIZE);
	CU_ASSERT(!memcmp(buf + sizeof(buf) - 5, "0999\n", 5));
	CU_ASSERT_EQUAL(console_log_read(&at, buf, 1), 0);
	/* A reader that was overtaken goes on with the oldest. */
	print(LOG_ERR, "one more\n");
	CU_ASSERT_EQUAL(console_log_read(&start, buf, 100), 100);
	CU_ASSERT_EQUAL(start, console_log_start(false, 0) + 100);
	finish();
}

static void sysctl_keys(void)
{
	setup(1, true);
	put(OUT, "q?h", 3);
	op.u.debug_keys.keys.p = (void *)OUT;
	op.u.debug_keys.nr_keys = 3;
	CU_ASSERT_EQUAL(CTL(debug_keys), 0);
	CU_ASSERT(said("domain 0: 24 frames"));
	CU_ASSERT(said("key q:"));
	op.u.debug_keys.keys.p = (void *)NOWHERE;
	CU_ASSERT_EQUAL(CTL(debug_keys), -XEN_EFAULT);
	finish();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(sysctl_refuses), TEST(sysctl_machine),
		TEST(sysctl_idle),    TEST(sysctl_list),
		TEST(sysctl_console), TEST(sysctl_console_wraps),
		TEST(sysctl_keys),    CU_TEST_INFO_NULL,
	};

	return unit_main("sysctl", tests, NULL, NULL);
}
