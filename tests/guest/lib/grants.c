// SPDX-License-Identifier: MIT
#include "grants.h"
#include "memory.h"

#define TABLE_VA (TEST_VA + (16 << PAGE_SHIFT))

volatile struct grant_entry_v1 *table;
uint64_t *page;
uint32_t handle;

int grants_init(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	xen_pfn_t frame = 0;
	unsigned int i;

	s.frame_list.p = &frame;
	if (OP(setup_table, &s, 1) || s.status)
		return 1;
	memory_map(TABLE_VA, pte_make(frame, PTE_RW));
	table = (void *)TABLE_VA;
	for (i = 0; i < 64; i++)
		memory_tables(TEST_VA + i * PAGE_SIZE);
	page = page_alloc();
	return 0;
}

void grant(unsigned int ref, const void *va, uint16_t flags)
{
	table[ref].domid = ME;
	table[ref].frame = (uint32_t)mfn_of(va);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	table[ref].flags = GTF_permit_access | flags;
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

int unmap(uint32_t h, uint64_t addr)
{
	return unmap_bus(h, addr, 0);
}
