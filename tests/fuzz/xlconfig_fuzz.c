/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an xl.cfg file and, behind the first NUL, as key=value: what is
 * refused is told why, what is accepted keeps the promises of xlconfig.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xlconfig.h"

static void demand(int what)
{
	if (!what)
		abort();
}

#define TERMINATED(field) demand(memchr(field, 0, sizeof(field)) != NULL)

static void check(const struct guest_config *c)
{
	TERMINATED(c->name);
	TERMINATED(c->kernel);
	TERMINATED(c->ramdisk);
	TERMINATED(c->cmdline);
	demand(c->name[0] && !strchr(c->name, '/'));
	demand(c->memory >= 1 && c->memory <= c->maxmem);
	demand(c->vcpus >= 1 && c->vcpus <= c->maxvcpus);
	demand(c->maxvcpus <= GUEST_VCPUS);
	demand(c->on_poweroff <= GUEST_SOFT_RESET);
	demand(c->on_reboot <= GUEST_SOFT_RESET);
	demand(c->on_crash <= GUEST_SOFT_RESET);
	demand(c->on_watchdog <= GUEST_SOFT_RESET);
	demand(c->on_soft_reset <= GUEST_SOFT_RESET);
	demand(c->tsc_mode <= GUEST_TSC_NATIVE_PARAVIRT);
	for (int i = 0; i < GUEST_VCPUS; i++)
		demand(c->cpus[i] != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argument[2] = { NULL, NULL };
	size_t len = strnlen((const char *)data, size), said_size;
	struct guest_config cfg;
	char *said = NULL;
	FILE *errors = open_memstream(&said, &said_size);
	int rc;

	memcpy(text, data, size);
	text[size] = 0;
	if (len < size)
		argument[0] = text + len + 1;
	/* Not a byte behind the text may be looked at. */
	rc = xlconfig_read(&cfg, "f", (const char *)data, len, argument, errors);
	fclose(errors);
	demand(rc == 0 || rc == -EINVAL);
	demand(rc == 0 || said_size);
	if (!rc)
		check(&cfg);
	free(said);
	free(text);
	return 0;
}
