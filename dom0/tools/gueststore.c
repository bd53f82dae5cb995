// SPDX-License-Identifier: MIT
/*
 * The nodes of guests in the store: /local/domain/ID and /vm/UUID, and the
 * console's back-end in /local/domain/0.
 */
#include "gueststore.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>
#include "task.h"
#include "vcpu.h"
#include "xlvalues.h"

#define PATH_ROOM     160
#define CONSOLE_LIMIT "1048576"

/* ---- The connection --------------------------------------------------------- */

static struct xs_handle *connection;
static bool busy;
static struct waitq idle;

/* NULL: errno. */
static struct xs_handle *take(void)
{
	while (busy)
		task_wait(&idle);
	busy = true;
	if (!connection)
		connection = xs_open(0);
	if (!connection) {
		busy = false;
		task_wake(&idle);
	}
	return connection;
}

static void give(void)
{
	busy = false;
	task_wake(&idle);
}

/* ---- Making nodes ------------------------------------------------------------ */

/* Nodes below base; after the first failure nothing is done. */
struct maker {
	struct xs_handle *xs;
	xs_transaction_t t;
	domid_t id;
	char base[64];
	int err;
};

enum access { GUEST_READS, GUEST_OWNS };

static const char *path_of(const struct maker *m, const char *key,
			   char path[PATH_ROOM])
{
	snprintf(path, PATH_ROOM, *key ? "%s/%s" : "%s", m->base, key);
	return path;
}

static void note(struct maker *m, bool done)
{
	if (!done && !m->err)
		m->err = errno ? -errno : -EIO;
}

static void set_access(struct maker *m, const char *key, enum access access)
{
	struct xs_permissions perms[2] = { { 0, XS_PERM_NONE },
					   { m->id, XS_PERM_READ } };
	char path[PATH_ROOM];

	if (access == GUEST_OWNS)
		perms[0].id = m->id;
	if (!m->err)
		note(m, xs_set_permissions(m->xs, m->t, path_of(m, key, path),
					   perms, access == GUEST_OWNS ? 1 : 2));
}

static void make_dir(struct maker *m, const char *key, enum access access)
{
	char path[PATH_ROOM];

	if (!m->err)
		note(m, xs_mkdir(m->xs, m->t, path_of(m, key, path)));
	set_access(m, key, access);
}

static void put(struct maker *m, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void put(struct maker *m, const char *key, const char *format, ...)
{
	char path[PATH_ROOM], value[256];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	if (!m->err)
		note(m, xs_write(m->xs, m->t, path_of(m, key, path), value,
				 (unsigned int)strlen(value)));
}

static void base(struct maker *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void base(struct maker *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(m->base, sizeof(m->base), format, args);
	va_end(args);
}

/* What the guest may write, it owns. */
static void make_dirs(struct maker *m)
{
	static const char *const reads[] = { "cpu", "memory", "device",
					     "control" };
	static const char *const owns[] = { "control/shutdown",
					    "control/feature-poweroff",
					    "control/feature-reboot",
					    "control/feature-suspend",
					    "control/sysrq",
					    "device/suspend/event-channel",
					    "data",
					    "drivers",
					    "feature",
					    "attr",
					    "error" };
	size_t i;

	make_dir(m, "", GUEST_READS);
	for (i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		make_dir(m, reads[i], GUEST_READS);
	for (i = 0; i < sizeof(owns) / sizeof(owns[0]); i++)
		make_dir(m, owns[i], GUEST_OWNS);
}

static void make_vm(struct maker *m, const struct guest_config *cfg,
		    const char *uuid)
{
	uint64_t now = time_wall();

	base(m, "/vm/%s", uuid);
	make_dir(m, "", GUEST_READS);
	put(m, "name", "%s", cfg->name);
	put(m, "uuid", "%s", uuid);
	put(m, "image/ostype", "linux");
	put(m, "image/kernel", "%s", cfg->kernel);
	if (*cfg->ramdisk)
		put(m, "image/ramdisk", "%s", cfg->ramdisk);
	put(m, "start_time", "%" PRIu64 ".%02" PRIu64, now / 1000000000,
	    now / 10000000 % 100);
}

static void make_domain(struct maker *m, const struct guest_config *cfg,
			const struct builder_domain *d, const char *uuid)
{
	char key[32];

	base(m, "/local/domain/%u", d->id);
	make_dirs(m);
	put(m, "vm", "/vm/%s", uuid);
	put(m, "name", "%s", cfg->name);
	put(m, "domid", "%u", d->id);
	put(m, "memory/static-max", "%" PRIu64, (uint64_t)cfg->maxmem * 1024);
	/* Not a page less than it has: its balloon would start at once. */
	put(m, "memory/target", "%" PRIu64, d->nr_pages * 4);
	put(m, "memory/videoram", "0");
	for (unsigned int i = 0; i < cfg->maxvcpus; i++) {
		snprintf(key, sizeof(key), "cpu/%u/availability", i);
		put(m, key, "%s", i < cfg->vcpus ? "online" : "offline");
	}
	put(m, "control/platform-feature-multiprocessor-suspend", "1");
	put(m, "control/platform-feature-xs_reset_watches", "1");
	put(m, "store/port", "%u", d->store_port);
	put(m, "store/ring-ref", "%" PRIu64, d->store_mfn);
}

static void make_console(struct maker *m, const struct builder_domain *d)
{
	base(m, "/local/domain/0/backend/console/%u/0", d->id);
	make_dir(m, "", GUEST_READS);
	put(m, "frontend", "/local/domain/%u/console", d->id);
	put(m, "frontend-id", "%u", d->id);
	put(m, "online", "1");
	put(m, "state", "1");
	put(m, "protocol", "vt100");
	base(m, "/local/domain/%u/console", d->id);
	make_dir(m, "", GUEST_READS);
	put(m, "backend", "/local/domain/0/backend/console/%u/0", d->id);
	put(m, "backend-id", "0");
	put(m, "limit", CONSOLE_LIMIT);
	put(m, "type", "xenconsoled");
	put(m, "output", "pty");
	put(m, "tty", "%s", "");
	put(m, "port", "%u", d->console_port);
	put(m, "ring-ref", "%" PRIu64, d->console_mfn);
}

/* All nodes at once, or none. */
static int make_all(struct xs_handle *xs, const struct guest_config *cfg,
		    const struct builder_domain *d)
{
	struct maker m = { .xs = xs, .id = d->id };
	char uuid[XL_UUID_TEXT];

	xl_uuid_text(cfg->uuid, uuid);
	do {
		m.err = 0;
		m.t = xs_transaction_start(xs);
		if (m.t == XBT_NULL)
			return -errno;
		make_vm(&m, cfg, uuid);
		make_domain(&m, cfg, d, uuid);
		make_console(&m, d);
		if (!xs_transaction_end(xs, m.t, m.err) && !m.err)
			m.err = -errno;
	} while (m.err == -EAGAIN);
	return m.err;
}

static void remove_all(struct xs_handle *xs, domid_t id, const uint8_t uuid[16])
{
	char path[PATH_ROOM], text[XL_UUID_TEXT];

	snprintf(path, sizeof(path), "/local/domain/%u", id);
	xs_rm(xs, XBT_NULL, path);
	snprintf(path, sizeof(path), "/local/domain/0/backend/console/%u", id);
	xs_rm(xs, XBT_NULL, path);
	xl_uuid_text(uuid, text);
	snprintf(path, sizeof(path), "/vm/%s", text);
	xs_rm(xs, XBT_NULL, path);
}

int gueststore_add(const struct guest_config *cfg,
		   const struct builder_domain *d)
{
	struct xs_handle *xs = take();
	int err;

	if (!xs)
		return -errno;
	err = make_all(xs, cfg, d);
	if (!err &&
	    !xs_introduce_domain(xs, d->id, d->store_mfn, d->store_port)) {
		err = -errno;
		remove_all(xs, d->id, cfg->uuid);
	}
	give();
	return err;
}

void gueststore_remove(domid_t id, const uint8_t uuid[16])
{
	struct xs_handle *xs = take();

	if (!xs)
		return;
	remove_all(xs, id, uuid);
	xs_release_domain(xs, id);
	give();
}

/* ---- Names -------------------------------------------------------------------- */

/* Of the domain whose id is text. */
static bool has_name(struct xs_handle *xs, const char *id, const char *name)
{
	char path[PATH_ROOM], *have;
	unsigned int len;
	bool same;

	snprintf(path, sizeof(path), "/local/domain/%s/name", id);
	have = xs_read(xs, XBT_NULL, path, &len);
	same = have && len == strlen(name) && !memcmp(have, name, len);
	free(have);
	return same;
}

bool gueststore_name_used(const char *name)
{
	struct xs_handle *xs = take();
	unsigned int count = 0, i;
	bool used = false;
	char **ids;

	if (!xs)
		return false;
	ids = xs_directory(xs, XBT_NULL, "/local/domain", &count);
	for (i = 0; ids && i < count && !used; i++)
		used = has_name(xs, ids[i], name);
	free(ids);
	give();
	return used;
}

/* Writes a node of the domain's. */
static int write_node(domid_t id, const char *node, const char *value)
{
	struct xs_handle *xs = take();
	char path[PATH_ROOM];
	bool done;
	int err;

	if (!xs)
		return -errno;
	snprintf(path, sizeof(path), "/local/domain/%u/%s", id, node);
	done = xs_write(xs, XBT_NULL, path, value, (unsigned int)strlen(value));
	err = done ? 0 : -errno;
	give();
	return err;
}

int gueststore_rename(domid_t id, const char *name)
{
	return write_node(id, "name", name);
}

/* ---- Ends ---------------------------------------------------------------------- */

int gueststore_shutdown(domid_t id, const char *how)
{
	return write_node(id, "control/shutdown", how);
}

int gueststore_wait_release(void)
{
	static struct xs_handle *xs;
	unsigned int n;
	char **event;

	if (!xs) {
		xs = xs_open(0);
		if (!xs)
			return -errno;
		if (!xs_watch(xs, "@releaseDomain", "guests")) {
			int err = -errno;

			xs_close(xs);
			xs = NULL;
			return err;
		}
	}
	event = xs_read_watch(xs, &n);
	if (!event)
		return -errno;
	free(event);
	return 0;
}
