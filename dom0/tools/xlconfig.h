/* SPDX-License-Identifier: MIT */
/*
 * What a guest is made of, read from an xl.cfg file: the meaning of its keys.
 * xlparse.h knows the syntax; the table of keys is in xlconfig.c. A struct
 * guest_config is a plain value: it is copied by assignment and owns nothing.
 */
#ifndef XLCONFIG_H
#define XLCONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define GUEST_VCPUS 32 /* of one guest, at most */

enum guest_action {
	GUEST_DESTROY,
	GUEST_RESTART,
	GUEST_RENAME_RESTART,
	GUEST_PRESERVE,
	GUEST_COREDUMP_DESTROY,
	GUEST_COREDUMP_RESTART,
	GUEST_SOFT_RESET,
};

enum guest_tsc_mode { /* the numbers that xl.cfg and settscinfo have */
		      GUEST_TSC_DEFAULT,
		      GUEST_TSC_ALWAYS_EMULATE,
		      GUEST_TSC_NATIVE,
		      GUEST_TSC_NATIVE_PARAVIRT,
};

struct guest_config {
	char name[128];
	uint8_t uuid[16];
	bool has_uuid; /* else who creates the guest makes one up */
	char kernel[256];
	char ramdisk[256];	      /* "": none */
	char cmdline[1024];	      /* root= and extra are in it; "": none */
	unsigned int memory, maxmem;  /* MiB, memory <= maxmem */
	unsigned int vcpus, maxvcpus; /* online at start; 1 <= vcpus <= max */
	uint64_t cpus[GUEST_VCPUS];   /* where each may run, a bit per CPU */
	unsigned int cpu_weight, cap; /* 0: the scheduler's default */
	unsigned int tsc_mode;	      /* enum guest_tsc_mode */
	unsigned int max_grant_frames, max_maptrack_frames; /* 0: default */
	unsigned int event_channels; /* highest port, 0: default */
	/* enum guest_action */
	unsigned int on_poweroff, on_reboot, on_crash, on_watchdog,
		on_soft_reset;
};

/*
 * Reads text[len], of the file called source, then arguments "key=value" that
 * override it, until NULL (arguments itself may be NULL). A value of an
 * argument that is neither a number nor quoted nor a list is taken as it
 * stands. Each error goes to errors, as "source:line:column: what". 0, or
 * -EINVAL after at least one error, or -ENOMEM; *cfg is of use only after 0.
 */
int xlconfig_read(struct guest_config *cfg, const char *source, const char *text,
		  size_t len, char *const *arguments, FILE *errors);

#endif
