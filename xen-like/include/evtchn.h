/* SPDX-License-Identifier: MIT */
/*
 * Event channels, two-level ABI. Every port is checked here; errors are the
 * ABI's. d->evtchn_lock guards the records. Who binds or closes an interdomain
 * port holds both domains' locks, in id order; so a send needs its own only:
 * the other end cannot go while it is held.
 */
#ifndef EVTCHN_H
#define EVTCHN_H

#include "vcpu.h"
#include <xen/event_channel.h>

typedef uint32_t port_t;

enum port_state { /* as EVTCHNOP_status tells them */
		  PORT_FREE = EVTCHNSTAT_closed,
		  PORT_UNBOUND = EVTCHNSTAT_unbound,
		  PORT_INTERDOMAIN = EVTCHNSTAT_interdomain,
		  PORT_VIRQ = EVTCHNSTAT_virq,
		  PORT_IPI = EVTCHNSTAT_ipi,
};

struct evtchn {
	uint8_t state;
	uint8_t virq;
	uint16_t vcpu; /* notified vCPU */
	port_t remote_port;
	struct domain *remote; /* closes our end before it goes */
	domid_t remote_domid;
} __attribute__((aligned(32)));

/* Results: >= 0 a port, or 0; -XEN_E* as the ABI documents them. */
int evtchn_alloc_unbound(struct domain *d, domid_t remote);
int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
			    port_t remote_port);
int evtchn_bind_virq(struct domain *d, uint32_t virq, uint32_t vcpu);
int evtchn_bind_ipi(struct domain *d, uint32_t vcpu);
int evtchn_bind_vcpu(struct domain *d, port_t port, uint32_t vcpu);
int evtchn_close(struct domain *d, port_t port);
int evtchn_send(struct domain *d, port_t port);
int evtchn_unmask(struct domain *d, port_t port);
int evtchn_status(struct domain *d, port_t port, struct evtchn_status *out);
/* Close all, of a dying domain too. -XEN_ERESTART: call again. */
int evtchn_reset(struct domain *d);

/* Is there such a VIRQ, and is it the domain's? Others are of each vCPU. */
bool evtchn_virq_is_global(uint32_t virq);

/* Raise a VIRQ: per-vCPU ones on v, global ones where they are bound. */
void evtchn_virq(struct vcpu *v, uint32_t virq);
void evtchn_virq_global(struct domain *d, uint32_t virq);

/* Is port pending in d? (poll) */
bool evtchn_pending(struct domain *d, port_t port);

/* Recount ports, bindings and remotes: -1 and a message (audit). */
int evtchn_audit(struct domain *d);

#endif
