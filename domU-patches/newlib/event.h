/* SPDX-License-Identifier: MIT */
/*
 * Event channels by the two-level interface: handlers by port, masks, and
 * the calls as functions with plain arguments.
 */
#ifndef EVENT_H
#define EVENT_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/event_channel.h>
#include "trap.h"

#define EVENT_PORTS 4096

typedef void event_fn(evtchn_port_t port);

/* Called with upcalls masked. NULL: the event stays unhandled, counted only. */
void event_handle(evtchn_port_t port, event_fn *fn);
unsigned int event_count(evtchn_port_t port);
extern volatile unsigned int event_upcalls; /* since the start */

bool event_pending(evtchn_port_t port);
bool event_masked(evtchn_port_t port);
void event_clear(evtchn_port_t port);
void event_mask(evtchn_port_t port);
int64_t event_unmask(evtchn_port_t port);

/* A port, or -XEN_E*. */
int64_t event_bind_virq(uint32_t virq, uint32_t vcpu);
int64_t event_bind_ipi(uint32_t vcpu);
int64_t event_alloc_unbound(domid_t dom, domid_t remote);
int64_t event_bind_interdomain(domid_t remote, evtchn_port_t remote_port);
int64_t event_send(evtchn_port_t port);
int64_t event_close(evtchn_port_t port);

/* Upcalls of the current vCPU on (what pends is delivered) and off. */
void upcalls_on(void);
void upcalls_off(void);

/* With upcalls off: the handlers of what pends are called, here and now. */
void event_poll(void);
/*
 * An upcall goes round once and leaves upcalls off behind it, so that nobody
 * who sends events all the time keeps us in it.
 */
extern bool event_one_upcall;

void event_upcall(struct regs *regs);

#endif
