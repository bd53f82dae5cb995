/* SPDX-License-Identifier: MIT */
/* Which features of the CPU guests are told of: CPUID as Xen's PV default. */
#ifndef POLICY_H
#define POLICY_H

#include "vcpu.h"
#include "x86.h"

/* Leaf and subleaf as current v is told by emulated CPUID. */
struct cpuid policy_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t sub);

enum policy_vendor { OTHER = 1, INTEL = 2, AMD = 4, ANY = 7 };
enum policy_vendor policy_vendor(void);

#endif
