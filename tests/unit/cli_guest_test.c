/* SPDX-License-Identifier: MIT */
/* Commands that change guests: what they ask for, what they say, how they end. */
#include "cli_setup.h"

#define CFG "name='g1'\nkernel='/k'\nmemory=64\n"

static void create(void)
{
	files[0] = (struct file){ "/g.cfg", CFG };
	CU_ASSERT(prints("create /g.cfg", 0, "", "Parsing config from /g.cfg\n"));
	CU_ASSERT_STRING_EQUAL(calls, "create g1; ");
	CU_ASSERT_EQUAL(made.memory, 64);
	CU_ASSERT(prints("create /g.cfg", 6, "",
			 "Parsing config from /g.cfg\n"
			 "Domain with name \"g1\" already exists.\n"));
	CU_ASSERT_STRING_EQUAL(calls, "create g1; ");
}

static void create_options(void)
{
	files[0] = (struct file){ "/g.cfg", CFG };
	CU_ASSERT(prints("create -q -p /g.cfg memory=128 'extra=a b' name=g2",
			 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "create g2 paused; ");
	CU_ASSERT_EQUAL(made.memory, 128);
	CU_ASSERT_STRING_EQUAL(made.cmdline, "a b");
	CU_ASSERT(prints("create --quiet --defconfig=/g.cfg name=g3", 0, "", ""));
	CU_ASSERT(prints("create -qf/g.cfg name=g4", 0, "", ""));
	CU_ASSERT(prints("create --quiet --defconfig /g.cfg name=g5", 0, "", ""));
	CU_ASSERT(prints("create -q /dev/null name=g6 kernel=/k", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(made.kernel, "/k");
	CU_ASSERT_EQUAL(run("create /g.cfg more"), 2);
	CU_ASSERT(!strncmp(out, "Usage: xl create <ConfigFile>", 29));
	CU_ASSERT(prints("create memory=5", 6, "",
			 "Config file not specified\n"));
	CU_ASSERT(prints("create -f", 2, "",
			 "option `f' requires an argument.\n"));
}

/* The guest begins when its console is attached, not before. */
static void create_console(void)
{
	files[0] = (struct file){ "/g.cfg", CFG };
	CU_ASSERT(prints("create -qc /g.cfg", 0, "\n", ""));
	CU_ASSERT_STRING_EQUAL(calls,
			       "create g1 paused; attach 9 1d; unpause 9; ");
	calls[0] = 0;
	CU_ASSERT(prints("create -q -c -p /g.cfg name=g2", 0, "\n", ""));
	CU_ASSERT_STRING_EQUAL(calls, "create g2 paused; attach 9 1d; ");
	attach_fails = -ENOENT;
	CU_ASSERT(prints("create -q -c -p /g.cfg name=g3", 0, "",
			 "Unable to attach console: No such file or "
			 "directory\n"));
}

static void create_errors(void)
{
	files[0] = (struct file){ "/g.cfg", "name=g\nmemroy=5\n" };
	CU_ASSERT(prints("create /none.cfg", 3, "",
			 "Failed to read config file: /none.cfg: No such file "
			 "or directory\n"));
	CU_ASSERT(prints("create /g.cfg", 1, "",
			 "Parsing config from /g.cfg\n"
			 "/g.cfg:1:6: config parsing error near `g': expected "
			 "a value: a number, a quoted string or a list\n"
			 "/g.cfg:2:1: unknown key 'memroy'; did you mean "
			 "'memory'?\n"
			 "Failed to parse config: Invalid argument\n"));
	CU_ASSERT_STRING_EQUAL(calls, "");
	files[0].text = CFG;
	create_fails = -ENOMEM;
	CU_ASSERT(prints("create -q /g.cfg", 3, "", ""));
}

static void create_dry(void)
{
	files[0] = (struct file){ "/g.cfg", CFG };
	CU_ASSERT_EQUAL(run("create -n /g.cfg"), 0);
	CU_ASSERT(!strncmp(out, "{\n    \"c_info\": {\n", 18));
	CU_ASSERT(strstr(out, "\"max_memkb\": 65536,\n") != NULL);
	CU_ASSERT_STRING_EQUAL(calls, "");
	CU_ASSERT_EQUAL(run("create -d /g.cfg"), 0);
	CU_ASSERT(strstr(err, "\"max_memkb\": 65536,\n") != NULL);
	CU_ASSERT_STRING_EQUAL(calls, "create g1; ");
}

static void pause_and_unpause(void)
{
	CU_ASSERT(prints("pause guest", 0, "", ""));
	CU_ASSERT(prints("unpause 3", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "pause 3; unpause 3; ");
	CU_ASSERT(prints("pause 99", 1, "",
			 "Error: Domain '99' does not exist.\n"));
	domctl_fails = -EINVAL;
	CU_ASSERT(prints("pause 0", 1, "",
			 "pause failed for domain 0: Invalid argument\n"));
}

static void needs_operands(void)
{
	CU_ASSERT_EQUAL(run("pause"), 2);
	CU_ASSERT_STRING_EQUAL(err,
			       "'xl pause' requires at least 1 argument.\n\n");
	CU_ASSERT(!strncmp(out, "Usage: xl pause <Domain>\n\n", 26));
	CU_ASSERT_EQUAL(run("rename guest"), 2);
	CU_ASSERT_STRING_EQUAL(
		err, "'xl rename' requires at least 2 arguments.\n\n");
	CU_ASSERT(prints("pause -x guest", 2, "", "option `x' not supported.\n"));
	CU_ASSERT(prints("pause --all guest", 2, "",
			 "option `--all' not supported.\n"));
	CU_ASSERT(prints("shutdown --all=3", 2, "",
			 "option `--all=3' not supported.\n"));
}

static void destroy(void)
{
	CU_ASSERT(prints("destroy guest", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "destroy 3; ");
	CU_ASSERT(prints("destroy 0", 1, "",
			 "Not destroying domain 0; use -f to force.\n"
			 "This can only be done when using a disaggregated "
			 "hardware domain and toolstack.\n\n"));
	CU_ASSERT_STRING_EQUAL(calls, "destroy 3; ");
	destroy_fails = -EINVAL;
	CU_ASSERT(prints("destroy -f 0", 1, "",
			 "destroy failed (rc=-22): Invalid argument\n"));
}

static void shutdown_and_reboot(void)
{
	CU_ASSERT(prints("shutdown guest", 0, "", "Shutting down domain 3\n"));
	CU_ASSERT(prints("reboot guest -F", 0, "", "Rebooting domain 3\n"));
	CU_ASSERT_STRING_EQUAL(calls, "poweroff 3; reboot 3; ");
	CU_ASSERT(prints("shutdown", 1, "",
			 "You must specify -a or a domain id.\n\n"));
	CU_ASSERT(prints("shutdown 0", 1, "",
			 "shutdown failed: domain 0 is this one; use "
			 "host-poweroff or host-reboot\n"));
	shutdown_fails = -EACCES;
	CU_ASSERT(prints("shutdown 3", 1, "",
			 "Shutting down domain 3\n"
			 "shutdown failed (rc=-13): Permission denied\n"));
}

static int slept;

/* Guest 3 goes at the third look, guest 5 shuts down and stays. */
static void guests_end(void)
{
	slept++;
	if (slept == 3)
		remove_domain(3);
	if (slept == 5)
		domain_at(5)->flags |= XEN_DOMINF_shutdown |
				       SHUTDOWN_reboot
					       << XEN_DOMINF_shutdownshift;
}

static void other_goes(void)
{
	if (++slept > 8)
		remove_domain(5);
}

static void shutdown_waits(void)
{
	add_domain(5, "other", 0);
	slept = 0;
	on_sleep = guests_end;
	CU_ASSERT(prints("shutdown --all -w", 0, "",
			 "Shutting down domain 3\n"
			 "Shutting down domain 5\n"
			 "Waiting for 2 domains\n"
			 "Domain 3 has been destroyed\n"
			 "Domain 5 has been shut down, reason code 1\n"));
	CU_ASSERT_EQUAL(slept, 5);
	on_sleep = other_goes;
	CU_ASSERT(prints("shutdown -ww other", 0, "",
			 "Shutting down domain 5\n"
			 "Waiting for 1 domains\n"
			 "Domain 5 has been shut down, reason code 1\n"
			 "Domain 5 continue waiting for death\n"
			 "Domain 5 has been destroyed\n"));
	add_domain(5, "other", 0);
	on_sleep = NULL;
	interrupt_at = now + 1000;
	CU_ASSERT(prints("reboot -w other", 1, "",
			 "Rebooting domain 5\n"
			 "Waiting for 1 domains\n"
			 "interrupted\n"));
}

static void console(void)
{
	CU_ASSERT(prints("console guest", 0, "\n", ""));
	CU_ASSERT(prints("console -t pv -n 0 3", 0, "\n", ""));
	CU_ASSERT_STRING_EQUAL(calls, "attach 3 1d; attach 3 1d; ");
	CU_ASSERT(prints("console -t serial guest", 1, "",
			 "console type supported are: pv\n"));
	CU_ASSERT(prints("console -n 1 guest", 1, "",
			 "Unable to attach console: No such file or "
			 "directory\n"));
	CU_ASSERT(prints("console-log guest", 0, "booting\npanic\n", ""));
	CU_ASSERT(prints("console-log other", 1, "",
			 "no console of a domain 'other' is known\n"));
	CU_ASSERT(prints("console nobody", 1, "",
			 "nobody is an invalid domain identifier (rc=-6)\n"));
}

static void console_waits(void)
{
	CU_ASSERT(prints("console-wait guest 'linux# '", 0, "", ""));
	CU_ASSERT(prints("console-wait -t 2.5 guest x", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "wait 3 linux#  0; wait 3 x 1; ");
	CU_ASSERT(prints("console-wait guest never", 1, "",
			 "guest did not print 'never': Connection timed "
			 "out\n"));
	CU_ASSERT(prints("console-wait -t soon guest x", 2, "",
			 "soon is not a number of seconds\n"));
}

static void rename_domain(void)
{
	char line[160];

	CU_ASSERT(prints("rename guest other", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "rename 3 other; ");
	CU_ASSERT(prints("rename guest a/b", 1, "",
			 "Can't rename domain 'guest'.\n"));
	CU_ASSERT(prints("rename guest ''", 1, "",
			 "Can't rename domain 'guest'.\n"));
	CU_ASSERT(prints("rename guest 'a\tb'", 1, "",
			 "Can't rename domain 'guest'.\n"));
	snprintf(line, sizeof(line), "rename guest %0128d", 1);
	CU_ASSERT_EQUAL(run(line), 1);
	CU_ASSERT_STRING_EQUAL(calls, "rename 3 other; ");
	rename_fails = -EEXIST;
	CU_ASSERT(prints("rename guest Domain-0", 1, "",
			 "Domain with name \"Domain-0\" already exists.\n"
			 "Can't rename domain 'guest'.\n"));
}

static void triggers(void)
{
	CU_ASSERT(prints("trigger guest nmi 1", 0, "", ""));
	CU_ASSERT(prints("trigger guest reset", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "trigger 3 0 1; trigger 3 1 0; ");
	CU_ASSERT(prints("trigger guest bang", 1, "",
			 "Invalid trigger \"bang\"\n"));
	CU_ASSERT(prints("trigger guest init x", 0, "",
			 "Invalid vcpuid, using default vcpuid=0.\n\n"));
	CU_ASSERT(prints("sysrq guest s", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(node_get("/local/domain/3/control/sysrq"), "s");
	CU_ASSERT_EQUAL(run("sysrq guest sync"), 1);
	CU_ASSERT_STRING_EQUAL(err, "Invalid sysrq.\n\n");
	CU_ASSERT(prints("debug-keys hq", 0, "", ""));
	CU_ASSERT(strstr(calls, "keys hq; ") != NULL);
	sysctl_fails = -EPERM;
	CU_ASSERT(prints("debug-keys h", 1, "", "cannot send debug keys: h\n"));
}

static void memory(void)
{
	CU_ASSERT(prints("mem-max guest 1g", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "max_mem 3 1048576; ");
	CU_ASSERT(prints("mem-set guest 128", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(node_get("/local/domain/3/memory/target"),
			       "131072");
	CU_ASSERT(prints("mem-max guest lots", 1, "",
			 "invalid memory size: lots\n"));
	CU_ASSERT(prints("mem-set guest 5x", 1, "", "invalid memory size: 5x\n"));
	write_fails = true;
	CU_ASSERT(prints("mem-set guest 128", 1, "",
			 "cannot set domid 3 dynamic max memory to : 128\n"));
}

static void vcpu_pin(void)
{
	CU_ASSERT(prints("vcpu-pin guest all 0-1 -", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "pin 0 flags 1 hard 3 soft 0; "
				      "pin 1 flags 1 hard 3 soft 0; ");
	calls[0] = 0;
	CU_ASSERT(prints("vcpu-pin -f guest 1 - 2", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(calls, "pin 1 flags 6 hard 0 soft 4; ");
	CU_ASSERT(prints("vcpu-pin guest x 1", 1, "",
			 "Error: Invalid argument x as VCPU.\n"));
	CU_ASSERT(prints("vcpu-pin guest 0 1-", 1, "",
			 "Error: Invalid argument 1- as CPUs.\n"));
	domctl_fails = -EINVAL;
	CU_ASSERT(prints("vcpu-pin guest 0 1", 1, "",
			 "vcpu-pin failed for domain 3: Invalid argument\n"
			 "Could not set affinity for vcpu `0'.\n"));
}

static void vcpu_set(void)
{
	CU_ASSERT(prints("vcpu-set guest 1", 0, "", ""));
	CU_ASSERT_STRING_EQUAL(node_get("/local/domain/3/cpu/0/availability"),
			       "online");
	CU_ASSERT_STRING_EQUAL(node_get("/local/domain/3/cpu/1/availability"),
			       "offline");
	CU_ASSERT(prints("vcpu-set guest 3", 1, "",
			 "Error: Invalid argument.\n"));
	CU_ASSERT(prints("vcpu-set guest 0", 1, "",
			 "Error: Invalid argument.\n"));
	domain_at(3)->max_vcpu_id = 5;
	CU_ASSERT(prints("vcpu-set guest 5", 1, "",
			 "You have 4 physical CPUs and want 5 vCPUs! Use "
			 "--ignore-host to continue\n"));
	CU_ASSERT(prints("vcpu-set --ignore-host guest 5", 0, "", ""));
	write_fails = true;
	CU_ASSERT(prints("vcpu-set guest 2", 1, "",
			 "vcpu-set failed for domain 3: Permission denied\n"));
}

static void host(void)
{
	CU_ASSERT(prints("host-poweroff", 1, "",
			 "host-poweroff failed: Operation not permitted\n"));
	CU_ASSERT_EQUAL(run("host-reboot"), 1);
	CU_ASSERT_STRING_EQUAL(calls, "host shutdown 0; host shutdown 1; ");
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(create),
		TEST(create_options),
		TEST(create_console),
		TEST(create_errors),
		TEST(create_dry),
		TEST(pause_and_unpause),
		TEST(needs_operands),
		TEST(destroy),
		TEST(shutdown_and_reboot),
		TEST(shutdown_waits),
		TEST(console),
		TEST(console_waits),
		TEST(rename_domain),
		TEST(triggers),
		TEST(memory),
		TEST(vcpu_pin),
		TEST(host),
		TEST(vcpu_set),
		CU_TEST_INFO_NULL,
	};

	return unit_main("cli_guest", tests, setup, teardown);
}
