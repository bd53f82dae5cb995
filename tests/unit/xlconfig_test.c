/* SPDX-License-Identifier: MIT */
/* xl.cfg: the syntax, the table of keys, and each complaint to the letter. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "host_alloc.h"
#include "unit.h"
#include "xlconfig.h"
#include "xlvalues.h"

static struct guest_config cfg;
static char *said; /* what was complained about */

#define NAMED "name=\"g\"\nkernel=\"k\"\n"

static int read_with(const char *text, char *const *arguments)
{
	size_t size;
	FILE *errors;
	int rc;

	free(said);
	said = NULL;
	errors = open_memstream(&said, &size);
	rc = xlconfig_read(&cfg, "a.cfg", text, strlen(text), arguments, errors);
	fclose(errors);
	return rc;
}

/* True: text is right, and nothing was said. */
static bool good(const char *text)
{
	int rc = read_with(text, NULL);

	if (rc || *said)
		printf("rc %d: %s", rc, said);
	return !rc && !*said;
}

/* True: text is wrong, and this is what was said. */
static bool bad(const char *text, const char *expected)
{
	int rc = read_with(text, NULL);

	if (rc != -EINVAL || strcmp(said, expected))
		printf("rc %d: %s", rc, said);
	return rc == -EINVAL && !strcmp(said, expected);
}

static void xlconfig_usual(void)
{
	CU_ASSERT(good("# a guest\n"
		       "name = \"guest1\"   # its name\n"
		       "type = 'pv'\n"
		       "kernel = '/boot/vmlinuz'; ramdisk = \"/boot/initrd\"\n"
		       "extra = \"console=hvc0 'quiet'\"\n"
		       "root = '/dev/xvda1 ro'\n"
		       "memory = 256\nmaxmem = 0x200\n"
		       "vcpus = 2\nmaxvcpus = 010\n"
		       "on_crash = 'preserve'\non_poweroff = \"destroy\"\n"
		       "disk = [ ]\nvif = []\n"
		       "uuid = '01234567-89ab-cdef-0123-456789abcdef'\n"
		       "cpus = '0-1'\ntsc_mode = 'native'\npae = 1"));
	CU_ASSERT_STRING_EQUAL(cfg.name, "guest1");
	CU_ASSERT_STRING_EQUAL(cfg.kernel, "/boot/vmlinuz");
	CU_ASSERT_STRING_EQUAL(cfg.ramdisk, "/boot/initrd");
	CU_ASSERT_STRING_EQUAL(cfg.cmdline,
			       "root=/dev/xvda1 ro console=hvc0 'quiet'");
	CU_ASSERT_EQUAL(cfg.memory, 256);
	CU_ASSERT_EQUAL(cfg.maxmem, 512);
	CU_ASSERT_EQUAL(cfg.vcpus, 2);
	CU_ASSERT_EQUAL(cfg.maxvcpus, 8);
	CU_ASSERT_EQUAL(cfg.on_crash, GUEST_PRESERVE);
	CU_ASSERT_EQUAL(cfg.on_poweroff, GUEST_DESTROY);
	CU_ASSERT_EQUAL(cfg.on_reboot, GUEST_RESTART);
	CU_ASSERT(cfg.has_uuid);
	CU_ASSERT_EQUAL(cfg.uuid[15], 0xef);
	CU_ASSERT_EQUAL(cfg.cpus[0], 3);
	CU_ASSERT_EQUAL(cfg.cpus[31], 3);
	CU_ASSERT_EQUAL(cfg.tsc_mode, GUEST_TSC_NATIVE);
}

static void xlconfig_defaults(void)
{
	CU_ASSERT(good(NAMED));
	CU_ASSERT_EQUAL(cfg.memory, 32);
	CU_ASSERT_EQUAL(cfg.maxmem, 32);
	CU_ASSERT_EQUAL(cfg.vcpus, 1);
	CU_ASSERT_EQUAL(cfg.maxvcpus, 1);
	CU_ASSERT(!cfg.has_uuid);
	CU_ASSERT_EQUAL(cfg.cpus[0], UINT64_MAX);
	CU_ASSERT_EQUAL(cfg.on_crash, GUEST_DESTROY);
	CU_ASSERT_EQUAL(cfg.on_watchdog, GUEST_DESTROY);
	CU_ASSERT_EQUAL(cfg.on_soft_reset, GUEST_SOFT_RESET);
	CU_ASSERT_STRING_EQUAL(cfg.ramdisk, "");
	CU_ASSERT_STRING_EQUAL(cfg.cmdline, "");
}

static void xlconfig_lists(void)
{
	CU_ASSERT(good(NAMED "cpus = [ \"1\", # first\n\n  '2-3',\n]\n"));
	CU_ASSERT_EQUAL(cfg.cpus[0], 2);
	CU_ASSERT_EQUAL(cfg.cpus[1], 12);
	CU_ASSERT_EQUAL(cfg.cpus[2], UINT64_MAX);
	CU_ASSERT(good(NAMED "cpus=[]\ncpus+=['1']\ncpus += [ 2 ]\n"));
	CU_ASSERT_EQUAL(cfg.cpus[0], 2);
	CU_ASSERT_EQUAL(cfg.cpus[1], 4);
	CU_ASSERT(bad(NAMED "cpus=[]\ncpus+='1'\nextra=''\nextra+=[]\n",
		      "a.cfg:4:7: cpus: cannot add a single value to a list\n"
		      "a.cfg:6:8: extra: cannot add a list to a single "
		      "value\n"));
	CU_ASSERT(bad(NAMED "cpus=[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,\n"
			    "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n",
		      "a.cfg:4:31: cpus: there are at most 32 vCPUs\n"));
	CU_ASSERT(bad(NAMED "cpus=['0',['1']]\n",
		      "a.cfg:3:11: cpus: expected CPUs as in \"all\" or "
		      "\"0-3,^2\", found a list\n"));
	CU_ASSERT(bad(NAMED "vif = [ '' ]",
		      "a.cfg:3:7: vif: not yet supported; leave it out or "
		      "empty\n"));
	CU_ASSERT(bad(NAMED "cpus=[[[[[[[[[1]]]]]]]]]\n",
		      "a.cfg:3:14: config parsing error near `[': lists are "
		      "nested too deeply\n"));
}

static void xlconfig_escapes(void)
{
	CU_ASSERT(good(NAMED "cmdline='a\\x41\\101\\'\\\"\\\\\\t\\n.\\x7fz'"));
	CU_ASSERT_STRING_EQUAL(cfg.cmdline, "aAA'\"\\\t\n.\x7fz");
	CU_ASSERT(good(NAMED "cmdline=\"don't\"; extra=''"));
	CU_ASSERT_STRING_EQUAL(cfg.cmdline, "don't");
	CU_ASSERT(bad(NAMED "cmdline='a\\q'",
		      "a.cfg:3:11: \\ before what is no escape; write \\\\ for "
		      "a backslash\n"));
	CU_ASSERT(bad(NAMED "cmdline='\\0'",
		      "a.cfg:3:10: a string cannot hold a NUL\n"));
	CU_ASSERT(bad(NAMED "cmdline='\\777'",
		      "a.cfg:3:10: \\ before what is no escape; write \\\\ for "
		      "a backslash\n"));
	CU_ASSERT(bad(NAMED "cmdline='\\x'",
		      "a.cfg:3:10: \\ before what is no escape; write \\\\ for "
		      "a backslash\n"));
}

static void xlconfig_quotes(void)
{
	CU_ASSERT(bad("name = \"guest\nkernel='k'\n",
		      "a.cfg:1:8: config parsing error near `\"guest': the "
		      "closing \" is missing\n"));
	CU_ASSERT(bad("name = 'guest",
		      "a.cfg:1:8: config parsing error near `'guest': the "
		      "closing ' is missing\n"));
	CU_ASSERT(bad("name = 'guest\\",
		      "a.cfg:1:8: config parsing error near `'guest\\': the "
		      "closing ' is missing\n"));
	CU_ASSERT(bad("name = guest\n",
		      "a.cfg:1:8: config parsing error near `guest': expected "
		      "a value: a number, a quoted string or a list\n"));
}

/* What was found, what was expected, where. */
static void xlconfig_syntax(void)
{
	CU_ASSERT(bad("memory 5\n",
		      "a.cfg:1:8: config parsing error near `5': expected = "
		      "after the name of a key\n"));
	CU_ASSERT(bad(
		"  = 5\n",
		"a.cfg:1:3: config parsing error near `=': "
		"expected the name of a key: lower-case letters, digits, _\n"));
	CU_ASSERT(bad("memory =\n",
		      "a.cfg:1:9: config parsing error near <newline>: "
		      "expected a value: a number, a quoted string or a "
		      "list\n"));
	CU_ASSERT(bad("memory = ",
		      "a.cfg:1:10: config parsing error near <end of file>: "
		      "expected a value: a number, a quoted string or a "
		      "list\n"));
	CU_ASSERT(bad("memory = 5 vcpus = 2\n",
		      "a.cfg:1:12: config parsing error near `vcpus': expected "
		      "the end of the line or ;\n"));
	CU_ASSERT(bad("memory = 256M\n",
		      "a.cfg:1:13: config parsing error near `M': a value that "
		      "is neither a number nor a list must be quoted\n"));
	CU_ASSERT(bad("memory = -1\n",
		      "a.cfg:1:10: config parsing error near `-1': a value "
		      "that is neither a number nor a list must be quoted\n"));
	CU_ASSERT(bad("cpus = [ '1' '2' ]\n",
		      "a.cfg:1:14: config parsing error near `'2'': expected , "
		      "or ] in the list\n"));
	CU_ASSERT(bad("cpus = [ , ]\n",
		      "a.cfg:1:10: config parsing error near `,': expected a "
		      "value or ] in the list\n"));
	CU_ASSERT(bad("cpus = [ '1',\n",
		      "a.cfg:2:1: config parsing error near <end of file>: "
		      "expected a value or ] in the list\n"));
}

/* A list that is not closed costs one error, and the next line is read. */
static void xlconfig_several(void)
{
	CU_ASSERT(bad("cpus = [ '1'\n"
		      "memroy = 5\n"
		      "vcpus = 99\n"
		      "kernel = \"k\n"
		      "on_crash = 'explode'\n",
		      "a.cfg:2:1: config parsing error near `memroy': expected "
		      ", or ] in the list\n"
		      "a.cfg:4:10: config parsing error near `\"k': the closing "
		      "\" is missing\n"
		      "a.cfg:2:1: unknown key 'memroy'; did you mean "
		      "'memory'?\n"
		      "a.cfg:3:9: vcpus: 99 is out of range (1 to 32)\n"
		      "a.cfg:5:12: on_crash: expected destroy, restart, "
		      "rename-restart, preserve, coredump-destroy, "
		      "coredump-restart or soft-reset, found \"explode\"\n"));
}

static void xlconfig_many(void)
{
	char text[1000] = "", *p = text;
	int lines = 0;

	for (int i = 0; i < 30; i++)
		p += sprintf(p, "=\n");
	CU_ASSERT_EQUAL(read_with(text, NULL), -EINVAL);
	for (p = said; (p = strchr(p, '\n')); p++)
		lines++;
	CU_ASSERT_EQUAL(lines, 21);
	CU_ASSERT(strstr(said, "a.cfg: too many errors\n") != NULL);
}

static void xlconfig_types(void)
{
	CU_ASSERT(bad("name = [ 'x' ]\n",
		      "a.cfg:1:8: name: expected a string, found a list\n"));
	CU_ASSERT(bad(NAMED "memory = 'much'\n",
		      "a.cfg:3:10: memory: expected a number, found "
		      "\"much\"\n"));
	CU_ASSERT(bad(NAMED "memory = [ 5 ]\n",
		      "a.cfg:3:10: memory: expected a number, found a "
		      "list\n"));
	CU_ASSERT(bad(NAMED "memory = 0\n",
		      "a.cfg:3:10: memory: 0 is out of range (1 to "
		      "16777216)\n"));
	CU_ASSERT(bad(NAMED "memory = 99999999999999999999\n",
		      "a.cfg:3:10: memory: expected a number, found "
		      "\"99999999999999999999\"\n"));
	CU_ASSERT(bad(NAMED "tsc_mode = 4\n",
		      "a.cfg:3:12: tsc_mode: expected default, "
		      "always_emulate, native or native_paravirt, found "
		      "\"4\"\n"));
	CU_ASSERT(good(NAMED "tsc_mode = 3\nmemory = '64'\n"));
	CU_ASSERT_EQUAL(cfg.tsc_mode, 3);
	CU_ASSERT(bad(NAMED "uuid = '1234'\n",
		      "a.cfg:3:8: uuid: expected 32 hexadecimal digits as in "
		      "8-4-4-4-12, found \"1234\"\n"));
	CU_ASSERT(bad(NAMED "on_reboot = []\n",
		      "a.cfg:3:13: on_reboot: expected a word, found a "
		      "list\n"));
	CU_ASSERT(bad(NAMED "name = 'a/b'\n",
		      "a.cfg:3:8: name: a name has no / and no unprintable "
		      "characters in it\n"));
	CU_ASSERT(bad(NAMED "name = ''\n",
		      "a.cfg:3:8: name: expected a name, found an empty "
		      "string\n"));
}

static void xlconfig_guests_of_others(void)
{
	CU_ASSERT(bad(NAMED "type = 'hvm'\n",
		      "a.cfg:3:8: type: \"hvm\" guests are not supported, "
		      "only type=\"pv\" is\n"));
	CU_ASSERT(bad(NAMED "type = 'pvh'\n",
		      "a.cfg:3:8: type: \"pvh\" guests are not supported, "
		      "only type=\"pv\" is\n"));
	CU_ASSERT(bad(NAMED "type = 'vax'\n",
		      "a.cfg:3:8: type: expected \"pv\", found \"vax\"\n"));
	CU_ASSERT(bad(NAMED "builder = 'hvm'\n",
		      "a.cfg:3:11: builder: \"hvm\" guests are not supported, "
		      "only type=\"pv\" is\n"));
	CU_ASSERT(good(NAMED "builder = 'linux'\n"));
	CU_ASSERT(bad(NAMED "disk = [ 'phy:/dev/x,xvda,w' ]\n",
		      "a.cfg:3:8: disk: not yet supported; leave it out or "
		      "empty\n"));
	CU_ASSERT(good(NAMED "serial = 'none'\nvfb = ''\ne820_host = 0\n"));
}

static void xlconfig_together(void)
{
	CU_ASSERT(bad(NAMED "memory=64\nmaxmem=32\nvcpus=4\nmaxvcpus=2\n",
		      "a.cfg:4:8: maxmem: 32 MiB are less than memory, 64 "
		      "MiB\n"
		      "a.cfg:6:10: maxvcpus: 2 are less than vcpus, 4\n"));
	CU_ASSERT(bad("memory=5\n", "a.cfg: Domain name must be specified.\n"
				    "a.cfg: Neither kernel nor bootloader "
				    "specified\n"));
	CU_ASSERT_EQUAL(read_with(NAMED "cmdline='a'\nroot='b'\n", NULL), 0);
	CU_ASSERT_STRING_EQUAL(said, "Warning: ignoring root= and extra= in "
				     "favour of cmdline=\n");
	CU_ASSERT_STRING_EQUAL(cfg.cmdline, "a");
}

static void xlconfig_long(void)
{
	char text[2600];

	snprintf(text, sizeof(text), NAMED "extra='%01023d'\n", 1);
	CU_ASSERT(good(text));
	CU_ASSERT_EQUAL(strlen(cfg.cmdline), 1023);
	snprintf(text, sizeof(text), NAMED "extra='%01024d'\n", 1);
	CU_ASSERT(bad(text, "a.cfg:3:7: extra: 1024 characters are too many, "
			    "at most 1023 fit\n"));
	snprintf(text, sizeof(text), NAMED "root='x'\nextra='%01020d'\n", 1);
	CU_ASSERT(bad(text, "a.cfg:4:7: extra: with root= it is 1027 "
			    "characters, at most 1023 fit\n"));
	snprintf(text, sizeof(text), "%0200dname='x'\n", 1);
	CU_ASSERT(bad(text,
		      "a.cfg:1:1: config parsing error near "
		      "`000000000000000000000000...': expected the name of a "
		      "key: lower-case letters, digits, _\n"));
}

static void xlconfig_unknown(void)
{
	CU_ASSERT(bad(NAMED "vpcus=2\n", "a.cfg:3:1: unknown key 'vpcus'; did "
					 "you mean 'vcpus'?\n"));
	CU_ASSERT(bad(NAMED "frobnicate=2\n",
		      "a.cfg:3:1: unknown key 'frobnicate'\n"));
	CU_ASSERT(bad(NAMED "Memory=2\n",
		      "a.cfg:3:1: config parsing error near `Memory': expected "
		      "the name of a key: lower-case letters, digits, _\n"));
	CU_ASSERT(bad(NAMED "cpus = [\nAll]\n",
		      "a.cfg:4:1: config parsing error near `All': a value "
		      "that is neither a number nor a list must be quoted\n"));
}

static void xlconfig_arguments(void)
{
	char *const some[] = { "memory=64",  "name=other", "extra=a=b c",
			       "cpus=['1']", "vcpus='2'",  NULL };
	char *const wrong[] = { "memory=64", "memroy=5", "vcpus=0",
				"name='x",   "=5",	 NULL };

	CU_ASSERT_EQUAL(read_with(NAMED "memory=32\n", some), 0);
	CU_ASSERT_EQUAL(cfg.memory, 64);
	CU_ASSERT_STRING_EQUAL(cfg.name, "other");
	CU_ASSERT_STRING_EQUAL(cfg.cmdline, "a=b c");
	CU_ASSERT_EQUAL(cfg.cpus[0], 2);
	CU_ASSERT_EQUAL(cfg.vcpus, 2);
	CU_ASSERT_EQUAL(read_with(NAMED, wrong), -EINVAL);
	CU_ASSERT_STRING_EQUAL(
		said,
		"<command line>:4:6: config parsing error near `'x': the "
		"closing ' is missing\n"
		"<command line>:5:1: config parsing error near `=': expected "
		"the name of a key: lower-case letters, digits, _\n"
		"<command line>:2:1: unknown key 'memroy'; did you mean "
		"'memory'?\n"
		"<command line>:3:7: vcpus: 0 is out of range (1 to 32)\n");
}

static void xlconfig_cpus(void)
{
	static const char *const wrong[] = { "",     "x",   "3-1", "64", "^1",
					     "1,^1", "1,,", "1-",  "1 2" };
	uint64_t set = 7;

	CU_ASSERT(xl_cpus_parse("all", &set));
	CU_ASSERT_EQUAL(set, UINT64_MAX);
	CU_ASSERT(xl_cpus_parse("0-3, ^2,63", &set));
	CU_ASSERT_EQUAL(set, 1ul << 63 | 11);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT(!xl_cpus_parse(wrong[i], &set));
	CU_ASSERT_EQUAL(set, 1ul << 63 | 11);
}

static void xlconfig_sizes(void)
{
	CU_ASSERT_EQUAL(xl_size_kib("1"), 1024);
	CU_ASSERT_EQUAL(xl_size_kib("3k"), 3);
	CU_ASSERT_EQUAL(xl_size_kib("2m"), 2048);
	CU_ASSERT_EQUAL(xl_size_kib("1G"), 1048576);
	CU_ASSERT_EQUAL(xl_size_kib("1t"), 1l << 30);
	CU_ASSERT_EQUAL(xl_size_kib("4096b"), 4);
	CU_ASSERT_EQUAL(xl_size_kib(""), -1);
	CU_ASSERT_EQUAL(xl_size_kib("m"), -1);
	CU_ASSERT_EQUAL(xl_size_kib("1x"), -1);
	CU_ASSERT_EQUAL(xl_size_kib("1mb"), -1);
	CU_ASSERT_EQUAL(xl_size_kib("99999999999999"), -1);
	CU_ASSERT_EQUAL(xl_size_kib("99999999t"), -1);
}

/* Each allocation fails in turn: -ENOMEM, and nothing is lost. */
static void xlconfig_no_memory(void)
{
	char *const some[] = { "memory=64", "extra=a b", "cpus+=['1']", NULL };
	const char *text = NAMED "cpus=['0','1',[]]\nextra='c'\nextra+='d'\n";
	FILE *nowhere = fopen("/dev/null", "w");
	unsigned long n = 1;
	int rc;

	do {
		host_alloc_fail = n++;
		rc = xlconfig_read(&cfg, "a.cfg", text, strlen(text), some,
				   nowhere);
		if (host_alloc_fail) /* it did not come so far */
			break;
		CU_ASSERT_EQUAL(rc, -ENOMEM);
	} while (n < 1000);
	CU_ASSERT(n > 20 && n < 1000);
	CU_ASSERT_EQUAL(rc, -EINVAL); /* of the empty list */
	host_alloc_fail = 0;
	fclose(nowhere);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(xlconfig_usual),	  TEST(xlconfig_defaults),
		TEST(xlconfig_lists),	  TEST(xlconfig_escapes),
		TEST(xlconfig_quotes),	  TEST(xlconfig_syntax),
		TEST(xlconfig_several),	  TEST(xlconfig_many),
		TEST(xlconfig_types),	  TEST(xlconfig_guests_of_others),
		TEST(xlconfig_together),  TEST(xlconfig_long),
		TEST(xlconfig_unknown),	  TEST(xlconfig_arguments),
		TEST(xlconfig_cpus),	  TEST(xlconfig_sizes),
		TEST(xlconfig_no_memory), CU_TEST_INFO_NULL,
	};
	int failed = unit_main("xlconfig", tests, NULL, NULL);

	free(said);
	return failed;
}
