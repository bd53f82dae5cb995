// SPDX-License-Identifier: MIT
#include "grants.h"
#include "memory.h"

volatile struct grant_entry_v1 *table;
uint64_t *page;
uint32_t handle;

void grants_init(void)
{
	unsigned int i;

	table = grant_entry(0);
	for (i = 0; i < 64; i++)
		memory_tables(TEST_VA + i * PAGE_SIZE);
	page = page_alloc();
}

void grant(unsigned int ref, const void *va, uint16_t flags)
{
	grant_give(ref, ME, mfn_of(va), flags);
}

struct gnttab_map_grant_ref map_op(unsigned int ref, uint32_t flags,
				   uint64_t addr)
{
	return (struct gnttab_map_grant_ref){
		.host_addr = addr,
		.flags = flags,
		.ref = ref,
		.dom = ME,
		.status = 99,
		.handle = ~0u,
	};
}

int map(unsigned int ref, uint32_t flags, uint64_t addr)
{
	struct gnttab_map_grant_ref op = map_op(ref, flags, addr);

	if (OP(map_grant_ref, &op, 1))
		return 100;
	if (!op.status)
		handle = op.handle;
	if (!op.status && op.dev_bus_addr != (uint64_t)table[ref].frame
						     << PAGE_SHIFT)
		return 101;
	return op.status;
}

int unmap_bus(uint32_t h, uint64_t addr, uint64_t bus)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr,
		.dev_bus_addr = bus,
		.handle = h,
		.status = 99,
	};

	return OP(unmap_grant_ref, &op, 1) ? 100 : op.status;
}
