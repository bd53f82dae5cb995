// SPDX-License-Identifier: MIT
/*
 * xen_version: each question's answer has the right shape, bad pointers and
 * arguments are refused; vm_assist; hypercall numbers that do not exist.
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "start.h"
#include <xen/features.h>
#include <xen/version.h>
#include <xen/arch-x86/pmu.h>
#include <xen/pmu.h>

#define ASK(sub, arg) hypercall_xen_version(XENVER_##sub, arg)

static bool is_text(const char *s, size_t size)
{
	return memchr(s, 0, size) && s[0] >= ' ';
}

static void check_texts(void)
{
	static xen_compile_info_t compile;
	static char text[1024];

	memset(text, 0x7f, sizeof(text));
	SUCCESS(xen_version, XENVER_extraversion, "extraversion",
		!ASK(extraversion, text) && memchr(text, 0, 16));
	memset(&compile, 0x7f, sizeof(compile));
	SUCCESS(xen_version, XENVER_compile_info, "compile-info",
		!ASK(compile_info, &compile) && is_text(compile.compiler, 64) &&
			memchr(compile.compile_by, 0, 16) &&
			memchr(compile.compile_date, 0, 32));
	memset(text, 0x7f, sizeof(text));
	SUCCESS(xen_version, XENVER_capabilities, "capabilities",
		!ASK(capabilities, text) && is_text(text, 1024) &&
			strstr(text, "xen-3.0-x86_64"));
	memset(text, 0x7f, sizeof(text));
	SUCCESS(xen_version, XENVER_changeset, "changeset",
		!ASK(changeset, text) && memchr(text, 0, 64));
	memset(text, 0x7f, sizeof(text));
	SUCCESS(xen_version, XENVER_commandline, "commandline",
		!ASK(commandline, text) && strstr(text, "dom0_mem=128M"));
}

static void check_numbers(void)
{
	struct xen_platform_parameters platform = { 0 };
	struct xen_feature_info features = { 0 };
	static xen_domain_handle_t zero, handle;
	static struct {
		uint32_t len;
		unsigned char buf[64];
	} id;
	int64_t size;

	SUCCESS(xen_version, XENVER_version, "version",
		ASK(version, NULL) == 0x40011);
	SUCCESS(xen_version, XENVER_platform_parameters, "platform-parameters",
		!ASK(platform_parameters, &platform) &&
			platform.virt_start == HYPERVISOR_VIRT_START);
	SUCCESS(xen_version, XENVER_get_features, "features",
		!ASK(get_features, &features));
	check_value("feature-bits", "%x", features.submap);
	SUCCESS(xen_version, XENVER_pagesize, "pagesize",
		ASK(pagesize, NULL) == 4096);
	memset(&handle, 0x55, sizeof(handle));
	SUCCESS(xen_version, XENVER_guest_handle, "handle",
		!ASK(guest_handle, &handle) &&
			!memcmp(&handle, &zero, sizeof(zero)));
	size = ASK(build_id, NULL);
	id.len = sizeof(id.buf);
	SUCCESS(xen_version, XENVER_build_id, "build-id",
		size > 0 && ASK(build_id, &id) == size && id.buf[0] | id.buf[1]);
	id.len = 1;
	FAILURE(xen_version, XENVER_build_id, "build-id-short",
		ASK(build_id, &id), XEN_ENOBUFS);
	id.len = 0;
	CHECK_EQ("build-id-none", ASK(build_id, &id), -XEN_EINVAL);
	features.submap_idx = XENFEAT_NR_SUBMAPS;
	CHECK_EQ("features-submap", ASK(get_features, &features), -XEN_EINVAL);
}

#define BAD(sub)                                                           \
	FAILURE(xen_version, XENVER_##sub, #sub "-bad", ASK(sub, NOWHERE), \
		XEN_EFAULT)

static void check_errors(void)
{
	BAD(extraversion);
	BAD(compile_info);
	BAD(capabilities);
	BAD(changeset);
	BAD(platform_parameters);
	BAD(get_features);
	BAD(guest_handle);
	BAD(commandline);
	CHECK_EQ("hypervisor-buffer", ASK(extraversion, HYPERVISOR_VA),
		 -XEN_EFAULT);
	FAILURE(xen_version, XENVER_pagesize, "pagesize-arg",
		ASK(pagesize, NOWHERE), XEN_EINVAL);
	CHECK_EQ("unknown-question", hypercall_xen_version(99, NULL),
		 -XEN_ENOSYS);
}

static void check_assist(void)
{
	SUCCESS(vm_assist, VMASST_CMD_enable, "assist-enable",
		!hypercall_vm_assist(VMASST_CMD_enable,
				     VMASST_TYPE_runstate_update_flag));
	SUCCESS(vm_assist, VMASST_CMD_disable, "assist-disable",
		!hypercall_vm_assist(VMASST_CMD_disable,
				     VMASST_TYPE_runstate_update_flag));
	CHECK_EQ("assist-4gb",
		 hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_4gb_segments),
		 0);
	CHECK_EQ("assist-writable-pt",
		 hypercall_vm_assist(VMASST_CMD_enable,
				     VMASST_TYPE_writable_pagetables),
		 0);
	CHECK_EQ("assist-pae-cr3",
		 hypercall_vm_assist(VMASST_CMD_enable,
				     VMASST_TYPE_pae_extended_cr3),
		 0);
	FAILURE(vm_assist, VMASST_CMD_enable, "assist-unknown",
		hypercall_vm_assist(VMASST_CMD_enable, 77), XEN_EINVAL);
	FAILURE(vm_assist, VMASST_CMD_disable, "assist-unknown-off",
		hypercall_vm_assist(VMASST_CMD_disable, 77), XEN_EINVAL);
	CHECK_EQ("assist-command", hypercall_vm_assist(7, 0), -XEN_ENOSYS);
}

/* Refused as long as nobody asked for it at boot. */
static void check_pmu(void)
{
	struct xen_pmu_params params = { .vcpu = 0 };

	check_value("pmu", "%ld", hypercall_xenpmu_op(XENPMU_mode_get, &params));
	FAILURE(xenpmu_op, none, "pmu-init",
		hypercall_xenpmu_op(XENPMU_init, &params), XEN_EOPNOTSUPP);
}

static void check_unknown(void)
{
	CHECK_EQ("number-41", hypercall0(43), -XEN_ENOSYS);
	CHECK_EQ("number-47", hypercall0(47), -XEN_ENOSYS);
	CHECK_EQ("number-63", hypercall0(63), -XEN_ENOSYS);
	CHECK_EQ("number-64", hypercall0(64), -XEN_ENOSYS);
	CHECK_EQ("number-128", hypercall0(128), -XEN_ENOSYS);
	CHECK_EQ("number-big", hypercall0(1ul << 31), -XEN_ENOSYS);
	CHECK_EQ("number-high-half",
		 hypercall2((1ul << 32) | __HYPERVISOR_xen_version,
			    XENVER_pagesize, 0),
		 -XEN_ENOSYS);
	CHECK_EQ("number-minus-1", hypercall0(~0ul), -XEN_ENOSYS);
}

int main(void)
{
	check_texts();
	check_numbers();
	check_errors();
	check_assist();
	check_pmu();
	check_unknown();
	hypercall_by_page = true;
	CHECK_EQ("by-page", ASK(pagesize, NULL), 4096);
	CHECK_EQ("by-page-error", ASK(extraversion, NOWHERE), -XEN_EFAULT);
	hypercall_by_page = false;
	return check_done();
}
