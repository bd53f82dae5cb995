// SPDX-License-Identifier: MIT
/*
 * grant_table_op on grants that the domain gives itself: copies, swaps,
 * transfers, caches.
 */
#include <string.h>
#include "check.h"
#include "grants.h"
#include "memory.h"

/* ---- Copies ------------------------------------------------------------------------------- */

static struct gnttab_copy copy_op(const void *from, const void *to, uint16_t len)
{
	return (struct gnttab_copy){
		.source = { { .gmfn = mfn_of(from) },
			    DOMID_SELF,
			    (uint16_t)((uint64_t)from % PAGE_SIZE) },
		.dest = { { .gmfn = mfn_of(to) },
			  DOMID_SELF,
			  (uint16_t)((uint64_t)to % PAGE_SIZE) },
		.len = len,
		.status = 99,
	};
}

static int copy(struct gnttab_copy *op)
{
	return OP(copy, op, 1) ? 100 : op->status;
}

static int copy_refs(unsigned int from, unsigned int to, domid_t dom)
{
	struct gnttab_copy op = {
		.source = { { .ref = from }, dom, 8 },
		.dest = { { .ref = to }, dom, 16 },
		.len = 24,
		.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
		.status = 99,
	};

	return copy(&op);
}

static void check_copy(void)
{
	uint8_t *from = page_alloc(), *to = page_alloc();
	struct gnttab_copy op;
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i++)
		from[i] = (uint8_t)(i * 7 + 1);
	op = copy_op(from, to, PAGE_SIZE);
	SUCCESS(grant_table_op, GNTTABOP_copy, "copy",
		!copy(&op) && !memcmp(from, to, PAGE_SIZE));
	memset(to, 0, PAGE_SIZE);
	op = copy_op(from + 5, to + 4000, 96);
	CHECK_EQ("copy-part", copy(&op), GNTST_okay);
	CHECK("copy-part-bytes", !memcmp(from + 5, to + 4000, 96) && !to[3999]);
	op = copy_op(from + 5, to + 4000, 97);
	CHECK_EQ("copy-over-dest", copy(&op), GNTST_bad_copy_arg);
	op = copy_op(from + 4095, to, 2);
	CHECK_EQ("copy-over-source", copy(&op), GNTST_bad_copy_arg);
	op = copy_op(from, to, 0);
	op.source.offset = PAGE_SIZE;
	CHECK_EQ("copy-nothing", copy(&op), GNTST_okay);
	op = copy_op(from, to, 8);
	op.source.domid = ME;
	CHECK_EQ("copy-foreign-frame", copy(&op), GNTST_permission_denied);
	op = copy_op(from, to, 8);
	op.dest.u.gmfn = memory_hypervisor_mfn();
	CHECK_EQ("copy-not-ours", copy(&op), GNTST_bad_page);
	op.dest.u.gmfn = ~0ul;
	CHECK_EQ("copy-no-frame", copy(&op), GNTST_bad_page);
	op = copy_op(from, memory_root(), 8);
	CHECK_EQ("copy-to-table", copy(&op), GNTST_general_error);
	op = copy_op(memory_root(), to, PAGE_SIZE);
	CHECK_EQ("copy-from-table", copy(&op), GNTST_okay);
	FAILURE(grant_table_op, GNTTABOP_copy, "copy-bad", OP(copy, NOWHERE, 1),
		XEN_EFAULT);
	page_free(from);
	page_free(to);
}

static void check_copy_refs(void)
{
	uint8_t *from = page_alloc(), *to = page_alloc();

	memset(from, 0x5a, PAGE_SIZE);
	memset(to, 0, PAGE_SIZE);
	grant(REF, from, GTF_readonly);
	grant(REF + 1, to, 0);
	CHECK_EQ("copy-refs", copy_refs(REF, REF + 1, ME), GNTST_okay);
	CHECK("copy-refs-bytes",
	      !memcmp(from + 8, to + 16, 24) && !to[15] && !to[40]);
	CHECK_EQ("copy-refs-self", copy_refs(REF, REF + 1, DOMID_SELF),
		 GNTST_okay);
	CHECK_EQ("copy-refs-flags", table[REF].flags | table[REF + 1].flags,
		 GTF_permit_access | GTF_readonly);
	CHECK_EQ("copy-to-readonly", copy_refs(REF + 1, REF, ME),
		 GNTST_general_error);
	CHECK_EQ("copy-bad-domain", copy_refs(REF, REF + 1, NOBODY),
		 GNTST_bad_domain);
	CHECK_EQ("copy-bad-ref", copy_refs(REF, 1u << 20, ME), GNTST_bad_gntref);
	table[REF].domid = NOBODY;
	CHECK_EQ("copy-not-granted", copy_refs(REF, REF + 1, ME),
		 GNTST_general_error);
	table[REF].domid = ME;
	table[REF].frame = ~0u;
	CHECK_EQ("copy-no-such-frame", copy_refs(REF, REF + 1, ME),
		 GNTST_bad_page);
	grant(REF, from, 0);
	table[REF + 1].flags = 0;
	CHECK_EQ("copy-dest-invalid", copy_refs(REF, REF + 1, ME),
		 GNTST_general_error);
	CHECK_EQ("copy-after-flags", table[REF].flags, GTF_permit_access);
	page_free(from);
	page_free(to);
}

/* ---- Swaps, transfers, caches ------------------------------------------------------------------ */

static int swap(unsigned int a, unsigned int b)
{
	struct gnttab_swap_grant_ref op = { .ref_a = a, .ref_b = b, 99 };

	return OP(swap_grant_ref, &op, 1) ? 100 : op.status;
}

static void check_swap(void)
{
	uint32_t frame;

	grant(REF, page, 0);
	table[REF + 1].frame = 55;
	table[REF + 1].domid = 3;
	table[REF + 1].flags = GTF_accept_transfer;
	frame = table[REF].frame;
	SUCCESS(grant_table_op, GNTTABOP_swap_grant_ref, "swap",
		swap(REF, REF + 1) == GNTST_okay && table[REF].frame == 55 &&
			table[REF].domid == 3 &&
			table[REF].flags == GTF_accept_transfer &&
			table[REF + 1].frame == frame);
	CHECK_EQ("swap-bad-ref", swap(REF, 1u << 20), GNTST_bad_gntref);
	CHECK_EQ("swap-bad-ref-a", swap(1u << 20, REF), GNTST_bad_gntref);
	map(REF + 1, GNTMAP_host_map, MAPPED);
	CHECK_EQ("swap-in-use", swap(REF, REF + 1), GNTST_eagain);
	CHECK_EQ("swap-same", swap(REF + 1, REF + 1), GNTST_okay);
	unmap(handle, MAPPED);
	CHECK_EQ("swap-after", swap(REF, REF + 1), GNTST_okay);
	FAILURE(grant_table_op, GNTTABOP_swap_grant_ref, "swap-bad",
		OP(swap_grant_ref, NOWHERE, 1), XEN_EFAULT);
}

static int transfer(uint64_t mfn, domid_t dom, unsigned int ref)
{
	struct gnttab_transfer op = { .mfn = mfn, .domid = dom, .ref = ref };

	op.status = 99;
	return OP(transfer, &op, 1) ? 100 : op.status;
}

static void check_transfer(void)
{
	uint64_t pfn = pfn_spare(), mfn = pfn_mfn(pfn);

	table[REF].domid = ME;
	table[REF].frame = 0x777;
	table[REF].flags = GTF_accept_transfer;
	CHECK_EQ("transfer-in-use", transfer(mfn_of(page), ME, REF),
		 GNTST_bad_page);
	CHECK_EQ("transfer-not-ours",
		 transfer(memory_hypervisor_mfn(), ME, REF), GNTST_bad_page);
	CHECK_EQ("transfer-no-frame", transfer(~0ul, ME, REF), GNTST_bad_page);
	SUCCESS(grant_table_op, GNTTABOP_transfer, "transfer",
		transfer(mfn, ME, REF) == GNTST_okay && table[REF].frame == mfn &&
			table[REF].flags ==
				(GTF_accept_transfer | GTF_transfer_committed |
				 GTF_transfer_completed) &&
			mfn_pfn(mfn) == 0x777);
	/* It is refused, and lost. */
	CHECK_EQ("transfer-refused", transfer(mfn, ME, REF),
		 GNTST_general_error);
	CHECK_EQ("transfer-lost", transfer(mfn, ME, REF), GNTST_bad_page);
	mfn = pfn_mfn(pfn_spare());
	CHECK_EQ("transfer-nobody", transfer(mfn, NOBODY, REF),
		 GNTST_bad_domain);
	CHECK_EQ("transfer-lost-too", transfer(mfn, ME, REF), GNTST_bad_page);
	FAILURE(grant_table_op, GNTTABOP_transfer, "transfer-bad",
		OP(transfer, NOWHERE, 1), XEN_EFAULT);
}

static int64_t flush(uint64_t addr, uint16_t offset, uint16_t length,
		     uint32_t how)
{
	struct gnttab_cache_flush op = {
		.a.dev_bus_addr = addr,
		.offset = offset,
		.length = length,
		.op = how,
	};

	return OP(cache_flush, &op, 1);
}

static void check_cache(void)
{
	uint64_t at = maddr_of(page);

	SUCCESS(grant_table_op, GNTTABOP_cache_flush, "cache",
		!flush(at, 0, PAGE_SIZE, GNTTAB_CACHE_CLEAN));
	CHECK_EQ("cache-both",
		 flush(at, 64, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL), 0);
	check_value("cache-invalidate", "%ld",
		    flush(at, 0, 64, GNTTAB_CACHE_INVAL));
	CHECK_EQ("cache-nothing", flush(at, 0, 0, GNTTAB_CACHE_CLEAN), 0);
	CHECK_EQ("cache-no-op", flush(at, 0, 64, 0), 0);
	FAILURE(grant_table_op, GNTTABOP_cache_flush, "cache-too-long",
		flush(at, 64, PAGE_SIZE, GNTTAB_CACHE_CLEAN), XEN_EINVAL);
	CHECK_EQ("cache-by-ref",
		 flush(at, 0, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF),
		 -XEN_EINVAL);
	CHECK_EQ("cache-no-frame", flush(1ul << 50, 0, 64, GNTTAB_CACHE_CLEAN),
		 -XEN_EINVAL);
	check_value("cache-not-ours", "%ld",
		    flush(memory_hypervisor_mfn() << PAGE_SHIFT, 0, 64,
			  GNTTAB_CACHE_CLEAN));
	CHECK_EQ("cache-bad", OP(cache_flush, NOWHERE, 1), -XEN_EFAULT);
}

int main(void)
{
	grants_init();
	check_copy();
	check_copy_refs();
	check_swap();
	check_transfer();
	check_cache();
	return check_done();
}
