// SPDX-License-Identifier: MIT
/*
 * A hostile guest: on each of its vCPUs a storm of random hypercalls with
 * arguments that are nearly right, and of privileged instructions. What it
 * may break is itself; the hypervisor must answer on, and its audit must be
 * clean at the end, which tests/system/torture.py looks at for many seeds.
 *
 * Without arguments it makes only calls that leave the guest whole.
 *
 * RUN: smp=2 timeout=40
 * Arguments: seed=N rounds=N mean=1 (anything goes)
 */
#include <stdio.h>
#include "check.h"
#include "storm.h"
#include "vcpu.h"

int main(int argc, char **argv)
{
	struct storm how = { .seed = 1, .rounds = 3000, .notes = true };
	bool second;

	for (int i = 1; i < argc; i++) {
		sscanf(argv[i], "seed=%lu", &how.seed);
		sscanf(argv[i], "rounds=%lu", &how.rounds);
		sscanf(argv[i], "mean=%lu", &how.mean);
	}
	storm_init(how);
	second = !vcpu_start(1, storm_run, NULL);
	storm_run(NULL);
	/* In a mean storm the other vCPU may be lost for good. */
	if (second && !how.mean)
		vcpu_wait_down(1);
	CHECK("answered", storm_answered(0) == how.rounds);
	return check_done();
}
