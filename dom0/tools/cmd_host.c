// SPDX-License-Identifier: MIT
/* Commands of the machine: info, dmesg, debug keys, its end. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <xen/version.h>
#include "cmds.h"
#include "hostcalls.h"
#include "xc.h"

/* ---- info ------------------------------------------------------------------- */

/* A line "name : value", or the value alone if only names that begin with
 * what was asked for are wanted. */
static void line(const char *only, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void line(const char *only, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (only && strncmp(name, only, strlen(only)))
		return;
	if (!only)
		printf("%-23s: ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void print_capabilities(const char *only, uint32_t have)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} caps[] = {
		{ XEN_SYSCTL_PHYSCAP_pv, " pv" },
		{ XEN_SYSCTL_PHYSCAP_hvm, " hvm" },
		{ XEN_SYSCTL_PHYSCAP_hap, " hap" },
		{ XEN_SYSCTL_PHYSCAP_shadow, " shadow" },
		{ XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share, " iommu_hap_pt_share" },
		{ XEN_SYSCTL_PHYSCAP_vmtrace, " vmtrace" },
		{ XEN_SYSCTL_PHYSCAP_vpmu, " vpmu" },
		{ XEN_SYSCTL_PHYSCAP_gnttab_v1, " gnttab-v1" },
		{ XEN_SYSCTL_PHYSCAP_gnttab_v2, " gnttab-v2" },
	};
	char text[128] = "";

	if (only && strncmp("virt_caps", only, strlen(only)))
		return;
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (have & caps[i].bit)
			strcat(text, caps[i].name);
	/* The first word follows the colon's blank. */
	line(only, "virt_caps", "%s", text[0] ? text + 1 : "");
}

static void print_memory(const char *only, const struct xen_sysctl_physinfo *p)
{
	line(only, "total_memory", "%lu", (unsigned long)p->total_pages >> 8);
	line(only, "free_memory", "%lu",
	     (unsigned long)(p->free_pages - p->outstanding_pages) >> 8);
	line(only, "sharing_freed_memory", "0");
	line(only, "sharing_used_memory", "0");
	line(only, "outstanding_claims", "%lu",
	     (unsigned long)p->outstanding_pages >> 8);
	line(only, "free_cpus", "0");
}

/* false: told why. */
static bool print_physinfo(const char *only, struct xen_sysctl_physinfo *p)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	const uint32_t *caps = op.u.physinfo.hw_cap;

	if (xc_sysctl(&op)) {
		fprintf(stderr, "libxl_physinfo failed.\n");
		return false;
	}
	*p = op.u.physinfo;
	line(only, "nr_cpus", "%u", p->nr_cpus);
	line(only, "max_cpu_id", "%u", p->max_cpu_id);
	line(only, "nr_nodes", "%u", p->nr_nodes);
	line(only, "cores_per_socket", "%u", p->cores_per_socket);
	line(only, "threads_per_core", "%u", p->threads_per_core);
	line(only, "cpu_mhz", "%u.%03u", p->cpu_khz / 1000, p->cpu_khz % 1000);
	line(only, "hw_caps", "%08x:%08x:%08x:%08x:%08x:%08x:%08x:%08x", caps[0],
	     caps[1], caps[2], caps[3], caps[4], caps[5], caps[6], caps[7]);
	print_capabilities(only, p->capabilities | p->arch_capabilities);
	print_memory(only, p);
	return true;
}

static const char *scheduler(void)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_sched_id };
	static const char *const names[] = {
		[XEN_SCHEDULER_CREDIT] = "credit",
		[XEN_SCHEDULER_CREDIT2] = "credit2",
		[XEN_SCHEDULER_ARINC653] = "arinc653",
		[XEN_SCHEDULER_RTDS] = "rtds",
		[XEN_SCHEDULER_NULL] = "null",
	};
	uint32_t id;

	if (xc_sysctl(&op))
		return "unknown";
	id = op.u.sched_id.sched_id;
	return id < sizeof(names) / sizeof(names[0]) && names[id] ? names[id]
								  : "unknown";
}

/* A text that the hypervisor gives; "" if it refuses. */
static void print_text(const char *only, const char *name, unsigned int what)
{
	char text[1025] = "";

	if (host_version(what, text) < 0)
		text[0] = 0;
	text[sizeof(text) - 1] = 0;
	line(only, name, "%s", text);
}

static void print_compile_info(const char *only)
{
	struct xen_compile_info c = { .compiler = "" };

	if (host_version(XENVER_compile_info, &c) < 0)
		memset(&c, 0, sizeof(c));
	line(only, "cc_compiler", "%.*s", (int)sizeof(c.compiler), c.compiler);
	line(only, "cc_compile_by", "%.*s", (int)sizeof(c.compile_by),
	     c.compile_by);
	line(only, "cc_compile_domain", "%.*s", (int)sizeof(c.compile_domain),
	     c.compile_domain);
	line(only, "cc_compile_date", "%.*s", (int)sizeof(c.compile_date),
	     c.compile_date);
}

static void print_build_id(const char *only)
{
	union {
		xen_build_id_t id;
		uint8_t room[sizeof(xen_build_id_t) + 32];
	} b = { .id.len = 32 };
	char text[65] = "";
	int n = host_version(XENVER_build_id, &b);

	for (int i = 0; i < n && i < 32; i++)
		sprintf(text + 2 * i, "%02x", b.id.buf[i]);
	line(only, "build_id", "%s", text);
}

static void print_version(const char *only)
{
	int version = host_version(XENVER_version, NULL);
	xen_platform_parameters_t params = { 0 };
	char extra[XEN_EXTRAVERSION_LEN + 1] = "";

	if (host_version(XENVER_extraversion, extra) < 0)
		extra[0] = 0;
	host_version(XENVER_platform_parameters, &params);
	line(only, "xen_major", "%d", version >> 16);
	line(only, "xen_minor", "%d", version & 0xffff);
	line(only, "xen_extra", "%s", extra);
	line(only, "xen_version", "%d.%d%s", version >> 16, version & 0xffff,
	     extra);
	print_text(only, "xen_caps", XENVER_capabilities);
	line(only, "xen_scheduler", "%s", scheduler());
	line(only, "xen_pagesize", "%d", host_version(XENVER_pagesize, NULL));
	line(only, "platform_params", "virt_start=0x%lx",
	     (unsigned long)params.virt_start);
	print_text(only, "xen_changeset", XENVER_changeset);
	print_text(only, "xen_commandline", XENVER_commandline);
	print_compile_info(only);
	print_build_id(only);
}

int cmd_info(struct arguments *a)
{
	const char *only = a->operand[0];
	struct xen_sysctl_physinfo phys;

	line(only, "host", "dom0");
	line(only, "release", "Enso");
	line(only, "version", "newlib");
	line(only, "machine", "x86_64");
	if (!print_physinfo(only, &phys))
		return EXIT_FAILURE;
	print_version(only);
	line(only, "xend_config_format", "4");
	/* What xl has not: to the frame, and what is decided about Meltdown. */
	line(only, "free_frames", "%lu", (unsigned long)phys.free_pages);
	line(only, "dom0_peak_kib", "%lu", host_own_peak());
	line(only, "page_table_isolation", "no");
	return EXIT_SUCCESS;
}

/* For measuring: what lies between two of these. */
int cmd_tsc(struct arguments *a)
{
	(void)a;
	printf("%lu\n", host_tsc());
	return EXIT_SUCCESS;
}

/* ---- dmesg -------------------------------------------------------------------- */

int cmd_dmesg(struct arguments *a)
{
	static char buf[4096];
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole };
	struct xen_sysctl_readconsole *r = &op.u.readconsole;
	int rc;

	do {
		r->clear = a->option['c'] != NULL;
		r->incremental = 1;
		r->count = sizeof(buf);
		set_xen_guest_handle(r->buffer, buf);
		rc = xc_sysctl(&op);
		if (!rc)
			fwrite(buf, 1, r->count, stdout);
	} while (!rc && r->count);
	if (!rc)
		return EXIT_SUCCESS;
	fprintf(stderr, "cannot read the hypervisor's messages: %s\n",
		strerror(-rc));
	return EXIT_FAILURE;
}

/* ---- Keys and the end ------------------------------------------------------------ */

int cmd_debug_keys(struct arguments *a)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_debug_keys };
	char *keys = a->operand[0];

	set_xen_guest_handle(op.u.debug_keys.keys, keys);
	op.u.debug_keys.nr_keys = (uint32_t)strlen(keys);
	if (!xc_sysctl(&op))
		return EXIT_SUCCESS;
	fprintf(stderr, "cannot send debug keys: %s\n", keys);
	return EXIT_FAILURE;
}

static int end_host(const struct arguments *a, unsigned int reason)
{
	int rc;

	fflush(stdout);
	rc = host_shutdown(reason);
	fprintf(stderr, "%s failed: %s\n", a->command->name, strerror(-rc));
	return EXIT_FAILURE;
}

int cmd_host_poweroff(struct arguments *a)
{
	return end_host(a, SHUTDOWN_poweroff);
}

int cmd_host_reboot(struct arguments *a)
{
	return end_host(a, SHUTDOWN_reboot);
}
