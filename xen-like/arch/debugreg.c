/* SPDX-License-Identifier: MIT */
#include "debugreg.h"
#include "mem.h"
#include "switch.h"
#include "x86.h"

#define DR6_ZEROS      (~0xffffeffful)
#define DR7_DEFAULT    0x400ul
#define DR7_ZEROS      (~0xffff27fful)
#define DR7_ACTIVE     0xfful
#define DR7_DETECT     (1ul << 13)
#define DR7_KIND_SHIFT 16 /* four bits per breakpoint; low two: kind */
#define DR7_KIND_IO    2u

void debugreg_init(struct vcpu *v)
{
	memset(v->x86.dr, 0, sizeof(v->x86.dr));
	v->x86.dr[6] = DR6_DEFAULT;
	v->x86.dr[7] = DR7_DEFAULT;
}

/* I/O breakpoints need CR4.DE, and are ours to emulate: not the CPU's. */
static int set_control(struct vcpu *v, uint64_t value)
{
	uint32_t io = 0;

	value = (value & ~DR7_ZEROS) | DR7_DEFAULT;
	if (value & DR7_DETECT)
		return -XEN_EPERM;
	for (unsigned int i = 0; i < 4 && value & DR7_ACTIVE; i++) {
		if ((value >> (DR7_KIND_SHIFT + 4 * i) & 3) != DR7_KIND_IO)
			continue;
		if (!(v->x86.cr4 & CR4_DE))
			return -XEN_EPERM;
		io |= (uint32_t)value & (3u << (2 * i));
	}
	v->x86.dr7_io = io;
	v->x86.dr[7] = value & ~(uint64_t)io;
	return 0;
}

/* DR4 and DR5 name DR6 and DR7, unless CR4.DE is set. */
static int resolve(const struct vcpu *v, unsigned int *reg)
{
	bool alias = *reg == 4 || *reg == 5;

	if (*reg > 7 || (alias && v->x86.cr4 & CR4_DE))
		return -XEN_ENODEV;
	if (alias)
		*reg += 2;
	return 0;
}

int debugreg_set(struct vcpu *v, unsigned int reg, uint64_t value)
{
	int err = resolve(v, &reg);

	if (err)
		return err;
	if (reg >= 6 && value != (uint32_t)value)
		return -XEN_EINVAL;
	if (reg < 6 && !guest_range_ok(value, 1))
		return -XEN_EPERM;
	if (reg == 7)
		err = set_control(v, value);
	else if (reg == 6)
		v->x86.dr[6] = (value & ~DR6_ZEROS) | DR6_DEFAULT;
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
