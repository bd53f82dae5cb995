/* SPDX-License-Identifier: MIT */
/*
 * Constants for the assembly files, read off the compiler's output of this
 * file: it is never assembled.
 */
#include "cpu.h"
#include "vcpu.h"

#define CONSTANT(name, value) \
	asm volatile("\n->" #name " %0" : : "i"((long)(value)))
#define REG(name) CONSTANT(REGS_##name, offsetof(struct cpu_user_regs, name))

void asm_offsets(void);
void asm_offsets(void)
{
	REG(r15);
	REG(r14);
	REG(r13);
	REG(r12);
	REG(rbp);
	REG(rbx);
	REG(r11);
	REG(r10);
	REG(r9);
	REG(r8);
	REG(rax);
	REG(rcx);
	REG(rdx);
	REG(rsi);
	REG(rdi);
	REG(error_code);
	REG(entry_vector);
	REG(rip);
	REG(cs);
	REG(rflags);
	REG(rsp);
	REG(ss);
	CONSTANT(REGS_end, offsetof(struct cpu_user_regs, es));
	CONSTANT(VCPU_regs, offsetof(struct vcpu, regs));
	CONSTANT(VCPU_domain, offsetof(struct vcpu, domain));
	CONSTANT(VCPU_cpu, offsetof(struct vcpu, cpu));
	CONSTANT(VCPU_info, offsetof(struct vcpu, info));
	CONSTANT(VCPU_nmi_pending, offsetof(struct vcpu, nmi_pending));
	CONSTANT(VCPU_kernel_mode, offsetof(struct vcpu, x86.kernel_mode));
	CONSTANT(VCPU_syscall, offsetof(struct vcpu, x86.syscall));
	CONSTANT(VCPU_syscall32, offsetof(struct vcpu, x86.syscall32));
	CONSTANT(VCPU_stack, offsetof(struct vcpu, x86.stack));
	CONSTANT(MAX_CPUS, MAX_CPUS);
	CONSTANT(CPU_SIZE, sizeof(struct cpu));
	CONSTANT(CPU_current, offsetof(struct cpu, current));
	CONSTANT(CPU_scratch, offsetof(struct cpu, scratch));
	CONSTANT(CPU_regs_top, offsetof(struct cpu, regs_top));
}
