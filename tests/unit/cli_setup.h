/* SPDX-License-Identifier: MIT */
/*
 * What the tools stand on, for tests: a hypervisor with a table of domains, a
 * terminal with typed input, files, a clock. run() gives what a command prints.
 */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <xen/version.h>
#include "cli.h"
#include "cli_xenstore.h"
#include "console.h"
#include "files.h"
#include "guest.h"
#include "hostcalls.h"
#include "task.h"
#include "term.h"
#include "unit.h"
#include "xc.h"
#include "xlconfig.h"

/* What was asked of the layers below, in words: "pause 3; ". */
static char calls[2000];

static void called(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void called(const char *fmt, ...)
{
	size_t used = strlen(calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(calls + used, sizeof(calls) - used, fmt, ap);
	va_end(ap);
	used = strlen(calls);
	snprintf(calls + used, sizeof(calls) - used, "; ");
}

/* ---- Domains ---------------------------------------------------------------- */

#define DOMAINS 80

static struct xen_domctl_getdomaininfo domains[DOMAINS];
static size_t nr_domains;
static int sysctl_fails, domctl_fails; /* -errno */

static struct xen_domctl_getdomaininfo *domain_at(domid_t id)
{
	for (size_t i = 0; i < nr_domains; i++)
		if (domains[i].domain == id)
			return &domains[i];
	return NULL;
}

static struct xen_domctl_getdomaininfo *add_domain(domid_t id, const char *name,
						   uint32_t flags)
{
	struct xen_domctl_getdomaininfo *d = &domains[nr_domains++];
	char path[64];

	*d = (struct xen_domctl_getdomaininfo){ .domain = id,
						.flags = flags,
						.tot_pages = 256 << 8,
						.max_pages = 256 << 8,
						.nr_online_vcpus = 1 };
	memset(d->handle, (int)id * 0x11, sizeof(d->handle));
	snprintf(path, sizeof(path), "/local/domain/%u/name", id);
	if (name)
		node_set(path, name);
	return d;
}

static inline void remove_domain(domid_t id)
{
	struct xen_domctl_getdomaininfo *d = domain_at(id);
	char path[64];

	if (!d)
		return;
	memmove(d, d + 1, (size_t)(domains + --nr_domains - d) * sizeof(*d));
	snprintf(path, sizeof(path), "/local/domain/%u", id);
	xs_rm(&store, XBT_NULL, path);
}

/* ---- The hypervisor -------------------------------------------------------------- */

static const char *messages; /* of the hypervisor, not read yet */

static void list_domains(struct xen_sysctl_getdomaininfolist *l)
{
	l->num_domains = 0;
	for (size_t i = 0; i < nr_domains; i++)
		if (domains[i].domain >= l->first_domain &&
		    l->num_domains < l->max_domains)
			l->buffer.p[l->num_domains++] = domains[i];
}

static void read_messages(struct xen_sysctl_readconsole *r)
{
	size_t n = strlen(messages) < 7 ? strlen(messages) : 7;

	if (r->clear)
		called("clear");
	memcpy(r->buffer.p, messages, n);
	messages += n;
	r->count = (uint32_t)n;
	r->index += r->count;
}

int xc_sysctl(struct xen_sysctl *op)
{
	struct xen_sysctl_physinfo *p = &op->u.physinfo;

	if (sysctl_fails)
		return sysctl_fails;
	switch (op->cmd) {
	case XEN_SYSCTL_getdomaininfolist:
		list_domains(&op->u.getdomaininfolist);
		return 0;
	case XEN_SYSCTL_physinfo:
		*p = (struct xen_sysctl_physinfo){
			.threads_per_core = 1,
			.cores_per_socket = 1,
			.nr_cpus = 4,
			.max_cpu_id = 3,
			.nr_nodes = 1,
			.cpu_khz = 2400123,
			.capabilities = XEN_SYSCTL_PHYSCAP_pv |
					XEN_SYSCTL_PHYSCAP_gnttab_v1,
			.total_pages = 2048 << 8,
			.free_pages = (1000 << 8) + 5,
			.hw_cap = { 0x178bf3ff, 0xfffa3223 }
		};
		return 0;
	case XEN_SYSCTL_sched_id:
		op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT;
		return 0;
	case XEN_SYSCTL_readconsole:
		read_messages(&op->u.readconsole);
		return 0;
	case XEN_SYSCTL_debug_keys:
		called("keys %.*s", (int)op->u.debug_keys.nr_keys,
		       op->u.debug_keys.keys.p);
		return 0;
	}
	return -ENOSYS;
}

static int vcpu_info(domid_t id, struct xen_domctl_getvcpuinfo *v)
{
	if (v->vcpu > domain_at(id)->max_vcpu_id)
		return -ESRCH;
	v->online = v->vcpu < domain_at(id)->nr_online_vcpus;
	v->running = v->vcpu == 0 && id == 0;
	v->blocked = !v->running;
	v->cpu_time = 12345678901;
	v->cpu = 2;
	return 0;
}

static void show_affinity(const struct xen_domctl_vcpuaffinity *v)
{
	called("pin %u flags %u hard %lx soft %lx", v->vcpu, v->flags,
	       *(unsigned long *)v->cpumap_hard.bitmap.p,
	       *(unsigned long *)v->cpumap_soft.bitmap.p);
}

int xc_domctl(struct xen_domctl *op)
{
	if (domctl_fails)
		return domctl_fails;
	if (!domain_at(op->domain))
		return -ESRCH;
	switch (op->cmd) {
	case XEN_DOMCTL_pausedomain:
		called("pause %u", op->domain);
		return 0;
	case XEN_DOMCTL_unpausedomain:
		called("unpause %u", op->domain);
		return 0;
	case XEN_DOMCTL_max_mem:
		called("max_mem %u %lu", op->domain,
		       (unsigned long)op->u.max_mem.max_memkb);
		return 0;
	case XEN_DOMCTL_sendtrigger:
		called("trigger %u %u %u", op->domain,
		       op->u.sendtrigger.trigger, op->u.sendtrigger.vcpu);
		return 0;
	case XEN_DOMCTL_getvcpuinfo:
		return vcpu_info(op->domain, &op->u.getvcpuinfo);
	case XEN_DOMCTL_getvcpuaffinity:
		memset(op->u.vcpuaffinity.cpumap_hard.bitmap.p,
		       op->domain ? 11 : 15, 1);
		memset(op->u.vcpuaffinity.cpumap_soft.bitmap.p, 0xff, 8);
		return 0;
	case XEN_DOMCTL_setvcpuaffinity:
		show_affinity(&op->u.vcpuaffinity);
		/* What took effect comes back. */
		*op->u.vcpuaffinity.cpumap_hard.bitmap.p = 1;
		*op->u.vcpuaffinity.cpumap_soft.bitmap.p = 1;
		return 0;
	}
	return -ENOSYS;
}

int host_version(unsigned int what, void *answer)
{
	static const struct xen_compile_info c = { "gcc 12", "me", "here",
						   "today" };

	switch (what) {
	case XENVER_version:
		return 4 << 16 | 17;
	case XENVER_extraversion:
		strcpy(answer, ".0-enso");
		return 0;
	case XENVER_capabilities:
		strcpy(answer, "xen-3.0-x86_64 ");
		return 0;
	case XENVER_commandline:
		strcpy(answer, "console=com1");
		return 0;
	case XENVER_compile_info:
		memcpy(answer, &c, sizeof(c));
		return 0;
	case XENVER_platform_parameters:
		*(unsigned long *)answer = 0xffff800000000000;
		return 0;
	case XENVER_pagesize:
		return 4096;
	case XENVER_build_id:
		((xen_build_id_t *)answer)->len = 2;
		memcpy(((xen_build_id_t *)answer)->buf, "\xab\x01", 2);
		return 2;
	}
	return -ENOSYS;
}

unsigned long host_own_peak(void)
{
	return 26000;
}

unsigned long host_tsc(void)
{
	return 123456789;
}

int host_shutdown(unsigned int reason)
{
	called("host shutdown %u", reason);
	return -EPERM;
}

/* ---- Time, tasks, terminal, files ------------------------------------------------------ */

uint64_t time_now(void);

static uint64_t now;
static const char *typed;      /* what comes from the terminal */
static uint64_t interrupt_at;  /* ^C; 0: never */
static void (*on_sleep)(void); /* the world goes on */
static void (*task_fn)(void *);
static void *task_arg;
static char shown[16384]; /* by term_write() */

uint64_t time_now(void)
{
	return now;
}

void task_sleep_until(uint64_t when_ns)
{
	if (when_ns > now)
		now = when_ns;
	if (on_sleep)
		on_sleep();
}

struct task *task_start(const char *name, void (*fn)(void *), void *arg)
{
	(void)name;
	task_fn = fn;
	task_arg = arg;
	return (struct task *)shown;
}

void term_write(const char *bytes, size_t n)
{
	size_t used = strlen(shown);

	snprintf(shown + used, sizeof(shown) - used, "%.*s", (int)n, bytes);
}

/* Behind the end of what was typed there is nothing, so that the task ends. */
size_t term_read(char *buf, size_t n)
{
	if (!*typed || !n)
		return 0;
	*buf = *typed++;
	return 1;
}

/* What is typed comes only as fast as it is read; ^C comes at its time. */
size_t term_poll(char *buf, size_t n)
{
	bool is = n && interrupt_at && now >= interrupt_at;

	if (is) {
		interrupt_at = 0;
		*buf = 3;
	}
	return is;
}

static struct file {
	const char *path, *text;
} files[8];

const void *file_map(const char *path, size_t *size)
{
	for (struct file *f = files; f < files + 8 && f->path; f++)
		if (!strcmp(f->path, path)) {
			*size = strlen(f->text);
			return f->text;
		}
	errno = ENOENT;
	return NULL;
}

/* One level of folders: each path is /name or /folder/name. */
int files_list(const char *dir,
	       int (*fn)(const char *name, bool is_dir, void *arg), void *arg)
{
	size_t len = strlen(dir);
	bool any = len == 1;
	char name[64];

	while (len && dir[len - 1] == '/')
		len--;
	for (struct file *f = files; f < files + 8 && f->path; f++) {
		if (strncmp(f->path, dir, len) || f->path[len] != '/')
			continue;
		any = true;
		snprintf(name, sizeof(name), "%.*s",
			 (int)strcspn(f->path + len + 1, "/"),
			 f->path + len + 1);
		fn(name, strchr(f->path + len + 1, '/') != NULL, arg);
	}
	return any ? 0 : -ENOENT;
}

/* ---- Guests --------------------------------------------------------------------------- */

static struct guest_config made; /* the last one */
static int create_fails, destroy_fails, shutdown_fails, attach_fails,
	rename_fails;

int guest_create(const struct guest_config *cfg, bool paused)
{
	called("create %s%s", cfg->name, paused ? " paused" : "");
	if (create_fails)
		return create_fails;
	made = *cfg;
	add_domain(9, cfg->name, 0);
	return 9;
}

int guest_destroy(domid_t id)
{
	called("destroy %u", id);
	return destroy_fails;
}

int guest_shutdown(domid_t id, const char *how)
{
	called("%s %u", how, id);
	return shutdown_fails;
}

const struct guest_config *guest_config_of(domid_t id)
{
	return id == 9 ? &made : NULL;
}

int guest_rename(domid_t id, const char *name)
{
	called("rename %u %s", id, name);
	return rename_fails;
}

bool guest_wait(domid_t id, uint64_t deadline)
{
	(void)id;
	(void)deadline;
	return true;
}

int console_log(const char *who, void (*to)(const char *text, size_t n))
{
	if (strcmp(who, "guest"))
		return -ENOENT;
	to("booting\n", 8);
	to("panic\n", 6);
	return 0;
}

int console_wait(domid_t id, const char *text, uint64_t when)
{
	called("wait %u %s %d", id, text, when != UINT64_MAX);
	return strcmp(text, "never") ? 0 : -ETIMEDOUT;
}

int console_attach(domid_t id, char escape)
{
	called("attach %u %02x", id, escape);
	if (task_fn)
		task_fn(task_arg);
	task_fn = NULL;
	return attach_fails;
}

/* ---- Running -------------------------------------------------------------------------- */

static char *out, *err; /* of the last run() */

/* Domain 0, and guest 3 that is blocked. */
static void setup(void)
{
	store_reset();
	nr_domains = 0;
	add_domain(0, "Domain-0", XEN_DOMINF_running)->cpu_time = 6250000000;
	add_domain(3, "guest", XEN_DOMINF_blocked)->max_vcpu_id = 1;
	memset(files, 0, sizeof(files));
	sysctl_fails = domctl_fails = 0;
	create_fails = destroy_fails = shutdown_fails = attach_fails =
		rename_fails = 0;
	calls[0] = shown[0] = 0;
	messages = typed = "";
	interrupt_at = 0;
	on_sleep = NULL;
	task_fn = NULL;
	now = 1000000000;
}

static void teardown(void)
{
	free(out);
	free(err);
	out = err = NULL;
}

/* Runs a line, keeps what it printed; its exit status. */
static int run(const char *line)
{
	FILE *old_out = stdout, *old_err = stderr;
	size_t size;
	int status;

	teardown();
	stdout = open_memstream(&out, &size);
	stderr = open_memstream(&err, &size);
	status = cli_run(line);
	fclose(stdout);
	fclose(stderr);
	stdout = old_out;
	stderr = old_err;
	return status;
}

/* True: that is what the line prints, and its exit status. */
static inline bool prints(const char *line, int status, const char *to_out,
			  const char *to_err)
{
	int was = run(line);

	if (was == status && !strcmp(out, to_out) && !strcmp(err, to_err))
		return true;
	printf("status %d\n--- out\n%s--- err\n%s---\n", was, out, err);
	return false;
}

#endif
