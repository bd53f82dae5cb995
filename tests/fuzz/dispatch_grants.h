/* SPDX-License-Identifier: MIT */
/*
 * Grants: what one domain grants the other, and what it does with that. Included by dispatch_fuzz.c, whose choices it makes.
 */
#define REFS 6u

static void write_grant(void)
{
	struct domain *d = current_vcpu()->domain;
	struct grant_entry_v1 *e = d->grant.shared[0];
	static const uint16_t flags[] = { GTF_permit_access, GTF_permit_access,
					  GTF_permit_access | GTF_readonly,
					  GTF_accept_transfer };
	uint8_t b = byte();

	e += b % REFS;
	e->frame = (uint32_t)pick_frame();
	e->domid = b >> 5 & 1;
	e->flags = b < 0xf0 ? flags[b >> 3 & 3] : (uint16_t)bits(2);
}

/* Where it maps: beyond its pages, or over them; or an entry of a table. */
static uint64_t grant_address(uint32_t flags)
{
	const struct host_guest *g = &guest[current_vcpu()->domain->id];
	unsigned int n = byte() % 4 ? PAGES + byte() % 8 : byte() % PAGES;

	if (flags & GNTMAP_contains_pte)
		return (g->mfn[PAGES - g->tables].n << PAGE_SHIFT) + n * 8;
	return HOST_VA(n);
}

static void map_call(void *at)
{
	static const uint8_t flags[] = { 2, 2, 6, 3, 7, 18, 1, 10 };
	struct gnttab_map_grant_ref *op = at;

	op->flags = flags[byte() % 8];
	op->host_addr = grant_address(op->flags);
	op->ref = byte() % REFS;
	op->dom = byte() % 2;
}

static void unmap_call(void *at)
{
	struct gnttab_unmap_grant_ref *op = at;
	uint8_t b = byte();

	op->handle = b % 8;
	op->host_addr = b & 8 ? grant_address(b & 16) : 0;
	op->dev_bus_addr = b & 32 ? pick_frame() << PAGE_SHIFT : 0;
}

static void replace_call(void *at)
{
	struct gnttab_unmap_and_replace *op = at;

	op->handle = byte() % 8;
	op->host_addr = grant_address(0);
	op->new_addr = byte() & 1 ? grant_address(0) : 0;
}

static void copy_side(struct gnttab_copy_ptr *p, bool by_ref)
{
	p->u.gmfn = by_ref ? byte() % REFS : pick_frame();
	p->domid = by_ref ? byte() % 2 : DOMID_SELF;
	p->offset = byte();
}

static void copy_call(void *at)
{
	struct gnttab_copy *op = at;

	op->flags = byte() % 4;
	copy_side(&op->source, op->flags & GNTCOPY_source_gref);
	copy_side(&op->dest, op->flags & GNTCOPY_dest_gref);
	op->len = byte();
}

static void transfer_call(void *at)
{
	struct gnttab_transfer *op = at;

	op->mfn = pick_frame();
	op->domid = byte() % 3;
	op->ref = byte() % REFS;
}

static void swap_call(void *at)
{
	struct gnttab_swap_grant_ref *op = at;

	op->ref_a = byte() % REFS;
	op->ref_b = byte() % REFS;
}

static void flush_call(void *at)
{
	struct gnttab_cache_flush *op = at;

	op->a.dev_bus_addr = pick_frame() << PAGE_SHIFT;
	op->length = byte();
	op->op = byte() % 4;
}

static void grant_call(struct cpu_user_regs *r)
{
	static const struct {
		unsigned int cmd;
		size_t size;
		void (*make)(void *at);
	} ops[] = {
		{ GNTTABOP_map_grant_ref, 32, map_call },
		{ GNTTABOP_map_grant_ref, 32, map_call },
		{ GNTTABOP_unmap_grant_ref, 24, unmap_call },
		{ GNTTABOP_unmap_grant_ref, 24, unmap_call },
		{ GNTTABOP_copy, 40, copy_call },
		{ GNTTABOP_unmap_and_replace, 24, replace_call },
		{ GNTTABOP_swap_grant_ref, 12, swap_call },
		{ GNTTABOP_transfer, 24, transfer_call },
		{ GNTTABOP_cache_flush, 16, flush_call },
	};
	unsigned int which = byte() % ARRAY_SIZE(ops), n = 1 + byte() % 3;
	uint64_t list[3][5] = { 0 };

	for (unsigned int i = byte() % 3; i; i--)
		write_grant();
	for (unsigned int i = 0; i < n; i++)
		ops[which].make((uint8_t *)list + i * ops[which].size);
	r->rax = __HYPERVISOR_grant_table_op;
	r->rdi = ops[which].cmd;
	r->rsi = HOST_VA(ARGS_PAGE);
	r->rdx = n;
	(void)copy_to_guest(r->rsi, list, n * ops[which].size);
}
