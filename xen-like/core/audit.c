/* SPDX-License-Identifier: MIT */
/* The audit: all parts of it, one after the other. */
#include "audit.h"
#include "evtchn.h"
#include "heap.h"
#include "sched.h"

unsigned int audit_run(void)
{
	unsigned int bad = 0;

	bad += heap_audit() < 0;
	bad += audit_frames();
	bad += sched_audit();
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d)) {
		bad += evtchn_audit(d) < 0;
		bad += domain_frames_audit(d);
	}
	return bad;
}
