// SPDX-License-Identifier: MIT
/*
 * memory_op: questions about memory, frames given away, asked for and
 * exchanged, and what is refused.
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "start.h"
#include <xen/memory.h>

#define OP(cmd, arg) hypercall_memory_op(XENMEM_##cmd, arg)

static int64_t held(void)
{
	domid_t self = DOMID_SELF;

	return OP(current_reservation, &self);
}

/* ---- Questions --------------------------------------------------------------- */

static void check_sizes(void)
{
	domid_t self = DOMID_SELF, none = 77;
	int64_t top = OP(maximum_ram_page, NULL);

	SUCCESS(memory_op, XENMEM_maximum_ram_page, "maximum-ram-page",
		top > (int64_t)start_info->nr_pages && top < 1l << 24);
	SUCCESS(memory_op, XENMEM_current_reservation, "current",
		held() == (int64_t)start_info->nr_pages);
	FAILURE(memory_op, XENMEM_current_reservation, "current-nobody",
		OP(current_reservation, &none), XEN_ESRCH);
	SUCCESS(memory_op, XENMEM_maximum_reservation, "maximum",
		OP(maximum_reservation, &self) >= (int64_t)start_info->nr_pages);
	FAILURE(memory_op, XENMEM_maximum_reservation, "maximum-nobody",
		OP(maximum_reservation, &none), XEN_ESRCH);
	shared_info->arch.max_pfn = 0x4321;
	SUCCESS(memory_op, XENMEM_maximum_gpfn, "maximum-gpfn",
		OP(maximum_gpfn, &self) == 0x4320);
	FAILURE(memory_op, XENMEM_maximum_gpfn, "maximum-gpfn-nobody",
		OP(maximum_gpfn, &none), XEN_ESRCH);
	CHECK_EQ("current-bad", OP(current_reservation, NOWHERE), -XEN_EFAULT);
	CHECK_EQ("unknown-command", hypercall_memory_op(63, NULL), -XEN_ENOSYS);
}

/* A piece's first frame, the hypervisor's: may be read, and only that. */
static void check_machphys_frame(uint64_t frame)
{
	const uint64_t va = TEST_VA, *seen = (const uint64_t *)va;
	const uint64_t *table = (const uint64_t *)MACH2PHYS_VIRT_START;
	uint64_t me = mfn_of(&me);
	struct mmuext_op clear = { .cmd = MMUEXT_CLEAR_PAGE };

	memory_tables(va);
	CHECK_EQ("machphys-frame-write",
		 hypercall_update_va_mapping_otherdomain(
			 va, pte_make(frame, PTE_RW), 0, DOMID_XEN),
		 -XEN_EBUSY);
	CHECK_EQ("machphys-frame-mine",
		 hypercall_update_va_mapping(va, pte_make(frame, PTE_RO), 0),
		 -XEN_EBUSY);
	clear.arg1.mfn = frame;
	CHECK_EQ("machphys-frame-clear",
		 hypercall_mmuext_op(&clear, 1, NULL, DOMID_XEN), -XEN_EINVAL);
	frame += me / 512;
	CHECK_EQ("machphys-frame-read",
		 hypercall_update_va_mapping_otherdomain(
			 va, pte_make(frame, PTE_RO), UVMF_INVLPG, DOMID_XEN),
		 0);
	CHECK("machphys-frame-seen",
	      seen[me % 512] == table[me] && table[me] < 1ul << 24);
	hypercall_update_va_mapping(va, 0, UVMF_INVLPG);
}

static void check_machphys(void)
{
	struct xen_machphys_mapping m = { 0 };
	struct xen_machphys_mfn_list l = { .max_extents = 1 };
	xen_pfn_t frame = 0;

	SUCCESS(memory_op, XENMEM_machphys_mapping, "machphys-mapping",
		!OP(machphys_mapping, &m) && m.v_start == MACH2PHYS_VIRT_START &&
			m.v_end == MACH2PHYS_VIRT_END && m.max_mfn > 0);
	FAILURE(memory_op, XENMEM_machphys_mapping, "machphys-mapping-bad",
		OP(machphys_mapping, NOWHERE), XEN_EFAULT);
	l.extent_start.p = &frame;
	SUCCESS(memory_op, XENMEM_machphys_mfn_list, "machphys-list",
		!OP(machphys_mfn_list, &l) && l.nr_extents == 1 && frame);
	check_value("machphys-list-entries", "%u", l.nr_extents);
	check_machphys_frame(frame);
	FAILURE(memory_op, XENMEM_machphys_mfn_list, "machphys-list-bad",
		OP(machphys_mfn_list, NOWHERE), XEN_EFAULT);
	FAILURE(memory_op, XENMEM_machphys_compat_mfn_list,
		"machphys-compat-list", OP(machphys_compat_mfn_list, &l),
		XEN_EOPNOTSUPP);
}

struct e820 {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

static void check_maps(void)
{
	static struct e820 e[64];
	struct xen_memory_map map = { .nr_entries = 64 };
	unsigned int i, ram = 0;

	map.buffer.p = e;
	SUCCESS(memory_op, XENMEM_machine_memory_map, "machine-map",
		!OP(machine_memory_map, &map) && map.nr_entries > 3 &&
			map.nr_entries < 64);
	for (i = 0; i < map.nr_entries; i++)
		ram += e[i].type == 1 && e[i].size > 0x10000000;
	CHECK_EQ("machine-map-ram", ram, 1);
	FAILURE(memory_op, XENMEM_machine_memory_map, "machine-map-bad",
		OP(machine_memory_map, NOWHERE), XEN_EFAULT);
	map.nr_entries = 1;
	CHECK_EQ("machine-map-short", OP(machine_memory_map, &map), -XEN_EINVAL);
	map.nr_entries = 64;
	CHECK_EQ("map-none-set", OP(memory_map, &map), -XEN_ENOSYS);
}

static void check_set_map(void)
{
	static struct e820 e[64] = { { 0, 0x8000000, 1 } };
	struct xen_foreign_memory_map fmap = { .domid = DOMID_SELF };
	struct xen_memory_map map = { .nr_entries = 64 };

	fmap.map.nr_entries = 1;
	fmap.map.buffer.p = e;
	SUCCESS(memory_op, XENMEM_set_memory_map, "set-map",
		!OP(set_memory_map, &fmap));
	map.buffer.p = e;
	memset(e, 0, sizeof(e));
	SUCCESS(memory_op, XENMEM_memory_map, "map",
		!OP(memory_map, &map) && map.nr_entries == 1 &&
			e[0].size == 0x8000000 && e[0].type == 1);
	map.nr_entries = 0;
	CHECK_EQ("map-short", OP(memory_map, &map), 0);
	CHECK_EQ("map-short-entries", map.nr_entries, 0);
	FAILURE(memory_op, XENMEM_memory_map, "map-bad",
		OP(memory_map, NOWHERE), XEN_EFAULT);
	fmap.domid = 77;
	FAILURE(memory_op, XENMEM_set_memory_map, "set-map-nobody",
		OP(set_memory_map, &fmap), XEN_ESRCH);
	fmap.domid = DOMID_SELF;
	fmap.map.nr_entries = 2000;
	CHECK_EQ("set-map-long", OP(set_memory_map, &fmap), -XEN_EINVAL);
}

/* ---- Frames -------------------------------------------------------------------- */

static int64_t reserve(unsigned int cmd, xen_pfn_t *list, unsigned long n,
		       unsigned int order, domid_t dom)
{
	struct xen_memory_reservation r = {
		.nr_extents = n,
		.extent_order = order,
		.domid = dom,
	};

	r.extent_start.p = list;
	return hypercall_memory_op(cmd, &r);
}

static void check_decrease(uint64_t pfn)
{
	xen_pfn_t list[2] = { pfn_mfn(pfn), pfn_mfn(pfn + 1) };
	int64_t before = held();
	xen_pfn_t used = memory_hypervisor_mfn();

	SUCCESS(memory_op, XENMEM_decrease_reservation, "decrease",
		reserve(XENMEM_decrease_reservation, list, 2, 0, DOMID_SELF) ==
				2 &&
			held() == before - 2);
	REFUSAL(memory_op, XENMEM_decrease_reservation, "decrease-nobody",
		reserve(XENMEM_decrease_reservation, list, 1, 0, 77), 0);
	CHECK_EQ("decrease-again",
		 reserve(XENMEM_decrease_reservation, list, 2, 0, DOMID_SELF),
		 0);
	CHECK_EQ("decrease-not-mine",
		 reserve(XENMEM_decrease_reservation, &used, 1, 0, DOMID_SELF),
		 0);
	CHECK_EQ("decrease-bad-list",
		 reserve(XENMEM_decrease_reservation, NOWHERE, 1, 0, DOMID_SELF),
		 0);
	CHECK_EQ("decrease-bad", OP(decrease_reservation, NOWHERE), 0);
	CHECK_EQ("decrease-order-99",
		 reserve(XENMEM_decrease_reservation, list, 1, 99, DOMID_SELF),
		 0);
	/* The frame is gone: it cannot be mapped any more. */
	CHECK("decreased-cannot-be-mapped",
	      memory_map(TEST_VA, pte_make(pfn_mfn(pfn), PTE_RW)) < 0);
}

static void check_populate(uint64_t pfn)
{
	xen_pfn_t list[2] = { pfn, pfn + 1 };
	int64_t before = held();

	SUCCESS(memory_op, XENMEM_populate_physmap, "populate",
		reserve(XENMEM_populate_physmap, list, 2, 0, DOMID_SELF) == 2 &&
			held() == before + 2);
	CHECK("populate-frames", list[0] != pfn && list[1] != list[0]);
	CHECK_EQ("populate-m2p-0", mfn_pfn(list[0]), pfn);
	CHECK_EQ("populate-m2p-1", mfn_pfn(list[1]), pfn + 1);
	CHECK_EQ("populate-map", memory_map(TEST_VA, pte_make(list[1], PTE_RW)),
		 0);
	CHECK_EQ("populate-zeroed", *(uint64_t *)(TEST_VA + 8), 0);
	memory_map(TEST_VA, 0);
	CHECK_EQ("populate-bad-list",
		 reserve(XENMEM_populate_physmap, NOWHERE, 1, 0, DOMID_SELF), 0);
	REFUSAL(memory_op, XENMEM_populate_physmap, "populate-nobody",
		reserve(XENMEM_populate_physmap, list, 1, 0, 77), 0);
	CHECK_EQ("populate-order-99",
		 reserve(XENMEM_populate_physmap, list, 1, 99, DOMID_SELF), 0);
	/* The domain already has all that it may have. */
	list[0] = pfn;
	CHECK_EQ("populate-beyond-maximum",
		 reserve(XENMEM_populate_physmap, list, 1, 0, DOMID_SELF), 0);
	reserve(XENMEM_decrease_reservation, &list[1], 1, 0, DOMID_SELF);
}

static void check_increase(void)
{
	xen_pfn_t list[2] = { 0, 0 };
	int64_t before = held();

	SUCCESS(memory_op, XENMEM_increase_reservation, "increase",
		reserve(XENMEM_increase_reservation, list, 1, 0, DOMID_SELF) ==
				1 &&
			held() == before + 1 && list[0]);
	REFUSAL(memory_op, XENMEM_increase_reservation, "increase-nobody",
		reserve(XENMEM_increase_reservation, list, 1, 0, 77), 0);
	CHECK_EQ("increase-bad-list",
		 reserve(XENMEM_increase_reservation, NOWHERE, 1, 0, DOMID_SELF),
		 0);
}

static void check_exchange(uint64_t pfn)
{
	xen_pfn_t in[2] = { pfn_mfn(pfn), pfn_mfn(pfn + 1) };
	xen_pfn_t out[2] = { pfn, pfn + 1 };
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 2, .domid = DOMID_SELF },
		.out = { .nr_extents = 2, .domid = DOMID_SELF },
	};
	int64_t before = held();

	x.in.extent_start.p = in;
	x.out.extent_start.p = out;
	SUCCESS(memory_op, XENMEM_exchange, "exchange",
		!OP(exchange, &x) && x.nr_exchanged == 2 && held() == before &&
			mfn_pfn(out[0]) == pfn && mfn_pfn(out[1]) == pfn + 1);
	CHECK_EQ("exchange-map", memory_map(TEST_VA, pte_make(out[0], PTE_RW)),
		 0);
	memory_map(TEST_VA, 0);
	x.nr_exchanged = 0;
	in[0] = in[1]; /* the other may have come back as out[1] */
	CHECK_EQ("exchange-gone", OP(exchange, &x), -XEN_EINVAL);
	x.nr_exchanged = 5;
	CHECK_EQ("exchange-beyond", OP(exchange, &x), -XEN_EINVAL);
	x.nr_exchanged = 0;
	x.out.nr_extents = 1;
	FAILURE(memory_op, XENMEM_exchange, "exchange-uneven", OP(exchange, &x),
		XEN_EINVAL);
	CHECK_EQ("exchange-bad", OP(exchange, NOWHERE), -XEN_EFAULT);
}

/* Frames in a row for one device: the reason why it exists. */
static void check_exchange_order(uint64_t pfn)
{
	xen_pfn_t in[4], out = pfn;
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 4, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = 2, .domid = DOMID_SELF },
	};
	int i;

	for (i = 0; i < 4; i++)
		in[i] = pfn_mfn(pfn + i);
	x.in.extent_start.p = in;
	x.out.extent_start.p = &out;
	CHECK_EQ("exchange-order-2", OP(exchange, &x), 0);
	CHECK_EQ("exchange-order-2-done", x.nr_exchanged, 4);
	CHECK_EQ("exchange-order-2-aligned", out & 3, 0);
	CHECK_EQ("exchange-order-2-m2p", mfn_pfn(out + 3), pfn + 3);
}

static void check_claim(void)
{
	xen_pfn_t none = 0;

	SUCCESS(memory_op, XENMEM_claim_pages, "claim",
		!reserve(XENMEM_claim_pages, NULL, 0, 0, 0));
	FAILURE(memory_op, XENMEM_claim_pages, "claim-list",
		reserve(XENMEM_claim_pages, &none, 1, 0, 0), XEN_EINVAL);
	CHECK_EQ("claim-order", reserve(XENMEM_claim_pages, NULL, 1, 3, 0),
		 -XEN_EINVAL);
	CHECK_EQ("claim-nobody", reserve(XENMEM_claim_pages, NULL, 1, 0, 77),
		 -XEN_EINVAL);
}

static void check_refused(void)
{
	struct xen_add_to_physmap add = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_shared_info,
	};
	struct xen_vnuma_topology_info v = { .domid = DOMID_SELF };
	uint64_t one = 1;

	CHECK_EQ("add-to-physmap", OP(add_to_physmap, &add), -XEN_EACCES);
	FAILURE(memory_op, XENMEM_get_vnumainfo, "vnuma", OP(get_vnumainfo, &v),
		XEN_EOPNOTSUPP);
	v.domid = 77;
	CHECK_EQ("vnuma-nobody", OP(get_vnumainfo, &v), -XEN_ESRCH);
	CHECK_EQ("remove-from-physmap", OP(remove_from_physmap, &one),
		 -XEN_ESRCH);
}

int main(void)
{
	uint64_t pfn = start_info->nr_pages - 64;

	check_sizes();
	check_machphys();
	check_maps();
	check_set_map();
	check_decrease(pfn);
	check_populate(pfn);
	check_increase();
	check_exchange(pfn + 8);
	check_exchange_order(pfn + 16);
	check_claim();
	check_refused();
	return check_done();
}
