/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions. What Xen emulates for a 64-bit PV guest is done
 * here, and nothing else: HLT, INVLPG, LGDT and the like stay a #GP.
 */
#include "emulate.h"
#include "bounce.h"
#include "cpu.h"
#include "debugreg.h"
#include "msr.h"
#include "policy.h"
#include "pte.h"
#include "switch.h"
#include "trap.h"
#include "usercopy.h"
#include "xstate.h"

/* ---- Fetch --------------------------------------------------------------------------- */

#define RIGHTS_64BIT (1u << 21) /* of a code segment: not a 32-bit one */

bool emulate_fetch(struct vcpu *v, struct insn *i)
{
	uint8_t code[INSN_MAX];
	gva_t rip = v->regs.rip;
	size_t n = sizeof(code);
	uint32_t rights = 0, cs = v->regs.cs;

	if (cs != FLAT_KERNEL_CS) {
		asm volatile("lar %1, %0" : "+r"(rights) : "r"(cs));
		if (!(rights & RIGHTS_64BIT))
			return false;
	}
	/* The next page may not be there, and need not be. */
	if (copy_from_guest(code, rip, n)) {
		n = MIN(n, PAGE_SIZE - (rip & ~PAGE_MASK));
		if (copy_from_guest(code, rip, n))
			return false;
	}
	return insn_decode(i, code, (unsigned int)n);
}

gva_t emulate_segment_base(const struct insn *i)
{
	return i->segment_base ? rdmsr(i->segment_base) : 0;
}

/* ---- Registers of the machine ---------------------------------------------------------- */

static uint64_t edx_eax(const struct cpu_user_regs *r)
{
	return (uint32_t)r->rax | r->rdx << 32;
}

static void set_edx_eax(struct cpu_user_regs *r, uint64_t value)
{
	r->rax = (uint32_t)value;
	r->rdx = value >> 32;
}

static int read_cr(struct vcpu *v, unsigned int nr, uint64_t *value)
{
	const uint64_t cr[] = {
		[0] = (read_cr0() & ~CR0_TS) | v->x86.cr0_ts,
		[2] = v->x86.cr2,
		[3] = xen_pfn_to_cr3(v->x86.root.n),
		[4] = v->x86.cr4,
	};

	if (nr == 1 || nr >= ARRAY_SIZE(cr))
		return -XEN_EINVAL;
	*value = cr[nr];
	return 0;
}

/* 0, -XEN_EINVAL, -XEN_ERESTART. */
static int write_cr(struct vcpu *v, unsigned int nr, uint64_t value)
{
	int err;

	switch (nr) {
	case 0:
		if ((value ^ read_cr0()) & ~CR0_TS)
			return -XEN_EINVAL;
		switch_ts(v, value & CR0_TS);
		return 0;
	case 2:
		v->x86.cr2 = value;
		v->info->arch.cr2 = value;
		return 0;
	case 3:
		err = pte_finish(v);
		return err ? err
			   : pte_set_root(v, MFN(xen_cr3_to_pfn(value)), false);
	case 4:
		v->x86.cr4 = cr4_guest(value);
		switch_cr4(v);
		return 0;
	default:
		return -XEN_EINVAL;
	}
}

/* Opcode 0f20 to 0f23: bit 0 says debug registers, bit 1 writes them. */
static int move_control(struct vcpu *v, const struct insn *i)
{
	uint64_t *reg = insn_register(&v->regs, i->rm);

	if (i->opcode & 1)
		return i->opcode & 2 ? debugreg_set(v, i->reg, *reg)
				     : debugreg_get(v, i->reg, reg);
	return i->opcode & 2 ? write_cr(v, i->reg, *reg)
			     : read_cr(v, i->reg, reg);
}

static int access_msr(struct vcpu *v, bool write)
{
	uint32_t nr = (uint32_t)v->regs.rcx;
	uint64_t value = edx_eax(&v->regs);

	if (write)
		return msr_write(v, nr, value) ? 0 : -XEN_EINVAL;
	if (!msr_read(v, nr, &value)) {
		/* Before a kernel can take a #GP: as if it were zero. */
		if (v->x86.trap[EXC_GP].handler || nr >> 16 == 0x4000 ||
		    !rdmsr_safe(nr, &value))
			return -XEN_EINVAL;
		value = 0;
	}
	set_edx_eax(&v->regs, value);
	return 0;
}

/* ---- The rest -------------------------------------------------------------------------- */

/* RDTSC traps when guest user mode may not: CR4.TSD is the guest's. */
static int trapped_tsc(struct vcpu *v, bool with_aux)
{
	if ((v->x86.cr4 & CR4_TSD) && !v->x86.kernel_mode)
		return -XEN_EPERM;
	set_edx_eax(&v->regs, rdtsc());
	if (with_aux)
		v->regs.rcx = v->x86.tsc_aux;
	return 0;
}

static void guest_cpuid(struct vcpu *v)
{
	struct cpuid c = policy_cpuid(v, (uint32_t)v->regs.rax,
				      (uint32_t)v->regs.rcx);

	v->regs.rax = c.a;
	v->regs.rbx = c.b;
	v->regs.rcx = c.c;
	v->regs.rdx = c.d;
}

#define XSETBV		   0xd1
#define RDTSCP		   0xf9
#define FORCED_CPUID_BYTES 7

/* For guest kernels alone; user mode gets its #GP. */
static int kernel_only(struct vcpu *v, const struct insn *i)
{
	switch (i->opcode) {
	case 0x0f06: /* clts */
		switch_ts(v, 0);
		return 0;
	case 0x0f09: /* wbinvd */
		if (v->domain->privileged)
			asm volatile("wbinvd" : : : "memory");
		return 0;
	case 0x0f20 ... 0x0f23:
		return move_control(v, i);
	case 0x0f30:
	case 0x0f32:
		return access_msr(v, i->opcode == 0x0f30);
	default:
		return -XEN_EINVAL;
	}
}

/*
 * 0: done; -XEN_ERESTART: run it again; -XEN_ENODEV: #UD, nothing like it is
 * there; -XEN_EFAULT: its exception has been bounced; anything else: #GP.
 */
static int perform(struct vcpu *v, const struct insn *i)
{
	if (i->lock)
		return -XEN_ENODEV;
	switch (i->opcode) {
	case 0x6c ... 0x6f:
	case 0xe4 ... 0xe7:
	case 0xec ... 0xef:
		return emulate_io(v, i);
	case 0xfa: /* cli, sti: nothing, as popf could not follow */
	case 0xfb:
		return emulate_iopl_ok(v) ? 0 : -XEN_EINVAL;
	case 0x0f01:
		if (i->modrm == RDTSCP)
			return trapped_tsc(v, true);
		if (i->modrm != XSETBV)
			return -XEN_EINVAL;
		if (!(v->x86.cr4 & CR4_OSXSAVE))
			return -XEN_ENODEV;
		if (!v->x86.kernel_mode)
			return -XEN_EPERM;
		return xstate_set_xcr0(v, (uint32_t)v->regs.rcx,
				       edx_eax(&v->regs));
	case 0x0f31:
		return trapped_tsc(v, false);
	case 0x0fa2:
		guest_cpuid(v);
		return 0;
	default:
		return v->x86.kernel_mode ? kernel_only(v, i) : -XEN_EINVAL;
	}
}

bool emulate_privileged(struct vcpu *v)
{
	struct insn i;
	int err;

	if (!emulate_fetch(v, &i))
		return false;
	err = perform(v, &i);
	if (!err)
		trap_instruction_done(v, v->regs.rip + i.length);
	else if (err == -XEN_ENODEV)
		bounce_exception(v, EXC_UD);
	else
		return err == -XEN_ERESTART || err == -XEN_EFAULT;
	return true;
}

bool emulate_forced_cpuid(struct vcpu *v)
{
	uint64_t code = 0;

	/* 0f 0b "xen" 0f a2 */
	if (copy_from_guest(&code, v->regs.rip, FORCED_CPUID_BYTES) ||
	    code != 0xa20f6e65780b0f)
		return false;
	guest_cpuid(v);
	trap_instruction_done(v, v->regs.rip + FORCED_CPUID_BYTES);
	return true;
}
