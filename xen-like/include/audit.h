/* SPDX-License-Identifier: MIT */
/*
 * Truth is recountable: the audit recomputes every count from primary data
 * (page tables, lists, vCPU contexts) with no counter or walker of the code
 * it audits. Callers make sure that nothing else runs (all CPUs parked, or
 * one thread on the host).
 */
#ifndef AUDIT_H
#define AUDIT_H

#include "domain.h"

/* Checks everything; prints each finding; returns how many there were. */
unsigned int audit_run(void);

/* The part of it that recounts references and types of all frames. */
unsigned int audit_frames(void);

#endif
