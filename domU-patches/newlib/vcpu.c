// SPDX-License-Identifier: MIT
/*
 * vCPUs and time.
 */
#include <stdlib.h>
#include <string.h>
#include "hypercall.h"
#include "vcpu.h"
#include "memory.h"
#include "start.h"
#include "trap.h"

/* A vCPU's stack; its number is the place in this array. */
char cpu_stack[VCPUS][GUEST_STACK] __attribute__((aligned(GUEST_STACK)));
static struct vcpu_info *info_of[VCPUS];
static bool initialised[VCPUS];
static struct {
	void (*entry)(void *);
	void *arg;
} start_at[VCPUS];

extern char start_secondary[];
void vcpu_start_c(void);

unsigned int vcpu_id(void)
{
	uint64_t at = (uint64_t)__builtin_frame_address(0);
	uint64_t id = (at - (uint64_t)cpu_stack) / GUEST_STACK;

	return id < VCPUS ? id : 0;
}

struct vcpu_info *vcpu_info(void)
{
	return info_of[vcpu_id()];
}

void vcpu_set_info(unsigned int id, struct vcpu_info *info)
{
	info_of[id] = info;
}

void vcpu_init(void)
{
	unsigned int id;

	for (id = 0; id < VCPUS; id++)
		info_of[id] = &shared_info->vcpu_info[id];
}

void vcpu_context(unsigned int id, void (*entry)(void *), void *arg,
		  struct vcpu_guest_context *context)
{
	uint64_t sp = (uint64_t)cpu_stack[id] + GUEST_STACK;

	start_at[id].entry = entry;
	start_at[id].arg = arg;
	memset(context, 0, sizeof(*context));
	context->flags = VGCF_IN_KERNEL;
	context->user_regs.rip = (uint64_t)start_secondary;
	context->user_regs.rsp = sp;
	context->user_regs.cs = FLAT_KERNEL_CS;
	context->user_regs.ss = FLAT_KERNEL_SS;
	context->user_regs.rflags = 0x1000; /* IOPL 1, as Linux has it */
	context->kernel_ss = FLAT_KERNEL_SS;
	context->kernel_sp = sp;
	context->ctrlreg[0] = 0x80010033;
	context->ctrlreg[3] = mfn_of(memory_root()) << PAGE_SHIFT;
	trap_table(context->trap_ctxt);
	context->event_callback_eip = (uint64_t)entry_upcall;
	context->failsafe_callback_eip = (uint64_t)entry_failsafe;
	context->syscall_callback_eip = (uint64_t)entry_syscall;
}

int64_t vcpu_start(unsigned int id, void (*entry)(void *), void *arg)
{
	static struct vcpu_guest_context context;
	int64_t rc = 0;

	if (!initialised[id]) {
		vcpu_context(id, entry, arg, &context);
		rc = hypercall_vcpu_op(VCPUOP_initialise, id, &context);
		if (rc)
			return rc;
		initialised[id] = true;
	}
	start_at[id].entry = entry;
	start_at[id].arg = arg;
	return hypercall_vcpu_op(VCPUOP_up, id, NULL);
}

/* A vCPU brought up again goes on behind its VCPUOP_down. */
void vcpu_start_c(void)
{
	unsigned int id = vcpu_id();

	for (;;) {
		start_at[id].entry(start_at[id].arg);
		hypercall_vcpu_op(VCPUOP_down, id, NULL);
	}
}

void vcpu_wait_down(unsigned int id)
{
	WAIT_FOR(hypercall_vcpu_op(VCPUOP_is_up, id, NULL) == 0, 10);
}

static uint64_t scale(uint64_t ticks, const struct vcpu_time_info *t)
{
	if (t->tsc_shift >= 0)
		ticks <<= t->tsc_shift;
	else
		ticks >>= -t->tsc_shift;
	return (uint64_t)((unsigned __int128)ticks * t->tsc_to_system_mul >> 32);
}

uint64_t time_now(void)
{
	const volatile struct vcpu_time_info *t = &vcpu_info()->time;
	struct vcpu_time_info copy;
	uint32_t version;
	uint64_t now;

	do {
		version = t->version;
		asm volatile("lfence" : : : "memory");
		memcpy(&copy, (const void *)t, sizeof(copy));
		now = copy.system_time +
		      scale(tsc() - copy.tsc_timestamp, &copy);
		asm volatile("lfence" : : : "memory");
	} while (version & 1 || version != t->version);
	return now;
}

/* The wall clock at system time 0 changes by the same protocol. */
uint64_t time_wall(void)
{
	const volatile struct shared_info *s = shared_info;
	uint64_t start;
	uint32_t version;

	do {
		version = s->wc_version;
		asm volatile("lfence" : : : "memory");
		start = ((uint64_t)s->wc_sec_hi << 32 | s->wc_sec) * 1000000000 +
			s->wc_nsec;
		asm volatile("lfence" : : : "memory");
	} while (version & 1 || version != s->wc_version);
	return start + time_now();
}
