// SPDX-License-Identifier: MIT
/*
 * Guests begin and end. guestctl.c has the calls to the hypervisor,
 * gueststore.c the nodes of the store; guestend.c says what follows an end.
 */
#include "guest.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "builder.h"
#include "console.h"
#include "files.h"
#include "guestctl.h"
#include "guestlist.h"
#include "gueststore.h"
#include "task.h"
#include "vcpu.h"

#define SECOND	     1000000000ul
#define POLL	     (SECOND / 10) /* of guest_wait() */
#define EVENT_PORTS  1023	   /* the highest, as libxl has it */
#define MAXMEM_SLACK 1024	   /* KiB, as libxl has it */

struct guest *guests;
struct waitq guests_changed;

/* ---- One thing at a time ------------------------------------------------------ */

static bool working;
static struct waitq turn;

void guests_take_turn(void)
{
	while (working)
		task_wait(&turn);
	working = true;
}

void guests_give_turn(void)
{
	working = false;
	task_wake(&turn);
}

static struct guest **place_of(domid_t id)
{
	struct guest **at = &guests;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

void guests_forget(domid_t id)
{
	struct guest **at = place_of(id), *g = *at;

	if (g) {
		*at = g->next;
		free(g);
	}
	task_wake(&guests_changed);
}

/* ---- Making -------------------------------------------------------------------- */

static int complain(const struct guest_config *cfg, int err, const char *format,
		    ...) __attribute__((format(printf, 3, 4)));

static int complain(const struct guest_config *cfg, int err, const char *format,
		    ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "%s: ", cfg->name);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	return err;
}

static void progress(const char *what, unsigned int percent)
{
	printf("%s: %u%%\n", what, percent);
}

static int open_files(const struct guest_config *cfg, struct builder_input *in)
{
	in->kernel_name = cfg->kernel;
	in->kernel = file_map(cfg->kernel, &in->kernel_size);
	if (!in->kernel)
		return complain(cfg, -errno, "kernel %s: %s", cfg->kernel,
				strerror(errno));
	if (!*cfg->ramdisk)
		return 0;
	in->ramdisk_name = cfg->ramdisk;
	in->ramdisk = file_map(cfg->ramdisk, &in->ramdisk_size);
	if (!in->ramdisk)
		return complain(cfg, -errno, "ramdisk %s: %s", cfg->ramdisk,
				strerror(errno));
	return 0;
}

static uint32_t or_default(unsigned int limit, uint32_t by_default)
{
	return limit ? limit : by_default;
}

static int build(const struct guest_config *cfg, struct builder_domain *d)
{
	struct builder_input in = {
		.domain = {
			.max_vcpus = cfg->maxvcpus,
			.max_evtchn_port =
				or_default(cfg->event_channels, EVENT_PORTS),
			.max_grant_frames =
				or_default(cfg->max_grant_frames, UINT32_MAX),
			.max_maptrack_frames =
				or_default(cfg->max_maptrack_frames, UINT32_MAX),
		},
		.memory_kib = (uint64_t)cfg->memory * 1024,
		.max_kib = (uint64_t)cfg->maxmem * 1024 + MAXMEM_SLACK,
		.cmdline = cfg->cmdline,
		.progress = progress,
	};
	int err = open_files(cfg, &in);

	if (err)
		return err;
	memcpy(in.domain.uuid, cfg->uuid, sizeof(cfg->uuid));
	err = builder_build(&in, d);
	return err ? complain(cfg, err, "%s", d->why) : 0;
}

/* Ties a built domain to the rest of the world; what fails undoes it. */
static int tie(const struct guest_config *cfg, const struct builder_domain *d)
{
	int err = guestctl_place(cfg, d->id);

	if (err)
		return complain(
			cfg, err,
			"its cpus, cpu_weight, cap or tsc_mode cannot be set: %s",
			strerror(-err));
	err = gueststore_add(cfg, d);
	if (err)
		return complain(cfg, err,
				"cannot make its nodes in xenstore: %s",
				strerror(-err));
	err = console_open(d->id, cfg->name, d->console_mfn, d->console_port);
	if (err) {
		gueststore_remove(d->id, cfg->uuid);
		return complain(cfg, err, "cannot open its console: %s",
				strerror(-err));
	}
	return 0;
}

static int start(struct guest *g, bool paused)
{
	int err = paused ? 0 : guestctl_unpause(g->id);

	g->started = time_now();
	if (err) {
		console_close(g->id);
		gueststore_remove(g->id, g->cfg.uuid);
		return complain(&g->cfg, err, "cannot start it: %s",
				strerror(-err));
	}
	g->next = guests;
	guests = g;
	return g->id;
}

int guests_create(const struct guest_config *cfg, bool paused,
		  unsigned int short_lives)
{
	struct guest *g = calloc(1, sizeof(*g));
	struct builder_domain d;
	int err;

	if (!g)
		return complain(cfg, -ENOMEM, "dom0 is out of memory");
	g->cfg = *cfg;
	g->short_lives = short_lives;
	if (!cfg->has_uuid)
		guestctl_new_uuid(g->cfg.uuid);
	g->cfg.has_uuid = true;
	err = gueststore_name_used(cfg->name)
		      ? complain(cfg, -EEXIST,
				 "a domain of that name exists already")
		      : build(&g->cfg, &d);
	if (!err) {
		g->id = d.id;
		err = tie(&g->cfg, &d);
		if (!err)
			err = start(g, paused);
		if (err < 0)
			xcbuild_destroy(d.id);
	}
	if (err < 0)
		free(g);
	return err;
}

int guest_create(const struct guest_config *cfg, bool paused)
{
	int err;

	guests_take_turn();
	err = guests_create(cfg, paused, 0);
	guests_give_turn();
	return err;
}

/* ---- Ending --------------------------------------------------------------------- */

/* First it stops, then who has its memory lets go of it. */
int guests_destroy(domid_t id)
{
	struct guestctl_info info;
	int err = id ? guestctl_info(id, &info) : -EINVAL;

	if (err)
		return err;
	guestctl_pause(id);
	console_close(id);
	gueststore_remove(id, info.uuid);
	err = xcbuild_destroy(id);
	if (!err)
		guests_forget(id);
	return err;
}

int guest_destroy(domid_t id)
{
	int err;

	guests_take_turn();
	err = guests_destroy(id);
	guests_give_turn();
	return err;
}

int guest_shutdown(domid_t id, const char *how)
{
	struct guestctl_info info;
	int err = id ? guestctl_info(id, &info) : -EINVAL;

	return err ? err : gueststore_shutdown(id, how);
}

int guest_rename(domid_t id, const char *name)
{
	struct guestctl_info info;
	int err;

	guests_take_turn();
	err = guestctl_info(id, &info);
	if (!err && gueststore_name_used(name))
		err = -EEXIST;
	if (!err)
		err = gueststore_rename(id, name);
	if (!err)
		console_rename(id, name);
	if (!err && *place_of(id))
		snprintf((*place_of(id))->cfg.name,
			 sizeof((*place_of(id))->cfg.name), "%s", name);
	guests_give_turn();
	return err;
}

const struct guest_config *guest_config_of(domid_t id)
{
	struct guest *g = *place_of(id);

	return g ? &g->cfg : NULL;
}

bool guest_wait(domid_t id, uint64_t deadline)
{
	struct guestctl_info info;

	while (!guestctl_info(id, &info) && !info.shutdown) {
		uint64_t now = time_now(), next = now + POLL;

		if (now >= deadline)
			return false;
		task_wait_until(&guests_changed,
				next < deadline ? next : deadline);
	}
	return true;
}
