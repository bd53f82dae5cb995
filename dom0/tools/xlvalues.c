// SPDX-License-Identifier: MIT
/* Words and values that xl.cfg, the commands and their output share. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "xlconfig.h"
#include "xlvalues.h"

const char *const xl_actions[] = {
	[GUEST_DESTROY] = "destroy",
	[GUEST_RESTART] = "restart",
	[GUEST_RENAME_RESTART] = "rename-restart",
	[GUEST_PRESERVE] = "preserve",
	[GUEST_COREDUMP_DESTROY] = "coredump-destroy",
	[GUEST_COREDUMP_RESTART] = "coredump-restart",
	[GUEST_SOFT_RESET] = "soft-reset",
	NULL,
};

const char *const xl_tsc_modes[] = {
	[GUEST_TSC_DEFAULT] = "default",
	[GUEST_TSC_ALWAYS_EMULATE] = "always_emulate",
	[GUEST_TSC_NATIVE] = "native",
	[GUEST_TSC_NATIVE_PARAVIRT] = "native_paravirt",
	NULL,
};

void xl_uuid_text(const uint8_t uuid[16], char text[XL_UUID_TEXT])
{
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*text++ = '-';
		*text++ = "0123456789abcdef"[uuid[i] >> 4];
		*text++ = "0123456789abcdef"[uuid[i] & 15];
	}
	*text = 0;
}

bool xl_uuid_parse(const char *text, uint8_t uuid[16])
{
	uint8_t bytes[16] = { 0 };
	unsigned int digits = 0;
	int c;

	for (; (c = (unsigned char)*text); text++) {
		if (c == '-')
			continue;
		if (!isxdigit(c) || digits == 32)
			return false;
		c = isdigit(c) ? c - '0' : (c | 32) - 'a' + 10;
		bytes[digits / 2] |= (uint8_t)(digits % 2 ? c : c << 4);
		digits++;
	}
	if (digits == 32)
		memcpy(uuid, bytes, 16);
	return digits == 32;
}

/* A number below 64 at *p. */
static bool parse_cpu(const char **p, unsigned int *cpu)
{
	if (!isdigit((unsigned char)**p))
		return false;
	for (*cpu = 0; isdigit((unsigned char)**p); ++*p) {
		*cpu = *cpu * 10 + (unsigned int)(**p - '0');
		if (*cpu > 63)
			return false;
	}
	return true;
}

/* "all", "N" or "N-M" at *p. */
static bool parse_range(const char **p, uint64_t *range)
{
	unsigned int low, high;

	if (!strncmp(*p, "all", 3)) {
		*p += 3;
		*range = UINT64_MAX;
		return true;
	}
	if (!parse_cpu(p, &low))
		return false;
	high = low;
	if (**p == '-') {
		++*p;
		if (!parse_cpu(p, &high) || high < low)
			return false;
	}
	*range = UINT64_MAX >> (63 - high) & UINT64_MAX << low;
	return true;
}

bool xl_cpus_parse(const char *text, uint64_t *cpus)
{
	uint64_t set = 0, without = 0, range;
	bool not ;

	do {
		text += strspn(text, " ");
		not = *text == '^';
		text += not ;
		if (!parse_range(&text, &range))
			return false;
		*(not ? &without : &set) |= range;
		text += strspn(text, " ");
	} while (*text++ == ',');
	if (text[-1] || !(set & ~without))
		return false;
	*cpus = set & ~without;
	return true;
}

void xl_cpus_print(FILE *out, uint64_t cpus, unsigned int count)
{
	uint64_t all = count < 64 ? (1ul << count) - 1 : UINT64_MAX;
	const char *comma = "";
	unsigned int from;

	cpus &= all;
	if (cpus == all || !cpus) {
		fputs(cpus ? "all" : "none", out);
		return;
	}
	for (unsigned int i = 0; i < 64 && cpus >> i; i++) {
		if (!(cpus >> i & 1))
			continue;
		for (from = i; i < 63 && cpus >> (i + 1) & 1;)
			i++;
		fprintf(out, "%s%u", comma, from);
		if (i > from)
			fprintf(out, "-%u", i);
		comma = ",";
	}
}

int64_t xl_size_kib(const char *text)
{
	static const char units[] = "kmgt";
	const char *unit;
	uint64_t n = 0;

	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++) {
		n = n * 10 + (uint64_t)(*text - '0');
		if (n >> 40)
			return -1;
	}
	if (*text && text[1])
		return -1;
	if (*text == 'b' || *text == 'B')
		return (int64_t)(n >> 10);
	unit = strchr(units, *text ? *text | 32 : 'm');
	if (!unit || n >> 22 >> (10 * (3 - (unit - units))))
		return -1;
	return (int64_t)(n << (10 * (unit - units)));
}
