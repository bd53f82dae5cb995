/* SPDX-License-Identifier: MIT */
/*
 * Exceptions. From a guest: what the ABI has us emulate or hide is done, the
 * rest is bounced to the guest kernel. From ring 0: a descriptor page is
 * mapped, an expected fault goes on where the exception table says, and
 * anything else is the end.
 */
#include "trap.h"
#include "bounce.h"
#include "debugreg.h"
#include "emulate.h"
#include "irq.h"
#include "panic.h"
#include "param.h"
#include "print.h"
#include "pte.h"
#include "sched.h"
#include "switch.h"
#include "symbols.h"
#include "usercopy.h"
#include "window.h"
#include "x86.h"

#define ERROR_IDT	2u /* in a selector error code */
#define DR6_SINGLE_STEP (1ul << 14)
#define VECTOR_INT80	0x80 /* system calls of 32-bit user programs */
#define OPCODE_INT	0xcd

/* ---- The interrupt descriptor table ----------------------------------------- */

struct idt_gate { /* Intel SDM volume 3, 6.14.1 */
	uint16_t low, selector;
	uint8_t ist, type;
	uint16_t middle;
	uint32_t high, reserved;
};
#define GATE_INTERRUPT 0x8e
#define GATE_DPL3      0x60

static struct idt_gate idt[256] __attribute__((aligned(16)));

/*
 * A #DB delayed by MOV SS arrives in the first instruction of a syscall stub,
 * where rsp is the guest's. It never meets a machine check that is survived,
 * so both use one stack.
 */
static const uint8_t ist[ARRAY_SIZE(idt)] = {
	[EXC_NMI] = 1, [EXC_DF] = 2, [EXC_MC] = 3, [EXC_DB] = 3
};

static void idt_build(void)
{
	uint64_t at = (uint64_t)idt_stubs;

	for (unsigned int i = 0; i < ARRAY_SIZE(idt); i++, at += IDT_STUB_SIZE)
		idt[i] = (struct idt_gate){
			.low = (uint16_t)at,
			.selector = SEL_XEN_CS,
			.ist = ist[i],
			.type = GATE_INTERRUPT,
			.middle = (uint16_t)(at >> 16),
			.high = (uint32_t)(at >> 32),
		};
	idt[EXC_BP].type |= GATE_DPL3;
	idt[EXC_OF].type |= GATE_DPL3;
	idt[VECTOR_INT80].type |= GATE_DPL3;
}

void idt_load(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) ptr = { sizeof(idt) - 1, (uint64_t)idt };

	if (!idt[0].type)
		idt_build();
	asm volatile("lidt %0" : : "m"(ptr));
}

/* ---- Registers on the console ------------------------------------------------- */

static void print_registers(struct cpu_user_regs *r)
{
	static const char names[16][4] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8 ", "r9 ", "r10", "r11", "r12", "r13", "r14", "r15",
	};
	uint64_t offset;
	const char *name = r->cs & 3 ? NULL : symbol_lookup(r->rip, &offset);
	unsigned int i;

	print(LOG_ERR, "rip %04x:%016lx", r->cs, r->rip);
	if (name)
		print(LOG_ERR, " %s+0x%lx", name, offset);
	print(LOG_ERR, "\nss %04x rflags %08lx cr2 %016lx\n", r->ss, r->rflags,
	      read_cr2());
	for (i = 0; i < ARRAY_SIZE(names); i++)
		print(LOG_ERR, "%s %016lx%s", names[i], *insn_register(r, i),
		      i % 4 == 3 ? "\n" : " ");
}

void arch_vcpu_dump(struct vcpu *v)
{
	uint64_t words[16];
	unsigned int i;

	print(LOG_ERR, "d%uv%u, guest %s, cr3 %016lx\n", v->domain->id, v->id,
	      v->x86.kernel_mode ? "kernel" : "user", v->x86.cr3);
	print_registers(&v->regs);
	if (v != current_vcpu() ||
	    copy_from_guest(words, v->regs.rsp, sizeof(words)))
		return print(LOG_ERR, "stack: not readable\n");
	for (i = 0; i < ARRAY_SIZE(words); i++)
		print(LOG_ERR, "%s%016lx%s", i % 4 ? " " : "stack: ", words[i],
		      i % 4 == 3 ? "\n" : "");
}

static _Noreturn void trap_fatal(struct cpu_user_regs *r)
{
	print(LOG_ERR, "CPU %u: exception %u, error code 0x%x\n", cpu_id(),
	      r->entry_vector, r->error_code);
	print_registers(r);
	panic("exception %u in %s", r->entry_vector,
	      r->cs & 3 ? "guest mode" : "the hypervisor");
}

/* ---- Exceptions of guests -------------------------------------------------------- */

void trap_instruction_done(struct vcpu *v, uint64_t next_rip)
{
	v->regs.rip = next_rip;
	v->regs.rflags &= ~RFLAGS_RF;
	if (!(v->regs.rflags & RFLAGS_TF))
		return;
	v->x86.dr[6] |= DR6_SINGLE_STEP | DR6_DEFAULT;
	bounce_exception(v, EXC_DB);
}

/* A guest sees the bits that this exception has set, and what it kept. */
static void trap_debug(struct vcpu *v)
{
	uint64_t dr6 = read_dr6();

	write_dr6(DR6_DEFAULT);
	v->x86.dr[6] |= dr6 & ~DR6_DEFAULT;
	v->x86.dr[6] &= dr6 | ~DR6_DEFAULT;
	bounce_exception(v, EXC_DB);
}

/*
 * SYSENTER has no entry of its own (SYSENTER_CS is 0): its #GP shows it. As
 * with Xen, the guest's handler learns neither rip nor rsp of it.
 */
static bool trap_sysenter(struct vcpu *v)
{
	uint8_t code[2];

	if (v->x86.kernel_mode || !v->x86.sysenter.handler ||
	    copy_from_guest(code, v->regs.rip, 2) || code[0] != 0x0f ||
	    code[1] != 0x34)
		return false;
	v->regs.rip = v->regs.rsp = 0;
	v->regs.cs = 3;
	v->regs.ss = FLAT_USER_SS;
	bounce_callback(v, &v->x86.sysenter);
	return true;
}

static void trap_protection(struct vcpu *v)
{
	unsigned int vector = v->regs.error_code >> 3 & 0xff;
	uint8_t code[2];

	if (v->regs.error_code & ERROR_IDT) {
		/*
		 * A software interrupt met a gate of ours. QEMU shifts the
		 * vector once too far: the instruction knows better.
		 */
		if (!copy_from_guest(code, v->regs.rip, 2) &&
		    code[0] == OPCODE_INT)
			vector = code[1];
		/* May software of the present mode raise it? */
		if (v->x86.trap[vector].dpl >= (v->x86.kernel_mode ? 1 : 3)) {
			v->regs.rip += 2;
			return bounce_exception(v, vector);
		}
	} else if (!v->regs.error_code &&
		   (emulate_privileged(v) || trap_sysenter(v))) {
		return;
	}
	bounce_exception_error(v, EXC_GP, v->regs.error_code);
}

static void trap_page_fault(struct vcpu *v)
{
	uint32_t error = v->regs.error_code;
	gva_t va = read_cr2();
	bool write = (error & (PF_PRESENT | PF_WRITE | PF_RESERVED |
			       PF_FETCH)) == (PF_PRESENT | PF_WRITE);
	/* By its choice; the initial domain has none with Xen, nor here. */
	bool ptwr = v->domain->privileged ||
		    v->domain->vm_assist &
			    (1u << VMASST_TYPE_writable_pagetables);

	if (window_fault(v, va, error, true))
		return;
	if (write && v->x86.kernel_mode && guest_range_ok(va, 1) && ptwr &&
	    ptwr_fault(v, va))
		return;
	if (error & PF_RESERVED)
		return domain_crash(v, "reserved bit in a page table, for %lx",
				    va);
	bounce_page_fault(v, va, error);
}

static void trap_exception(struct vcpu *v, unsigned int vector)
{
	bool ts = v->x86.cr0_ts;

	switch (vector) {
	case EXC_DB:
		return trap_debug(v);
	case EXC_NMI:
		return irq_nmi();
	case EXC_UD:
		if (!emulate_forced_cpuid(v))
			bounce_exception(v, EXC_UD);
		return;
	case EXC_NM:
		/* The guest set CR0.TS; as by Xen, the exception clears it. */
		switch_ts(v, 0);
		if (ts)
			bounce_exception(v, EXC_NM);
		return;
	case EXC_GP:
		return trap_protection(v);
	case EXC_PF:
		return trap_page_fault(v);
	case EXC_DF:
	case EXC_MC:
		trap_fatal(&v->regs);
	default:
		return bounce_exception_error(v, vector, v->regs.error_code);
	}
}

void trap_guest(struct vcpu *v)
{
	unsigned int vector = v->regs.entry_vector;

	if (unlikely(params.stretch))
		arch_stretch_begin();
	if (vector <= EXC_LAST) {
		trap_exception(v, vector);
	} else if (vector != VECTOR_INT80) {
		irq_handle(vector);
	} else if (v->x86.trap[vector].handler) {
		bounce_exception(v, vector);
	} else {
		v->regs.rip -= 2;
		v->regs.error_code = VECTOR_INT80 << 3 | ERROR_IDT;
		trap_protection(v);
	}
	if (unlikely(params.stretch))
		arch_stretch_end();
}

/* ---- System calls ------------------------------------------------------------------ */

void trap_syscall(struct vcpu *v, const struct callback *cb)
{
	if (!cb->handler) {
		v->regs.rip -= 2;
		return bounce_exception(v, EXC_UD);
	}
	bounce_callback(v, cb);
	v->regs.rflags &= ~RFLAGS_DF;
}

/* ---- On the way out ------------------------------------------------------------------ */

void trap_exit_work(struct vcpu *v)
{
	if (unlikely(params.stretch))
		arch_stretch_begin();
	if (READ_ONCE(softirq_pending[cpu_id()])) {
		softirq_run();
	} else if (v->nmi_pending) {
		v->nmi_pending = false;
		if (v->x86.nmi_masked) {
			v->x86.nmi_held = true;
		} else if (v->x86.trap[EXC_NMI].handler) {
			v->x86.nmi_masked = true;
			bounce_exception(v, EXC_NMI);
		}
	} else if (vcpu_upcall_due(v)) {
		bounce_callback(v, &v->x86.event);
	}
	if (unlikely(params.stretch))
		arch_stretch_end();
}

void trap_iret_failed(struct vcpu *v)
{
	unsigned int vector = v->regs.entry_vector;

	/* A descriptor that is not there: as if it were null. */
	if (vector == EXC_PF) {
		vector = EXC_GP;
		v->regs.error_code = window_selector(read_cr2());
	}
	bounce_exception_error(v, vector, v->regs.error_code);
}

/* ---- Ring 0 ------------------------------------------------------------------------------ */

/* Does the table that is loaded allow what faulted? Then the TLB was old. */
static bool fault_is_stale(gva_t va, uint32_t error)
{
	uint64_t need = PTE_P | (error & PF_WRITE ? PTE_RW : 0);
	mfn_t table = MFN(read_cr3() >> PAGE_SHIFT);
	int shift;

	for (shift = 39; shift >= PAGE_SHIFT; shift -= 9) {
		uint64_t *t = frame_ptr(table);
		uint64_t e = READ_ONCE(t[va >> shift & (PTES - 1)]);

		if ((e & need) != need || ((error & PF_FETCH) && (e & PTE_NX)))
			return false;
		if (shift > PAGE_SHIFT && (e & PTE_PSE))
			return true;
		table = pte_mfn(e);
	}
	return true;
}

void trap_hypervisor(struct cpu_user_regs *r)
{
	unsigned int vector = r->entry_vector;
	struct vcpu *v = current_vcpu();
	uint32_t error = r->error_code;
	gva_t va = read_cr2();
	uint64_t fixup;

	if (vector > EXC_LAST)
		return irq_handle(vector);
	if (vector == EXC_NMI)
		return irq_nmi();
	if (vector == EXC_DB) {
		/*
		 * Single stepping or a breakpoint on data that a guest left
		 * armed. Not for us; without TF it does not come again.
		 */
		r->rflags &= ~RFLAGS_TF;
		return write_dr6(DR6_DEFAULT);
	}
	if (vector == EXC_DF || vector == EXC_MC)
		trap_fatal(r);
	if (vector == EXC_PF &&
	    (window_fault(v, va, error, false) ||
	     (v->domain && guest_range_ok(va, 1) && fault_is_stale(va, error))))
		return;
	fixup = extable_find(r->rip);
	if (r->rip == (uint64_t)iret_guest) {
		v->regs.entry_vector = vector;
		v->regs.error_code = error;
		fixup = (uint64_t)iret_failed;
	}
	if (!fixup)
		trap_fatal(r);
	r->rip = fixup;
}
