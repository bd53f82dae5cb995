// SPDX-License-Identifier: MIT
/*
 * What follows when a guest has shut down or crashed, as its configuration
 * says. A task looks at all guests whenever the store's @releaseDomain fires.
 */
#include "guest.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "guestctl.h"
#include "guestlist.h"
#include "gueststore.h"
#include "task.h"
#include "vcpu.h"
#include <xen/sched.h>

#define SECOND	    1000000000ul
#define SHORT_LIFE  (2 * SECOND)
#define SHORT_LIVES 3 /* in a row: no more restarts */

static const struct {
	const char *happened;
	size_t action; /* where in the configuration */
} ends[] = {
#define END(reason, text, member) \
	[reason] = { text, offsetof(struct guest_config, member) }
	END(SHUTDOWN_poweroff, "powered off", on_poweroff),
	END(SHUTDOWN_reboot, "reboots", on_reboot),
	END(SHUTDOWN_crash, "crashed", on_crash),
	END(SHUTDOWN_watchdog, "was ended by its watchdog", on_watchdog),
	END(SHUTDOWN_soft_reset, "wants a soft reset", on_soft_reset),
#undef END
};

static enum guest_action action_of(const struct guest *g, unsigned int reason)
{
	return *(const unsigned int *)((const char *)&g->cfg +
				       ends[reason].action);
}

static void say(const struct guest *g, const char *happened, const char *then)
{
	printf("%s (domain %u) %s: %s\n", g->cfg.name, g->id, happened, then);
}

/* A guest that ends as soon as it starts is not started for ever. */
static bool lived_too_short(struct guest *g)
{
	if (time_now() - g->started >= SHORT_LIFE)
		g->short_lives = 0;
	else
		g->short_lives++;
	return g->short_lives >= SHORT_LIVES;
}

static void restart(struct guest *g)
{
	struct guest_config cfg = g->cfg;
	unsigned int short_lives = g->short_lives;

	if (!guests_destroy(g->id))
		guests_create(&cfg, false, short_lives);
}

/* It stays, for who wants to look, under another name. */
static void rename_restart(struct guest *g)
{
	struct guest_config cfg = g->cfg;
	time_t now = (time_t)(time_wall() / SECOND);
	char *name = g->cfg.name, stamp[32];
	size_t room = sizeof(g->cfg.name), len = strlen(name);

	strftime(stamp, sizeof(stamp), "-%Y%m%dT%H%M%SZ", gmtime(&now));
	if (len > room - sizeof(stamp))
		len = room - sizeof(stamp);
	snprintf(name + len, room - len, "%s", stamp);
	gueststore_rename(g->id, name);
	/* The old one keeps its uuid and its nodes in /vm. */
	cfg.has_uuid = false;
	guests_create(&cfg, false, g->short_lives);
}

static void follow(struct guest *g, const char *happened,
		   enum guest_action action)
{
	bool core = action == GUEST_COREDUMP_DESTROY ||
		    action == GUEST_COREDUMP_RESTART;

	if (action == GUEST_PRESERVE) {
		say(g, happened, "preserved");
	} else if (action == GUEST_DESTROY || action == GUEST_COREDUMP_DESTROY) {
		say(g, happened,
		    core ? "destroyed, without a core dump" : "destroyed");
		guests_destroy(g->id);
	} else if (lived_too_short(g)) {
		say(g, happened,
		    "too soon after its start, again and again: "
		    "destroyed");
		guests_destroy(g->id);
	} else if (action == GUEST_RENAME_RESTART) {
		say(g, happened, "renamed, and restarted");
		rename_restart(g);
	} else {
		say(g, happened,
		    core ? "restarted, without a core dump" : "restarted");
		restart(g);
	}
}

/* One guest that has ended since; false: there is none. */
static bool follow_one(void)
{
	struct guestctl_info info;
	struct guest *g;

	for (g = guests; g; g = g->next) {
		if (guestctl_info(g->id, &info)) {
			guests_forget(g->id);
			return true;
		}
		if (!info.shutdown || g->ended ||
		    info.reason == SHUTDOWN_suspend)
			continue;
		g->ended = true;
		if (info.reason >= sizeof(ends) / sizeof(ends[0]))
			info.reason = SHUTDOWN_crash;
		follow(g, ends[info.reason].happened, action_of(g, info.reason));
		task_wake(&guests_changed);
		return true;
	}
	return false;
}

static void watch(void *arg)
{
	(void)arg;
	for (;;) {
		int err = gueststore_wait_release();

		if (err) {
			fprintf(stderr, "guests are not watched: %s\n",
				strerror(-err));
			return;
		}
		guests_take_turn();
		while (follow_one())
			;
		guests_give_turn();
	}
}

int guest_watch(void)
{
	return task_start("guests", watch, NULL) ? 0 : -ENOMEM;
}
