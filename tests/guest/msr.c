// SPDX-License-Identifier: MIT
/*
 * MSRs that change something when they are written: segment bases; and what
 * becomes of writes to those a guest has no business with. (policy.c shows
 * which can be read.)
 */
#include "check.h"
#include "memory.h"
#include "trap.h"

static int rd(uint32_t msr, uint64_t *value)
{
	uint32_t low = 0, high = 0;
	int vector = TRY("rdmsr", : "+a"(low), "+d"(high) : "c"(msr));

	*value = (uint64_t)high << 32 | low;
	return vector;
}

static int wr(uint32_t msr, uint64_t value)
{
	return TRY("wrmsr",
		   :
		   : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		   : "memory");
}

static void check_bases(void)
{
	static uint64_t word = 0x4711;
	uint64_t value, got, bad = 1ul << 47;

	CHECK_EQ("fs-base-write", wr(0xc0000100, (uint64_t)&word), TRY_NONE);
	asm volatile("mov %%fs:0, %0" : "=r"(got));
	CHECK_EQ("fs-base-used", got, 0x4711);
	rd(0xc0000100, &value);
	CHECK_EQ("fs-base-read", value, (uint64_t)&word);
	CHECK_EQ("gs-base-write", wr(0xc0000101, (uint64_t)&word), TRY_NONE);
	asm volatile("mov %%gs:0, %0" : "=r"(got));
	CHECK_EQ("gs-base-used", got, 0x4711);
	CHECK_EQ("user-gs-write", wr(0xc0000102, 0x5000), TRY_NONE);
	rd(0xc0000102, &value);
	CHECK_EQ("user-gs-read", value, 0x5000);
	rd(0xc0000101, &value);
	CHECK_EQ("gs-base-kept", value, (uint64_t)&word);
	CHECK_EQ("fs-base-not-canonical", wr(0xc0000100, bad), 13);
	CHECK_EQ("gs-base-not-canonical", wr(0xc0000101, bad), 13);
	CHECK_EQ("user-gs-not-canonical", wr(0xc0000102, bad), 13);
	CHECK_EQ("gp-error", trap_last.regs.error, 0);
}

static void check_others(void)
{
	uint64_t value;

	check_value("efer-change", "%d", wr(0xc0000080, 0));
	rd(0xc0000080, &value);
	check_value("efer-after", "%lx", value);
	check_value("pat-change", "%d", wr(0x277, 0x0606060606060606));
	check_value("lstar-change", "%d", wr(0xc0000082, 0x1234));
	check_value("unknown-change", "%d", wr(0x12345678, 1));
	check_value("misc-enable-change", "%d", wr(0x1a0, 0xffff));
	check_value("tsc-aux-change", "%d", wr(0xc0000103, 5));
	check_value("apic-base-change", "%d", wr(0x1b, 0));
	check_value("spec-ctrl-change", "%d", wr(0x48, 1));
	check_value("pred-cmd-change", "%d", wr(0x49, 1));
}

int main(void)
{
	check_bases();
	check_others();
	return check_done();
}
