// SPDX-License-Identifier: MIT
/* Commands that begin and end a guest's life, and its console. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"
#include "cmds.h"
#include "console.h"
#include "domains.h"
#include "files.h"
#include "guest.h"
#include "guestjson.h"
#include "task.h"
#include "vcpu.h"
#include "xc.h"

#define ESCAPE	    ('\035') /* ^] */
#define POLL	    50000000 /* ns between looks at a domain */
#define STATUS_BAD  6	     /* xl's exit status for what it was given */
#define STATUS_FAIL 3	     /* and for what could not be done */

/* ---- create ----------------------------------------------------------------- */

/* Sorts the operands into the file (maybe -f's) and key=value, in place. */
static bool take_operands(struct arguments *a, const char **file)
{
	int kept = 0;

	*file = a->option['f'];
	for (int i = 0; i < a->count; i++) {
		if (strchr(a->operand[i], '='))
			a->operand[kept++] = a->operand[i];
		else if (!*file)
			*file = a->operand[i];
		else
			return false;
	}
	a->operand[kept] = NULL;
	a->count = kept;
	return true;
}

/* 0, or the exit status, and told why. */
static int read_config(const struct arguments *a, const char *file,
		       struct guest_config *cfg)
{
	const char *text = "";
	size_t len = 0;
	int rc;

	if (strcmp(file, "/dev/null")) { /* the arguments are all there is */
		text = file_map(file, &len);
		if (!text) {
			fprintf(stderr, "Failed to read config file: %s: %s\n",
				file, strerror(errno));
			return STATUS_FAIL;
		}
	}
	if (!a->option['q'])
		fprintf(stderr, "Parsing config from %s\n", file);
	rc = xlconfig_read(cfg, file, text, len, a->operand, stderr);
	if (!rc)
		return 0;
	fprintf(stderr, "Failed to parse config: %s\n", strerror(-rc));
	return EXIT_FAILURE;
}

static int unpause(domid_t id)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_unpausedomain, .domain = id };

	return xc_domctl(&op);
}

/* Runs once the console's reader waits, so that not a byte is lost. */
static void unpause_task(void *arg)
{
	unpause((domid_t)(uintptr_t)arg);
}

/* What the guest left of its last line does not become our prompt's. */
static int attach(domid_t id)
{
	int rc = console_attach(id, ESCAPE);

	if (!rc)
		putchar('\n');
	return rc;
}

/* The console first, then the guest begins; xl does so too. */
static int start_attached(domid_t id, bool paused)
{
	if (!paused &&
	    !task_start("unpause", unpause_task, (void *)(uintptr_t)id))
		unpause(id);
	return attach(id);
}

static int create(const struct arguments *a, const struct guest_config *cfg)
{
	bool console = a->option['c'], paused = a->option['p'];
	domid_t id;
	int rc;

	if (!domain_of_name(cfg->name, &id)) {
		fprintf(stderr, "Domain with name \"%s\" already exists.\n",
			cfg->name);
		return STATUS_BAD;
	}
	rc = guest_create(cfg, paused || console);
	if (rc < 0)
		return STATUS_FAIL;
	if (!console)
		return EXIT_SUCCESS;
	rc = start_attached((domid_t)rc, paused);
	if (rc)
		fprintf(stderr, "Unable to attach console: %s\n", strerror(-rc));
	return EXIT_SUCCESS; /* the guest is there, as in xl */
}

int cmd_create(struct arguments *a)
{
	struct guest_config cfg;
	const char *file;
	int status;

	if (!take_operands(a, &file)) {
		command_help("create");
		return 2;
	}
	if (!file) {
		fprintf(stderr, "Config file not specified\n");
		return STATUS_BAD;
	}
	status = read_config(a, file, &cfg);
	if (status)
		return status;
	if (a->option['n'] || a->option['d'])
		guestjson_config(a->option['n'] ? stdout : stderr, &cfg);
	return a->option['n'] ? EXIT_SUCCESS : create(a, &cfg);
}

/* ---- console ------------------------------------------------------------------ */

int cmd_console(struct arguments *a)
{
	const char *type = a->option['t'], *number = a->option['n'];
	domid_t id;
	int rc;

	if (type && strcmp(type, "pv")) {
		fprintf(stderr, "console type supported are: pv\n");
		return EXIT_FAILURE;
	}
	if (domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	rc = number && strtol(number, NULL, 10) ? -ENOENT : attach(id);
	if (!rc)
		return EXIT_SUCCESS;
	fprintf(stderr, "Unable to attach console: %s\n", strerror(-rc));
	return EXIT_FAILURE;
}

static void to_stdout(const char *text, size_t n)
{
	fwrite(text, 1, n, stdout);
}

/* What the guest printed last, though it may be gone. */
int cmd_console_log(struct arguments *a)
{
	if (!console_log(a->operand[0], to_stdout))
		return EXIT_SUCCESS;
	fprintf(stderr, "no console of a domain '%s' is known\n", a->operand[0]);
	return EXIT_FAILURE;
}

int cmd_console_wait(struct arguments *a)
{
	const char *seconds = a->option['t'];
	uint64_t limit = 0;
	domid_t id;
	int rc;

	if (seconds && !parse_seconds(seconds, &limit)) {
		fprintf(stderr, "%s is not a number of seconds\n", seconds);
		return 2;
	}
	if (domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	rc = console_wait(id, a->operand[1],
			  seconds ? time_now() + limit : UINT64_MAX);
	if (!rc)
		return EXIT_SUCCESS;
	fprintf(stderr, "%s did not print '%s': %s\n", a->operand[0],
		a->operand[1], strerror(-rc));
	return EXIT_FAILURE;
}

/* ---- destroy -------------------------------------------------------------------- */

int cmd_destroy(struct arguments *a)
{
	domid_t id;
	int rc;

	if (domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	if (!id && !a->option['f']) {
		fprintf(stderr,
			"Not destroying domain 0; use -f to force.\n"
			"This can only be done when using a disaggregated "
			"hardware domain and toolstack.\n\n");
		return EXIT_FAILURE;
	}
	rc = guest_destroy(id);
	if (!rc)
		return EXIT_SUCCESS;
	fprintf(stderr, "destroy failed (rc=%d): %s\n", rc, strerror(-rc));
	return EXIT_FAILURE;
}

/* ---- shutdown and reboot ------------------------------------------------------------ */

struct ending {
	const char *how, *verb, *doing;
	int wait; /* 1: until it has shut down, 2: until it is gone */
};

static bool end_one(const struct ending *e, domid_t id)
{
	int rc;

	fprintf(stderr, "%s domain %u\n", e->doing, id);
	rc = guest_shutdown(id, e->how);
	if (rc)
		fprintf(stderr, "%s failed (rc=%d): %s\n", e->verb, rc,
			strerror(-rc));
	return !rc;
}

/* false: interrupted. */
static bool wait_for_end(const struct ending *e, domid_t id)
{
	struct xen_domctl_getdomaininfo info;
	bool told = false;

	for (; !domain_info(id, &info);
	     told |= info.flags & XEN_DOMINF_shutdown) {
		if (info.flags & XEN_DOMINF_shutdown && !told) {
			fprintf(stderr,
				"Domain %d has been shut down, reason code "
				"%u\n",
				id,
				info.flags >> XEN_DOMINF_shutdownshift &
					XEN_DOMINF_shutdownmask);
			if (e->wait < 2)
				return true;
			fprintf(stderr,
				"Domain %d continue waiting for death\n", id);
		}
		if (!cli_sleep_until(time_now() + POLL))
			return false;
	}
	fprintf(stderr, "Domain %d has been destroyed\n", id);
	return true;
}

/* All but domain 0; xl stops at the first that fails, too. */
static int end_all(const struct ending *e)
{
	struct xen_domctl_getdomaininfo *list;
	bool good = true;
	size_t count, n = 0;

	if (domains_list(&list, &count)) {
		fprintf(stderr, "libxl_list_domain failed.\n");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < count && good; i++)
		if (list[i].domain) {
			good = end_one(e, list[i].domain);
			n++;
		}
	if (good && e->wait)
		fprintf(stderr, "Waiting for %zu domains\n", n);
	for (size_t i = 0; i < count && good && e->wait; i++)
		if (list[i].domain)
			good = wait_for_end(e, list[i].domain);
	free(list);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int end_some(struct arguments *a, const struct ending *e)
{
	domid_t id;

	if (!a->count && !a->option['a']) {
		fprintf(stderr, "You must specify -a or a domain id.\n\n");
		return EXIT_FAILURE;
	}
	if (a->option['a'])
		return end_all(e);
	if (domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	if (!id) {
		fprintf(stderr,
			"%s failed: domain 0 is this one; use host-poweroff "
			"or host-reboot\n",
			e->verb);
		return EXIT_FAILURE;
	}
	if (!end_one(e, id))
		return EXIT_FAILURE;
	if (e->wait)
		fprintf(stderr, "Waiting for 1 domains\n");
	return !e->wait || wait_for_end(e, id) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cmd_shutdown(struct arguments *a)
{
	return end_some(a, &(struct ending){ "poweroff", "shutdown",
					     "Shutting down", a->times['w'] });
}

int cmd_reboot(struct arguments *a)
{
	return end_some(a, &(struct ending){ "reboot", "reboot", "Rebooting",
					     a->times['w'] });
}
