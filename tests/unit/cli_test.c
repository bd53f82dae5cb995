/* SPDX-License-Identifier: MIT */
/* The command line as a shell: lookup, help, scripts, files, completion. */
#include "cli_setup.h"
#include "command.h"

static void unknown(void)
{
	CU_ASSERT(prints("frobnicate", 1, "",
			 "frobnicate: command not implemented; try help\n"));
	CU_ASSERT(prints("xl frobnicate", 1, "",
			 "frobnicate: command not implemented; try help\n"));
	CU_ASSERT(prints("d", 1, "", "d: command not implemented; try help\n"));
	CU_ASSERT(prints("echo 'a", 2, "", "the closing ' is missing\n"));
	CU_ASSERT(prints("", 2, "", "")); /* the status stays */
}

/* A beginning is enough, if no other command has it. */
static void beginnings(void)
{
	CU_ASSERT(prints("ech a", 0, "a\n", ""));
	CU_ASSERT(prints("xl -vf -t echo a", 0, "a\n", ""));
	CU_ASSERT(prints("xl -N echo a", 1, "",
			 "-N: command not implemented; try help\n"));
	CU_ASSERT_EQUAL(run("xl"), 1);
	CU_ASSERT_EQUAL(run("li"), 0);
	CU_ASSERT_EQUAL(run("domi guest"), 0);
}

static void help(void)
{
	CU_ASSERT(prints("help domid", 0,
			 "Usage: xl domid <DomainName>\n\n"
			 "The id of a domain's name.\n\n",
			 ""));
	CU_ASSERT(prints("domid -h", 0,
			 "Usage: xl domid <DomainName>\n\n"
			 "The id of a domain's name.\n\n",
			 ""));
	CU_ASSERT(prints("dmesg --help", 0,
			 "Usage: xl dmesg [-c]\n\n"
			 "Show the hypervisor's messages.\n\n"
			 "Options:\n\n"
			 "-c, --clear             Then forget them.\n",
			 ""));
	CU_ASSERT(prints("help nothing", 0,
			 "command \"nothing\" not implemented\n", ""));
	CU_ASSERT_EQUAL(run("help"), 0);
	CU_ASSERT(!strncmp(out,
			   "Usage xl <subcommand> [args]\n\n"
			   "xl full list of subcommands:\n\n"
			   " create              Create a domain",
			   90));
	CU_ASSERT(strstr(out, "\n xenstore-watch      Show") != NULL);
}

/* What the table says must fit together. */
static void table(void)
{
	const struct command *c;

	for (size_t i = 0; i < nr_commands; i++) {
		c = &commands[i];
		CU_ASSERT_PTR_EQUAL(command_find(c->name), c);
		CU_ASSERT(c->run && c->summary && c->usage && c->operands[0]);
		CU_ASSERT(strspn(c->operands, "dfcx-") == strlen(c->operands));
		CU_ASSERT(!c->letters || c->options);
		for (const char *p = c->letters; p && *p; p++)
			CU_ASSERT(*p == ':' || strchr(c->options, *p));
		for (const char *p = c->names; p && (p = strchr(p, '=')); p++)
			CU_ASSERT(strchr(c->letters, p[1]) != NULL);
	}
}

static void status(void)
{
	run("domid nobody");
	CU_ASSERT(prints("?", 0, "1\n", ""));
	CU_ASSERT(prints("domid nobody; echo $?; echo \"<$?>\" '$?'", 0,
			 "1\n<0> $?\n",
			 "Can't get domid of domain name 'nobody', maybe this "
			 "domain does not exist.\n"));
	CU_ASSERT(prints("echo -n a b  c", 0, "a b c", ""));
	CU_ASSERT(prints("echo -- -n", 0, "-n\n", ""));
}

static void sleeping(void)
{
	CU_ASSERT(prints("sleep 1.5", 0, "", ""));
	CU_ASSERT_EQUAL(now, 2500000000);
	CU_ASSERT(prints("sleep 0", 0, "", ""));
	CU_ASSERT(prints("sleep soon", 1, "",
			 "sleep: soon is not a number of seconds up to a "
			 "day\n"));
	CU_ASSERT_EQUAL(run("sleep 99999999999999999999"), 1);
	CU_ASSERT_EQUAL(run("sleep 1x"), 1);
	interrupt_at = now + 1000;
	CU_ASSERT(prints("sleep 100; echo no", 1, "", "interrupted\n"));
	CU_ASSERT(now < 3000000000);
}

static void scripts(void)
{
	files[0] = (struct file){ "/s", "# first\necho a\n\ndomname x\n"
					"echo b $?" };
	CU_ASSERT(prints("source /s", 0, "a\nb 1\n", "Invalid domain id.\n\n"));
	CU_ASSERT(prints("source -e /s", 1, "a\n", "Invalid domain id.\n\n"));
	CU_ASSERT(prints("source -v /s", 0,
			 "dom0# # first\ndom0# echo a\na\ndom0# domname x\n"
			 "dom0# echo b $?\nb 1\n",
			 "Invalid domain id.\n\n"));
	CU_ASSERT(prints("source /none", 1, "",
			 "source: /none: No such file or directory\n"));
	files[1] = (struct file){ "/self", "source /self\n" };
	CU_ASSERT(prints("source /self", 1, "",
			 "source: /self: files source files too deeply\n"));
	files[2] = (struct file){ "/wait", "sleep 5\necho no\n" };
	interrupt_at = now + 1000;
	CU_ASSERT(prints("source /wait; echo no", 1, "", "interrupted\n"));
}

static void showing_files(void)
{
	files[0] = (struct file){ "/a.cfg", "one\ntwo" };
	files[1] = (struct file){ "/boot/vmlinuz", "12345" };
	CU_ASSERT(prints("cat /a.cfg /boot/vmlinuz", 0, "one\ntwo12345", ""));
	CU_ASSERT(prints("cat /none", 1, "",
			 "cat: /none: No such file or directory\n"));
	CU_ASSERT(prints("ls", 0, "a.cfg\nboot/\n", ""));
	CU_ASSERT(prints("ls -l /boot", 0, "         5 vmlinuz\n", ""));
	CU_ASSERT(prints("ls -l /boot/", 0, "         5 vmlinuz\n", ""));
	CU_ASSERT(prints("ls -l /a.cfg", 0, "         7 /a.cfg\n", ""));
	CU_ASSERT(prints("ls /none", 1, "",
			 "ls: /none: No such file or directory\n"));
}

static void less(void)
{
	char text[400] = "";
	int n = 0;

	for (int i = 0; i < 60; i++)
		n += sprintf(text + n, "l%d\n", i);
	files[0] = (struct file){ "/t", text };
	typed = "\r q";
	CU_ASSERT_EQUAL(run("less /t"), 0);
	CU_ASSERT(strstr(out, "l46\n") && !strstr(out, "l47\n"));
	CU_ASSERT_EQUAL(strncmp(shown, "--More--\r", 9), 0);
	typed = "    ";
	CU_ASSERT_EQUAL(run("less /t"), 0);
	CU_ASSERT(strstr(out, "l59\n") != NULL);
	CU_ASSERT_EQUAL(run("less /none"), 1);
}

/* ---- Completion ------------------------------------------------------------- */

static void to_nowhere(void *arg, const char *bytes, size_t n)
{
	(void)arg;
	(void)bytes;
	(void)n;
}

/* What a line has become after these keys. */
static const char *after(const char *keys)
{
	static struct line l;

	memset(&l, 0, sizeof(l));
	l.complete = cli_complete;
	l.write = to_nowhere;
	l.prompt = "";
	line_begin(&l);
	while (*keys)
		line_feed(&l, *keys++);
	return l.text;
}

static void completes_commands(void)
{
	CU_ASSERT_STRING_EQUAL(after("unp\t"), "unpause ");
	CU_ASSERT_STRING_EQUAL(after("xl unp\t"), "xl unpause ");
	CU_ASSERT_STRING_EQUAL(after("echo a; unp\t"), "echo a; unpause ");
	CU_ASSERT_STRING_EQUAL(after("help vcpu-l\t"), "help vcpu-list ");
	CU_ASSERT_STRING_EQUAL(after("xenst\tls\t"), "xenstore-ls ");
	CU_ASSERT_STRING_EQUAL(after("frob \t"), "frob ");
	CU_ASSERT_STRING_EQUAL(after("echo 'a\t"), "echo 'a");
}

static void completes_domains(void)
{
	CU_ASSERT_STRING_EQUAL(after("pause gu\t"), "pause guest ");
	CU_ASSERT_STRING_EQUAL(after("shutdown -w gu\t"), "shutdown -w guest ");
	CU_ASSERT_STRING_EQUAL(after("pause D\t"), "pause Domain-0 ");
	CU_ASSERT_STRING_EQUAL(after("rename gu\tgu\t"), "rename guest gu");
	CU_ASSERT_STRING_EQUAL(after("vcpu-list gu\tgu\t"),
			       "vcpu-list guest guest ");
	sysctl_fails = -EPERM;
	CU_ASSERT_STRING_EQUAL(after("pause gu\t"), "pause gu");
}

static void completes_files(void)
{
	files[0] = (struct file){ "/g.cfg", "" };
	files[1] = (struct file){ "/boot/vmlinuz", "" };
	files[2] = (struct file){ "/boot/initrd", "" };
	CU_ASSERT_STRING_EQUAL(after("create g\t"), "create g.cfg ");
	CU_ASSERT_STRING_EQUAL(after("create /g\t"), "create /g.cfg ");
	CU_ASSERT_STRING_EQUAL(after("cat b\tv\t"), "cat boot/vmlinuz ");
	CU_ASSERT_STRING_EQUAL(after("cat /b\ti\t"), "cat /boot/initrd ");
	CU_ASSERT_STRING_EQUAL(after("create g\tkernel=/b\tv\t"),
			       "create g.cfg kernel=/boot/vmlinuz ");
}

static void completes_paths(void)
{
	CU_ASSERT_STRING_EQUAL(after("xenstore-read /l\t/d\t/3/\t"),
			       "xenstore-read /local/domain/3/name");
	CU_ASSERT_STRING_EQUAL(after("xenstore-ls /none/\t"),
			       "xenstore-ls /none/");
}

/* ---- The task -------------------------------------------------------------------- */

/* Runs the task until there is no more input. */
static void run_task(void)
{
	FILE *old_out = stdout, *old_err = stderr;
	size_t size;

	teardown();
	stdout = open_memstream(&out, &size);
	stderr = open_memstream(&err, &size);
	cli_task("/start");
	fclose(stdout);
	fclose(stderr);
	stdout = old_out;
	stderr = old_err;
}

static void task(void)
{
	files[0] = (struct file){ "/start", "echo begun\n" };
	typed = "echo one\recho tw\003\004\020!\r";
	run_task();
	CU_ASSERT_STRING_EQUAL(out, "dom0# echo begun\nbegun\none\none!\n");
	CU_ASSERT_STRING_EQUAL(shown, "dom0# echo one\r\n"
				      "dom0# echo tw^C\r\n"
				      "dom0# \r\n"
				      "dom0# \rdom0# echo one\033[K!\r\n"
				      "dom0# ");
}

static void task_without_script(void)
{
	typed = "echo $?\r";
	run_task();
	CU_ASSERT_STRING_EQUAL(err, "");
	CU_ASSERT_STRING_EQUAL(shown, "dom0# echo $?\r\ndom0# ");
}

/* ^C ends the script that runs at start, and no more. */
static void task_interrupted(void)
{
	files[0] = (struct file){ "/start", "sleep 9\necho no\n" };
	interrupt_at = now + 1000;
	typed = "echo yes\r";
	run_task();
	CU_ASSERT_STRING_EQUAL(out, "dom0# sleep 9\nyes\n");
	CU_ASSERT_STRING_EQUAL(err, "interrupted\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(unknown),
		TEST(beginnings),
		TEST(help),
		TEST(table),
		TEST(status),
		TEST(sleeping),
		TEST(scripts),
		TEST(showing_files),
		TEST(less),
		TEST(completes_commands),
		TEST(completes_domains),
		TEST(completes_files),
		TEST(completes_paths),
		TEST(task),
		TEST(task_without_script),
		TEST(task_interrupted),
		CU_TEST_INFO_NULL,
	};

	return unit_main("cli", tests, setup, teardown);
}
