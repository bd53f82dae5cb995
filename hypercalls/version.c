/* SPDX-License-Identifier: MIT */
/*
 * xen_version: which hypervisor this claims to be and what it can do.
 * vm_assist: what a guest asks it to do for it.
 */
#include "hypercall.h"
#include "mem.h"
#include "param.h"
#include <xen/features.h>
#include <xen/version.h>

#define VERSION	      (4 << 16 | 17)
#define EXTRAVERSION  ".7-enso"
#define ASSISTS	      (0x3ful | 1ul << VMASST_TYPE_m2p_strict)
#define NOTE_BUILD_ID 3

/* The linker's note: header, "GNU", the id. Not there: both are NULL. */
struct note {
	uint32_t name_size, size, type;
	char name[4];
	uint8_t id[];
};
extern const struct note __build_id_start[] __attribute__((weak));
extern const uint8_t __build_id_end[] __attribute__((weak));

static int64_t text_out(gva_t to, const char *text, size_t size)
{
	char buf[1024] = { 0 };

	text_copy(buf, text, size);
	return copy_to_guest(to, buf, size);
}

static int64_t compile_info(gva_t to)
{
	struct xen_compile_info info = { .compile_by = "enso" };

	text_copy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
	text_copy(info.compile_date, __DATE__, sizeof(info.compile_date));
	return copy_to_guest(to, &info, sizeof(info));
}

static int64_t get_features(const struct domain *d, gva_t arg)
{
	struct xen_feature_info f;

	if (copy_from_guest(&f, arg, sizeof(f)))
		return -XEN_EFAULT;
	if (f.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -XEN_EINVAL;
	f.submap = 1u << XENFEAT_memory_op_vnode_supported |
		   1u << XENFEAT_mmu_pt_update_preserve_ad |
		   1u << XENFEAT_highmem_assist |
		   1u << XENFEAT_gnttab_map_avail_bits |
		   1u << XENFEAT_direct_mapped;
	if (READ_ONCE(d->vm_assist) & 1u << VMASST_TYPE_pae_extended_cr3)
		f.submap |= 1u << XENFEAT_pae_pgdir_above_4gb;
	if (d->privileged)
		f.submap |= 1u << XENFEAT_dom0;
	return copy_to_guest(arg, &f, sizeof(f));
}

/* A NULL buffer asks for the length. */
static int64_t build_id(const struct domain *d, gva_t arg)
{
	const struct note *n = __build_id_start;
	struct xen_build_id b;

	if (!d->privileged)
		return -XEN_EPERM;
	if (arg && copy_from_guest(&b, arg, sizeof(b)))
		return -XEN_EFAULT;
	if (arg && !b.len)
		return -XEN_EINVAL;
	if (!n || (const uint8_t *)n == __build_id_end ||
	    n->type != NOTE_BUILD_ID)
		return -XEN_ENODATA;
	if (arg && b.len < n->size)
		return -XEN_ENOBUFS;
	if (arg && copy_to_guest(arg + offsetof(struct xen_build_id, buf),
				 n->id, n->size))
		return -XEN_EFAULT;
	return n->size;
}

static int64_t version_out(struct hypercall *h)
{
	static const struct xen_platform_parameters platform = {
		HYPERVISOR_VIRT_START
	};
	const struct domain *d = h->v->domain;
	gva_t arg = h->arg[1];

	switch ((unsigned int)h->arg[0]) {
	case XENVER_extraversion:
		return text_out(arg, EXTRAVERSION, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return compile_info(arg);
	case XENVER_capabilities:
		return text_out(arg, "xen-3.0-x86_64 ",
				sizeof(xen_capabilities_info_t));
	case XENVER_changeset:
		return text_out(arg, "enso", XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return copy_to_guest(arg, &platform, sizeof(platform));
	case XENVER_get_features:
		return get_features(d, arg);
	case XENVER_pagesize:
		return arg ? -XEN_EINVAL : (int64_t)PAGE_SIZE;
	case XENVER_guest_handle:
		return copy_to_guest(arg, d->handle, sizeof(d->handle));
	case XENVER_commandline:
		return text_out(arg, d->privileged ? params.cmdline : "<denied>",
				sizeof(xen_commandline_t));
	case XENVER_build_id:
		return build_id(d, arg);
	default:
		return -XEN_ENOSYS;
	}
}

/* The number is what guests ask for when they want to be interrupted. */
int64_t hc_xen_version(struct hypercall *h)
{
	if ((unsigned int)h->arg[0] == XENVER_version)
		return VERSION;
	return version_out(h);
}

int64_t hc_vm_assist(struct hypercall *h)
{
	unsigned int cmd = (unsigned int)h->arg[0];
	unsigned int type = (unsigned int)h->arg[1];
	uint32_t *word = &h->v->domain->vm_assist;

	if (type >= 64 || !(ASSISTS >> type & 1))
		return -XEN_EINVAL;
	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable)
		return -XEN_ENOSYS;
	if (type >= 32) /* strict M2P: user tables never have it here */
		return 0;
	if (cmd == VMASST_CMD_enable)
		atomic_bit_set(word, type);
	else
		atomic_bit_clear(word, type);
	return 0;
}

/* No performance counters for guests: what Xen answers by default. */
int64_t hc_xenpmu_op(struct hypercall *h)
{
	(void)h;
	return -XEN_EOPNOTSUPP;
}
