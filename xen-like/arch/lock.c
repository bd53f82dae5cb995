/* SPDX-License-Identifier: MIT */
/* Locks: one word, the holder's CPU in it. */
#include "panic.h"
#include "smp.h"

bool lock_try(struct lock *l)
{
	uint32_t expected = 0;

	return __atomic_compare_exchange_n(&l->word, &expected, 1 + cpu_id(),
					   false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

void lock_take(struct lock *l)
{
	while (!lock_try(l)) {
		/* A stopped machine's locks are held by parked CPUs. */
		if (machine_stopping())
			return;
		if (lock_mine(l))
			panic("CPU%u takes lock %p twice", cpu_id(), (void *)l);
		cpu_relax_poll();
	}
}

void lock_drop(struct lock *l)
{
	store_release(&l->word, 0);
}

bool lock_mine(const struct lock *l)
{
	return READ_ONCE(l->word) == 1 + cpu_id();
}
