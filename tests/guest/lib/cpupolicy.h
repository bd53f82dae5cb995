/* SPDX-License-Identifier: MIT */
/*
 * The CPU as the current domain is told of it: a VALUE for every CPUID leaf
 * by the forced prefix, and for what RDMSR and WRMSR say of every MSR that a
 * kernel may ask for.
 */
#ifndef CPUPOLICY_H
#define CPUPOLICY_H

void cpupolicy_show(void);

#endif
