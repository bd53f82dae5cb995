/* SPDX-License-Identifier: MIT */
/* What a guest is made of, as xl's JSON: keys, order and indentation. */
#ifndef GUESTJSON_H
#define GUESTJSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include "xlconfig.h"

/* The configuration alone, as of a dry run. */
void guestjson_config(FILE *out, const struct guest_config *cfg);
/* An array of domains: begin, each of them, end. */
void guestjson_begin(FILE *out);
void guestjson_domain(FILE *out, domid_t id, const struct guest_config *cfg,
		      bool is_first);
void guestjson_end(FILE *out);

/* What the hypervisor tells of a domain that was made elsewhere. */
struct guest_config guestjson_known(const struct xen_domctl_getdomaininfo *info);

#endif
