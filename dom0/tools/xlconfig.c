// SPDX-License-Identifier: MIT
/*
 * The meaning of xl.cfg: a table with a row for each key. A key is set by its
 * row's kind; what concerns several keys at once is looked at in the end.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xlconfig.h"
#include "xlparse.h"
#include "xlvalues.h"

/* What is gathered before it becomes a struct guest_config. */
struct gather {
	struct guest_config *cfg;
	struct xl_tree tree;
	const struct xl_setting *set; /* the one being read */
	char cmdline[1024], root[256], extra[1024], type[64], builder[64];
};

struct key {
	const char *name;
	/* Sets it, or complains. */
	void (*read)(struct gather *g, const struct key *k,
		     const struct xl_value *v);
	size_t offset;		  /* in guest_config or gather */
	unsigned long low, high;  /* of numbers; high: size of a string */
	const char *const *words; /* instead of a number, by value */
};

/* ---- Complaints -------------------------------------------------------------- */

#define complain(g, v, fmt, ...)                                            \
	xlparse_error(&(g)->tree, (g)->set->source, (v)->line, (v)->column, \
		      "%s: " fmt, (g)->set->name, ##__VA_ARGS__)

/* The text of a single value; NULL: complained that it is a list. */
static const char *single(struct gather *g, const struct xl_value *v,
			  const char *wanted)
{
	if (!v->is_list)
		return v->text;
	complain(g, v, "expected %s, found a list", wanted);
	return NULL;
}

/* ---- Kinds of keys ------------------------------------------------------------- */

static void read_text(struct gather *g, const struct key *k,
		      const struct xl_value *v, char *to)
{
	const char *text = single(g, v, "a string");

	if (!text)
		return;
	if (strlen(text) >= k->high)
		complain(g, v, "%zu characters are too many, at most %lu fit",
			 strlen(text), k->high - 1);
	else
		strcpy(to, text);
}

/* Into struct guest_config. */
static void read_string(struct gather *g, const struct key *k,
			const struct xl_value *v)
{
	read_text(g, k, v, (char *)g->cfg + k->offset);
}

/* Into struct gather. */
static void read_part(struct gather *g, const struct key *k,
		      const struct xl_value *v)
{
	read_text(g, k, v, (char *)g + k->offset);
}

static void read_name(struct gather *g, const struct key *k,
		      const struct xl_value *v)
{
	const char *text = v->is_list ? "" : v->text;

	for (; *text; text++)
		if (!isprint((unsigned char)*text) || *text == '/') {
			complain(g, v,
				 "a name has no / and no unprintable "
				 "characters in it");
			return;
		}
	if (!v->is_list && !*v->text)
		complain(g, v, "expected a name, found an empty string");
	else
		read_string(g, k, v);
}

/* -1: no number; text may hold anything. */
static int number(const char *text, unsigned long *n)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	*n = strtoul(text, &end, 0);
	return *end || errno ? -1 : 0;
}

static void complain_words(struct gather *g, const struct key *k,
			   const struct xl_value *v)
{
	char list[160] = "";

	for (const char *const *w = k->words; *w; w++) {
		if (w != k->words)
			strcat(list, w[1] ? ", " : " or ");
		strcat(list, *w);
	}
	complain(g, v, "expected %s, found \"%.40s\"", list, v->text);
}

static void read_number(struct gather *g, const struct key *k,
			const struct xl_value *v)
{
	unsigned int *to = (unsigned int *)((char *)g->cfg + k->offset);
	const char *text = single(g, v, k->words ? "a word" : "a number");
	unsigned long n;

	if (!text)
		return;
	for (n = 0; k->words && k->words[n]; n++)
		if (!strcmp(text, k->words[n])) {
			*to = (unsigned int)n;
			return;
		}
	if (k->words && (!k->high || number(text, &n) || n > k->high))
		complain_words(g, k, v);
	else if (number(text, &n))
		complain(g, v, "expected a number, found \"%.40s\"", text);
	else if (n < k->low || n > k->high)
		complain(g, v, "%lu is out of range (%lu to %lu)", n, k->low,
			 k->high);
	else
		*to = (unsigned int)n;
}

/* What xl reads for other types of guests only: of no meaning here. */
static void read_ignored(struct gather *g, const struct key *k,
			 const struct xl_value *v)
{
	(void)k;
	single(g, v, "a single value");
}

/* What there is not: only nothing may be asked for. */
static void read_not_yet(struct gather *g, const struct key *k,
			 const struct xl_value *v)
{
	(void)k;
	if (v->is_list ? v->first != NULL
		       : v->text[0] && strcmp(v->text, "0") &&
				 strcmp(v->text, "none"))
		complain(g, v, "not yet supported; leave it out or empty");
}

static void read_uuid(struct gather *g, const struct key *k,
		      const struct xl_value *v)
{
	const char *text = single(g, v, "a string");

	(void)k;
	if (!text)
		return;
	g->cfg->has_uuid = xl_uuid_parse(text, g->cfg->uuid);
	if (!g->cfg->has_uuid)
		complain(g, v,
			 "expected 32 hexadecimal digits as in 8-4-4-4-12, "
			 "found \"%.40s\"",
			 text);
}

static bool read_cpu_set(struct gather *g, const struct xl_value *v,
			 uint64_t *set)
{
	if (!v->is_list && xl_cpus_parse(v->text, set))
		return true;
	complain(g, v,
		 "expected CPUs as in \"all\" or \"0-3,^2\", found %s%.40s",
		 v->is_list ? "a list" : "", v->is_list ? "" : v->text);
	return false;
}

/* One set for all vCPUs, or a list with one for each. */
static void read_cpus(struct gather *g, const struct key *k,
		      const struct xl_value *v)
{
	uint64_t set;
	size_t i = 0;

	(void)k;
	if (!v->is_list && read_cpu_set(g, v, &set))
		for (; i < GUEST_VCPUS; i++)
			g->cfg->cpus[i] = set;
	if (!v->is_list)
		return;
	for (v = v->first; v; v = v->next, i++) {
		if (i == GUEST_VCPUS) {
			complain(g, v, "there are at most %d vCPUs",
				 GUEST_VCPUS);
			return;
		}
		if (!read_cpu_set(g, v, &g->cfg->cpus[i]))
			return;
	}
}

/* ---- The table --------------------------------------------------------------------- */

#define IN(field)   offsetof(struct guest_config, field)
#define SIZE(field) sizeof(((struct guest_config *)0)->field)
#define ROW(...)            \
	{                   \
		__VA_ARGS__ \
	}
#define STRING(f) ROW(#f, read_string, IN(f), 0, SIZE(f), NULL)
#define PART(f)                                           \
	ROW(#f, read_part, offsetof(struct gather, f), 0, \
	    sizeof(((struct gather *)0)->f), NULL)
#define NUMBER(f, low, high) ROW(#f, read_number, IN(f), low, high, NULL)
#define WORD(f, words, high) ROW(#f, read_number, IN(f), 0, high, words)
#define OTHER(name, read)    ROW(#name, read, 0, 0, 0, NULL)
#define NOT_YET(name)	     OTHER(name, read_not_yet)
#define IGNORED(name)	     OTHER(name, read_ignored)
#define MEMORY_MAX	     (1ul << 24) /* MiB: 44 bits of address */

static const struct key keys[] = {
	{ "name", read_name, IN(name), 0, SIZE(name), NULL },
	OTHER(uuid, read_uuid),
	OTHER(cpus, read_cpus),
	PART(type),
	PART(builder),
	STRING(kernel),
	STRING(ramdisk),
	PART(cmdline),
	PART(root),
	PART(extra),
	NUMBER(memory, 1, MEMORY_MAX),
	NUMBER(maxmem, 1, MEMORY_MAX),
	NUMBER(vcpus, 1, GUEST_VCPUS),
	NUMBER(maxvcpus, 1, GUEST_VCPUS),
	NUMBER(cpu_weight, 1, 65535),
	NUMBER(cap, 0, 100 * GUEST_VCPUS),
	NUMBER(max_grant_frames, 1, 65535),
	NUMBER(max_maptrack_frames, 1, 65535),
	NUMBER(event_channels, 1, 131071),
	WORD(tsc_mode, xl_tsc_modes, GUEST_TSC_NATIVE_PARAVIRT),
	WORD(on_poweroff, xl_actions, 0),
	WORD(on_reboot, xl_actions, 0),
	WORD(on_crash, xl_actions, 0),
	WORD(on_watchdog, xl_actions, 0),
	WORD(on_soft_reset, xl_actions, 0),
	/* What there is not. */
	NOT_YET(bootloader),
	NOT_YET(bootloader_args),
	NOT_YET(channel),
	NOT_YET(console),
	NOT_YET(cpus_soft),
	NOT_YET(cpuid),
	NOT_YET(disk),
	NOT_YET(driver_domain),
	NOT_YET(dtdev),
	NOT_YET(e820_host),
	NOT_YET(features),
	NOT_YET(iomem),
	NOT_YET(ioports),
	NOT_YET(irqs),
	NOT_YET(p9),
	NOT_YET(passthrough),
	NOT_YET(pci),
	NOT_YET(pool),
	NOT_YET(pvcalls),
	NOT_YET(serial),
	NOT_YET(usbctrl),
	NOT_YET(usbdev),
	NOT_YET(vdispl),
	NOT_YET(vfb),
	NOT_YET(vif),
	NOT_YET(virtio),
	NOT_YET(vkb),
	NOT_YET(vnuma),
	NOT_YET(vsnd),
	NOT_YET(vtpm),
	NOT_YET(vuart),
	/* Of guests with firmware and devices of hardware. */
	IGNORED(acpi),
	IGNORED(apic),
	IGNORED(boot),
	IGNORED(device_model_version),
	IGNORED(hap),
	IGNORED(hpet),
	IGNORED(keymap),
	IGNORED(localtime),
	IGNORED(nomigrate),
	IGNORED(nx),
	IGNORED(pae),
	IGNORED(rtc_timeoffset),
	IGNORED(sdl),
	IGNORED(shadow_memory),
	IGNORED(stdvga),
	IGNORED(timer_mode),
	IGNORED(usb),
	IGNORED(viridian),
	IGNORED(vnc),
	IGNORED(xen_platform_pci),
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edits that make one word of the other: a letter more, less, another, or two
 * swapped. Long words are far from all.
 */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][32], *row = rows[0], na = strlen(a), nb = strlen(b);
	const size_t *above, *higher;

	if (na >= 32 || nb >= 32)
		return 32;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		row = rows[i % 3];
		above = rows[(i + 2) % 3];
		higher = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]),
				       least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], higher[j - 2] + 1);
		}
	}
	return row[nb];
}

static void complain_unknown(struct gather *g, const struct xl_setting *set)
{
	size_t best = strlen(set->name) / 3 + 2, d;
	const char *nearest = NULL;

	for (size_t i = 0; i < KEYS; i++) {
		d = distance(set->name, keys[i].name);
		if (d < best) {
			best = d;
			nearest = keys[i].name;
		}
	}
	xlparse_error(&g->tree, set->source, set->line, set->column,
		      "unknown key '%.40s'%s%s%s", set->name,
		      nearest ? "; did you mean '" : "", nearest ? nearest : "",
		      nearest ? "'?" : "");
}

static void read_setting(struct gather *g, const struct xl_setting *set)
{
	size_t i = 0;

	while (i < KEYS && strcmp(keys[i].name, set->name))
		i++;
	g->set = set;
	if (i == KEYS)
		complain_unknown(g, set);
	else
		keys[i].read(g, &keys[i], set->value);
}

/* ---- What concerns several keys -------------------------------------------------- */

/* Makes name the setting that complaints speak of. */
static const struct xl_value *look_at(struct gather *g, const char *name)
{
	struct xl_setting *set = g->tree.first;

	while (set && strcmp(set->name, name))
		set = set->next;
	g->set = set;
	return set ? set->value : NULL;
}

/* The key has one of the two words, if any. */
static void check_word(struct gather *g, const char *key, const char *one,
		       const char *other)
{
	const struct xl_value *v = look_at(g, key);

	/* A list was complained about when it was read. */
	if (!v || v->is_list || !strcmp(v->text, one) || !strcmp(v->text, other))
		return;
	if (!strcmp(v->text, "hvm") || !strcmp(v->text, "pvh"))
		complain(g, v,
			 "\"%s\" guests are not supported, only type=\"pv\" is",
			 v->text);
	else
		complain(g, v, "expected \"%s\", found \"%.40s\"", one, v->text);
}

static void check_sizes(struct gather *g)
{
	struct guest_config *cfg = g->cfg;
	const struct xl_value *v;

	if (!cfg->maxmem)
		cfg->maxmem = cfg->memory;
	if (!cfg->maxvcpus)
		cfg->maxvcpus = cfg->vcpus;
	v = look_at(g, "maxmem");
	if (v && cfg->maxmem < cfg->memory)
		complain(g, v, "%u MiB are less than memory, %u MiB",
			 cfg->maxmem, cfg->memory);
	v = look_at(g, "maxvcpus");
	if (v && cfg->maxvcpus < cfg->vcpus)
		complain(g, v, "%u are less than vcpus, %u", cfg->maxvcpus,
			 cfg->vcpus);
}

/* cmdline as it is, or made of root and extra. */
static void join_cmdline(struct gather *g)
{
	char *to = g->cfg->cmdline;
	size_t size = sizeof(g->cfg->cmdline);
	const struct xl_value *v;
	int n;

	if (g->cmdline[0]) {
		if (g->root[0] || g->extra[0])
			fprintf(g->tree.report,
				"Warning: ignoring root= and "
				"extra= in favour of cmdline=\n");
		strcpy(to, g->cmdline);
		return;
	}
	n = snprintf(to, size, "%s%s%s%s", g->root[0] ? "root=" : "", g->root,
		     g->root[0] && g->extra[0] ? " " : "", g->extra);
	if (n < 0 || (size_t)n >= size) {
		v = look_at(g, "extra");
		complain(g, v, "with root= it is %d characters, at most %zu fit",
			 n, size - 1);
	}
}

/* Complaints about what is not there have no place but the file. */
static void check_missing(struct gather *g, const char *source)
{
	if (!look_at(g, "name")) {
		g->tree.errors++;
		fprintf(g->tree.report, "%s: Domain name must be specified.\n",
			source);
	}
	if (!look_at(g, "kernel")) {
		g->tree.errors++;
		fprintf(g->tree.report,
			"%s: Neither kernel nor bootloader specified\n", source);
	}
}

int xlconfig_read(struct guest_config *cfg, const char *source, const char *text,
		  size_t len, char *const *arguments, FILE *errors)
{
	struct gather g = { .cfg = cfg, .tree = { .report = errors } };

	*cfg = (struct guest_config){ .memory = 32,
				      .vcpus = 1,
				      .on_reboot = GUEST_RESTART,
				      .on_soft_reset = GUEST_SOFT_RESET };
	memset(cfg->cpus, 0xff, sizeof(cfg->cpus));
	xlparse(&g.tree, source, text, len);
	for (unsigned int i = 0; arguments && arguments[i]; i++)
		xlparse_argument(&g.tree, "<command line>", arguments[i], i + 1);
	for (const struct xl_setting *s = g.tree.first; s; s = s->next)
		read_setting(&g, s);
	check_word(&g, "type", "pv", "pv");
	check_word(&g, "builder", "generic", "linux");
	check_sizes(&g);
	join_cmdline(&g);
	/* A line that could not be read may be what is missing. */
	if (!g.tree.errors)
		check_missing(&g, source);
	xlparse_free(&g.tree);
	if (g.tree.no_memory)
		return -ENOMEM;
	return g.tree.errors ? -EINVAL : 0;
}
