/* SPDX-License-Identifier: MIT */
/*
 * A storm of random hypercalls with arguments that are nearly right, and of
 * privileged instructions, on each vCPU that calls storm_run(). Without mean,
 * only calls that leave the guest whole; with it anything goes, what takes
 * the guest's entry points and stacks once in mean * 8 rounds.
 */
#ifndef STORM_H
#define STORM_H

#include <stdbool.h>

struct storm {
	unsigned long seed, rounds, mean;
	bool notes; /* a NOTE now and then */
};

void storm_init(struct storm how);
/* A vCPU's storm; arg is not used. */
void storm_run(void *arg);
unsigned long storm_answered(unsigned int vcpu);

#endif
