// SPDX-License-Identifier: MIT
/* Commands that show domains and their vCPUs, in xl's columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cmds.h"
#include "domains.h"
#include "guest.h"
#include "guestjson.h"
#include "vcpu.h"
#include "xc.h"
#include "xlvalues.h"

/* Of one domain, or of all if operand is NULL; NULL: told why. */
static struct xen_domctl_getdomaininfo *select_domains(const char *operand,
						       size_t *count)
{
	struct xen_domctl_getdomaininfo *list;
	domid_t id;
	int rc;

	if (!operand) {
		rc = domains_list(&list, count);
		if (!rc)
			return list;
		fprintf(stderr, "cannot list the domains: %s\n", strerror(-rc));
		return NULL;
	}
	if (domain_find(operand, &id))
		return NULL;
	list = malloc(sizeof(*list));
	*count = 1;
	if (list && !domain_info(id, list))
		return list;
	fprintf(stderr, "Error: Domain '%s' does not exist.\n", operand);
	free(list);
	return NULL;
}

static const char *printable(const char *name)
{
	return name ? name : "(null)";
}

/* Seconds with one digit behind the point. */
static unsigned long tenths(uint64_t ns)
{
	return (ns + 50000000) / 100000000;
}

/* ---- list ----------------------------------------------------------------- */

static char reason_letter(uint32_t flags)
{
	static const char letters[] = "-rscwS";
	uint32_t reason = flags >> XEN_DOMINF_shutdownshift &
			  XEN_DOMINF_shutdownmask;

	if (!(flags & XEN_DOMINF_shutdown))
		return letters[0];
	return reason < sizeof(letters) - 1 ? letters[reason] : '?';
}

static void print_verbose(const struct xen_domctl_getdomaininfo *d)
{
	char uuid[XL_UUID_TEXT];

	xl_uuid_text(d->handle, uuid);
	printf(" %s", uuid);
	if (d->flags & XEN_DOMINF_shutdown)
		printf(" %8x", d->flags >> XEN_DOMINF_shutdownshift &
				       XEN_DOMINF_shutdownmask);
	else
		printf(" %8s", "-");
	printf(" %16s", "-");
}

static void print_domain(const struct xen_domctl_getdomaininfo *d, bool verbose)
{
	char *name = domain_name(d->domain);
	unsigned long time = tenths(d->cpu_time);
	uint64_t pages = d->tot_pages + d->outstanding_pages;

	printf("%-40s %5u %5lu %5u     %c%c%c%c%c%c  %6lu.%lu", printable(name),
	       d->domain, (unsigned long)(pages >> 8), d->nr_online_vcpus,
	       d->flags & XEN_DOMINF_running ? 'r' : '-',
	       d->flags & XEN_DOMINF_blocked ? 'b' : '-',
	       d->flags & XEN_DOMINF_paused ? 'p' : '-',
	       d->flags & XEN_DOMINF_shutdown ? 's' : '-',
	       reason_letter(d->flags), d->flags & XEN_DOMINF_dying ? 'd' : '-',
	       time / 10, time % 10);
	if (verbose)
		print_verbose(d);
	putchar('\n');
	free(name);
}

/* What the hypervisor knows stands for those that were not made here. */
static void print_json(const struct xen_domctl_getdomaininfo *list, size_t count)
{
	const struct guest_config *cfg;
	struct guest_config known;
	char *name;

	guestjson_begin(stdout);
	for (size_t i = 0; i < count; i++) {
		/* Copied before xenstore is waited for: the guest may go. */
		cfg = guest_config_of(list[i].domain);
		known = cfg ? *cfg : guestjson_known(&list[i]);
		name = domain_name(list[i].domain);
		snprintf(known.name, sizeof(known.name), "%s", name ? name : "");
		memcpy(known.uuid, list[i].handle, sizeof(known.uuid));
		guestjson_domain(stdout, list[i].domain, &known, i == 0);
		free(name);
	}
	guestjson_end(stdout);
}

int cmd_list(struct arguments *a)
{
	struct xen_domctl_getdomaininfo *list;
	bool verbose = a->option['v'];
	size_t count;

	if (a->count > 1) {
		command_help("list");
		return EXIT_FAILURE;
	}
	list = select_domains(a->operand[0], &count);
	if (!list)
		return EXIT_FAILURE;
	if (a->option['l']) {
		print_json(list, count);
	} else {
		printf("Name                                        ID   Mem "
		       "VCPUs\tState\tTime(s)");
		if (verbose)
			printf("   UUID                            "
			       "Reason-Code\tSecurity Label");
		putchar('\n');
		for (size_t i = 0; i < count; i++)
			print_domain(&list[i], verbose);
	}
	free(list);
	return EXIT_SUCCESS;
}

int cmd_vm_list(struct arguments *a)
{
	struct xen_domctl_getdomaininfo *list;
	char uuid[XL_UUID_TEXT], *name;
	size_t count;

	(void)a;
	list = select_domains(NULL, &count);
	if (!list)
		return EXIT_FAILURE;
	printf("UUID                                  ID    name\n");
	for (size_t i = 0; i < count; i++) {
		name = domain_name(list[i].domain);
		xl_uuid_text(list[i].handle, uuid);
		printf("%s  %d    %-30s\n", uuid, list[i].domain,
		       printable(name));
		free(name);
	}
	free(list);
	return EXIT_SUCCESS;
}

/* ---- Names and numbers ------------------------------------------------------ */

int cmd_domid(struct arguments *a)
{
	domid_t id;

	if (domain_of_name(a->operand[0], &id)) {
		fprintf(stderr,
			"Can't get domid of domain name '%s', maybe this "
			"domain does not exist.\n",
			a->operand[0]);
		return EXIT_FAILURE;
	}
	printf("%u\n", id);
	return EXIT_SUCCESS;
}

int cmd_domname(struct arguments *a)
{
	struct xen_domctl_getdomaininfo info;
	char *end, *name = NULL;
	unsigned long id = strtoul(a->operand[0], &end, 10);

	if (end == a->operand[0] || *end) {
		fprintf(stderr, "Invalid domain id.\n\n");
		return EXIT_FAILURE;
	}
	if (id < DOMID_FIRST_RESERVED && !domain_info((domid_t)id, &info))
		name = domain_name((domid_t)id);
	if (!name) {
		fprintf(stderr,
			"Can't get domain name of domain id '%lu', maybe this "
			"domain does not exist.\n",
			id);
		return EXIT_FAILURE;
	}
	printf("%s\n", name);
	free(name);
	return EXIT_SUCCESS;
}

/* ---- vcpu-list ---------------------------------------------------------------- */

/* Where the vCPU may run, by choice and by preference. */
static int affinity(domid_t id, uint32_t vcpu, uint64_t *hard, uint64_t *soft)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpuaffinity,
				 .domain = id };
	struct xen_domctl_vcpuaffinity *v = &op.u.vcpuaffinity;

	*hard = *soft = 0;
	v->vcpu = vcpu;
	v->flags = XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT;
	v->cpumap_hard.nr_bits = v->cpumap_soft.nr_bits = 64;
	set_xen_guest_handle(v->cpumap_hard.bitmap, (uint8_t *)hard);
	set_xen_guest_handle(v->cpumap_soft.bitmap, (uint8_t *)soft);
	return xc_domctl(&op);
}

static void print_vcpu(domid_t id, const char *name, uint32_t vcpu,
		       unsigned int cpus)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getvcpuinfo, .domain = id };
	struct xen_domctl_getvcpuinfo *v = &op.u.getvcpuinfo;
	uint64_t hard, soft;

	v->vcpu = vcpu;
	if (xc_domctl(&op) || affinity(id, vcpu, &hard, &soft))
		return; /* a vCPU that is not there, as in xl */
	printf("%-32s %5u %5u", name, id, vcpu);
	if (v->online)
		printf("%5u %3c%c- ", v->cpu, v->running ? 'r' : '-',
		       v->blocked ? 'b' : '-');
	else
		printf("%5c %3c%cp ", '-', '-', '-');
	printf("%7lu.%lu  ", tenths(v->cpu_time) / 10, tenths(v->cpu_time) % 10);
	xl_cpus_print(stdout, hard, cpus);
	printf(" / ");
	xl_cpus_print(stdout, soft, cpus);
	printf("\n");
}

static void print_vcpus(const struct xen_domctl_getdomaininfo *d,
			unsigned int cpus)
{
	char *name = domain_name(d->domain);

	if (d->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID)
		for (uint32_t v = 0; v <= d->max_vcpu_id; v++)
			print_vcpu(d->domain, printable(name), v, cpus);
	free(name);
}

/* All, or those named one by one: xl's exit status is that of the last. */
int cmd_vcpu_list(struct arguments *a)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	struct xen_domctl_getdomaininfo *list;
	size_t count;
	int i = 0;

	if (xc_sysctl(&op)) {
		fprintf(stderr, "libxl_physinfo failed.\n");
		return EXIT_FAILURE;
	}
	printf("%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU",
	       "State", "Time(s)", "Affinity (Hard / Soft)");
	do {
		list = select_domains(a->operand[i], &count);
		if (!list)
			return EXIT_FAILURE;
		for (size_t d = 0; d < count; d++)
			print_vcpus(&list[d], op.u.physinfo.nr_cpus);
		free(list);
	} while (++i < a->count);
	return EXIT_SUCCESS;
}

/* ---- uptime ---------------------------------------------------------------------- */

/* Seconds the domain has been there; -1: it does not say. */
static long uptime_of(domid_t id)
{
	char *vm, *start = NULL, path[128];
	long seconds = -1;

	if (!id)
		return (long)(time_now() / 1000000000);
	vm = domain_read(id, "vm");
	if (vm) {
		snprintf(path, sizeof(path), "%s/start_time", vm);
		start = xs_read(tools_xs(), XBT_NULL, path, NULL);
	}
	if (start)
		seconds = (long)time(NULL) - strtol(start, NULL, 10);
	free(start);
	free(vm);
	return seconds;
}

static void print_span(long seconds, bool is_short)
{
	long days = seconds / 86400;

	if (days)
		printf("%ld day%s, ", days, days > 1 ? "s" : "");
	printf("%2ld:%02ld", seconds % 86400 / 3600, seconds % 3600 / 60);
	if (!is_short)
		printf(":%02ld", seconds % 60);
}

static void print_uptime(domid_t id, bool is_short)
{
	long seconds = uptime_of(id);
	time_t now = time(NULL);
	char *name, clock[16];

	if (seconds < 0)
		return; /* as xl: not one of ours */
	name = domain_name(id);
	if (is_short) {
		strftime(clock, sizeof(clock), "%H:%M:%S", gmtime(&now));
		printf(" %s up ", clock);
		print_span(seconds, true);
		printf(", %s (%d)\n", printable(name), id);
	} else {
		printf("%-33s %4d ", printable(name), id);
		print_span(seconds, false);
		printf("\n");
	}
	free(name);
}

int cmd_uptime(struct arguments *a)
{
	struct xen_domctl_getdomaininfo *list;
	size_t count;
	int i = 0;

	if (!a->option['s'])
		printf("%-33s %4s %s\n", "Name", "ID", "Uptime");
	do {
		list = select_domains(a->operand[i], &count);
		if (!list)
			return EXIT_FAILURE;
		for (size_t d = 0; d < count; d++)
			print_uptime(list[d].domain, a->option['s']);
		free(list);
	} while (++i < a->count);
	return EXIT_SUCCESS;
}
