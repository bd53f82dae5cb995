/* SPDX-License-Identifier: MIT */
/*
 * The console back-end, which is in dom0/back; the tools know it by this
 * header alone. What guests print is kept, the last CONSOLE_LOG bytes
 * of each, after its end too; one guest's console at a time can be had at the
 * terminal. <xen/io/console.h>
 */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

#define CONSOLE_LOG  (32ul << 10)
#define CONSOLE_DEAD 8 /* logs of ended guests that are kept */

/*
 * Serve guest id's console ring, in frame ring_mfn of its, and its unbound
 * port. 0, or -errno with nothing left behind.
 */
int console_open(domid_t id, const char *name, uint64_t ring_mfn,
		 evtchn_port_t remote_port);
/* Its guest has another name now: console_log() knows it by that. */
void console_rename(domid_t id, const char *name);
/* What is in the ring is taken still; the log stays. No console: nothing. */
void console_close(domid_t id);

/*
 * Connects the terminal with the guest's console, beginning with what it
 * printed and nobody saw, until escape is typed or the guest ends. 0;
 * -ESRCH: no such console, -EBUSY: another one is connected.
 */
int console_attach(domid_t id, char escape);

/*
 * Waits until the guest has printed text, in what is kept of its output or
 * from now on. 0; -ESRCH: no such console, or it has ended; -ETIMEDOUT: when,
 * in time_now(), came first.
 */
int console_wait(domid_t id, const char *text, uint64_t when);

/*
 * What a guest printed last, by name or by id as text, ended ones too (the
 * latest of that name): calls out() for its parts. 0 or -ENOENT.
 */
int console_log(const char *who, void (*out)(const char *text, size_t n));

#endif
