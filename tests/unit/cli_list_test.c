/* SPDX-License-Identifier: MIT */
/* What is shown of domains and of the machine: columns and words are xl's. */
#include "cli_setup.h"

#define HEADER                                                              \
	"Name                                        ID   Mem VCPUs\tState" \
	"\tTime(s)"

static void list_all(void)
{
	add_domain(7, NULL,
		   XEN_DOMINF_paused | XEN_DOMINF_dying | XEN_DOMINF_shutdown |
			   SHUTDOWN_crash << XEN_DOMINF_shutdownshift)
		->cpu_time = 99999949999999;
	CU_ASSERT(prints(
		"list", 0,
		HEADER "\n"
		       "Domain-0                                     0   256  "
		       "   1     r-----       6.3\n"
		       "guest                                        3   256  "
		       "   1     -b----       0.0\n"
		       "(null)                                       7   256  "
		       "   1     --pscd   99999.9\n",
		""));
	CU_ASSERT_EQUAL(run("xl list --long extra more"), 1);
	CU_ASSERT(strstr(out, "Usage: xl list [options] [Domain]") != NULL);
}

static void list_one(void)
{
	static const char guest[] = HEADER
		"\n"
		"guest                                        3   256  "
		"   1     -b----       0.0\n";

	CU_ASSERT(prints("list guest", 0, guest, ""));
	CU_ASSERT(prints("list 3", 0, guest, ""));
	CU_ASSERT(prints("list 99", 1, "",
			 "Error: Domain '99' does not exist.\n"));
	CU_ASSERT(prints("list nobody", 1, "",
			 "nobody is an invalid domain identifier (rc=-6)\n"));
	CU_ASSERT(prints("list 65536", 1, "",
			 "Error: Domain '65536' does not exist.\n"));
	CU_ASSERT(prints("list 3x", 1, "",
			 "3x is an invalid domain identifier (rc=-6)\n"));
	sysctl_fails = -EPERM;
	CU_ASSERT(prints("list", 1, "",
			 "cannot list the domains: Operation not permitted\n"));
}

static void list_verbose(void)
{
	add_domain(7, "x", XEN_DOMINF_shutdown | 2 << XEN_DOMINF_shutdownshift);
	CU_ASSERT(prints(
		"list -v", 0,
		HEADER
		"   UUID                            Reason-Code\tSecurity "
		"Label\n"
		"Domain-0                                     0   256     1     "
		"r-----       6.3 00000000-0000-0000-0000-000000000000        "
		"-                -\n"
		"guest                                        3   256     1     "
		"-b----       0.0 33333333-3333-3333-3333-333333333333        "
		"-                -\n"
		"x                                            7   256     1     "
		"---ss-       0.0 77777777-7777-7777-7777-777777777777        "
		"2                -\n",
		""));
}

/* More than are asked for at once. */
static void list_many(void)
{
	int lines = 0;

	for (domid_t id = 10; id < 80; id++)
		add_domain(id, NULL, 0);
	CU_ASSERT_EQUAL(run("list"), 0);
	for (char *p = out; (p = strchr(p, '\n')); p++)
		lines++;
	CU_ASSERT_EQUAL(lines, 73);
}

static void list_long(void)
{
	made = (struct guest_config){ .name = "old",
				      .kernel = "/k \"1\"",
				      .cmdline = "a\t\001b",
				      .memory = 64,
				      .maxmem = 128,
				      .vcpus = 2,
				      .maxvcpus = 3,
				      .cpu_weight = 512,
				      .tsc_mode = GUEST_TSC_NATIVE,
				      .on_reboot = GUEST_RESTART,
				      .on_crash = GUEST_RENAME_RESTART,
				      .on_soft_reset = GUEST_SOFT_RESET };
	memset(made.cpus, 0xff, sizeof(made.cpus));
	made.cpus[1] = 5;
	made.cpus[2] = 2;
	made.cpus[0] = 1;
	nr_domains = 0;
	add_domain(9, "new", 0);
	CU_ASSERT(prints("list -l", 0,
			 "[\n"
			 "    {\n"
			 "        \"domid\": 9,\n"
			 "        \"config\": {\n"
			 "            \"c_info\": {\n"
			 "                \"type\": \"pv\",\n"
			 "                \"name\": \"new\",\n"
			 "                \"uuid\": "
			 "\"99999999-9999-9999-9999-999999999999\"\n"
			 "            },\n"
			 "            \"b_info\": {\n"
			 "                \"max_vcpus\": 3,\n"
			 "                \"avail_vcpus\": [\n"
			 "                    0,\n"
			 "                    1\n"
			 "                ],\n"
			 "                \"vcpu_hard_affinity\": [\n"
			 "                    [\n"
			 "                        0\n"
			 "                    ],\n"
			 "                    [\n"
			 "                        0,\n"
			 "                        2\n"
			 "                    ],\n"
			 "                    [\n"
			 "                        1\n"
			 "                    ]\n"
			 "                ],\n"
			 "                \"tsc_mode\": \"native\",\n"
			 "                \"max_memkb\": 131072,\n"
			 "                \"target_memkb\": 65536,\n"
			 "                \"sched_params\": {\n"
			 "                    \"weight\": 512\n"
			 "                },\n"
			 "                \"kernel\": \"/k \\\"1\\\"\",\n"
			 "                \"cmdline\": \"a\\t\\u0001b\",\n"
			 "                \"type.pv\": {\n"
			 "\n"
			 "                }\n"
			 "            },\n"
			 "            \"on_reboot\": \"restart\",\n"
			 "            \"on_crash\": \"restart_rename\",\n"
			 "            \"on_soft_reset\": \"soft_reset\"\n"
			 "        }\n"
			 "    }\n"
			 "]\n",
			 ""));
}

static void names(void)
{
	CU_ASSERT(prints("domid guest", 0, "3\n", ""));
	CU_ASSERT(prints("domid nobody", 1, "",
			 "Can't get domid of domain name 'nobody', maybe this "
			 "domain does not exist.\n"));
	CU_ASSERT(prints("domname 3", 0, "guest\n", ""));
	CU_ASSERT(prints("domname 0", 0, "Domain-0\n", ""));
	CU_ASSERT(prints("domname 5", 1, "",
			 "Can't get domain name of domain id '5', maybe this "
			 "domain does not exist.\n"));
	CU_ASSERT(prints("domname x", 1, "", "Invalid domain id.\n\n"));
	CU_ASSERT(prints("vm-list", 0,
			 "UUID                                  ID    name\n"
			 "00000000-0000-0000-0000-000000000000  0    "
			 "Domain-0                      \n"
			 "33333333-3333-3333-3333-333333333333  3    "
			 "guest                         \n",
			 ""));
}

static void vcpus(void)
{
	CU_ASSERT(prints(
		"vcpu-list", 0,
		"Name                                ID  VCPU   CPU State   "
		"Time(s) Affinity (Hard / Soft)\n"
		"Domain-0                             0     0    2   r--      "
		"12.3  all / all\n"
		"guest                                3     0    2   -b-      "
		"12.3  0-1,3 / all\n"
		"guest                                3     1    -   --p      "
		"12.3  0-1,3 / all\n",
		""));
	CU_ASSERT_EQUAL(run("vcpu-list 0 guest"), 0);
	CU_ASSERT_EQUAL(run("vcpu-list nobody"), 1);
	CU_ASSERT_STRING_EQUAL(
		err, "nobody is an invalid domain identifier (rc=-6)\n");
}

static void uptimes(void)
{
	char start[32];

	now = 93784ul * 1000000000; /* a day, 2 hours, 3 minutes, 4 seconds */
	snprintf(start, sizeof(start), "%ld.25", (long)time(NULL) - 3700);
	node_set("/local/domain/3/vm", "/vm/3333");
	node_set("/vm/3333/start_time", start);
	CU_ASSERT_EQUAL(run("uptime"), 0);
	CU_ASSERT(!strncmp(out,
			   "Name                                ID Uptime\n"
			   "Domain-0                             0 1 day,  "
			   "2:03:04\n"
			   "guest                                3  1:01:4",
			   46 + 55 + 46));
	CU_ASSERT_EQUAL(run("uptime -s 0"), 0);
	CU_ASSERT(strstr(out, " up 1 day,  2:03, Domain-0 (0)\n") != NULL);
	now = 2 * now;
	CU_ASSERT_EQUAL(run("uptime 0"), 0);
	CU_ASSERT(strstr(out, " 2 days,  4:06:08\n") != NULL);
	CU_ASSERT_EQUAL(run("uptime nobody"), 1);
}

static void info(void)
{
	CU_ASSERT(prints(
		"info", 0,
		"host                   : dom0\n"
		"release                : Enso\n"
		"version                : newlib\n"
		"machine                : x86_64\n"
		"nr_cpus                : 4\n"
		"max_cpu_id             : 3\n"
		"nr_nodes               : 1\n"
		"cores_per_socket       : 1\n"
		"threads_per_core       : 1\n"
		"cpu_mhz                : 2400.123\n"
		"hw_caps                : 178bf3ff:fffa3223:00000000:00000000:"
		"00000000:00000000:00000000:00000000\n"
		"virt_caps              : pv gnttab-v1\n"
		"total_memory           : 2048\n"
		"free_memory            : 1000\n"
		"sharing_freed_memory   : 0\n"
		"sharing_used_memory    : 0\n"
		"outstanding_claims     : 0\n"
		"free_cpus              : 0\n"
		"xen_major              : 4\n"
		"xen_minor              : 17\n"
		"xen_extra              : .0-enso\n"
		"xen_version            : 4.17.0-enso\n"
		"xen_caps               : xen-3.0-x86_64 \n"
		"xen_scheduler          : credit\n"
		"xen_pagesize           : 4096\n"
		"platform_params        : virt_start=0xffff800000000000\n"
		"xen_changeset          : \n"
		"xen_commandline        : console=com1\n"
		"cc_compiler            : gcc 12\n"
		"cc_compile_by          : me\n"
		"cc_compile_domain      : here\n"
		"cc_compile_date        : today\n"
		"build_id               : ab01\n"
		"xend_config_format     : 4\n"
		"free_frames            : 256005\n"
		"dom0_peak_kib          : 26000\n"
		"page_table_isolation   : no\n",
		""));
	CU_ASSERT(prints("info nr_cpus", 0, "4\n", ""));
	CU_ASSERT(prints("info free_frames", 0, "256005\n", ""));
	CU_ASSERT(prints("info virt", 0, "pv gnttab-v1\n", ""));
	sysctl_fails = -EPERM;
	CU_ASSERT_EQUAL(run("info"), 1);
	CU_ASSERT_STRING_EQUAL(err, "libxl_physinfo failed.\n");
}

static void dmesg(void)
{
	messages = "(XEN) one\n(XEN) two\n";
	CU_ASSERT(prints("dmesg", 0, "(XEN) one\n(XEN) two\n", ""));
	CU_ASSERT_STRING_EQUAL(calls, "");
	CU_ASSERT(prints("dmesg --clear", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "clear; ");
	sysctl_fails = -EPERM;
	CU_ASSERT(prints("dmesg", 1, "",
			 "cannot read the hypervisor's messages: Operation not "
			 "permitted\n"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(list_all),	 TEST(list_one),    TEST(list_verbose),
		TEST(list_many), TEST(list_long),   TEST(names),
		TEST(vcpus),	 TEST(uptimes),	    TEST(info),
		TEST(dmesg),	 CU_TEST_INFO_NULL,
	};

	return unit_main("cli_list", tests, setup, teardown);
}
