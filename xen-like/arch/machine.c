/* SPDX-License-Identifier: MIT */
/* How the machine ends: halted, reset, or after a panic. */
#include "acpi.h"
#include "audit.h"
#include "param.h"
#include "print.h"
#include "smp.h"
#include "symbols.h"
#include "x86.h"

#define KEYBOARD_COMMAND 0x64
#define KEYBOARD_BUSY	 0x02
#define KEYBOARD_RESET	 0xfe
#define DEBUG_EXIT	 0xf4 /* QEMU's isa-debug-exit: reads 0 where it is */
#define EXIT_HALT	 0x10
#define EXIT_PANIC	 0x20

static void debug_exit(uint8_t code)
{
	if (!inb(DEBUG_EXIT))
		outb(DEBUG_EXIT, code);
}

void arch_halt(void)
{
	smp_stop_others();
	acpi_power_off();
	debug_exit(EXIT_HALT);
	print(LOG_ERR, "Halted.\n");
	smp_park();
}

void arch_reboot(void)
{
	static const uint8_t no_idt[10];

	smp_stop_others();
	acpi_reset();
	for (int i = 0; i < 100000 && inb(KEYBOARD_COMMAND) & KEYBOARD_BUSY; i++)
		cpu_relax_poll();
	outb(KEYBOARD_COMMAND, KEYBOARD_RESET);
	for (int i = 0; i < 1000000; i++)
		cpu_relax_poll();
	/* No reset yet: a fault that cannot be delivered is one. */
	asm volatile("lidt %0; int3" : : "m"(no_idt));
	smp_park();
}

void arch_panic_stop(void)
{
	static bool audited;
	const struct cpu *c = this_cpu();
	uint64_t rbp = (uint64_t)__builtin_frame_address(0);

	smp_stop_others();
	print(LOG_ERR, "CPU%u rsp %016lx rbp %016lx\n", c->id, (uint64_t)&c,
	      rbp);
	print(LOG_ERR, "cr0 %08lx cr2 %016lx cr3 %016lx cr4 %08lx\n",
	      read_cr0(), read_cr2(), read_cr3(), read_cr4());
	print(LOG_ERR, "current vCPU %p\n", (void *)c->current);
	backtrace((uint64_t)arch_panic_stop, rbp);
	/* Not again, if it is the audit that panics. */
	if (c->current && !audited) {
		audited = true;
		audit_run();
	}
	debug_exit(EXIT_PANIC);
	if (!params.noreboot)
		arch_reboot();
	print(LOG_ERR, "Stopped (noreboot).\n");
	smp_park();
}
