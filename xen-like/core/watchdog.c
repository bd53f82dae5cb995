/* SPDX-License-Identifier: MIT */
/*
 * Watchdogs. d->lock guards the deadlines. A timer that is given up is left
 * armed: to stop it would wait for its function, which takes the lock.
 */
#include "watchdog.h"
#include "print.h"
#include <xen/sched.h>

#define SECOND 1000000000ul

static void fire(void *arg)
{
	struct domain *d = arg;

	for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++) {
		uint64_t at = READ_ONCE(d->watchdog[i].deadline);

		if (!at || now_ns() < at || READ_ONCE(d->shutdown))
			continue;
		print(LOG_ERR, "d%u: its watchdog timer fired\n", d->id);
		domain_shutdown(d, SHUTDOWN_watchdog);
	}
}

int watchdog_set(struct domain *d, uint32_t id, uint32_t seconds)
{
	const unsigned int n = ARRAY_SIZE(d->watchdog);
	unsigned int i = id ? id - 1 : 0;
	int rc = -XEN_ENOSPC;
	struct watchdog *w;

	if (id > n || (!id && !seconds))
		return -XEN_EINVAL;
	lock_take(&d->lock);
	/* A new one: the first that is free. */
	while (!id && i < n && d->watchdog[i].deadline)
		i++;
	if (i == n)
		goto out;
	w = &d->watchdog[i];
	rc = -XEN_EINVAL;
	if (!domain_alive(d) || (id && !w->deadline))
		goto out;
	rc = id ? 0 : (int)i + 1;
	WRITE_ONCE(w->deadline, seconds ? now_ns() + seconds * SECOND : 0);
	if (!w->timer.fn)
		timer_init(&w->timer, fire, d);
	if (seconds)
		timer_set(&w->timer, w->deadline);
out:
	lock_drop(&d->lock);
	return rc;
}

void watchdog_stop(struct domain *d)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(d->watchdog); i++)
		if (d->watchdog[i].timer.fn)
			timer_stop(&d->watchdog[i].timer);
}
