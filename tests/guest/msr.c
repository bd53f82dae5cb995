// SPDX-License-Identifier: MIT
/*
 * MSRs: which a guest may read and write, what it reads, and #GP for the
 * rest, the same on both hypervisors. Values that differ by nature (clocks)
 * are not shown.
 */
#include <stdio.h>
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

/* Clocks: their values differ from run to run. */
static bool is_clock(uint32_t msr)
{
	return msr == 0x10 || msr == 0xe7 || msr == 0xe8;
}

static const struct {
	const char *name;
	uint32_t msr;
} reads[] = {
	{ "p5-addr", 0x0 },
	{ "p5-type", 0x1 },
	{ "tsc", 0x10 },
	{ "platform-id", 0x17 },
	{ "apic-base", 0x1b },
	{ "feature-control", 0x3a },
	{ "tsc-adjust", 0x3b },
	{ "spec-ctrl", 0x48 },
	{ "pred-cmd", 0x49 },
	{ "ucode", 0x8b },
	{ "pmc0", 0xc1 },
	{ "core-caps", 0xcf },
	{ "platform-info", 0xce },
	{ "mperf", 0xe7 },
	{ "aperf", 0xe8 },
	{ "mtrr-cap", 0xfe },
	{ "arch-caps", 0x10a },
	{ "flush-cmd", 0x10b },
	{ "tsx-ctrl", 0x122 },
	{ "misc-features", 0x140 },
	{ "sysenter-cs", 0x174 },
	{ "sysenter-esp", 0x175 },
	{ "sysenter-eip", 0x176 },
	{ "mcg-cap", 0x179 },
	{ "mcg-status", 0x17a },
	{ "mcg-ctl", 0x17b },
	{ "evtsel0", 0x186 },
	{ "perf-status", 0x198 },
	{ "perf-ctl", 0x199 },
	{ "therm-control", 0x19a },
	{ "misc-enable", 0x1a0 },
	{ "debugctl", 0x1d9 },
	{ "mtrr-physbase0", 0x200 },
	{ "mtrr-fix64k", 0x250 },
	{ "pat", 0x277 },
	{ "mtrr-def", 0x2ff },
	{ "mc0-ctl", 0x400 },
	{ "mc0-status", 0x401 },
	{ "mc0-addr", 0x402 },
	{ "rapl-unit", 0x606 },
	{ "tsc-deadline", 0x6e0 },
	{ "x2apic-id", 0x802 },
	{ "xss", 0xda0 },
	{ "hypercall-page", 0x40000000 },
	{ "hypercall-page-2", 0x40000001 },
	{ "hyperv-time", 0x40000020 },
	{ "efer", 0xc0000080 },
	{ "star", 0xc0000081 },
	{ "lstar", 0xc0000082 },
	{ "cstar", 0xc0000083 },
	{ "sfmask", 0xc0000084 },
	{ "fs-base", 0xc0000100 },
	{ "gs-base", 0xc0000101 },
	{ "kernel-gs-base", 0xc0000102 },
	{ "tsc-aux", 0xc0000103 },
	{ "evntsel0-amd", 0xc0010000 },
	{ "perfctr0-amd", 0xc0010004 },
	{ "syscfg", 0xc0010010 },
	{ "hwcr", 0xc0010015 },
	{ "iorr", 0xc0010016 },
	{ "top-mem", 0xc001001a },
	{ "top-mem2", 0xc001001d },
	{ "nb-cfg", 0xc001001f },
	{ "patch-loader", 0xc0010020 },
	{ "mc4-misc", 0xc0000408 },
	{ "pstate-limit", 0xc0010061 },
	{ "pstate-ctl", 0xc0010062 },
	{ "pstate-status", 0xc0010063 },
	{ "pstate0", 0xc0010064 },
	{ "mmio-cfg", 0xc0010058 },
	{ "vm-cr", 0xc0010114 },
	{ "fam15-sel0", 0xc0010200 },
	{ "ls-cfg", 0xc0011020 },
	{ "ic-cfg", 0xc0011021 },
	{ "de-cfg", 0xc0011029 },
	{ "osvw-len", 0xc0010140 },
	{ "virt-spec-ctrl", 0xc001011f },
	{ "fn7-mask", 0xc0011002 },
	{ "fn1-mask", 0xc0011004 },
	{ "ext1-mask", 0xc0011005 },
	{ "unknown", 0x12345678 },
};

static void check_reads(void)
{
	unsigned int i;
	uint64_t value;

	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		char name[40];

		snprintf(name, sizeof(name), "read-%s", reads[i].name);
		if (rd(reads[i].msr, &value) != TRY_NONE)
			check_value(name, "faults %lu", trap_last.regs.vector);
		else if (is_clock(reads[i].msr))
			check_value(name, "some value");
		else
			check_value(name, "%016lx", value);
	}
}

/* Writes what was read, or zero, and what must not be written. */
static void check_writes(void)
{
	unsigned int i;
	uint64_t value;

	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		char name[40];

		if (reads[i].msr >> 8 == 0xc00001)
			continue;
		snprintf(name, sizeof(name), "write-%s", reads[i].name);
		value = 0;
		rd(reads[i].msr, &value);
		if (wr(reads[i].msr, value) == TRY_NONE)
			check_value(name, "same value accepted");
		else
			check_value(name, "faults %lu", trap_last.regs.vector);
	}
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
	check_reads();
	check_writes();
	check_bases();
	check_others();
	return check_done();
}
