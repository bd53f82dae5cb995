/* SPDX-License-Identifier: MIT */
/*
 * The command line: words between blanks, name or name=value, and no-name or
 * name=0 for what is on or off. One table says what each does.
 */
#include "param.h"
#include "print.h"
#include "trace.h"

struct params params = { .loglvl = LOG_INFO, .guest_loglvl = LOG_WARNING };

/* A word of the line, or a part of one: not terminated. */
struct part {
	const char *p;
	size_t len;
};

static bool part_is(struct part a, const char *name)
{
	return a.len == __builtin_strlen(name) &&
	       !__builtin_memcmp(a.p, name, a.len);
}

/* What stands before the first c goes to *head; rest without c; false: no c. */
static bool part_split(struct part *rest, char c, struct part *head)
{
	size_t n = 0;

	while (n < rest->len && rest->p[n] != c)
		n++;
	*head = (struct part){ rest->p, n };
	if (n == rest->len) {
		*rest = (struct part){ rest->p + n, 0 };
		return false;
	}
	*rest = (struct part){ rest->p + n + 1, rest->len - n - 1 };
	return true;
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
	unsigned int shift = 10;
	uint64_t n;

	if (!take_number(&a, &n) || a.len > 1)
		return false;
	switch (a.len ? *a.p | 0x20 : 'k') {
	case 'b':
		shift = 0;
		break;
	case 'k':
		break;
	case 'm':
		shift = 20;
		break;
	case 'g':
		shift = 30;
		break;
	default:
		return false;
	}
	if (n > ~0ul >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

/* ---- One function for each kind of option; false: its value is wrong --------- */

static bool set_bool(struct part value, bool *to)
{
	static const char *const off[] = { "0", "no", "off", "false",
					   "disable" };
	static const char *const on[] = { "", "1", "yes", "on", "true", "enable" };

	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		if (part_is(value, off[i]))
			return !(*to = false);
	for (size_t i = 0; i < ARRAY_SIZE(on); i++)
		if (part_is(value, on[i]))
			return *to = true;
	return false;
}

static bool opt_noreboot(struct part value)
{
	return set_bool(value, &params.noreboot);
}

static bool opt_sync(struct part value)
{
	return set_bool(value, &params.sync_console);
}

static bool opt_trace(struct part value)
{
	return set_bool(value, &trace_on);
}

static bool opt_console(struct part value)
{
	struct part word;
	bool ok = true;

	params.console_com1 = params.console_vga = false;
	while (value.len) {
		part_split(&value, ',', &word);
		if (part_is(word, "com1"))
			params.console_com1 = true;
		else if (part_is(word, "vga"))
			params.console_vga = true;
		else if (!part_is(word, "none"))
			ok = false;
	}
	return ok;
}

/* baud[,8n1[,port[,irq]]]: the rest is what a PC has. */
static bool opt_com1(struct part value)
{
	struct part baud;
	uint64_t n;

	part_split(&value, ',', &baud);
	if (part_is(baud, "auto"))
		return true;
	if (!take_number(&baud, &n) || baud.len || n > 115200)
		return false;
	if (value.len &&
	    !(value.len >= 3 && !__builtin_memcmp(value.p, "8n1", 3)))
		return false;
	params.com1_baud = (uint32_t)n;
	return true;
}

static bool level_named(struct part word, uint8_t *to)
{
	static const char *const names[] = {
		[LOG_NONE] = "none",	   [LOG_ERR] = "error",
		[LOG_WARNING] = "warning", [LOG_INFO] = "info",
		[LOG_DEBUG] = "debug",
	};

	if (part_is(word, "all"))
		word = (struct part){ "debug", 5 };
	for (uint8_t i = 0; i < ARRAY_SIZE(names); i++)
		if (part_is(word, names[i])) {
			*to = i;
			return true;
		}
	return false;
}

/* always[/limited]: what may be shown at all is the second. */
static bool set_level(struct part value, uint8_t *to)
{
	struct part first;
	uint8_t ignored;

	if (!part_split(&value, '/', &first))
		return level_named(first, to);
	return level_named(first, &ignored) && level_named(value, to);
}

static bool opt_loglvl(struct part value)
{
	return set_level(value, &params.loglvl);
}

static bool opt_guest_loglvl(struct part value)
{
	return set_level(value, &params.guest_loglvl);
}

static bool opt_dom0_mem(struct part value)
{
	struct part word, kind;
	uint64_t *to;

	while (value.len) {
		part_split(&value, ',', &word);
		kind = word;
		to = &params.dom0_mem;
		if (part_split(&word, ':', &kind)) {
			if (part_is(kind, "min"))
				to = &params.dom0_min;
			else if (part_is(kind, "max"))
				to = &params.dom0_max;
			else
				return false;
		} else {
			word = kind;
		}
		if (!take_size(word, to))
			return false;
	}
	return true;
}

static bool set_count(struct part value, unsigned int *to)
{
	uint64_t n;

	if (!take_number(&value, &n) || value.len || n > 4096)
		return false;
	*to = (unsigned int)n;
	return true;
}

/* n, min-max, -max, min-: as many as there are CPUs, within the limits. */
static bool opt_dom0_max_vcpus(struct part value)
{
	unsigned int least = 1, most = 0;
	struct part first;

	if (!part_split(&value, '-', &first)) {
		if (!set_count(first, &most))
			return false;
		least = most;
	} else if ((first.len && !set_count(first, &least)) ||
		   (value.len && !set_count(value, &most))) {
		return false;
	}
	if (most && least > most)
		return false;
	params.dom0_min_vcpus = least;
	params.dom0_max_vcpus = most;
	return true;
}

static bool opt_maxcpus(struct part value)
{
	return set_count(value, &params.maxcpus);
}

static bool opt_xpti(struct part value)
{
	bool on;

	params.xpti_ignore = part_is(value, "ignore") ||
			     (set_bool(value, &on) && !on);
	return params.xpti_ignore;
}

/* ---- The table ------------------------------------------------------------------ */

static const struct option {
	const char *name;
	bool (*set)(struct part value); /* NULL: accepted, no effect */
} options[] = {
	{ "console", opt_console },
	{ "com1", opt_com1 },
	{ "dom0_max_vcpus", opt_dom0_max_vcpus },
	{ "dom0_mem", opt_dom0_mem },
	{ "guest_loglvl", opt_guest_loglvl },
	{ "loglvl", opt_loglvl },
	{ "maxcpus", opt_maxcpus },
	{ "noreboot", opt_noreboot },
	{ "sync_console", opt_sync },
	{ "trace", opt_trace },
	{ "xpti", opt_xpti },
	/* Common in Xen's boot entries, without effect here. */
	{ "acpi", NULL },
	{ "conring_size", NULL },
	{ "console_timestamps", NULL },
	{ "console_to_ring", NULL },
	{ "cpufreq", NULL },
	{ "dom0", NULL },
	{ "dom0_vcpus_pin", NULL },
	{ "edd", NULL },
	{ "iommu", NULL },
	{ "mce", NULL },
	{ "nmi", NULL },
	{ "no-real-mode", NULL },
	{ "no-smp", NULL },
	{ "placeholder", NULL },
	{ "sched", NULL },
	{ "smap", NULL },
	{ "smep", NULL },
	{ "spec-ctrl", NULL },
	{ "ucode", NULL },
	{ "vga", NULL },
	{ "watchdog", NULL },
};

static const struct option *find(struct part name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (part_is(name, options[i].name))
			return &options[i];
	return NULL;
}

static void parse_word(struct part word)
{
	struct part name, value = word;
	const struct option *o;

	part_split(&value, '=', &name);
	o = find(name);
	/* no-x is x=0, where no option has that name itself. */
	if (!o && name.len > 3 && !value.len &&
	    !__builtin_memcmp(name.p, "no-", 3)) {
		o = find((struct part){ name.p + 3, name.len - 3 });
		value = (struct part){ "0", 1 };
	}
	if (!o)
		print(LOG_WARNING, "unknown option \"%.*s\"\n", (int)word.len,
		      word.p);
	else if (o->set && !o->set(value))
		print(LOG_WARNING, "option \"%.*s\": bad value\n",
		      (int)word.len, word.p);
}

void param_parse(const char *line)
{
	struct part rest, word;
	size_t n = 0;

	while (n + 1 < sizeof(params.cmdline) && line[n]) {
		params.cmdline[n] = line[n];
		n++;
	}
	params.cmdline[n] = 0;
	rest = (struct part){ params.cmdline, n };
	while (rest.len) {
		part_split(&rest, ' ', &word);
		if (word.len)
			parse_word(word);
	}
	print_set_levels((enum log_level)params.loglvl,
			 (enum log_level)params.guest_loglvl);
}
