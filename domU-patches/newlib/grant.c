// SPDX-License-Identifier: MIT
/* Grants, given and taken. */
#include <string.h>
#include "grant.h"
#include "memory.h"
#include "start.h"

#define FAILED 1000

static volatile struct grant_entry_v1 *table;

void grant_init(void)
{
	xen_pfn_t frames[GRANT_FRAMES];
	struct gnttab_setup_table s = {
		.dom = DOMID_SELF,
		.nr_frames = GRANT_FRAMES,
	};
	char *va;
	unsigned int i;

	if (table)
		return;
	s.frame_list.p = frames;
	if (hypercall_grant_table_op(GNTTABOP_setup_table, &s, 1) || s.status)
		guest_fail("no grant table: %d", s.status);
	va = pages_alloc(GRANT_FRAMES);
	for (i = 0; i < GRANT_FRAMES; i++)
		if (memory_set(va + i * PAGE_SIZE, pte_make(frames[i], PTE_RW)))
			guest_fail("the grant table cannot be mapped");
	table = (volatile struct grant_entry_v1 *)va;
}

volatile struct grant_entry_v1 *grant_entry(grant_ref_t ref)
{
	grant_init();
	return &table[ref];
}

/* The flags last: they make it valid. */
void grant_give(grant_ref_t ref, domid_t domid, uint64_t mfn, uint16_t flags)
{
	volatile struct grant_entry_v1 *e = grant_entry(ref);

	e->frame = mfn;
	e->domid = domid;
	asm volatile("" : : : "memory");
	e->flags = GTF_permit_access | flags;
}

/* In one step, for it may just be getting mapped. */
bool grant_end(grant_ref_t ref)
{
	volatile struct grant_entry_v1 *e = grant_entry(ref);
	uint16_t flags = e->flags;

	do {
		if (flags & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}

uint16_t grant_flags(grant_ref_t ref)
{
	return grant_entry(ref)->flags;
}

static int answer(int64_t rc, int status)
{
	return rc ? (int)rc - FAILED : status;
}

int grant_map(domid_t domid, grant_ref_t ref, uint64_t at, uint32_t flags,
	      grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = at,
		.flags = flags,
		.ref = ref,
		.dom = domid,
		.handle = ~0u,
	};
	int64_t rc = hypercall_grant_table_op(GNTTABOP_map_grant_ref, &op, 1);

	if (handle)
		*handle = op.handle;
	return answer(rc, op.status);
}

int grant_unmap(uint64_t at, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = at,
		.handle = handle,
	};
	int64_t rc = hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1);

	return answer(rc, op.status);
}

struct gnttab_copy_ptr copy_frame(uint64_t mfn, unsigned int offset)
{
	struct gnttab_copy_ptr p = { .domid = DOMID_SELF, .offset = offset };

	p.u.gmfn = mfn;
	return p;
}

struct gnttab_copy_ptr copy_grant(domid_t domid, grant_ref_t ref,
				  unsigned int offset)
{
	struct gnttab_copy_ptr p = { .domid = domid, .offset = offset };

	p.u.ref = ref;
	return p;
}

int grant_copy(struct gnttab_copy_ptr from, struct gnttab_copy_ptr to,
	       unsigned int len, unsigned int flags)
{
	struct gnttab_copy op = {
		.source = from,
		.dest = to,
		.len = len,
		.flags = flags,
	};
	int64_t rc = hypercall_grant_table_op(GNTTABOP_copy, &op, 1);

	return answer(rc, op.status);
}

int grant_swap(grant_ref_t a, grant_ref_t b)
{
	struct gnttab_swap_grant_ref op = { .ref_a = a, .ref_b = b };
	int64_t rc = hypercall_grant_table_op(GNTTABOP_swap_grant_ref, &op, 1);

	return answer(rc, op.status);
}

int grant_transfer(domid_t domid, grant_ref_t ref, uint64_t mfn)
{
	struct gnttab_transfer op = {
		.mfn = mfn,
		.domid = domid,
		.ref = ref,
	};
	int64_t rc = hypercall_grant_table_op(GNTTABOP_transfer, &op, 1);

	return answer(rc, op.status);
}
