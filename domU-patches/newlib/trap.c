// SPDX-License-Identifier: MIT
/*
 * Exceptions, callbacks, user mode.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hypercall.h"
#include "trap.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "vcpu.h"
#include <xen/callback.h>

trap_fn *trap_handler[VECTORS];
struct trap trap_last;
uint64_t failsafe_selectors[4];

struct extable {
	uint64_t from, to;
};
extern const struct extable extable_start[], extable_end[];

_Static_assert(offsetof(struct regs, vector) == REGS_VECTOR, "start.S knows");

void trap_dispatch(struct regs *regs);

void trap_clear(void)
{
	trap_last.count = 0;
}

/* An int3's rip lies behind it, where the entry ends: let it go on. */
static bool extable_fix(struct regs *regs)
{
	const struct extable *e;

	for (e = extable_start; e < extable_end; e++)
		if (regs->rip >= e->from && regs->rip <= e->to) {
			regs->rip = e->to;
			return true;
		}
	return false;
}

static void __attribute__((noreturn)) trap_fatal(struct regs *r)
{
	static bool again;

	if (!again) {
		again = true;
		printf("ERROR vector %lu error %lx rip %lx cs %x rsp %lx "
		       "rflags %lx cr2 %lx rax %lx rdi %lx\n",
		       r->vector, r->error, r->rip, r->cs, r->rsp, r->rflags,
		       trap_last.cr2, r->rax, r->rdi);
	}
	guest_exit();
}

void trap_dispatch(struct regs *regs)
{
	uint64_t vector = regs->vector;

	if (vector < 32) {
		trap_last.count++;
		trap_last.cr2 = vcpu_info()->arch.cr2;
		trap_last.regs = *regs;
	}
	if (trap_handler[vector])
		trap_handler[vector](regs);
	else if (vector == VECTOR_UPCALL)
		event_upcall(regs);
	else if (vector == VECTOR_SYSCALL && regs->rax == USER_EXIT)
		user_leave(regs->rdi);
	else if (vector >= 32 || !extable_fix(regs))
		trap_fatal(regs);
}

int try_read(const void *va, uint64_t *value)
{
	uint64_t v = 0;
	int vector = TRY("movq (%1), %0", : "+r"(v) : "r"(va) : "memory");

	if (value)
		*value = v;
	return vector;
}

int try_write(void *va, uint64_t value)
{
	return TRY("movq %1, (%0)", : : "r"(va), "r"(value) : "memory");
}

static void callback_set(uint16_t type, char *entry)
{
	struct callback_register c = {
		.type = type,
		.address = (uint64_t)entry,
	};

	if (type != CALLBACKTYPE_nmi)
		c.flags = CALLBACKF_mask_events;
	hypercall_callback_op(CALLBACKOP_register, &c);
}

void trap_table(struct trap_info table[256])
{
	unsigned int i;

	for (i = 0; i < 256; i++) {
		table[i].vector = i;
		table[i].cs = FLAT_KERNEL_CS;
		/* Those that user mode may raise by "int". */
		table[i].flags = i == 3 || i == 4 || i >= 0x80 ? 3 : 0;
		table[i].address = TRAP_ENTRY(i);
	}
}

void trap_init(void)
{
	static struct trap_info table[257];

	trap_table(table);
	/* The last row must not look like the end: it is one of zeroes. */
	hypercall_set_trap_table(table);
	callback_set(CALLBACKTYPE_event, entry_upcall);
	callback_set(CALLBACKTYPE_failsafe, entry_failsafe);
	callback_set(CALLBACKTYPE_syscall, entry_syscall);
}

/* ---- User mode -------------------------------------------------------------- */

uint64_t *user_l4;
static jmp_buf user_back;
static uint64_t user_value;
static char user_stack[0x4000] __attribute__((aligned(16)));
static char kernel_stack[0x4000] __attribute__((aligned(16)));

/* A root of its own with the kernel's half gigabytes in it. */
void user_init(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_NEW_USER_BASEPTR };

	if (user_l4)
		return;
	user_l4 = page_alloc();
	user_l4[0] = memory_root()[0];
	user_l4[1] = memory_root()[1];
	memory_make_table(user_l4, 4);
	op.arg1.mfn = mfn_of(user_l4);
	if (hypercall_mmuext_op(&op, 1, NULL, DOMID_SELF))
		guest_fail("no user tables");
}

void user_leave(uint64_t value)
{
	user_value = value;
	longjmp(user_back, 1);
}

uint64_t user_run(uint64_t (*fn)(uint64_t), uint64_t arg)
{
	uint64_t *sp = (uint64_t *)(user_stack + sizeof(user_stack)) - 1;
	struct regs regs = {
		.rip = (uint64_t)fn,
		.rdi = arg,
		.rsp = (uint64_t)sp,
		.cs = FLAT_USER_CS64,
		.ss = FLAT_USER_SS,
		.rflags = 0x202,
	};

	user_init();
	*sp = (uint64_t)user_return;
	if (!setjmp(user_back)) {
		hypercall_stack_switch(FLAT_KERNEL_SS,
				       kernel_stack + sizeof(kernel_stack));
		trap_return(&regs);
	}
	return user_value;
}
