/* SPDX-License-Identifier: MIT */
/*
 * The command line: words between blanks, name or name=value, and no-name or
 * name=0 for what is on or off. One table says what each does.
 */
#include "param.h"
#include "mem.h"
#include "print.h"

struct params params = { .loglvl = LOG_INFO };

/* A word of the line, or a part of one: not terminated. */
struct part {
	const char *p;
	size_t len;
};

/* Does *a begin with prefix? Then it moves behind it. */
static bool take_prefix(struct part *a, const char *prefix)
{
	size_t n = strlen(prefix);

	if (a->len < n || memcmp(a->p, prefix, n))
		return false;
	*a = (struct part){ a->p + n, a->len - n };
	return true;
}

static bool part_is(struct part a, const char *name)
{
	return take_prefix(&a, name) && !a.len;
}

/* What stands before the first c goes to *head; rest without c; false: no c. */
static bool part_split(struct part *rest, char c, struct part *head)
{
	size_t n = 0;
	bool found;

	while (n < rest->len && rest->p[n] != c)
		n++;
	*head = (struct part){ rest->p, n };
	found = n < rest->len;
	*rest = (struct part){ rest->p + n + found, rest->len - n - found };
	return found;
}

/* The number at the start of *a, which moves behind it; false: there is none. */
static bool take_number(struct part *a, uint64_t *n)
{
	const char *start = a->p;

	*n = 0;
	while (a->len && *a->p >= '0' && *a->p <= '9') {
		if (__builtin_mul_overflow(*n, 10ul, n) ||
		    __builtin_add_overflow(*n, (uint64_t)(*a->p - '0'), n))
			return false;
		a->p++;
		a->len--;
	}
	return a->p != start;
}

/* 128M: bytes; a plain number is in KiB, as Xen has it for memory. */
static bool take_size(struct part a, uint64_t *bytes)
{
	static const char units[] = "bkmg";
	unsigned int shift = 0;
	uint64_t n;

	if (!take_number(&a, &n) || a.len > 1)
		return false;
	for (const char *u = units; *u != (a.len ? *a.p | 0x20 : 'k'); u++) {
		if (!*u)
			return false;
		shift += 10;
	}
	if (n > ~0ul >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

/* ---- One function for each kind of option; false: its value is wrong --------- */

static bool set_bool(struct part value, void *to)
{
	static const char *const words[][2] = {
		{ "0", "1" },	     { "no", "yes" },	      { "off", "on" },
		{ "false", "true" }, { "disable", "enable" }, { "0", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (unsigned int on = 0; on < 2; on++)
			if (part_is(value, words[i][on])) {
				*(bool *)to = on;
				return true;
			}
	return false;
}

static bool set_count(struct part value, void *to)
{
	uint64_t n;

	if (!take_number(&value, &n) || value.len || n > 4096)
		return false;
	*(unsigned int *)to = (unsigned int)n;
	return true;
}

/* always[/limited]: what may be shown at all is the second. */
static bool set_level(struct part value, void *to)
{
	static const char *const names[] = {
		[LOG_NONE] = "none",	   [LOG_ERR] = "error",
		[LOG_WARNING] = "warning", [LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",	   "all",
	};
	struct part word;

	if (!part_split(&value, '/', &word))
		value = word;
	for (uint8_t i = 0; i < ARRAY_SIZE(names); i++)
		if (part_is(value, names[i])) {
			*(uint8_t *)to = MIN(i, LOG_DEBUG);
			return true;
		}
	return false;
}

static bool set_console(struct part value, void *to)
{
	struct part word;
	bool ok = true;

	*(bool *)to = false;
	while (value.len) {
		part_split(&value, ',', &word);
		if (part_is(word, "com1"))
			*(bool *)to = true;
		else if (!part_is(word, "none"))
			ok = false;
	}
	return ok;
}

/* baud[,8n1[,port[,irq]]]: the rest is what a PC has. */
static bool set_com1(struct part value, void *to)
{
	struct part baud;
	uint64_t n;

	part_split(&value, ',', &baud);
	if (part_is(baud, "auto"))
		return true;
	if (!take_number(&baud, &n) || baud.len || n > 115200 ||
	    (value.len && !take_prefix(&value, "8n1")))
		return false;
	*(uint32_t *)to = (uint32_t)n;
	return true;
}

static bool set_dom0_mem(struct part value, void *to)
{
	struct part word;

	while (value.len) {
		uint64_t *size = to;

		part_split(&value, ',', &word);
		if (take_prefix(&word, "min:"))
			size = &params.dom0_min;
		else if (take_prefix(&word, "max:"))
			size = &params.dom0_max;
		if (!take_size(word, size))
			return false;
	}
	return true;
}

/* n, min-max, -max, min-: as many as there are CPUs, within the limits. */
static bool set_dom0_max_vcpus(struct part value, void *to)
{
	unsigned int least = 1, most = 0;
	struct part first;
	bool range = part_split(&value, '-', &first);

	if ((first.len || !range) && !set_count(first, &least))
		return false;
	if (!range)
		most = least;
	if ((value.len && !set_count(value, &most)) || (most && least > most))
		return false;
	params.dom0_min_vcpus = least;
	*(unsigned int *)to = most;
	return true;
}

static bool set_xpti(struct part value, void *to)
{
	bool on = true;
	bool ignore = part_is(value, "ignore") || (set_bool(value, &on) && !on);

	*(bool *)to = ignore;
	return ignore;
}

/* ---- The table ------------------------------------------------------------------ */

static const struct option {
	const char *name;
	bool (*set)(struct part value, void *to);
	void *to;
} options[] = {
	{ "com1", set_com1, &params.com1_baud },
	{ "console", set_console, &params.console_com1 },
	{ "dom0_max_vcpus", set_dom0_max_vcpus, &params.dom0_max_vcpus },
	{ "dom0_mem", set_dom0_mem, &params.dom0_mem },
	{ "loglvl", set_level, &params.loglvl },
	{ "maxcpus", set_count, &params.maxcpus },
	{ "noreboot", set_bool, &params.noreboot },
	{ "stretch", set_bool, &params.stretch },
	{ "xpti", set_xpti, &params.xpti_ignore },
};

/* Common in Xen's boot entries, without effect here. */
static const char ignored[] =
	"acpi conring_size console_timestamps console_to_ring cpufreq dom0 "
	"dom0_vcpus_pin edd guest_loglvl iommu mce nmi no-real-mode no-smp "
	"placeholder sched smap smep spec-ctrl sync_console ucode vga watchdog";

/* 1: done, 0: its value is wrong, -1: there is no such option. */
static int set_option(struct part name, struct part value)
{
	struct part rest = { ignored, sizeof(ignored) - 1 }, word;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (part_is(name, options[i].name))
			return options[i].set(value, options[i].to);
	while (rest.len) {
		part_split(&rest, ' ', &word);
		if (word.len == name.len && !memcmp(word.p, name.p, name.len))
			return 1;
	}
	return -1;
}

static void parse_word(struct part word)
{
	struct part name, value = word;
	int rc;

	part_split(&value, '=', &name);
	rc = set_option(name, value);
	/* no-x is x=0, where no option has that name itself. */
	if (rc < 0 && !value.len && take_prefix(&name, "no-"))
		rc = set_option(name, (struct part){ "0", 1 });
	if (rc <= 0)
		print(LOG_WARNING, "option \"%.*s\": %s\n", (int)word.len,
		      word.p, rc ? "unknown" : "bad value");
}

void param_parse(const char *line)
{
	struct part rest, word;

	text_copy(params.cmdline, line, sizeof(params.cmdline));
	rest = (struct part){ params.cmdline, strlen(params.cmdline) };
	while (rest.len) {
		part_split(&rest, ' ', &word);
		if (word.len)
			parse_word(word);
	}
}
