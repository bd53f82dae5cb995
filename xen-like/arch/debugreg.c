/* SPDX-License-Identifier: MIT */
#include "debugreg.h"
#include "switch.h"
#include "x86.h"

#define DR6_ZEROS      (~0xffffeffful)
#define DR7_ZEROS      (~0xffff27fful)
#define DR7_ACTIVE     0xfful
#define DR7_DETECT     (1ul << 13)
#define DR7_KIND_SHIFT 16 /* four bits per breakpoint; low two: kind */
#define DR7_KIND_IO    2u

/* I/O breakpoints need CR4.DE, and are ours to emulate: not the CPU's. */
static int take_io(struct vcpu *v, uint64_t value, uint32_t *io)
{
	unsigned int i;

	*io = 0;
	for (i = 0; i < 4; i++) {
		if ((value >> (DR7_KIND_SHIFT + 4 * i) & 3) != DR7_KIND_IO)
			continue;
		if (!(v->x86.cr4 & CR4_DE))
			return -XEN_EPERM;
		*io |= (uint32_t)value & (3u << (2 * i));
	}
	return 0;
}

static int set_control(struct vcpu *v, uint64_t value)
{
	uint32_t io = 0;

	if (value != (uint32_t)value)
		return -XEN_EINVAL;
	value = (value & ~DR7_ZEROS) | DR7_DEFAULT;
	if (value & DR7_DETECT)
		return -XEN_EPERM;
	if ((value & DR7_ACTIVE) && take_io(v, value, &io))
		return -XEN_EPERM;
	v->x86.dr7_io = io;
	v->x86.dr[7] = value & ~(uint64_t)io;
	return 0;
}

static int set_status(struct vcpu *v, uint64_t value)
{
	if (value != (uint32_t)value)
		return -XEN_EINVAL;
	v->x86.dr[6] = (value & ~DR6_ZEROS) | DR6_DEFAULT;
	return 0;
}

/* DR4 and DR5 name DR6 and DR7, unless CR4.DE is set. */
static int resolve(const struct vcpu *v, unsigned int *reg)
{
	if (*reg > 7)
		return -XEN_ENODEV;
	if (*reg != 4 && *reg != 5)
		return 0;
	if (v->x86.cr4 & CR4_DE)
		return -XEN_ENODEV;
	*reg += 2;
	return 0;
}

int debugreg_set(struct vcpu *v, unsigned int reg, uint64_t value)
{
	int err = resolve(v, &reg);

	if (err)
		return err;
	if (reg == 7)
		err = set_control(v, value);
	else if (reg == 6)
		err = set_status(v, value);
	else if (!guest_range_ok(value, 1))
		err = -XEN_EPERM;
	else
		v->x86.dr[reg] = value;
	if (!err && v == current_vcpu())
		switch_debug(v);
	return err;
}

int debugreg_get(const struct vcpu *v, unsigned int reg, uint64_t *value)
{
	int err = resolve(v, &reg);

	if (err)
		return err;
	*value = v->x86.dr[reg];
	if (reg == 7)
		*value |= v->x86.dr7_io;
	return 0;
}
