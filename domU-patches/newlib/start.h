/* SPDX-License-Identifier: MIT */
/*
 * A guest's life: main(argc, argv), its arguments from the command line, and
 * its end.
 */
#ifndef START_H
#define START_H

#include <stdint.h>
#include <xen/xen.h>

extern start_info_t *start_info;
extern struct shared_info *shared_info;

/* Ends the domain: reboot, which ends QEMU under -no-reboot. */
void guest_exit(void) __attribute__((noreturn));

/* Says "ERROR why" and ends: the test is broken, not its subject. */
void guest_fail(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

#endif
