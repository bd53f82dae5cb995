// SPDX-License-Identifier: MIT
/*
 * What CPUID says: every leaf by the forced-prefix instruction must be the
 * same on both hypervisors, and so must what the processor itself shows.
 */
#include <stdio.h>
#include "check.h"
#include "trap.h"

struct leaf {
	uint32_t a, b, c, d;
};

static struct leaf forced(uint32_t leaf, uint32_t sub)
{
	struct leaf l = { .a = leaf, .c = sub };

	asm volatile("ud2; .ascii \"xen\"; cpuid"
		     : "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d));
	return l;
}

static struct leaf native(uint32_t leaf, uint32_t sub)
{
	struct leaf l = { .a = leaf, .c = sub };

	asm volatile("cpuid" : "+a"(l.a), "=b"(l.b), "+c"(l.c), "=d"(l.d));
	return l;
}

static void say(const char *kind, uint32_t leaf, uint32_t sub, struct leaf l)
{
	char name[40];

	snprintf(name, sizeof(name), "%s-%08lx.%lu", kind, (unsigned long)leaf,
		 (unsigned long)sub);
	check_value(name, "%08lx %08lx %08lx %08lx", (unsigned long)l.a,
		    (unsigned long)l.b, (unsigned long)l.c, (unsigned long)l.d);
}

static void say_range(uint32_t from, uint32_t to, uint32_t subs)
{
	uint32_t leaf, sub;

	for (leaf = from; leaf <= to; leaf++)
		for (sub = 0; sub <= subs; sub++)
			say("forced", leaf, sub, forced(leaf, sub));
}

/* The hypervisor's own leaves, but for those that are times or versions. */
static void say_hypervisor(void)
{
	struct leaf l = forced(0x40000000, 0);
	char sign[13] = "";
	unsigned int i;

	for (i = 0; i < 4; i++) {
		sign[i] = l.b >> 8 * i;
		sign[4 + i] = l.c >> 8 * i;
		sign[8 + i] = l.d >> 8 * i;
	}
	check_value("signature", "%s", sign);
	say("forced", 0x40000000, 0, l);
	check_value("version", "%lx", (unsigned long)forced(0x40000001, 0).a);
	say("forced", 0x40000002, 0, forced(0x40000002, 0));
	l = forced(0x40000003, 0);
	check_value("time-leaf-mode", "%lx %lx", (unsigned long)l.a,
		    (unsigned long)l.b);
	say_range(0x40000004, 0x40000006, 1);
	say("forced", 0x40000100, 0, forced(0x40000100, 0));
}

static void check_osxsave(void)
{
	CHECK_EQ("osxsave-forced", forced(1, 0).c >> 27 & 1, 1);
	CHECK_EQ("osxsave-native", native(1, 0).c >> 27 & 1, 1);
	CHECK("base-5-address-bits", (forced(0x40000005, 0).b & 0xff) <= 44);
}

int main(void)
{
	uint32_t sub;

	say_range(0, 3, 0);
	say_range(4, 4, 4);
	say_range(5, 6, 0);
	say_range(7, 7, 2);
	say_range(8, 0xa, 0);
	say_range(0xb, 0xb, 2);
	say_range(0xc, 0xc, 0);
	for (sub = 0; sub < 12; sub++)
		if (sub != 1)
			say("forced", 0xd, sub, forced(0xd, sub));
	say("forced", 0xd, 1, forced(0xd, 1));
	say_range(0xe, 0x1e, 0);
	say("forced", 0xffff, 0, forced(0xffff, 0));
	say_range(0x80000000, 0x80000021, 0);
	say_range(0xc0000000, 0xc0000000, 0);
	say_hypervisor();
	check_osxsave();
	say("native", 1, 0, native(1, 0));
	say("native", 7, 0, native(7, 0));
	say("native", 0xd, 0, native(0xd, 0));
	return check_done();
}
