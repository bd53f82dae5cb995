// SPDX-License-Identifier: MIT
/*
 * Building a second domain: what is refused at each step, builds that stop
 * half-way, memory that does not suffice, claims; nothing of it stays.
 *
 * RUN: pair=1
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include <xen/memory.h>

#define BAD	      0x800000000000ul /* the first that is no address */
#define SIZE(a)	      (sizeof(a) / sizeof((a)[0]))
#define SAY(name, rc) check_value(name, "%ld", (long)(rc))

static struct pair p;
static uint64_t free_before;

static void destroy(domid_t domid)
{
	int64_t rc = domain_destroy(domid);

	if (rc || !domain_wait_gone(domid))
		guest_fail("domain %u is not gone: %ld, flags %x", domid,
			   (long)rc, (unsigned)domain_flags(domid));
}

static void check_free(const char *name)
{
	CHECK_EQ(name, frames_wait(free_before), free_before);
}

/* ---- createdomain -------------------------------------------------------------- */

static void refuse_config(const char *what, size_t offset, uint32_t value)
{
	struct xen_domctl_createdomain config = domain_config(1);
	char name[60];
	domid_t domid = 0;
	int64_t rc;

	*(uint32_t *)((char *)&config + offset) = value;
	snprintf(name, sizeof(name), "create-%s-%x", what, (unsigned)value);
	rc = domain_create(0, config, &domid);
	SAY(name, rc);
	if (!rc)
		destroy(domid);
}

static void check_configs(void)
{
#define FIELD(name, value)                                                   \
	{                                                                    \
#name, offsetof(struct xen_domctl_createdomain, name), value \
	}
	static const struct {
		const char *what;
		size_t offset;
		uint32_t value;
	} rows[] = {
		FIELD(flags, XEN_DOMCTL_CDF_hvm),
		FIELD(flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap),
		FIELD(flags, XEN_DOMCTL_CDF_hap),
		FIELD(flags, XEN_DOMCTL_CDF_s3_integrity),
		FIELD(flags, XEN_DOMCTL_CDF_oos_off),
		FIELD(flags, XEN_DOMCTL_CDF_xs_domain),
		FIELD(flags, XEN_DOMCTL_CDF_iommu),
		FIELD(flags, XEN_DOMCTL_CDF_nested_virt),
		FIELD(flags, XEN_DOMCTL_CDF_vpmu),
		FIELD(flags, 0x100),
		FIELD(flags, 0x80000000),
		FIELD(iommu_opts, XEN_DOMCTL_IOMMU_no_sharept),
		FIELD(iommu_opts, 2),
		FIELD(max_vcpus, 0),
		FIELD(max_vcpus, 128),
		FIELD(max_vcpus, 8192),
		FIELD(max_vcpus, 8193),
		FIELD(max_vcpus, 0xffffffff),
		FIELD(max_evtchn_port, 0),
		FIELD(max_evtchn_port, 0xffffffff),
		FIELD(max_grant_frames, 0),
		FIELD(max_grant_frames, 1),
		FIELD(max_grant_frames, 0xffffffff),
		FIELD(max_grant_frames, 0x7fffffff),
		FIELD(max_maptrack_frames, 0),
		FIELD(max_maptrack_frames, 0xffffffff),
		FIELD(max_maptrack_frames, 0x7fffffff),
		FIELD(grant_opts, 0),
		FIELD(grant_opts, 3),
		FIELD(grant_opts, 0x11),
		FIELD(vmtrace_size, 4096),
		FIELD(cpupool_id, 5),
		FIELD(arch.emulation_flags, XEN_X86_EMU_PIT),
		FIELD(arch.emulation_flags, XEN_X86_EMU_ALL),
		FIELD(arch.misc_flags, 1),
		FIELD(arch.misc_flags, 0x80),
	};
	unsigned int i;

	for (i = 0; i < SIZE(rows); i++)
		refuse_config(rows[i].what, rows[i].offset, rows[i].value);
	check_free("create-refused-memory");
}

static void check_create(void)
{
	struct xen_domctl_createdomain config = domain_config(1);
	struct xen_domctl op = { .cmd = XEN_DOMCTL_createdomain };
	domid_t first = 0, second = 0, third = 0, none = 0;
	int64_t rc;

	op.u.createdomain = domain_config(1);
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION - 1;
	SAY("create-version", hypercall_domctl(&op));
	SAY("create-bad", hypercall_domctl(NOWHERE));
	SAY("domctl-unknown", domctl_plain(999, 1));
	SUCCESS(domctl, XEN_DOMCTL_createdomain, "create",
		!domain_create(0, config, &first) && first > 0);
	SUCCESS(domctl, XEN_DOMCTL_createdomain, "create-wanted",
		!domain_create(first + 5, config, &second) &&
			second == first + 5);
	FAILURE(domctl, XEN_DOMCTL_createdomain, "create-in-use",
		domain_create(first, config, &none), XEN_EEXIST);
	rc = domain_create(0, config, &third);
	CHECK("create-next", !rc && third != first && third != second);
	rc = domain_create(DOMID_SELF, config, &none);
	SAY("create-domid-self", rc);
	if (!rc)
		destroy(none);
	destroy(first);
	destroy(second);
	destroy(third);
	rc = domain_create(0, config, &none);
	CHECK("create-not-the-same", !rc && none > third);
	destroy(none);
	check_free("create-memory");
}

/* ---- vCPUs and their contexts ------------------------------------------------------- */

static void check_vcpus(void)
{
	struct xen_domctl_createdomain config = domain_config(2);
	domid_t domid = 0;

	domain_create(0, config, &domid);
	SAY("vcpus-0", domain_max_vcpus(domid, 0));
	SAY("vcpus-fewer", domain_max_vcpus(domid, 1));
	FAILURE(domctl, XEN_DOMCTL_max_vcpus, "vcpus-more",
		domain_max_vcpus(domid, 3), XEN_EINVAL);
	SAY("vcpus-before-unpause", domain_unpause(domid));
	SAY("vcpus-before-pause", domain_pause(domid));
	SUCCESS(domctl, XEN_DOMCTL_max_vcpus, "vcpus",
		!domain_max_vcpus(domid, 2));
	SAY("vcpus-again", domain_max_vcpus(domid, 2));
	CHECK_EQ("vcpus-none", domain_max_vcpus(777, 1), -XEN_ESRCH);
	destroy(domid);
	check_free("vcpus-memory");
}

/* (A wrong user root is not among them: refusing it, Xen keeps a reference to
 * the kernel's.) */
static void check_fields(const struct vcpu_guest_context *good)
{
#define CONTEXT(name, value)                                                  \
	{                                                                     \
		"context-" #name,                                             \
			offsetof(struct vcpu_guest_context, name) / 8u, value \
	}
	static const struct {
		const char *name;
		size_t word;
		uint64_t value;
	} fields[] = {
		CONTEXT(user_regs.rip, BAD),
		CONTEXT(kernel_sp, BAD),
		CONTEXT(fs_base, BAD),
		CONTEXT(gs_base_kernel, BAD),
		CONTEXT(gs_base_user, BAD),
		CONTEXT(event_callback_eip, BAD),
		CONTEXT(failsafe_callback_eip, BAD),
		CONTEXT(syscall_callback_eip, BAD),
		CONTEXT(trap_ctxt[6].address, BAD),
		CONTEXT(ldt_base, 8),
		CONTEXT(ldt_ents, 8193),
		CONTEXT(gdt_ents, 8192),
		CONTEXT(gdt_ents, 5),
		CONTEXT(ctrlreg[3], 0x1000),
		CONTEXT(ctrlreg[3], 0x7fffffff000),
		/* From here on they are taken, and some may not change. */
		CONTEXT(user_regs.rflags, ~0ul),
		CONTEXT(kernel_ss, 8),
		CONTEXT(ctrlreg[4], ~0ul),
		CONTEXT(debugreg[7], ~0ul),
		CONTEXT(gdt_ents, 7),
		CONTEXT(ctrlreg[1], 0x2000),
		CONTEXT(ctrlreg[3], 0x2000),
		CONTEXT(user_regs.rsp, BAD),
	};
	static struct vcpu_guest_context context;
	char name[60];
	unsigned int i;

	for (i = 0; i < SIZE(fields); i++) {
		context = *good;
		((uint64_t *)&context)[fields[i].word] = fields[i].value;
		snprintf(name, sizeof(name), "%s-%lx", fields[i].name,
			 fields[i].value);
		SAY(name, pair_set_context(&p, 0, &context));
	}
}

static void check_contexts(void)
{
	static struct vcpu_guest_context context;
	struct pair none = { .domid = 777 };

	pair_init(&p);
	pair_build(&p, STEP_CONTEXT);
	pair_context(&p, &context);
	check_fields(&context);
	CHECK_EQ("context-bad", pair_set_context(&p, 0, NOWHERE), -XEN_EFAULT);
	FAILURE(domctl, XEN_DOMCTL_setvcpucontext, "context-vcpu-1",
		pair_set_context(&p, 1, &context), XEN_EINVAL);
	SAY("context-vcpu-9999", pair_set_context(&p, 9999, &context));
	CHECK_EQ("context-none", pair_set_context(&none, 0, &context),
		 -XEN_ESRCH);
	SUCCESS(domctl, XEN_DOMCTL_setvcpucontext, "context",
		!pair_set_context(&p, 0, &context));
	SAY("context-again", pair_set_context(&p, 0, &context));
	none.domid = 0;
	SAY("context-self", pair_set_context(&none, 0, &context));
	destroy(p.domid);
	check_free("context-memory");
}

static int64_t hypercall_init(domid_t domid, uint64_t mfn)
{
	struct xen_domctl op = { .u.hypercall_init.gmfn = mfn };

	return domctl(XEN_DOMCTL_hypercall_init, domid, &op);
}

static int64_t pin(uint64_t mfn, unsigned int level)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_PIN_L1_TABLE + level - 1,
		.arg1.mfn = mfn,
	};

	return hypercall_mmuext_op(&op, 1, NULL, p.domid);
}

/* What is wrong with frames: another's, a table's, one still writable. */
static void check_frames(void)
{
	uint64_t mine = mfn_of(page_alloc()), l4, *table;

	pair_init(&p);
	pair_build(&p, STEP_HYPERCALL_PAGE);
	l4 = p.mfns[pair_pfn_l4()];
	SUCCESS(domctl, XEN_DOMCTL_hypercall_init, "hypercall-page",
		!hypercall_init(p.domid, p.mfns[9]));
	FAILURE(domctl, XEN_DOMCTL_hypercall_init, "hypercall-page-mine",
		hypercall_init(p.domid, mine), XEN_EINVAL);
	SAY("hypercall-page-beyond", hypercall_init(p.domid, 1ul << 40));
	CHECK_EQ("hypercall-page-none", hypercall_init(777, 0), -XEN_ESRCH);
	table = foreign_map(p.domid, l4, PTE_RW);
	SAY("pin-mapped-writable", pin(l4, 4));
	foreign_unmap(table);
	CHECK_EQ("pin-mine", pin(mine, 1), -XEN_EINVAL);
	CHECK_EQ("pin", pin(l4, 4), 0);
	SAY("pin-wrong-level", pin(l4, 3));
	CHECK_EQ("pin-again", pin(l4, 4), -XEN_EINVAL);
	SAY("hypercall-page-table", hypercall_init(p.domid, l4));
	CHECK("table-not-writable", !foreign_map(p.domid, l4, PTE_RW));
	table = foreign_map(p.domid, l4, PTE_RO);
	CHECK("table-readable", table && table[0] & PTE_P);
	foreign_unmap(table);
	destroy(p.domid);
	check_free("frames-memory");
}

/* ---- Memory -------------------------------------------------------------------------- */

static int64_t populate(domid_t domid, unsigned int order, uint64_t n)
{
	static xen_pfn_t list[512];
	struct xen_memory_reservation r = {
		.nr_extents = n,
		.extent_order = order,
		.domid = domid,
	};
	unsigned int i;

	for (i = 0; i < n; i++)
		list[i] = (uint64_t)i << order;
	r.extent_start.p = list;
	return hypercall_memory_op(XENMEM_populate_physmap, &r);
}

static void check_memory(void)
{
	domid_t domid = 0;
	struct xen_domctl_getdomaininfo info;

	domain_create(0, domain_config(1), &domid);
	CHECK_EQ("populate-no-maximum", populate(domid, 0, 5), 0);
	SUCCESS(domctl, XEN_DOMCTL_max_mem, "max-mem",
		!domain_max_mem(domid, 100 * 4) && domain_info(domid, &info) &&
			info.max_pages == 100);
	CHECK_EQ("populate-over-maximum", populate(domid, 0, 103), 100);
	CHECK_EQ("max-mem-below", domain_max_mem(domid, 50 * 4), 0);
	domain_info(domid, &info);
	CHECK_EQ("max-mem-below-pages", info.tot_pages, 100);
	SAY("max-mem-odd", domain_max_mem(domid, 4 * 120 + 3));
	domain_info(domid, &info);
	check_value("max-mem-odd-pages", "%lu", (long)info.max_pages);
	FAILURE(domctl, XEN_DOMCTL_max_mem, "max-mem-none",
		domain_max_mem(777, 4), XEN_ESRCH);
	SAY("max-mem-huge", domain_max_mem(domid, ~0ul));
	CHECK("populate-more-than-there-is", populate(domid, 9, 512) < 512);
	destroy(domid);
	check_free("populate-memory");
}

static int64_t claim(domid_t domid, uint64_t n)
{
	struct xen_memory_reservation r = {
		.nr_extents = n,
		.domid = domid,
	};

	return hypercall_memory_op(XENMEM_claim_pages, &r);
}

static uint64_t outstanding(domid_t domid)
{
	struct xen_domctl_getdomaininfo info;

	return domain_info(domid, &info) ? info.outstanding_pages : ~0ul;
}

static void check_claim(void)
{
	domid_t domid = 0, other = 0;

	domain_create(0, domain_config(1), &domid);
	domain_create(0, domain_config(1), &other);
	domain_max_mem(domid, ~0u);
	domain_max_mem(other, ~0u);
	CHECK_EQ("claim", claim(domid, 1000), 0);
	CHECK_EQ("claim-outstanding", outstanding(domid), 1000);
	SAY("claim-again", claim(domid, 500));
	CHECK_EQ("claim-populate", populate(domid, 0, 100), 100);
	CHECK_EQ("claim-left", outstanding(domid), 900);
	CHECK_EQ("claim-off", claim(domid, 0), 0);
	CHECK_EQ("claim-off-left", outstanding(domid), 0);
	SAY("claim-too-much", claim(domid, 1ul << 30));
	SAY("claim-less-than-held", claim(domid, 50));
	/* What one claims, another does not get. */
	CHECK_EQ("claim-all", claim(domid, frames_free() + 100 - 1000), 0);
	CHECK("claimed-not-for-others", populate(other, 9, 4) == 1);
	destroy(domid);
	CHECK_EQ("claim-gone", populate(other, 9, 3), 3);
	destroy(other);
	check_free("claim-memory");
}

/* ---- Half-built ------------------------------------------------------------------------ */

static void check_half_built(void)
{
	unsigned int steps;
	char name[60];

	for (steps = 1; steps <= PAIR_STEPS; steps++) {
		pair_init(&p);
		snprintf(name, sizeof(name), "build-%s",
			 pair_step_names[steps - 1]);
		CHECK_EQ(name, pair_build(&p, steps), 0);
		destroy(p.domid);
		snprintf(name, sizeof(name), "build-%s-memory",
			 pair_step_names[steps - 1]);
		check_free(name);
	}
}

int main(void)
{
	pair_serve_if_second();
	/* What a hypervisor takes once for all it takes now. */
	pair_init(&p);
	p.config.max_vcpus = 2;
	pair_build(&p, PAIR_STEPS);
	destroy(p.domid);
	free_before = frames_settled();
	check_configs();
	check_create();
	check_vcpus();
	check_contexts();
	check_frames();
	check_memory();
	check_claim();
	check_half_built();
	return check_done();
}
