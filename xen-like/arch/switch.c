/* SPDX-License-Identifier: MIT */
/*
 * World switch, and the smaller changes of what the CPU holds of a vCPU.
 *
 * GS bases: the active one is the present mode's, KERNEL_GS_BASE holds the
 * other mode's, so that a change of mode is a swapgs. CR4.PGE is off: every
 * load of CR3 flushes all of a guest's translations and our windows.
 */
#include "switch.h"
#include "bounce.h"
#include "msr.h"
#include "sched.h"
#include "smp.h"
#include "usercopy.h"
#include "window.h"
#include "x86.h"
#include "xstate.h"

#define DR7_ACTIVE 0xfful

/* No global pages: see above. */
#define HOST_CR4 (cpu_cr4 & ~CR4_PGE)
/* What a guest may set and what it sees of ours, as with Xen. */
#define CR4_CHOICE (CR4_TSD | CR4_DE | CR4_FSGSBASE | CR4_OSXSAVE)
#define CR4_SEES   (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

/* ---- Control and debug registers ------------------------------------------ */

uint64_t cr4_guest(uint64_t value)
{
	uint64_t choice = CR4_CHOICE & ~(CR4_FSGSBASE & ~HOST_CR4);

	return (value & choice) | (HOST_CR4 & CR4_SEES);
}

/* XSAVE is on for all, as native CPUID shows it to all. */
void switch_cr4(struct vcpu *v)
{
	uint64_t of_guest = CR4_TSD | CR4_FSGSBASE;
	uint64_t cr4 = (HOST_CR4 & ~of_guest) | (v->x86.cr4 & of_guest);

	if (read_cr4() != cr4)
		write_cr4(cr4);
}

void switch_ts(struct vcpu *v, uint64_t ts)
{
	v->x86.cr0_ts = ts;
	write_cr0((read_cr0() & ~CR0_TS) | ts);
}

void switch_debug(struct vcpu *v)
{
	const uint64_t *dr = v->x86.dr;

	if (!(dr[7] & DR7_ACTIVE))
		return write_dr7(dr[7] & ~DR7_ACTIVE);
	write_dr0(dr[0]);
	write_dr1(dr[1]);
	write_dr2(dr[2]);
	write_dr3(dr[3]);
	write_dr6(dr[6]);
	write_dr7(dr[7]);
}

/* ---- Segments --------------------------------------------------------------- */

#define READ_SEGMENT(name, to) asm volatile("mov %%" #name ", %0" : "=rm"(to))

/* Load selector; when it faults, null instead, and false. */
#define LOAD_SEGMENT(name)                                              \
	static bool load_##name(uint16_t selector)                      \
	{                                                               \
		uint32_t sel = selector, failed = 0;                    \
                                                                        \
		asm volatile("1: mov %[sel], %%" #name "\n\t"           \
			     "jmp 3f\n\t"                               \
			     "2: xor %[sel], %[sel]\n\t"                \
			     "inc %[failed]\n\t"                        \
			     "jmp 1b\n\t"                               \
			     "3:\n\t" EXTABLE(1b, 2b)                   \
			     : [sel] "+r"(sel), [failed] "+r"(failed)); \
		return !failed;                                         \
	}
LOAD_SEGMENT(ds)
LOAD_SEGMENT(es)
LOAD_SEGMENT(fs)
LOAD_SEGMENT(gs)

bool switch_load_gs(uint16_t selector)
{
	return load_gs(selector > 3 ? selector | 3 : selector);
}

static void save(struct vcpu *v)
{
	uint64_t active = rdmsr(MSR_GS_BASE);
	uint64_t other = rdmsr(MSR_KERNEL_GS_BASE);

	READ_SEGMENT(ds, v->x86.ds);
	READ_SEGMENT(es, v->x86.es);
	READ_SEGMENT(fs, v->x86.fs);
	READ_SEGMENT(gs, v->x86.gs);
	v->x86.fs_base = rdmsr(MSR_FS_BASE);
	v->x86.gs_base_kernel = v->x86.kernel_mode ? active : other;
	v->x86.gs_base_user = v->x86.kernel_mode ? other : active;
	if (v->x86.dr[7] & DR7_ACTIVE)
		write_dr7(0);
	write_cr0(read_cr0() & ~CR0_TS);
	xstate_save(v);
}

/* Selectors first: each load of one sets a base too. */
static void load_segments(struct vcpu *v)
{
	struct vcpu_x86 *x = &v->x86;
	bool ok = load_ds(x->ds) & load_es(x->es) & load_fs(x->fs) &
		  load_gs(x->gs);

	wrmsr(MSR_FS_BASE, x->fs_base);
	wrmsr(MSR_GS_BASE, x->kernel_mode ? x->gs_base_kernel : x->gs_base_user);
	wrmsr(MSR_KERNEL_GS_BASE,
	      x->kernel_mode ? x->gs_base_user : x->gs_base_kernel);
	if (!ok)
		bounce_failsafe(v);
}

/* ---- Tables ------------------------------------------------------------------ */

static void load_cr3(uint64_t cr3)
{
	this_cpu()->cr3 = cr3;
	write_cr3(cr3);
}

void arch_load_root(struct vcpu *v)
{
	mfn_t root = v->x86.kernel_mode ? v->x86.root : v->x86.user_root;

	v->x86.cr3 = root.n << PAGE_SHIFT;
	if (v == current_vcpu())
		load_cr3(v->x86.cr3);
}

void mode_toggle(struct vcpu *v)
{
	swapgs();
	v->x86.kernel_mode = !v->x86.kernel_mode;
	arch_load_root(v);
	/* The area lies where only the kernel's tables lead. */
	if (unlikely(v->runstate_late) && v->x86.kernel_mode)
		sched_publish(v);
}

/* ---- The switch ----------------------------------------------------------------- */

static void load(struct cpu *c, struct vcpu *v)
{
	c->regs_top = (uint64_t)&v->regs.es;
	c->tss->rsp0 = c->regs_top;
	v->x86.stack = (uint64_t)c;
	window_load(v);
	(void)atomic_bit_set(&v->domain->dirty, c->id);
	load_cr3(v->x86.cr3);
	xstate_load(v);
	switch_cr4(v);
	switch_debug(v);
	switch_ts(v, v->x86.cr0_ts);
	msr_load(v);
	load_segments(v);
}

void arch_switch(struct vcpu *prev, struct vcpu *next)
{
	struct cpu *c = this_cpu();

	if (prev->domain)
		save(prev);
	else if (!prev->x86.cr3)
		prev->x86.cr3 = read_cr3(); /* as the CPU was brought up */
	c->current = next;
	if (next->domain)
		load(c, next);
	else
		load_cr3(next->x86.cr3);
	if (prev->domain && prev->domain != next->domain)
		(void)atomic_bit_clear(&prev->domain->dirty, c->id);
}
