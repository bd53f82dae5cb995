// SPDX-License-Identifier: MIT
/*
 * The CPU as an unprivileged domain is told of it: every CPUID leaf and MSR,
 * and the bits that CPUID itself shows where the processor cannot hide them.
 *
 * RUN: pair=1 timeout=60
 */
#include <stdio.h>
#include "check.h"
#include "cpupolicy.h"
#include "pair.h"
#include "trap.h"

static struct pair p;

static void show_native(uint32_t leaf)
{
	uint32_t a = leaf, b, c = 0, d;
	char name[32];

	asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	snprintf(name, sizeof(name), "native-%08x", (unsigned)leaf);
	check_value(name, "%08x %08x %08x %08x", (unsigned)a, (unsigned)b,
		    (unsigned)c, (unsigned)d);
}

static void show_registers(void)
{
	uint64_t cr0, cr4;
	uint32_t low = 0, high = 0;

	asm volatile("mov %%cr0, %0" : "=r"(cr0));
	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	check_value("cr0", "%lx", cr0);
	check_value("cr4", "%lx", cr4);
	TRY("xgetbv", : "+a"(low), "+d"(high) : "c"(0));
	check_value("xcr0", "%x", (unsigned)low);
}

static int64_t show(uint64_t arg)
{
	(void)arg;
	cpupolicy_show();
	show_native(0);
	show_native(1);
	show_native(7);
	show_native(0xd);
	show_native(0x80000001);
	show_registers();
	return 0;
}

static int64_t show_tsc(uint64_t arg)
{
	uint32_t a = 0x40000003, b, c = 0, d;

	(void)arg;
	asm volatile("ud2; .ascii \"xen\"; cpuid"
		     : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	check_value("tsc-default", "%x %x %x", (unsigned)a, (unsigned)b,
		    (unsigned)d);
	return 0;
}

static int64_t set_tsc_mode(uint32_t mode)
{
	struct xen_domctl op = { .u.tsc_info.tsc_mode = mode };

	return domctl(XEN_DOMCTL_settscinfo, p.domid, &op);
}

/* As it is created, then with the time stamp counter as the processor has
 * it, so that what depends on its measured frequency is not shown. */
int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	pair_start(&p);
	pair_call(&p, show_tsc, 0);
	pair_end(&p);
	pair_init(&p);
	pair_start_paused(&p);
	SUCCESS(domctl, XEN_DOMCTL_settscinfo, "tsc-native", !set_tsc_mode(2));
	domain_unpause(p.domid);
	CHECK_EQ("shown", pair_call(&p, show, 0), 0);
	pair_end(&p);
	return check_done();
}
