/* SPDX-License-Identifier: MIT */
/* The command line, in Xen's spelling: values, and what is complained about. */
#include <string.h>
#include "core_setup.h"
#include "param.h"
#include "print.h"
#include "unit.h"

static const struct params fresh = { .loglvl = LOG_INFO };

/* Parse line anew; true: nothing was complained about. */
static bool parse(const char *line)
{
	setup_machine(1);
	params = fresh;
	param_parse(line);
	return !said("option");
}

static void param_usual(void)
{
	CU_ASSERT(parse("placeholder console=com1 com1=115200,8n1 "
			"loglvl=all dom0_mem=128M,max:256M noreboot "
			"dom0_max_vcpus=1-4 no-real-mode edd=off"));
	CU_ASSERT(params.console_com1);
	CU_ASSERT_EQUAL(params.com1_baud, 115200);
	CU_ASSERT_EQUAL(params.loglvl, LOG_DEBUG);
	CU_ASSERT_EQUAL(params.dom0_mem, 128ul << 20);
	CU_ASSERT_EQUAL(params.dom0_max, 256ul << 20);
	CU_ASSERT_EQUAL(params.dom0_min, 0);
	CU_ASSERT_EQUAL(params.dom0_min_vcpus, 1);
	CU_ASSERT_EQUAL(params.dom0_max_vcpus, 4);
	CU_ASSERT(params.noreboot);
	CU_ASSERT(!strncmp(params.cmdline, "placeholder console", 19));
}

static void param_sizes(void)
{
	CU_ASSERT(parse("dom0_mem=min:1g,2097152,max:4G"));
	CU_ASSERT_EQUAL(params.dom0_min, 1ul << 30);
	CU_ASSERT_EQUAL(params.dom0_mem, 2ul << 30);
	CU_ASSERT_EQUAL(params.dom0_max, 4ul << 30);
	CU_ASSERT(parse("dom0_mem=4096B"));
	CU_ASSERT_EQUAL(params.dom0_mem, 4096);
	CU_ASSERT(!parse("dom0_mem=12Q"));
	CU_ASSERT(!parse("dom0_mem=M"));
	CU_ASSERT(!parse("dom0_mem=1MM"));
	CU_ASSERT(!parse("dom0_mem=mid:1M"));
	CU_ASSERT(!parse("dom0_mem=99999999999999999999"));
	CU_ASSERT(!parse("dom0_mem=18446744073709551615G"));
	CU_ASSERT_EQUAL(params.dom0_mem, 0);
}

static void param_vcpus(void)
{
	CU_ASSERT(parse("dom0_max_vcpus=3"));
	CU_ASSERT_EQUAL(params.dom0_min_vcpus, 3);
	CU_ASSERT_EQUAL(params.dom0_max_vcpus, 3);
	CU_ASSERT(parse("dom0_max_vcpus=-8"));
	CU_ASSERT_EQUAL(params.dom0_max_vcpus, 8);
	CU_ASSERT(parse("dom0_max_vcpus=2-"));
	CU_ASSERT_EQUAL(params.dom0_min_vcpus, 2);
	CU_ASSERT_EQUAL(params.dom0_max_vcpus, 0);
	CU_ASSERT(!parse("dom0_max_vcpus=4-2"));
	CU_ASSERT(!parse("dom0_max_vcpus=two"));
	CU_ASSERT(parse("maxcpus=2"));
	CU_ASSERT_EQUAL(params.maxcpus, 2);
	CU_ASSERT(!parse("maxcpus=5000"));
}

static void param_levels(void)
{
	CU_ASSERT(parse("loglvl=none"));
	CU_ASSERT_EQUAL(params.loglvl, LOG_NONE);
	CU_ASSERT(parse("loglvl=error/all"));
	CU_ASSERT_EQUAL(params.loglvl, LOG_DEBUG);
	CU_ASSERT(parse("loglvl=warning/info"));
	CU_ASSERT_EQUAL(params.loglvl, LOG_INFO);
	CU_ASSERT(!parse("loglvl=loud"));
}

static void param_booleans(void)
{
	CU_ASSERT(parse("stretch"));
	CU_ASSERT(params.stretch);
	CU_ASSERT(parse("stretch no-stretch noreboot=0"));
	CU_ASSERT(!params.stretch && !params.noreboot);
	CU_ASSERT(parse("noreboot=yes stretch=off"));
	CU_ASSERT(params.noreboot && !params.stretch);
	CU_ASSERT(!parse("noreboot=perhaps"));
}

static void param_xpti(void)
{
	CU_ASSERT(parse("xpti=ignore"));
	CU_ASSERT(params.xpti_ignore);
	CU_ASSERT(parse("xpti=false"));
	CU_ASSERT(params.xpti_ignore);
	CU_ASSERT(!parse("xpti=1")); /* what we do not have is not promised */
	CU_ASSERT(!params.xpti_ignore);
}

static void param_unknown(void)
{
	CU_ASSERT(!parse("loglvl=all frobnicate=7 noreboot"));
	CU_ASSERT(said("option \"frobnicate=7\": unknown\n"));
	CU_ASSERT(params.noreboot); /* what follows is still read */
	CU_ASSERT(!parse("com1=115200,7e1"));
	CU_ASSERT(said("option \"com1=115200,7e1\": bad value\n"));
	CU_ASSERT(!parse("console=com9"));
	CU_ASSERT(!parse("="));
	CU_ASSERT(parse("smap=1 smep=0 spec-ctrl=no conring_size=16k"));
}

static void param_long(void)
{
	char line[4000];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = 0;
	CU_ASSERT(!parse(line));
	CU_ASSERT_EQUAL(strlen(params.cmdline), sizeof(params.cmdline) - 1);
	CU_ASSERT(parse(""));
	CU_ASSERT(parse("   noreboot   "));
	CU_ASSERT(params.noreboot);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(param_usual),   TEST(param_sizes),	   TEST(param_vcpus),
		TEST(param_levels),  TEST(param_booleans), TEST(param_xpti),
		TEST(param_unknown), TEST(param_long),	   CU_TEST_INFO_NULL,
	};

	return unit_main("param", tests, NULL, NULL);
}
