// SPDX-License-Identifier: MIT
/* The hypervisor's share in the life of guests. */
#include "guestctl.h"

#include <errno.h>
#include <string.h>
#include "vcpu.h"
#include "xc.h"

int guestctl_info(domid_t id, struct guestctl_info *info)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo, .domain = id };
	const struct xen_domctl_getdomaininfo *d = &op.u.getdomaininfo;
	int err = xc_domctl(&op);

	if (err)
		return err;
	/* Asked for one that is not there, it tells of the next. */
	if (op.domain != id)
		return -ESRCH;
	memcpy(info->uuid, d->handle, sizeof(info->uuid));
	info->shutdown = d->flags & XEN_DOMINF_shutdown;
	info->reason = d->flags >> XEN_DOMINF_shutdownshift &
		       XEN_DOMINF_shutdownmask;
	return 0;
}

int guestctl_pause(domid_t id)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_pausedomain, .domain = id };

	return xc_domctl(&op);
}

int guestctl_unpause(domid_t id)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_unpausedomain, .domain = id };

	return xc_domctl(&op);
}

static int set_affinity(domid_t id, unsigned int vcpu, uint64_t cpus)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpuaffinity,
				 .domain = id };
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;

	a->vcpu = vcpu;
	a->flags = XEN_VCPUAFFINITY_HARD;
	a->cpumap_hard.bitmap.p = (uint8_t *)&cpus;
	a->cpumap_hard.nr_bits = 64;
	return xc_domctl(&op);
}

static int set_weight(const struct guest_config *cfg, domid_t id)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_scheduler_op, .domain = id };
	struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;
	int err;

	s->sched_id = XEN_SCHEDULER_CREDIT2;
	s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
	err = xc_domctl(&op);
	if (err)
		return err;
	s->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
	if (cfg->cpu_weight)
		s->u.credit2.weight = (uint16_t)cfg->cpu_weight;
	s->u.credit2.cap = (uint16_t)cfg->cap;
	return xc_domctl(&op);
}

static int set_tsc(const struct guest_config *cfg, domid_t id)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_settscinfo, .domain = id };

	op.u.tsc_info.tsc_mode = cfg->tsc_mode;
	return xc_domctl(&op);
}

int guestctl_place(const struct guest_config *cfg, domid_t id)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < cfg->maxvcpus && !err; i++)
		if (cfg->cpus[i] && cfg->cpus[i] != UINT64_MAX)
			err = set_affinity(id, i, cfg->cpus[i]);
	if (!err && (cfg->cpu_weight || cfg->cap))
		err = set_weight(cfg, id);
	if (!err && cfg->tsc_mode != GUEST_TSC_DEFAULT)
		err = set_tsc(cfg, id);
	return err;
}

/* Steps of splitmix64: two that begin at different times do not meet. */
static uint64_t random_word(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void guestctl_new_uuid(uint8_t uuid[16])
{
	static uint64_t state;
	uint64_t words[2];

	state ^= time_wall() ^ tsc() << 32;
	words[0] = random_word(&state);
	words[1] = random_word(&state);
	memcpy(uuid, words, 16);
	uuid[6] = (uint8_t)(uuid[6] & 0x0f) | 0x40; /* version 4: random */
	uuid[8] = (uint8_t)(uuid[8] & 0x3f) | 0x80;
}
