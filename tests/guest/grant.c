// SPDX-License-Identifier: MIT
/*
 * grant_table_op, set-up: its size, version and frames, which the guest may
 * then map and write.
 */
#include <string.h>
#include "check.h"
#include "memory.h"
#include <xen/grant_table.h>

#define OP(cmd, op, n) hypercall_grant_table_op(GNTTABOP_##cmd, op, n)

static void check_size(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	SUCCESS(grant_table_op, GNTTABOP_query_size, "size",
		!OP(query_size, &q, 1) && q.status == GNTST_okay &&
			q.nr_frames >= 1 && q.max_nr_frames >= 4);
	check_value("size-max", "%u", q.max_nr_frames);
	q.dom = 77;
	CHECK_EQ("size-nobody", OP(query_size, &q, 1), 0);
	CHECK_EQ("size-nobody-status", q.status, GNTST_bad_domain);
	CHECK_EQ("size-two", OP(query_size, &q, 2), -XEN_EINVAL);
	FAILURE(grant_table_op, GNTTABOP_query_size, "size-bad",
		OP(query_size, NOWHERE, 1), XEN_EFAULT);
}

static int setup(xen_pfn_t *list, unsigned int n, domid_t dom)
{
	struct gnttab_setup_table s = { .dom = dom, .nr_frames = n };
	int64_t rc;

	s.frame_list.p = list;
	rc = OP(setup_table, &s, 1);
	return rc ? (int)rc : s.status;
}

static void check_setup(void)
{
	xen_pfn_t list[4] = { 0 };
	volatile struct grant_entry_v1 *table = (void *)TEST_VA;
	struct gnttab_query_size q = { .dom = DOMID_SELF };

	SUCCESS(grant_table_op, GNTTABOP_setup_table, "setup",
		setup(list, 4, DOMID_SELF) == GNTST_okay && list[0] &&
			list[3] && list[0] != list[1] &&
			!memory_map(TEST_VA, pte_make(list[0], PTE_RW)) &&
			(table[9].frame = 5, table[9].frame == 5));
	OP(query_size, &q, 1);
	CHECK_EQ("setup-size", q.nr_frames, 4);
	CHECK("setup-m2p-invalid", mfn_pfn(list[0]) >= 1ul << 40);
	CHECK_EQ("setup-not-a-table",
		 hypercall_mmuext_op(
			 (&(struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE,
					       .arg1.mfn = list[1] }),
			 1, NULL, DOMID_SELF),
		 -XEN_EINVAL);
	CHECK_EQ("setup-too-many", setup(list, 100000, DOMID_SELF),
		 GNTST_general_error);
	CHECK_EQ("setup-nobody", setup(list, 1, 77), GNTST_bad_domain);
	CHECK_EQ("setup-bad-list", setup(NOWHERE, 1, DOMID_SELF),
		 GNTST_bad_virt_addr);
	FAILURE(grant_table_op, GNTTABOP_setup_table, "setup-bad",
		OP(setup_table, NOWHERE, 1), XEN_EFAULT);
	memory_map(TEST_VA, 0);
}

static int64_t set_version(uint32_t version)
{
	struct gnttab_set_version s = { .version = version };

	return OP(set_version, &s, 1);
}

static void check_version(void)
{
	struct gnttab_get_version g = { .dom = DOMID_SELF };

	SUCCESS(grant_table_op, GNTTABOP_get_version, "version",
		!OP(get_version, &g, 1) && g.version == 1);
	SUCCESS(grant_table_op, GNTTABOP_set_version, "version-1",
		!set_version(1));
	FAILURE(grant_table_op, GNTTABOP_set_version, "version-3",
		set_version(3), XEN_EINVAL);
	check_value("version-2", "%ld", set_version(2));
	set_version(1);
	g.dom = 77;
	CHECK_EQ("version-nobody", OP(get_version, &g, 1), -XEN_ESRCH);
	FAILURE(grant_table_op, GNTTABOP_get_version, "version-bad",
		OP(get_version, NOWHERE, 1), XEN_EFAULT);
	CHECK_EQ("unknown-command", hypercall_grant_table_op(99, NULL, 1),
		 -XEN_ENOSYS);
	CHECK_EQ("negative-count", OP(query_size, &g, 1u << 31), -XEN_EINVAL);
}

int main(void)
{
	check_size();
	check_setup();
	check_version();
	return check_done();
}
