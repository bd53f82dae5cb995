/* SPDX-License-Identifier: MIT */
/* The ABI's error numbers and newlib's, which differ from 35 on. */
#ifndef XENERR_H
#define XENERR_H

#include <stdint.h>

/* A hypercall's result: >= 0 as it is, -XEN_E* as newlib's -E*. */
int64_t xen_errno(int64_t rc);

#endif
