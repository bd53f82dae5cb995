// SPDX-License-Identifier: MIT
/*
 * CPUID: the hypervisor's signature by the forced prefix, OSXSAVE, and what
 * the processor itself shows to code that does not ask by the prefix.
 * (policy.c shows every leaf.)
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
}

static void check_osxsave(void)
{
	CHECK_EQ("osxsave-forced", forced(1, 0).c >> 27 & 1, 1);
	CHECK_EQ("osxsave-native", native(1, 0).c >> 27 & 1, 1);
	CHECK("base-5-address-bits", (forced(0x40000005, 0).b & 0xff) <= 44);
}

int main(void)
{
	say_hypervisor();
	check_osxsave();
	say("native", 0, 0, native(0, 0));
	say("native", 1, 0, native(1, 0));
	say("native", 7, 0, native(7, 0));
	say("native", 0xd, 0, native(0xd, 0));
	say("native", 0x80000001, 0, native(0x80000001, 0));
	return check_done();
}
