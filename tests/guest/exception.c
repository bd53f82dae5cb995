// SPDX-License-Identifier: MIT
/*
 * Every exception that a guest can raise reaches its handler, with Xen's
 * error code, a frame that is aligned, says the guest's privilege and mask,
 * and holds rcx and r11; from the kernel and from user mode.
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "trap.h"
#include "vcpu.h"

#define LAST trap_last.regs

static void check_vectors(void)
{
	CHECK_EQ("divide", TRY("divb %%ah", : : "a"(1)), 0);
	CHECK_EQ("int3", TRY("int3", : :), 3);
	CHECK_EQ("undefined", TRY("ud2", : :), 6);
	CHECK_EQ("gp", TRY("mov %w0, %%ds", : : "r"(0x1233)), 13);
	CHECK_EQ("gp-error", LAST.error, 0x1230);
	CHECK_EQ("gp-not-canonical", try_read((void *)(1ul << 47), NULL), 13);
	CHECK_EQ("gp-not-canonical-error", LAST.error, 0);
	CHECK_EQ("privileged", TRY("lidt (%%rax)", : : "a"(&trap_last)), 13);
	CHECK_EQ("privileged-error", LAST.error, 0);
	CHECK_EQ("hypercall-page-like-vmcall", TRY("vmcall", : :), 6);
	CHECK_EQ("sysret", TRY("sysretq", : :), 13);
	CHECK_EQ("swapgs", TRY("swapgs", : :), 13);
}

/* Segments that are not present, by a GDT of our own. */
static void check_segments(void)
{
	uint64_t *gdt = page_alloc();
	unsigned long frame = mfn_of(gdt);

	gdt[4] = 0x00cf73000000fffful; /* data, not present */
	memory_readonly(gdt);
	hypercall_set_gdt(&frame, 512);
	CHECK_EQ("not-present", TRY("mov %w0, %%es", : : "r"(0x23)), 11);
	CHECK_EQ("not-present-error", LAST.error, 0x20);
	CHECK_EQ("stack-not-present", TRY("mov %w0, %%ss", : : "r"(0x23)), 12);
	CHECK_EQ("stack-not-present-error", LAST.error, 0x20);
}

/* The emulator raises no #XM, no #AC, and #GP for #SS of an address. */
static void check_float(void)
{
	uint16_t cw = 0x37b & ~4;

	CHECK_EQ("x87",
		 TRY("fninit\n\tfldcw %0\n\tfld1\n\tfldz\n\t"
		     "fdivrp\n\tfwait",
		     :
		     : "m"(cw)),
		 16);
	asm volatile("fnclex\n\tfninit");
}

/* Goes back to the caller of what cannot be run. */
static void on_fetch(struct regs *regs)
{
	regs->rip = *(uint64_t *)regs->rsp;
	regs->rsp += 8;
}

static void check_page_faults(void)
{
	char *page = page_alloc();

	memory_tables(TEST_VA);
	CHECK_EQ("pf-read", try_read((void *)(TEST_VA + 8), NULL), 14);
	CHECK_EQ("pf-read-error", LAST.error, 0);
	CHECK_EQ("pf-cr2", trap_last.cr2, TEST_VA + 8);
	CHECK_EQ("pf-write", try_write((void *)TEST_VA, 1), 14);
	CHECK_EQ("pf-write-error", LAST.error, 2);
	memory_set((void *)TEST_VA, pte_make(mfn_of(page), PTE_RO));
	CHECK_EQ("pf-read-only", try_write((void *)TEST_VA, 1), 14);
	CHECK_EQ("pf-read-only-error", LAST.error, 3);
	memory_set((void *)TEST_VA, pte_make(mfn_of(page), PTE_RO | PTE_NX));
	trap_handler[14] = on_fetch;
	asm volatile("call *%0" : : "r"(TEST_VA) : "memory");
	trap_handler[14] = NULL;
	CHECK_EQ("pf-fetch-error", LAST.error, 0x11);
	CHECK_EQ("pf-hypervisor", try_read(HYPERVISOR_VA, NULL), 14);
	CHECK_EQ("pf-hypervisor-error", LAST.error & ~1ul, 0);
	CHECK_EQ("pf-reserved-slot-cr2", trap_last.cr2, (uint64_t)HYPERVISOR_VA);
}

/* ---- The frame ------------------------------------------------------------------ */

static uint64_t frame_end, handler_flags;

/* Goes on behind a two-byte instruction. */
static void on_ud(struct regs *regs)
{
	frame_end = (uint64_t)(regs + 1);
	asm volatile("pushfq\n\tpop %0" : "=r"(handler_flags));
	regs->rip += 2;
}

static void on_debug(struct regs *regs)
{
	regs->rflags &= ~0x100ul;
}

static void check_frame(void)
{
	uint64_t sp, c = 0x1111, at;

	trap_handler[6] = on_ud;
	trap_clear();
	asm volatile("mov %%rsp, %0\n\tmov $0x2222, %%r11d\n\tlea 1f, %2\n"
		     "1:\tud2"
		     : "=&r"(sp), "+c"(c), "=&r"(at)
		     :
		     : "r11", "memory");
	CHECK_EQ("frame-rcx", LAST.rcx, 0x1111);
	CHECK_EQ("frame-r11", LAST.r11, 0x2222);
	CHECK_EQ("frame-rip", LAST.rip, at);
	CHECK_EQ("frame-rsp", LAST.rsp, sp);
	CHECK_EQ("frame-ss", LAST.ss, FLAT_KERNEL_SS);
	CHECK_EQ("frame-cs-rpl-0", LAST.cs, FLAT_KERNEL_CS & ~3);
	CHECK_EQ("frame-mask", LAST.saved_upcall_mask, 1);
	CHECK_EQ("frame-if", LAST.rflags & 0x200, 0);
	CHECK_EQ("frame-iopl", LAST.rflags & 0x3000, 0);
	CHECK_EQ("frame-aligned", frame_end & 15, 0);
	upcalls_on();
	asm volatile("sub $24, %%rsp\n\tud2\n\tadd $24, %%rsp" : : : "memory");
	CHECK_EQ("frame-aligned-from-odd", frame_end & 15, 0);
	CHECK_EQ("frame-unmasked", LAST.saved_upcall_mask, 0);
	CHECK_EQ("frame-unmasked-if", LAST.rflags & 0x200, 0x200);
	CHECK("frame-below-stack",
	      frame_end <= LAST.rsp && frame_end + 16 > LAST.rsp);
	asm volatile("pushfq\n\torq $0x400, (%%rsp)\n\tpopfq\n\tud2\n\tcld"
		     :
		     :
		     : "memory");
	CHECK_EQ("frame-direction", LAST.rflags & 0x400, 0x400);
	upcalls_off();
	trap_handler[1] = on_debug;
	trap_clear();
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\t"
		     "nop"
		     :
		     :
		     : "memory");
	CHECK_EQ("single-step", TRY_VECTOR(), 1);
	CHECK_EQ("single-step-once", trap_last.count, 1);
	asm volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tud2"
		     :
		     :
		     : "memory");
	CHECK_EQ("handler-without-tf", handler_flags & 0x100, 0);
	trap_handler[1] = trap_handler[6] = NULL;
}

/* ---- From user mode ----------------------------------------------------------------- */

static uint64_t user_ud(uint64_t arg)
{
	asm volatile("ud2" : : "c"(0x3333ul) : "memory");
	return arg + 1;
}

static uint64_t user_read(uint64_t va)
{
	return *(volatile uint64_t *)va;
}

static void on_user_fault(struct regs *regs)
{
	(void)regs;
	user_leave(0x99);
}

static void check_user(void)
{
	char *page = page_alloc();

	trap_handler[6] = on_ud;
	CHECK_EQ("user-returns", user_run(user_ud, 5), 6);
	trap_handler[6] = NULL;
	CHECK("user-frame-on-kernel-stack", frame_end != (LAST.rsp & ~15ul));
	CHECK_EQ("user-cs", LAST.cs, FLAT_USER_CS);
	CHECK_EQ("user-ss", LAST.ss, FLAT_USER_SS);
	CHECK_EQ("user-rcx", LAST.rcx, 0x3333);
	CHECK_EQ("user-if", LAST.rflags & 0x200, 0x200);
	CHECK_EQ("user-mask", LAST.saved_upcall_mask, 0);
	upcalls_off();
	trap_handler[14] = trap_handler[13] = on_user_fault;
	CHECK_EQ("user-fault", user_run(user_read, 0x1000), 0x99);
	CHECK_EQ("user-fault-vector", LAST.vector, 14);
	CHECK_EQ("user-fault-error", LAST.error, 4);
	CHECK_EQ("user-fault-cr2", trap_last.cr2, 0x1000);
	/* The kernel's root has it, the user's has not. */
	memory_map(TEST_VA, pte_make(mfn_of(page), PTE_RW));
	CHECK_EQ("user-root", user_run(user_read, TEST_VA), 0x99);
	CHECK_EQ("user-root-error", LAST.error, 4);
	user_run(user_read, (uint64_t)HYPERVISOR_VA);
	CHECK_EQ("user-hypervisor", LAST.vector, 14);
	CHECK_EQ("user-hypervisor-error", LAST.error & ~1ul, 4);
	trap_handler[14] = trap_handler[13] = NULL;
	CHECK_EQ("kernel-root-back", try_read((void *)TEST_VA, NULL), TRY_NONE);
}

/* ---- By the instruction ---------------------------------------------------------------- */

/*
 * QEMU's error code names twice the vector, by which Xen finds the gate: both
 * have the same one.
 */
#define SOFTWARE 0x31

static uint64_t software_vector; /* what came of it */

static void gate(unsigned int dpl)
{
	struct trap_info row[3] = {
		{ .vector = SOFTWARE,
		  .flags = dpl,
		  .cs = FLAT_KERNEL_CS,
		  .address = TRAP_ENTRY(SOFTWARE) },
	};

	row[1] = row[0];
	row[1].vector = 2 * SOFTWARE;
	hypercall_set_trap_table(row);
}

/* Skips the instruction if it was refused. */
static void on_software(struct regs *regs)
{
	software_vector = regs->vector;
	if (regs->vector == 13)
		regs->rip += 2;
}

static uint64_t software(uint64_t arg)
{
	asm volatile("int %0" : : "i"(SOFTWARE) : "memory");
	return arg + 1;
}

/* The gate says who may: DPL 0 nobody, 1 and 2 the kernel, 3 users, too. */
static void check_software(void)
{
	char name[24];
	unsigned int dpl;

	trap_handler[13] = trap_handler[SOFTWARE] = on_software;
	for (dpl = 0; dpl < 4; dpl++) {
		gate(dpl);
		software(0);
		snprintf(name, sizeof(name), "int-kernel-dpl-%u", dpl);
		CHECK_EQ(name, software_vector, dpl ? SOFTWARE : 13);
		user_run(software, 0);
		snprintf(name, sizeof(name), "int-user-dpl-%u", dpl);
		CHECK_EQ(name, software_vector, dpl == 3 ? SOFTWARE : 13);
	}
	upcalls_off();
	gate(0);
	trap_handler[13] = trap_handler[SOFTWARE] = NULL;
}

int main(void)
{
	check_vectors();
	check_segments();
	check_float();
	check_page_faults();
	check_frame();
	check_user();
	check_software();
	return check_done();
}
