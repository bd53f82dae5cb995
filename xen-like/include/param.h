/* SPDX-License-Identifier: MIT */
/*
 * The command line, in Xen's spelling. Unknown options are complained about
 * and skipped.
 */
#ifndef PARAM_H
#define PARAM_H

#include "types.h"

struct params {
	bool console_com1, noreboot, xpti_ignore;
	bool stretch;	    /* measure the longest one without a poll */
	uint32_t com1_baud; /* 0: leave as it is */
	uint8_t loglvl;	    /* enum log_level */
	uint64_t dom0_min, dom0_mem, dom0_max; /* bytes, 0 default */
	unsigned int dom0_min_vcpus; /* as many as CPUs, but not fewer */
	unsigned int dom0_max_vcpus; /* and not more; 0 no limit */
	unsigned int maxcpus;	     /* 0: all */
	char cmdline[1024];	     /* whole, for XENVER_commandline */
};
extern struct params params;

/* Parse line (without the image's name) into params. */
void param_parse(const char *line);

#endif
