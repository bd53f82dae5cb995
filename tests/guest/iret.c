// SPDX-License-Identifier: MIT
/*
 * iret: to the kernel and to user mode, what it forces (privilege, IF, IOPL),
 * rcx and r11, the failsafe callback on selectors that cannot be loaded.
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "trap.h"
#include "vcpu.h"

struct frame {
	uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

/* What is found where the frame leads to. */
static struct landed {
	uint64_t rax, rcx, r11, rsp, rflags, cs, ss;
} landed;

extern char land[];
asm("land:\n\t"
    "mov %rax, landed\n\tmov %rcx, landed+8\n\tmov %r11, landed+16\n\t"
    "mov %rsp, landed+24\n\tpushfq\n\tpop landed+32\n\t"
    "mov %cs, %eax\n\tmov %rax, landed+40\n\t"
    "mov %ss, %eax\n\tmov %rax, landed+48\n\t"
    "jmp *land_then");
static char *land_then __attribute__((used));
static uint64_t resume_rsp __attribute__((used));

/* Leaves by the frame, comes back behind it. */
static void leave(const struct frame *f)
{
	memset(&landed, 0, sizeof(landed));
	asm volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, land_then\n\t"
		     "push %%rbx\n\tpush %%rbp\n\t"
		     "mov %%rsp, resume_rsp\n\t"
		     "mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall\n"
		     "1:\tmov resume_rsp, %%rsp\n\t"
		     "pop %%rbp\n\tpop %%rbx"
		     :
		     : "r"(f), "i"(HYPERCALL_IRET)
		     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
		       "r11", "r12", "r13", "r14", "r15", "cc", "memory");
}

static char stack[4096] __attribute__((aligned(4096)));

static struct frame kernel_frame(void)
{
	return (struct frame){
		.rax = 0xaaaa,
		.r11 = 0xbbbb,
		.rcx = 0xcccc,
		.rip = (uint64_t)land,
		.cs = FLAT_KERNEL_CS & ~3,
		.rflags = 2,
		.rsp = (uint64_t)stack + sizeof(stack),
		.ss = FLAT_KERNEL_SS,
	};
}

static void check_kernel(void)
{
	static struct frame f;

	f = kernel_frame();
	leave(&f);
	SUCCESS(iret, none, "kernel", landed.rsp == f.rsp);
	CHECK_EQ("rax", landed.rax, 0xaaaa);
	CHECK_EQ("rcx", landed.rcx, 0xcccc);
	CHECK_EQ("r11", landed.r11, 0xbbbb);
	CHECK_EQ("cs", landed.cs, FLAT_KERNEL_CS);
	CHECK_EQ("ss", landed.ss, FLAT_KERNEL_SS);
	CHECK_EQ("if-forced", landed.rflags & 0x200, 0x200);
	CHECK_EQ("masked", vcpu_info()->evtchn_upcall_mask, 1);
	f.rflags = 0x3202 | 0x4000 | 0x20000 | 0x8d5;
	f.ss = FLAT_KERNEL_SS & ~3;
	leave(&f);
	CHECK_EQ("unmasked", vcpu_info()->evtchn_upcall_mask, 0);
	upcalls_off();
	CHECK_EQ("iopl-forced", landed.rflags & 0x3000, 0);
	CHECK_EQ("vm-dropped", landed.rflags & 0x20000, 0);
	CHECK_EQ("arithmetic-flags", landed.rflags & 0x8d5, 0x8d5);
	CHECK_EQ("ss-rpl-forced", landed.ss, FLAT_KERNEL_SS);
	f = kernel_frame();
	f.flags = VGCF_in_syscall;
	leave(&f);
	CHECK_EQ("in-syscall-rax", landed.rax, 0xaaaa);
	CHECK("in-syscall-clobbers", landed.rcx == (uint64_t)land);
	f.cs = FLAT_KERNEL_CS & ~3 & 0xffff;
	f.cs |= 0xdead000000000000;
	f.flags = 0;
	leave(&f);
	CHECK_EQ("cs-high-bits", landed.cs, FLAT_KERNEL_CS);
}

/* ---- The failsafe callback ------------------------------------------------------ */

static struct regs seen;
static unsigned int times;

static void on_fault(struct regs *regs)
{
	seen = *regs;
	times++;
	regs->rip = (uint64_t)land;
	regs->cs = FLAT_KERNEL_CS & ~3;
	regs->ss = FLAT_KERNEL_SS;
	regs->rsp = (uint64_t)stack + sizeof(stack);
	regs->rflags = 2;
}

static void fails(const char *name, struct frame *f)
{
	char how[40];

	times = 0;
	memset(&seen, 0, sizeof(seen));
	leave(f);
	snprintf(how, sizeof(how), "%s-how", name);
	check_report(name, NULL, times == 1, "no single entry");
	check_value(how, "vector %lu error %lx cs %x", seen.vector, seen.error,
		    seen.cs);
}

static void check_failsafe(void)
{
	static struct frame f;

	trap_handler[VECTOR_FAILSAFE] = trap_handler[13] = on_fault;
	trap_handler[14] = trap_handler[12] = trap_handler[11] = on_fault;
	f = kernel_frame();
	f.cs = 0x1230;
	fails("bad-cs", &f);
	f = kernel_frame();
	f.ss = 0x1230;
	fails("bad-ss", &f);
	f = kernel_frame();
	f.rip = 1ul << 47;
	fails("bad-rip", &f);
	f = kernel_frame();
	f.rip = (uint64_t)HYPERVISOR_VA;
	fails("hypervisor-rip", &f);
	f = kernel_frame();
	f.cs = FLAT_USER_SS & ~3;
	fails("cs-is-data", &f);
	f = kernel_frame();
	f.ss = FLAT_KERNEL_CS & ~3;
	fails("ss-is-code", &f);
	f = kernel_frame();
	f.cs = 0xe008; /* the hypervisor's own code */
	fails("hypervisor-cs", &f);
}

static uint64_t user_code(uint64_t x)
{
	return x + 1;
}

int main(void)
{
	check_kernel();
	check_failsafe();
	CHECK_EQ("user", user_run(user_code, 0x1234), 0x1235);
	return check_done();
}
