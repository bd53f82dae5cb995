/* SPDX-License-Identifier: MIT */
/*
 * The initial domain: any 64-bit PV kernel, given as the first boot module,
 * with an optional ramdisk as the second, laid out as xen.h's "start of day"
 * describes.
 */
#ifndef DOM0_H
#define DOM0_H

#include "bootinfo.h"

/*
 * Build it and make its first vCPU runnable. Gives the modules' memory to the
 * heap. Stops the machine with a sentence when it cannot be done.
 */
void dom0_build(const struct boot_info *bi);

#endif
