/* SPDX-License-Identifier: MIT */
/* What domain_frames.c needs of domain.c. */
#ifndef DOMAIN_FRAMES_H
#define DOMAIN_FRAMES_H

#include "domain.h"

/* The domain of an id that something holds alive; no reference is taken. */
struct domain *domain_held(domid_t id);

#endif
