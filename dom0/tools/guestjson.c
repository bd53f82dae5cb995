// SPDX-License-Identifier: MIT
/*
 * What a guest is made of, as xl's JSON. What is at its default is left out,
 * as libxl does; words have '_' where those of xl.cfg have '-'.
 */
#include <ctype.h>
#include <string.h>
#include "guestjson.h"
#include "xlvalues.h"

struct json {
	FILE *out;
	int depth;
	bool empty; /* nothing in this object or array yet */
};

static void item(struct json *j)
{
	fprintf(j->out, "%s\n%*s", j->empty ? "" : ",", 4 * j->depth, "");
	j->empty = false;
}

static void quoted(struct json *j, const char *text)
{
	static const char special[] = "\"\\\n\r\t\f\b", letters[] = "\"\\nrtfb";
	const char *found;

	fputc('"', j->out);
	for (; *text; text++) {
		found = strchr(special, *text);
		if (found)
			fprintf(j->out, "\\%c", letters[found - special]);
		else if (iscntrl((unsigned char)*text))
			fprintf(j->out, "\\u%04X", (unsigned char)*text);
		else
			fputc(*text, j->out);
	}
	fputc('"', j->out);
}

static void key(struct json *j, const char *name)
{
	item(j);
	quoted(j, name);
	fputs(": ", j->out);
}

static void open(struct json *j, char bracket)
{
	fputc(bracket, j->out);
	j->depth++;
	j->empty = true;
}

static void close(struct json *j, char bracket)
{
	j->depth--;
	/* What is empty has an empty line, as libxl's printer makes it. */
	fprintf(j->out, "%s\n%*s%c", j->empty ? "\n" : "", 4 * j->depth, "",
		bracket);
	j->empty = false;
}

static void number(struct json *j, const char *name, unsigned long n)
{
	key(j, name);
	fprintf(j->out, "%lu", n);
}

static void text(struct json *j, const char *name, const char *value)
{
	if (!*value)
		return;
	key(j, name);
	quoted(j, value);
}

/* A word of xl.cfg; the first of its kind is the default. */
static void word(struct json *j, const char *name, const char *const *words,
		 unsigned int i)
{
	char value[32];

	if (!i)
		return;
	snprintf(value, sizeof(value), "%s", words[i]);
	for (char *p = value; *p; p++)
		if (*p == '-')
			*p = '_';
	if (words == xl_actions && i == GUEST_RENAME_RESTART)
		strcpy(value, "restart_rename");
	text(j, name, value);
}

static void numbers(struct json *j, const char *name, uint64_t set)
{
	key(j, name);
	open(j, '[');
	for (unsigned int i = 0; i < 64; i++)
		if (set >> i & 1) {
			item(j);
			fprintf(j->out, "%u", i);
		}
	close(j, ']');
}

/* One set of CPUs for each vCPU, if any is tied. */
static void affinity(struct json *j, const struct guest_config *cfg)
{
	bool tied = false;

	for (unsigned int i = 0; i < cfg->maxvcpus; i++)
		tied |= cfg->cpus[i] != UINT64_MAX;
	if (!tied)
		return;
	key(j, "vcpu_hard_affinity");
	open(j, '[');
	for (unsigned int i = 0; i < cfg->maxvcpus; i++) {
		item(j);
		open(j, '[');
		for (unsigned int cpu = 0; cpu < 64; cpu++)
			if (cfg->cpus[i] >> cpu & 1) {
				item(j);
				fprintf(j->out, "%u", cpu);
			}
		close(j, ']');
	}
	close(j, ']');
}

static void c_info(struct json *j, const struct guest_config *cfg)
{
	char uuid[XL_UUID_TEXT];

	xl_uuid_text(cfg->uuid, uuid);
	key(j, "c_info");
	open(j, '{');
	text(j, "type", "pv");
	text(j, "name", cfg->name);
	text(j, "uuid", uuid);
	close(j, '}');
}

static void b_info(struct json *j, const struct guest_config *cfg)
{
	key(j, "b_info");
	open(j, '{');
	number(j, "max_vcpus", cfg->maxvcpus);
	numbers(j, "avail_vcpus",
		cfg->vcpus ? UINT64_MAX >> (64 - cfg->vcpus) : 0);
	affinity(j, cfg);
	word(j, "tsc_mode", xl_tsc_modes, cfg->tsc_mode);
	number(j, "max_memkb", (unsigned long)cfg->maxmem << 10);
	number(j, "target_memkb", (unsigned long)cfg->memory << 10);
	key(j, "sched_params");
	open(j, '{');
	if (cfg->cpu_weight)
		number(j, "weight", cfg->cpu_weight);
	if (cfg->cap)
		number(j, "cap", cfg->cap);
	close(j, '}');
	if (cfg->max_grant_frames)
		number(j, "max_grant_frames", cfg->max_grant_frames);
	if (cfg->max_maptrack_frames)
		number(j, "max_maptrack_frames", cfg->max_maptrack_frames);
	if (cfg->event_channels)
		number(j, "event_channels", cfg->event_channels);
	text(j, "kernel", cfg->kernel);
	text(j, "cmdline", cfg->cmdline);
	text(j, "ramdisk", cfg->ramdisk);
	key(j, "type.pv");
	open(j, '{');
	close(j, '}');
	close(j, '}');
}

static void config(struct json *j, const struct guest_config *cfg)
{
	open(j, '{');
	c_info(j, cfg);
	b_info(j, cfg);
	word(j, "on_poweroff", xl_actions, cfg->on_poweroff);
	word(j, "on_reboot", xl_actions, cfg->on_reboot);
	word(j, "on_watchdog", xl_actions, cfg->on_watchdog);
	word(j, "on_crash", xl_actions, cfg->on_crash);
	word(j, "on_soft_reset", xl_actions, cfg->on_soft_reset);
	close(j, '}');
}

void guestjson_config(FILE *out, const struct guest_config *cfg)
{
	struct json j = { .out = out };

	config(&j, cfg);
	fputc('\n', out);
}

void guestjson_begin(FILE *out)
{
	fputc('[', out);
}

void guestjson_domain(FILE *out, domid_t id, const struct guest_config *cfg,
		      bool is_first)
{
	struct json j = { .out = out, .depth = 1, .empty = is_first };

	item(&j);
	open(&j, '{');
	number(&j, "domid", id);
	key(&j, "config");
	config(&j, cfg);
	close(&j, '}');
}

void guestjson_end(FILE *out)
{
	fputs("\n]\n", out);
}

struct guest_config guestjson_known(const struct xen_domctl_getdomaininfo *info)
{
	struct guest_config cfg = {
		.vcpus = info->nr_online_vcpus,
		.maxvcpus = info->max_vcpu_id + 1,
		.memory = (unsigned int)(info->tot_pages >> 8),
		.maxmem = (unsigned int)(info->max_pages >> 8)
	};

	if (cfg.vcpus > 64)
		cfg.vcpus = 64;
	memset(cfg.cpus, 0xff, sizeof(cfg.cpus));
	if (cfg.maxvcpus > GUEST_VCPUS)
		cfg.maxvcpus = GUEST_VCPUS;
	return cfg;
}
