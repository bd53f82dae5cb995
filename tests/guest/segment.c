// SPDX-License-Identifier: MIT
/*
 * set_segment_base, stack_switch, fpu_taskswitch, set/get_debugreg: state of
 * the processor that a guest sets by a call.
 */
#include "check.h"
#include "memory.h"
#include "trap.h"

static uint64_t words[4] = { 0x1111, 0x2222, 0x3333, 0x4444 };

static int64_t base(unsigned int which, uint64_t value)
{
	return hypercall_set_segment_base(which, value);
}

static uint64_t fs_word(void)
{
	uint64_t v;

	asm volatile("mov %%fs:0, %0" : "=r"(v));
	return v;
}

static uint64_t gs_word(void)
{
	uint64_t v;

	asm volatile("mov %%gs:0, %0" : "=r"(v));
	return v;
}

static uint64_t user_gs_word(uint64_t unused)
{
	(void)unused;
	return gs_word();
}

static uint64_t user_gs_selector(uint64_t unused)
{
	uint16_t gs;

	(void)unused;
	asm volatile("mov %%gs, %0" : "=r"(gs));
	return gs;
}

static void check_bases(void)
{
	uint64_t bad = 1ul << 47;

	SUCCESS(set_segment_base, SEGBASE_FS, "fs-base",
		!base(SEGBASE_FS, (uint64_t)&words[0]) && fs_word() == 0x1111);
	SUCCESS(set_segment_base, SEGBASE_GS_KERNEL, "gs-base",
		!base(SEGBASE_GS_KERNEL, (uint64_t)&words[1]) &&
			gs_word() == 0x2222);
	SUCCESS(set_segment_base, SEGBASE_GS_USER, "gs-user-base",
		!base(SEGBASE_GS_USER, (uint64_t)&words[2]) &&
			gs_word() == 0x2222 &&
			user_run(user_gs_word, 0) == 0x3333 &&
			gs_word() == 0x2222);
	SUCCESS(set_segment_base, SEGBASE_GS_USER_SEL, "gs-user-selector",
		!base(SEGBASE_GS_USER_SEL, FLAT_USER_DS) &&
			user_run(user_gs_selector, 0) == FLAT_USER_DS &&
			gs_word() == 0x2222);
	base(SEGBASE_GS_USER_SEL, 0);
	FAILURE(set_segment_base, SEGBASE_FS, "fs-base-not-canonical",
		base(SEGBASE_FS, bad), XEN_EINVAL);
	FAILURE(set_segment_base, SEGBASE_GS_KERNEL, "gs-base-not-canonical",
		base(SEGBASE_GS_KERNEL, bad), XEN_EINVAL);
	FAILURE(set_segment_base, SEGBASE_GS_USER, "gs-user-base-not-canonical",
		base(SEGBASE_GS_USER, bad), XEN_EINVAL);
	CHECK_EQ("base-unknown", base(4, 0), -XEN_EINVAL);
	CHECK_EQ("base-kept", fs_word(), 0x1111);
	CHECK_EQ("base-of-hypervisor",
		 base(SEGBASE_FS, (uint64_t)HYPERVISOR_VA), 0);
	CHECK_EQ("base-of-hypervisor-no-access",
		 TRY("mov %%fs:0, %%rax",
		     :
		     :
		     : "rax"),
		 14);
	CHECK_EQ("gs-user-selector-bad", base(SEGBASE_GS_USER_SEL, 0x777), 0);
	CHECK_EQ("gs-user-selector-bad-is-0", user_run(user_gs_selector, 0), 0);
}

/* ---- The stack for entries from user mode ------------------------------------ */

static char stack[8192] __attribute__((aligned(4096)));
static uint64_t entry_rsp, entry_ss;

static void saw_entry(struct regs *regs)
{
	entry_rsp = (uint64_t)regs;
	entry_ss = regs->ss;
	if (regs->rax == USER_EXIT)
		user_leave(1);
	hypercall_stack_switch(FLAT_KERNEL_SS, stack + sizeof(stack));
	regs->rip += 0;
}

static uint64_t user_call(uint64_t nr)
{
	asm volatile("syscall" : "+a"(nr) : : "rcx", "r11", "memory");
	return nr;
}

static uint64_t user_call_twice(uint64_t nr)
{
	user_call(nr);
	return user_call(nr);
}

static void check_stack(void)
{
	trap_handler[VECTOR_SYSCALL] = saw_entry;
	user_run(user_call_twice, 5);
	trap_handler[VECTOR_SYSCALL] = NULL;
	SUCCESS(stack_switch, none, "stack",
		entry_rsp > (uint64_t)stack &&
			entry_rsp < (uint64_t)stack + sizeof(stack));
	check_value("stack-frame", "%lx",
		    (uint64_t)stack + sizeof(stack) - entry_rsp);
	CHECK_EQ("stack-ss", entry_ss, FLAT_USER_SS);
}

/* ---- FPU --------------------------------------------------------------------------- */

static void check_fpu(void)
{
	SUCCESS(fpu_taskswitch, none, "fpu-ts",
		!hypercall_fpu_taskswitch(1) && TRY("movaps %%xmm0, %%xmm1",
						    :
						    :) == 7);
	CHECK_EQ("fpu-after-nm", TRY("movaps %%xmm0, %%xmm1", : :), TRY_NONE);
	hypercall_fpu_taskswitch(1);
	CHECK_EQ("fpu-off", hypercall_fpu_taskswitch(0), 0);
	CHECK_EQ("fpu-off-no-nm", TRY("fninit", : :), TRY_NONE);
	CHECK_EQ("fpu-any-number", hypercall_fpu_taskswitch(~0ul), 0);
	CHECK_EQ("fpu-any-number-nm", TRY("fninit", : :), 7);
}

/* ---- Debug registers ------------------------------------------------------------------ */

static volatile uint64_t watched;

static void check_debug(void)
{
	uint64_t at = (uint64_t)&watched;

	SUCCESS(set_debugreg, none, "dr0", !hypercall_set_debugreg(0, at));
	SUCCESS(get_debugreg, none, "dr0-read",
		(uint64_t)hypercall_get_debugreg(0) == at);
	CHECK_EQ("dr7", hypercall_set_debugreg(7, 0xd0002), 0);
	check_value("dr7-read", "%lx", hypercall_get_debugreg(7));
	CHECK_EQ("watchpoint", TRY("movq $1, %0", : "=m"(watched)), 1);
	CHECK_EQ("dr6-hit", hypercall_get_debugreg(6) & 1, 1);
	check_value("dr6-read", "%lx", hypercall_get_debugreg(6));
	CHECK_EQ("dr6-write", hypercall_set_debugreg(6, 0), 0);
	check_value("dr6-cleared", "%lx", hypercall_get_debugreg(6));
	CHECK_EQ("dr7-off", hypercall_set_debugreg(7, 0), 0);
	check_value("dr7-off-read", "%lx", hypercall_get_debugreg(7));
	CHECK_EQ("no-watchpoint",
		 TRY("movq $1, %0",
		     : "=m"(watched)),
		 TRY_NONE);
	FAILURE(set_debugreg, none, "dr-hypervisor",
		hypercall_set_debugreg(1, HYPERVISOR_VA), XEN_EPERM);
	FAILURE(get_debugreg, none, "dr-8", hypercall_get_debugreg(8),
		XEN_ENODEV);
	CHECK_EQ("dr-8-write", hypercall_set_debugreg(8, 0), -XEN_ENODEV);
	CHECK_EQ("dr4-is-dr6", hypercall_set_debugreg(4, 0), 0);
	CHECK_EQ("dr7-general-detect", hypercall_set_debugreg(7, 1 << 13),
		 -XEN_EPERM);
	CHECK_EQ("dr7-io-break", hypercall_set_debugreg(7, 2 << 16 | 2),
		 -XEN_EPERM);
}

int main(void)
{
	check_bases();
	check_stack();
	check_fpu();
	check_debug();
	return check_done();
}
