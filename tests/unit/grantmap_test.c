// SPDX-License-Identifier: MIT
/*
 * Grants between two domains: g, privileged, maps and copies what `other`
 * grants, and the other way round; what each counts, what a flush must come
 * before, and what is left when one of them dies.
 */
#include "gnttab.h"
#include "grantmap.h"
#include "mmu_setup.h"
#include <xen/grant_table.h>

#define REF    9u
#define FREE   PAGES /* page numbers from here on are mapped nowhere */
#define R      GTF_reading
#define RW     (GTF_reading | GTF_writing)
#define ACCESS GTF_permit_access

static volatile struct grant_entry_v1 *entry_of(struct domain *d, uint32_t ref)
{
	return (struct grant_entry_v1 *)d->grant.shared[0] + ref;
}

static void grant(struct domain *d, uint32_t ref, domid_t to, mfn_t m,
		  uint16_t flags)
{
	entry_of(d, ref)->domid = to;
	entry_of(d, ref)->frame = (uint32_t)m.n;
	entry_of(d, ref)->flags = ACCESS | flags;
}

static uint16_t flags(struct domain *d, uint32_t ref)
{
	return entry_of(d, ref)->flags;
}

static uint32_t handle;

/* By the current vCPU, at its page number n. */
static int map(domid_t dom, uint32_t ref, uint32_t how, unsigned int n)
{
	struct gnttab_map_grant_ref *op = (void *)args;

	*op = (struct gnttab_map_grant_ref){
		.host_addr = HOST_VA(n),
		.flags = how,
		.ref = ref,
		.dom = dom,
		.status = 99,
	};
	CU_ASSERT_EQUAL(call(hc_grant_table_op, GNTTABOP_map_grant_ref,
			     HOST_WINDOW, 1, 0),
			0);
	if (!op->status)
		handle = op->handle;
	return op->status;
}

static int unmap(uint32_t h, unsigned int n)
{
	struct gnttab_unmap_grant_ref *op = (void *)args;

	*op = (struct gnttab_unmap_grant_ref){
		.host_addr = n ? HOST_VA(n) : 0,
		.handle = h,
		.status = 99,
	};
	CU_ASSERT_EQUAL(call(hc_grant_table_op, GNTTABOP_unmap_grant_ref,
			     HOST_WINDOW, 1, 0),
			0);
	return op->status;
}

static uint64_t refs(mfn_t m)
{
	return word(m) & FRAME_COUNT_MASK;
}

static unsigned int writers(mfn_t m)
{
	return (word(m) & FRAME_TCOUNT_MASK) >> FRAME_TCOUNT_SHIFT;
}

static void clean(void)
{
	CU_ASSERT_EQUAL(audit_run(), 0);
	CU_ASSERT_EQUAL(host_locks_held(), 0);
}

/* CPU 1 is other's. */
static void as_other(void)
{
	host_cpu(1);
	host_run(other.d->vcpu[0]);
}

static void as_g(void)
{
	host_run(&host.cpu[1].idle);
	host_cpu(0);
}

/* ---- Mapping -------------------------------------------------------------------- */

static void grantmap_counts(void)
{
	mfn_t m;
	uint64_t before;
	unsigned int typed;

	begin();
	m = other.mfn[3];
	before = refs(m);
	typed = writers(m);
	grant(other.d, REF, 0, m, 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_okay);
	CU_ASSERT_EQUAL(pte_mfn(*entry(l1(&g), FREE)).n, m.n);
	CU_ASSERT_EQUAL(refs(m), before + 2); /* the entry's, the pin's */
	CU_ASSERT_EQUAL(writers(m), typed + 1);
	CU_ASSERT_EQUAL(frame_of(m)->foreign, 1);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS | RW);
	CU_ASSERT_EQUAL(gnttab_active(other.d, REF)->writers, 1);
	CU_ASSERT_EQUAL(gnttab_active(other.d, REF)->by, 0);
	clean();
	CU_ASSERT_EQUAL(unmap(handle, FREE), GNTST_okay);
	CU_ASSERT_EQUAL(refs(m), before);
	CU_ASSERT_EQUAL(writers(m), typed);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS);
	CU_ASSERT_EQUAL(*entry(l1(&g), FREE), 0);
	clean();
	end();
}

static void grantmap_refused(void)
{
	mfn_t m;
	uint64_t before;

	begin();
	m = other.mfn[3];
	before = word(m);
	grant(other.d, REF, 1, m, 0); /* not to g */
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_general_error);
	grant(other.d, REF, 0, m, GTF_readonly);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_general_error);
	grant(other.d, REF, 0, m, GTF_sub_page);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_general_error);
	grant(other.d, REF, 0, g.mfn[3], 0); /* of a frame of another */
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_bad_page);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS);
	grant(other.d, REF, 0, MFN(~0u), 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_bad_page);
	grant(other.d, REF, 0, l1(&other), 0); /* a table, to be written */
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_general_error);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS);
	CU_ASSERT_EQUAL(map(1, 512, GNTMAP_host_map, FREE), GNTST_bad_gntref);
	CU_ASSERT_EQUAL(map(1, ~0u, GNTMAP_host_map, FREE), GNTST_bad_gntref);
	CU_ASSERT_EQUAL(map(7, REF, GNTMAP_host_map, FREE), GNTST_bad_domain);
	grant(other.d, REF, 0, m, 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, 600), GNTST_general_error);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS);
	CU_ASSERT_EQUAL(word(m), before);
	/* Nothing that failed has used up a handle. */
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_okay);
	CU_ASSERT_EQUAL(handle, 0);
	CU_ASSERT_EQUAL(unmap(handle, FREE), GNTST_okay);
	clean();
	end();
}

/* One entry, many pins, not more than can be counted. */
static void grantmap_pins(void)
{
	uint32_t handles[GRANT_PINS];

	begin();
	grant(other.d, REF, 0, other.mfn[3], 0);
	for (unsigned int i = 0; i < GRANT_PINS; i++) {
		CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE + i), 0);
		handles[i] = handle;
	}
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE + GRANT_PINS),
			GNTST_general_error);
	clean();
	for (unsigned int i = 0; i < GRANT_PINS; i++) {
		CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS | RW);
		CU_ASSERT_EQUAL(unmap(handles[i], FREE + i), 0);
	}
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS);
	/* Read-only first: the other flag comes and goes with the writer. */
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map | GNTMAP_readonly, FREE), 0);
	handles[0] = handle;
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS | R);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE + 1), 0);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS | RW);
	CU_ASSERT_EQUAL(unmap(handle, FREE + 1), 0);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS | R);
	/* In use by g, it is not for anyone else, whatever it says now. */
	entry_of(other.d, REF)->domid = 1;
	as_other();
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), GNTST_general_error);
	as_g();
	CU_ASSERT_EQUAL(unmap(handles[0], FREE), 0);
	clean();
	end();
}

/* While in use the entry is the guest's to spoil: the pin knows its frame. */
static void grantmap_entry_spoiled(void)
{
	mfn_t m;

	begin();
	m = other.mfn[3];
	grant(other.d, REF, 0, m, 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), 0);
	entry_of(other.d, REF)->frame = (uint32_t)g.mfn[1].n;
	entry_of(other.d, REF)->flags = 0;
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE + 1), 0);
	CU_ASSERT_EQUAL(pte_mfn(*entry(l1(&g), FREE + 1)).n, m.n);
	clean();
	CU_ASSERT_EQUAL(unmap(handle, FREE + 1), 0);
	CU_ASSERT_EQUAL(unmap(0, FREE), 0);
	CU_ASSERT_EQUAL(flags(other.d, REF), 0);
	/* Given back while it is mapped, it stays other's until then. */
	grant(other.d, REF, 0, m, 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), 0);
	CU_ASSERT_EQUAL(domain_free(other.d, m), 0);
	as_other();
	CU_ASSERT_EQUAL(until_done(pte_update(current_vcpu(), other.d, other.d,
					      l1(&other), 3, 0, false, NULL)),
			0);
	as_g();
	CU_ASSERT_EQUAL(frame_of(m)->owner, 1);
	clean();
	CU_ASSERT_EQUAL(unmap(handle, FREE), 0);
	CU_ASSERT_EQUAL(frame_of(m)->owner, OWNER_NONE);
	clean();
	end();
}

/* A device that may write keeps the frame writable, one that reads does not. */
static void grantmap_device(void)
{
	struct gnttab_unmap_grant_ref *op = (void *)args;
	enum frame_type type = FT_L1;
	mfn_t m;

	begin();
	m = other.mfn[3];
	grant(other.d, REF, 0, m, 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_device_map | GNTMAP_host_map, FREE),
			0);
	CU_ASSERT_EQUAL(gnttab_active(other.d, REF)->writers, 2);
	clean();
	CU_ASSERT_EQUAL(unmap(handle, FREE), 0);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS | RW);
	memset(frame_ptr(m), 0, PAGE_SIZE);
	as_other();
	until_done(pte_update(current_vcpu(), other.d, other.d, l1(&other), 3,
			      0, false, NULL));
	as_g();
	CU_ASSERT_EQUAL(type_get(other.d, m, type), -XEN_EINVAL);
	*op = (struct gnttab_unmap_grant_ref){
		.dev_bus_addr = m.n << PAGE_SHIFT,
		.handle = handle,
	};
	CU_ASSERT_EQUAL(call(hc_grant_table_op, GNTTABOP_unmap_grant_ref,
			     HOST_WINDOW, 1, 0),
			0);
	CU_ASSERT_EQUAL(op->status, GNTST_okay);
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS);
	CU_ASSERT_EQUAL(type_get(other.d, m, type), 0);
	type_put(m);
	clean();
	end();
}

static void grantmap_handles(void)
{
	begin();
	g.d->grant.max_map_frames = 1;
	for (unsigned int i = 0; i < 4; i++)
		grant(other.d, REF + i, 0, other.mfn[i], 0);
	for (unsigned int i = 0; i < GRANT_MAPS; i++)
		CU_ASSERT_EQUAL(map(1, REF + i % 4, GNTMAP_host_map, FREE + i),
				0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE + 300),
			GNTST_no_device_space);
	clean();
	CU_ASSERT_EQUAL(unmap(17, FREE + 17), 0);
	CU_ASSERT_EQUAL(unmap(17, FREE + 17), GNTST_bad_handle);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE + 300), 0);
	CU_ASSERT_EQUAL(handle, 17);
	CU_ASSERT_EQUAL(unmap(GRANT_MAPS, FREE), GNTST_bad_handle);
	CU_ASSERT_EQUAL(unmap(~0u, FREE), GNTST_bad_handle);
	clean();
	end(); /* with all of them mapped */
}

/* ---- Lists, flushes ------------------------------------------------------------------ */

/* Three are unmapped: no CPU knows them, by one flush, before other is told. */
static void grantmap_flush(void)
{
	struct gnttab_unmap_grant_ref *ops = (void *)args;
	uint32_t handles[3];
	unsigned int flushes;
	uint64_t byte;

	begin();
	for (unsigned int i = 0; i < 3; i++) {
		grant(other.d, REF + i, 0, other.mfn[3 + i], 0);
		CU_ASSERT_EQUAL(map(1, REF + i, GNTMAP_host_map, FREE + i), 0);
		handles[i] = handle;
		CU_ASSERT_EQUAL(copy_to_guest(HOST_VA(FREE + i), &byte, 1), 0);
	}
	flushes = host.cpu[0].full_flushes;
	for (unsigned int i = 0; i < 3; i++)
		ops[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = HOST_VA(FREE + i),
			.handle = handles[i],
		};
	CU_ASSERT_EQUAL(call(hc_grant_table_op, GNTTABOP_unmap_grant_ref,
			     HOST_WINDOW, 3, 0),
			0);
	CU_ASSERT_EQUAL(host.cpu[0].full_flushes, flushes + 1);
	for (unsigned int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(flags(other.d, REF + i), ACCESS);
		CU_ASSERT_EQUAL(copy_to_guest(HOST_VA(FREE + i), &byte, 1),
				-XEN_EFAULT);
	}
	clean();
	end();
}

/* Stopped at each point, and a bad pointer: what is done is done once. */
static void grantmap_lists(void)
{
	static struct gnttab_map_grant_ref list[100];
	static struct gnttab_unmap_grant_ref back[100];

	begin();
	host.preempt = always;
	host_window(list, sizeof(list));
	for (unsigned int i = 0; i < 100; i++) {
		list[i] = (struct gnttab_map_grant_ref){
			.host_addr = HOST_VA(FREE + i),
			.flags = GNTMAP_host_map,
			.ref = REF + i % 10,
			.dom = 1,
			.status = 99,
		};
		grant(other.d, REF + i % 10, 0, other.mfn[i % 10], 0);
	}
	CU_ASSERT_EQUAL(call(hc_grant_table_op, GNTTABOP_map_grant_ref,
			     HOST_WINDOW, 100, 0),
			0);
	CU_ASSERT_EQUAL(g.d->grant.map_used, 100);
	clean();
	for (unsigned int i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(list[i].status, GNTST_okay);
		back[i].host_addr = list[i].host_addr;
		back[i].handle = list[i].handle;
	}
	host_window(back, 70 * sizeof(back[0]));
	CU_ASSERT_EQUAL(call(hc_grant_table_op, GNTTABOP_unmap_grant_ref,
			     HOST_WINDOW, 100, 0),
			-XEN_EFAULT);
	for (unsigned int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(!*entry(l1(&g), FREE + i), i < 70);
	clean();
	end();
}

/* ---- The end of either ----------------------------------------------------------------- */

static void grantmap_granter_dies(void)
{
	uint64_t *there;
	mfn_t m;

	begin();
	m = other.mfn[3];
	grant(other.d, REF, 0, m, 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), 0);
	there = frame_ptr(m);
	*there = 0x1234;
	CU_ASSERT_EQUAL(until_done(domain_destroy(other.d)), 0);
	clean();
	CU_ASSERT_EQUAL(*there, 0x1234); /* g still sees it */
	CU_ASSERT_EQUAL(frame_of(m)->owner, 1);
	CU_ASSERT_PTR_NULL(domain_create(1, false, 1, 1)); /* the id is taken */
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE + 1),
			GNTST_bad_gntref);
	CU_ASSERT_EQUAL(unmap(handle, FREE), 0);
	CU_ASSERT_EQUAL(frame_of(m)->owner, OWNER_NONE);
	CU_ASSERT_PTR_NULL(domain_get(1));
	clean();
	end();
}

static void grantmap_mapper_dies(void)
{
	uint64_t before;
	mfn_t m;
	int again = 0;

	begin();
	m = g.mfn[3];
	before = refs(m);
	grant(g.d, REF, 1, m, 0);
	as_other();
	for (unsigned int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(
			map(0, REF,
			    GNTMAP_host_map | (i % 2 ? GNTMAP_device_map : 0),
			    FREE + i),
			i < 86 ? 0 : GNTST_general_error);
	/* One goes another way: its entry is gone, its pin is not. */
	until_done(pte_update(current_vcpu(), other.d, other.d, l1(&other),
			      FREE + 5, 0, false, NULL));
	CU_ASSERT_EQUAL(unmap(5, FREE + 5), GNTST_general_error);
	as_g();
	clean();
	host.preempt = always;
	while (domain_destroy(other.d) == -XEN_ERESTART) {
		again++;
		clean();
	}
	CU_ASSERT(again > 2);
	CU_ASSERT_EQUAL(flags(g.d, REF), ACCESS);
	CU_ASSERT_EQUAL(refs(m), before);
	CU_ASSERT_PTR_NULL(domain_get(1));
	clean();
	end();
}

/* Both die, first the one that grants; and one that grants itself. */
static void grantmap_both_die(void)
{
	begin();
	grant(other.d, REF, 0, other.mfn[3], 0);
	grant(other.d, REF + 1, 1, other.mfn[3], 0);
	grant(g.d, REF, 1, g.mfn[3], 0);
	grant(g.d, REF + 1, 0, g.mfn[4], 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), 0);
	CU_ASSERT_EQUAL(map(0, REF + 1, GNTMAP_host_map, FREE + 1), 0);
	as_other();
	CU_ASSERT_EQUAL(map(0, REF, GNTMAP_host_map | GNTMAP_readonly, FREE), 0);
	CU_ASSERT_EQUAL(map(1, REF + 1, GNTMAP_host_map, FREE + 1), 0);
	as_g();
	clean();
	CU_ASSERT_EQUAL(until_done(domain_destroy(other.d)), 0);
	CU_ASSERT_EQUAL(flags(g.d, REF), ACCESS);
	clean();
	end(); /* panics if a frame is lost */
}

/* ---- Copies, transfers -------------------------------------------------------------------- */

static int copy(uint32_t from, uint32_t to, uint16_t how, uint16_t len)
{
	struct gnttab_copy *op = (void *)args;

	*op = (struct gnttab_copy){
		.source = { { .ref = from }, 1, 0 },
		.dest = { { .gmfn = g.mfn[to].n }, DOMID_SELF, 0 },
		.len = len,
		.flags = how,
		.status = 99,
	};
	CU_ASSERT_EQUAL(
		call(hc_grant_table_op, GNTTABOP_copy, HOST_WINDOW, 1, 0), 0);
	return op->status;
}

static void grantmap_copy(void)
{
	uint64_t before, *to;
	mfn_t m;

	begin();
	m = other.mfn[3];
	before = word(m);
	to = frame_ptr(g.mfn[5]);
	*(uint64_t *)frame_ptr(m) = 0x77;
	grant(other.d, REF, 0, m, GTF_readonly);
	CU_ASSERT_EQUAL(copy(REF, 5, GNTCOPY_source_gref, 8), GNTST_okay);
	CU_ASSERT_EQUAL(*to, 0x77);
	CU_ASSERT_EQUAL(copy(REF, 5, 0, 8), GNTST_permission_denied);
	CU_ASSERT_EQUAL(copy(REF, 5, GNTCOPY_source_gref, 4097),
			GNTST_bad_copy_arg);
	CU_ASSERT_EQUAL(copy(REF, PAGES - 1, GNTCOPY_source_gref, 8),
			GNTST_general_error); /* onto a table */
	CU_ASSERT_EQUAL(flags(other.d, REF), ACCESS | GTF_readonly);
	CU_ASSERT_EQUAL(word(m), before);
	grant(other.d, REF, 1, m, 0);
	CU_ASSERT_EQUAL(copy(REF, 5, GNTCOPY_source_gref, 8),
			GNTST_general_error);
	clean();
	end();
}

/* g's frame becomes other's, with its bytes, and is no more known to g. */
static void grantmap_transfer(void)
{
	uint64_t mine, its, byte = 0;
	mfn_t m;

	begin();
	mine = g.d->frames;
	its = other.d->frames;
	CU_ASSERT_EQUAL(copy_to_guest(HOST_VA(4), &byte, 1), 0);
	m = spare(4);
	*(uint64_t *)frame_ptr(m) = 0x55;
	CU_ASSERT_EQUAL(gnttab_transfer(g.d, g.mfn[3], other.d, REF),
			-XEN_ENXIO); /* mapped */
	entry_of(other.d, REF)->domid = 0;
	entry_of(other.d, REF)->frame = 0x99;
	entry_of(other.d, REF)->flags = GTF_accept_transfer;
	CU_ASSERT_EQUAL(gnttab_transfer(g.d, m, other.d, REF), 0);
	CU_ASSERT_EQUAL(frame_of(m)->owner, 1);
	CU_ASSERT_EQUAL(machphys[m.n], 0x99);
	CU_ASSERT_EQUAL(entry_of(other.d, REF)->frame, m.n);
	CU_ASSERT_EQUAL(flags(other.d, REF), GTF_accept_transfer |
						     GTF_transfer_committed |
						     GTF_transfer_completed);
	CU_ASSERT_EQUAL(g.d->frames, mine - 1);
	CU_ASSERT_EQUAL(other.d->frames, its + 1);
	CU_ASSERT_EQUAL(*(uint64_t *)frame_ptr(m), 0x55);
	clean();
	m = spare(5);
	CU_ASSERT_EQUAL(gnttab_transfer(g.d, m, other.d, REF), -XEN_EINVAL);
	CU_ASSERT_EQUAL(frame_of(m)->owner, OWNER_NONE); /* lost */
	other.d->max_frames = other.d->frames;
	entry_of(other.d, REF)->flags = GTF_accept_transfer;
	m = spare(6);
	CU_ASSERT_EQUAL(gnttab_transfer(g.d, m, other.d, REF), -XEN_EINVAL);
	CU_ASSERT_EQUAL(flags(other.d, REF), GTF_accept_transfer);
	m = spare(7);
	CU_ASSERT_EQUAL(gnttab_transfer(g.d, m, NULL, REF), -XEN_ESRCH);
	CU_ASSERT_EQUAL(g.d->frames, mine - 4);
	CU_ASSERT_EQUAL(other.d->frames, its + 1);
	clean();
	end();
}

/* The audit sees a pin too many, and a reference. */
static void grantmap_audit(void)
{
	begin();
	grant(other.d, REF, 0, other.mfn[3], 0);
	CU_ASSERT_EQUAL(map(1, REF, GNTMAP_host_map, FREE), 0);
	clean();
	gnttab_active(other.d, REF)->readers++;
	CU_ASSERT_EQUAL(audit_run(), 1);
	gnttab_active(other.d, REF)->readers--;
	CU_ASSERT(frame_get(other.mfn[3], 1));
	CU_ASSERT_EQUAL(audit_run(), 1);
	frame_put(other.mfn[3]);
	CU_ASSERT_EQUAL(unmap(handle, FREE), 0);
	clean();
	end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(grantmap_counts),	     TEST(grantmap_refused),
		TEST(grantmap_pins),	     TEST(grantmap_entry_spoiled),
		TEST(grantmap_device),	     TEST(grantmap_handles),
		TEST(grantmap_flush),	     TEST(grantmap_lists),
		TEST(grantmap_granter_dies), TEST(grantmap_mapper_dies),
		TEST(grantmap_both_die),     TEST(grantmap_copy),
		TEST(grantmap_transfer),     TEST(grantmap_audit),
		CU_TEST_INFO_NULL,
	};

	return unit_main("grantmap", tests, NULL, NULL);
}
