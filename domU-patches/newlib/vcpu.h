/* SPDX-License-Identifier: MIT */
/*
 * The guest's vCPUs and their time. The boot vCPU is number 0; another runs
 * one function to its end and then takes itself down.
 */
#ifndef VCPU_H
#define VCPU_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/vcpu.h>

#define VCPUS 4

unsigned int vcpu_id(void);	   /* from the stack */
struct vcpu_info *vcpu_info(void); /* of the current vCPU */
void vcpu_set_info(unsigned int id, struct vcpu_info *info);

void vcpu_init(void);
/* What VCPUOP_initialise takes, to start entry(arg) on vCPU id. */
void vcpu_context(unsigned int id, void (*entry)(void *), void *arg,
		  struct vcpu_guest_context *context);
/* Initialises (the first time) and starts it; the hypervisor's answer. */
int64_t vcpu_start(unsigned int id, void (*entry)(void *), void *arg);
/* Waits until it took itself down. */
void vcpu_wait_down(unsigned int id);

/* System time in nanoseconds, by the vCPU's time record. */
uint64_t time_now(void);
/* Nanoseconds since 1970. */
uint64_t time_wall(void);
static inline uint64_t tsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void cpu_relax(void)
{
	asm volatile("pause" : : : "memory");
}

/* Waits for a condition; ends the guest when it lasts longer than seconds. */
#define WAIT_FOR(condition, seconds)                                          \
	do {                                                                  \
		uint64_t end_ = time_now() + (seconds)*1000000000ul;          \
		while (!(condition)) {                                        \
			if (time_now() > end_)                                \
				guest_fail("%s:%d: waited in vain", __FILE__, \
					   __LINE__);                         \
			cpu_relax();                                          \
		}                                                             \
	} while (0)

#endif
