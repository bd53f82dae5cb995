/* SPDX-License-Identifier: MIT */
/*
 * Exceptions, callbacks, and user mode of a guest.
 *
 * An exception is first offered to trap_handler[vector]. Where there is none
 * and the instruction stands in the exception table (TRY), execution goes on
 * behind it and trap_last tells what happened. Anything else ends the guest.
 */
#ifndef TRAP_H
#define TRAP_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include "frame.h"

struct regs {
	uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
	uint64_t rax, rcx, rdx, rsi, rdi;
	uint64_t vector, error;
	uint64_t rip;
	uint16_t cs, cs_pad;
	uint8_t saved_upcall_mask, mask_pad[3];
	uint64_t rflags, rsp, ss;
};

typedef void trap_fn(struct regs *regs);
extern trap_fn *trap_handler[VECTORS];

/* The latest exception, of any kind. */
struct trap {
	unsigned int count; /* 0: none since trap_clear() */
	uint64_t cr2;	    /* of a page fault */
	struct regs regs;
};
extern struct trap trap_last;
void trap_clear(void);

/* ds, es, fs, gs as the failsafe callback pushed them. */
extern uint64_t failsafe_selectors[4];

/*
 * Runs one instruction that may fault. TRY_VECTOR() is the exception's number
 * then, or TRY_NONE.
 */
#define TRY_NONE  (-1)
#define TRY_BEGIN "770:\n\t"
#define TRY_END                                      \
	"\n771:\n\t.pushsection .extable, \"a\"\n\t" \
	".quad 770b, 771b\n\t.popsection\n\t"
#define TRY_VECTOR() (trap_last.count ? (int)trap_last.regs.vector : TRY_NONE)
#define TRY(code, ...)                                            \
	({                                                        \
		trap_clear();                                     \
		asm volatile(TRY_BEGIN code TRY_END __VA_ARGS__); \
		TRY_VECTOR();                                     \
	})

/* Reads and writes that may fault: the vector, or TRY_NONE. */
int try_read(const void *va, uint64_t *value);
int try_write(void *va, uint64_t value);

/* Registers the table, the callbacks; done at start. */
void trap_init(void);
/* The same table, for a vCPU's context: rows in vector order. */
struct trap_info;
void trap_table(struct trap_info table[256]);
extern char trap_entries[]; /* 16 bytes each */
#define TRAP_ENTRY(vector) ((uint64_t)trap_entries + 16 * (vector))
extern char entry_upcall[], entry_syscall[], entry_failsafe[], entry_nmi[];

/* Leaves for what regs says; for handlers that never return, and tests. */
void trap_return(struct regs *regs) __attribute__((noreturn));

/*
 * Runs fn(arg) in user mode, with upcalls unmasked, in tables that share the
 * kernel's addresses.
 * Returns what it returned. A system call other than USER_EXIT, and an
 * exception, goes to its trap_handler as from the kernel. user_l4 is the
 * table in use (its VA), made by the first user_run().
 */
uint64_t user_run(uint64_t (*fn)(uint64_t), uint64_t arg);
void user_leave(uint64_t value) __attribute__((noreturn)); /* in a handler */
extern uint64_t *user_l4;
void user_init(void);
extern char user_return[];

#endif
