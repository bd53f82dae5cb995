// SPDX-License-Identifier: MIT
/*
 * What an unprivileged domain is told when it tries what the initial one may:
 * control calls, calls on behalf of others, devices, the console, ports and
 * interrupts of the machine. Each answer is a VALUE: Xen's.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/nmi.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/pmu.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))

static struct pair p;
static domid_t me; /* the second domain's number, as it is told */

/* ---- Control calls ------------------------------------------------------------ */

/* Those of devices that are passed through, which Xen refuses in many ways. */
static bool of_devices(uint32_t cmd)
{
	return cmd == XEN_DOMCTL_ioport_permission ||
	       cmd == XEN_DOMCTL_bind_pt_irq ||
	       cmd == XEN_DOMCTL_unbind_pt_irq ||
	       cmd == XEN_DOMCTL_memory_mapping ||
	       cmd == XEN_DOMCTL_ioport_mapping ||
	       cmd == XEN_DOMCTL_set_target ||
	       cmd == XEN_DOMCTL_get_device_group;
}

/* Most commands answer alike: these are counted, the others are shown. */
static bool try_domctl(uint32_t cmd)
{
	int self = domctl_plain(cmd, me), initial = domctl_plain(cmd, 0);
	int none = domctl_plain(cmd, 777);
	int itself = domctl_plain(cmd, DOMID_SELF);
	char name[40];

	if (of_devices(cmd))
		return false;
	if (self == -XEN_EPERM && initial == -XEN_EPERM && none == -XEN_ESRCH &&
	    itself == -XEN_ESRCH)
		return true;
	snprintf(name, sizeof(name), "domctl-%u", (unsigned)cmd);
	check_value(name, "self %d initial %d none %d DOMID_SELF %d", self,
		    initial, none, itself);
	return false;
}

static void try_domctls(void)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_pausedomain,
		.interface_version = 3,
	};
	struct xen_domctl_createdomain config = domain_config(1);
	domid_t made = 0;
	unsigned int refused = 0;
	uint32_t cmd;

	for (cmd = 1; cmd < 90; cmd++)
		refused += try_domctl(cmd);
	for (cmd = 1000; cmd < 1005; cmd++)
		refused += try_domctl(cmd);
	check_value("domctl-others", "%u", refused);
	FAILURE(domctl, XEN_DOMCTL_createdomain, "domctl-create",
		domain_create(0, config, &made), XEN_EPERM);
	FAILURE(domctl, XEN_DOMCTL_max_mem, "domctl-max-mem",
		domain_max_mem(me, 1 << 20), XEN_EPERM);
	FAILURE(domctl, XEN_DOMCTL_destroydomain, "domctl-destroy",
		domain_destroy(0), XEN_EPERM);
	SAY("domctl-version", hypercall_domctl(&op));
	CHECK_EQ("domctl-bad", hypercall_domctl(NOWHERE), -XEN_EFAULT);
}

static void try_sysctls(void)
{
	struct xen_sysctl op = { 0 };
	unsigned int refused = 0;
	uint32_t cmd;

	for (cmd = 0; cmd < 40; cmd++) {
		memset(&op, 0, sizeof(op));
		refused += sysctl(cmd, &op) == -XEN_EPERM;
	}
	CHECK_EQ("sysctl-all", refused, 40);
	FAILURE(sysctl, XEN_SYSCTL_physinfo, "sysctl-physinfo",
		sysctl(XEN_SYSCTL_physinfo, &op), XEN_EPERM);
	op.interface_version = 3;
	SAY("sysctl-version", hypercall_sysctl(&op));
	CHECK_EQ("sysctl-bad", hypercall_sysctl(NOWHERE), -XEN_EFAULT);
}

static void try_platform(void)
{
	static struct xen_platform_op op;
	unsigned int refused = 0;
	uint32_t cmd;

	for (cmd = 15; cmd < 66; cmd++) {
		memset(&op, 0, sizeof(op));
		op.cmd = cmd;
		op.interface_version = XENPF_INTERFACE_VERSION;
		refused += hypercall1(__HYPERVISOR_platform_op,
				      (uint64_t)&op) == -XEN_EPERM;
	}
	CHECK_EQ("platform-all", refused, 51);
}

/* ---- On behalf of others --------------------------------------------------------- */

static int64_t reserve(unsigned int cmd, domid_t domid)
{
	xen_pfn_t frame = 5;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = domid };

	r.extent_start.p = &frame;
	return hypercall_memory_op(cmd, &r);
}

static int64_t exchange(domid_t domid)
{
	xen_pfn_t frame = 5, out = 5;
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 1, .domid = domid },
		.out = { .nr_extents = 1, .domid = domid },
	};

	x.in.extent_start.p = &frame;
	x.out.extent_start.p = &out;
	return hypercall_memory_op(XENMEM_exchange, &x);
}

static void try_memory(void)
{
	domid_t other = 0;
	struct xen_memory_map map = { .nr_entries = 0 };
	struct xen_foreign_memory_map set = { .domid = DOMID_SELF };
	struct xen_add_to_physmap add = { .domid = 0 };
	struct xen_pod_target pod = { .domid = DOMID_SELF };
	struct xen_mem_acquire_resource get = { .domid = 0, .nr_frames = 1 };

	SAY("memory-current-other",
	    hypercall_memory_op(XENMEM_current_reservation, &other));
	SAY("memory-maximum-other",
	    hypercall_memory_op(XENMEM_maximum_reservation, &other));
	SAY("memory-gpfn-other",
	    hypercall_memory_op(XENMEM_maximum_gpfn, &other));
	SAY("memory-increase-other", reserve(XENMEM_increase_reservation, 0));
	SAY("memory-decrease-other", reserve(XENMEM_decrease_reservation, 0));
	SAY("memory-populate-other", reserve(XENMEM_populate_physmap, 0));
	SAY("memory-claim-self", reserve(XENMEM_claim_pages, DOMID_SELF));
	SAY("memory-claim-other", reserve(XENMEM_claim_pages, 0));
	SAY("memory-exchange-other", exchange(0));
	SAY("memory-map-none", hypercall_memory_op(XENMEM_memory_map, &map));
	FAILURE(memory_op, XENMEM_machine_memory_map, "memory-machine-map",
		hypercall_memory_op(XENMEM_machine_memory_map, &map), XEN_EPERM);
	set.map = map;
	SAY("memory-set-map-self",
	    hypercall_memory_op(XENMEM_set_memory_map, &set));
	set.domid = 0;
	FAILURE(memory_op, XENMEM_set_memory_map, "memory-set-map-other",
		hypercall_memory_op(XENMEM_set_memory_map, &set), XEN_EPERM);
	SAY("memory-add-other",
	    hypercall_memory_op(XENMEM_add_to_physmap, &add));
	SAY("memory-pod-get", hypercall_memory_op(XENMEM_get_pod_target, &pod));
	SAY("memory-pod-set", hypercall_memory_op(XENMEM_set_pod_target, &pod));
	SAY("memory-resource-other",
	    hypercall_memory_op(XENMEM_acquire_resource, &get));
}

static int grant_setup(domid_t domid)
{
	static xen_pfn_t frame;
	struct gnttab_setup_table s = { .dom = domid, .nr_frames = 1 };
	int64_t rc;

	s.frame_list.p = &frame;
	rc = hypercall_grant_table_op(GNTTABOP_setup_table, &s, 1);
	return rc ? (int)rc : s.status;
}

static void try_grants(void)
{
	struct gnttab_query_size q = { .dom = 0 };
	struct gnttab_get_version v = { .dom = 0 };

	SAY("grant-setup-other", grant_setup(0));
	SAY("grant-setup-none", grant_setup(777));
	SAY("grant-setup-self", grant_setup(DOMID_SELF));
	hypercall_grant_table_op(GNTTABOP_query_size, &q, 1);
	SAY("grant-size-other", q.status);
	SAY("grant-version-other",
	    hypercall_grant_table_op(GNTTABOP_get_version, &v, 1));
}

static void try_sched(void)
{
	struct sched_remote_shutdown remote = { .domain_id = 0 };
	struct sched_pin_override pin = { .pcpu = 0 };
	struct sched_watchdog dog = { .id = 1, .timeout = 1 };
	struct vcpu_get_physid id = { 0 };

	FAILURE(sched_op, SCHEDOP_remote_shutdown, "sched-remote-shutdown",
		hypercall_sched_op(SCHEDOP_remote_shutdown, &remote), XEN_EPERM);
	remote.domain_id = me;
	SAY("sched-remote-shutdown-self",
	    hypercall_sched_op(SCHEDOP_remote_shutdown, &remote));
	remote.domain_id = 777;
	SAY("sched-remote-shutdown-none",
	    hypercall_sched_op(SCHEDOP_remote_shutdown, &remote));
	SAY("sched-pin", hypercall_sched_op(SCHEDOP_pin_override, &pin));
	SAY("sched-watchdog", hypercall_sched_op(SCHEDOP_watchdog, &dog));
	SAY("vcpu-physid", hypercall_vcpu_op(VCPUOP_get_physid, 0, &id));
	SAY("vcpu-nmi", hypercall_vcpu_op(VCPUOP_send_nmi, 9, NULL));
	SAY("nmi", hypercall_nmi_op(XENNMI_register_callback, NOWHERE));
}

/* ---- What it is told ----------------------------------------------------------------- */

static void try_version(void)
{
	static char text[4096];
	struct xen_build_id id = { .len = 20 };

	SAY("version", hypercall_xen_version(XENVER_version, NULL));
	SAY("version-commandline",
	    hypercall_xen_version(XENVER_commandline, text));
	check_value("version-commandline-text", "%s", text);
	SAY("version-extra", hypercall_xen_version(XENVER_extraversion, text));
	check_value("version-extra-length", "%d", strlen(text) > 0);
	SAY("version-changeset", hypercall_xen_version(XENVER_changeset, text));
	SAY("version-compile", hypercall_xen_version(XENVER_compile_info, text));
	SAY("version-capabilities",
	    hypercall_xen_version(XENVER_capabilities, text));
	SAY("version-build-id", hypercall_xen_version(XENVER_build_id, &id));
	SAY("version-handle", hypercall_xen_version(XENVER_guest_handle, text));
	check_value("version-handle-bytes", "%02x%02x", (uint8_t)text[0],
		    (uint8_t)text[1]);
}

static void try_features(void)
{
	struct xen_feature_info f = { 0 };

	SAY("features-0", hypercall_xen_version(XENVER_get_features, &f));
	check_value("features", "%x", (unsigned)f.submap);
	f.submap_idx = 1;
	SAY("features-1", hypercall_xen_version(XENVER_get_features, &f));
}

/* ---- Devices ---------------------------------------------------------------------------- */

static void try_console(void)
{
	static char text[16] = "?";

	FAILURE(console_io, CONSOLEIO_write, "console-write",
		hypercall_console_io(CONSOLEIO_write, 1, text), XEN_EPERM);
	FAILURE(console_io, CONSOLEIO_read, "console-read",
		hypercall_console_io(CONSOLEIO_read, 16, text), XEN_EPERM);
}

static void try_physdev(void)
{
	static const uint8_t cmds[] = {
		PHYSDEVOP_irq_status_query, PHYSDEVOP_apic_read,
		PHYSDEVOP_apic_write,	    PHYSDEVOP_eoi,
		PHYSDEVOP_get_free_pirq,    PHYSDEVOP_pirq_eoi_gmfn_v2,
	};
	static uint64_t op[16];
	char name[40];
	unsigned int i;

	for (i = 0; i < sizeof(cmds); i++) {
		memset(op, 0, sizeof(op));
		snprintf(name, sizeof(name), "physdev-%u", cmds[i]);
		SAY(name, hypercall_physdev_op(cmds[i], op));
	}
}

static int in_port(uint16_t port, uint8_t *value)
{
	*value = 0x5a;
	return TRY("inb %%dx, %%al", : "+a"(*value) : "d"(port));
}

static int out_port(uint16_t port)
{
	return TRY("outb %%al, %%dx", : : "a"(0x12), "d"(port));
}

static void say_ports(unsigned int privilege)
{
	static const uint16_t ports[] = { 0x20,	 0x40,	0x43,  0x60,  0x61,
					  0x64,	 0x70,	0x71,  0x80,  0xa1,
					  0x3f8, 0xcf8, 0xcfc, 0x600, 0xfff0 };
	uint8_t value;
	char name[40];
	unsigned int i;

	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		int in = in_port(ports[i], &value), out = out_port(ports[i]);

		snprintf(name, sizeof(name), "port-%x-iopl-%u", ports[i],
			 privilege);
		check_value(name, "in %d %x out %d", in, value, out);
	}
}

/* Words and double words, at, beside and across the index registers. */
static void say_wide_ports(void)
{
	static const uint16_t ports[] = { 0x20,	 0x6d,	0x6e,  0x6f,  0x70,
					  0x71,	 0x3f6, 0xcf5, 0xcf7, 0xcf8,
					  0xcfa, 0xcfc, 0xcfe, 0xfffe };
	char name[40];
	unsigned int i;

	TRY("outb %%al, $0x70", : : "a"(0x12));
	TRY("outl %0, %w1", : : "a"(0x80001234), "d"(0xcf8));
	for (i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		uint64_t w = 0x1122334455667788, l = w;
		int vw = TRY("inw %%dx, %%ax", : "+a"(w) : "d"(ports[i]));
		int vl = TRY("inl %%dx, %%eax", : "+a"(l) : "d"(ports[i]));

		snprintf(name, sizeof(name), "wide-port-%x", ports[i]);
		check_value(name, "%d %lx %d %lx", vw, (unsigned long)w, vl,
			    (unsigned long)l);
	}
}

/* I/O privilege does not give it any port; nor does its own bitmap. */
static void try_ports(void)
{
	static uint8_t bitmap[128];
	struct physdev_set_iopl iopl = { .iopl = 1 };
	struct physdev_set_iobitmap map = { .nr_ports = 1024 };

	say_ports(0);
	SAY("iopl", hypercall_physdev_op(PHYSDEVOP_set_iopl, &iopl));
	say_ports(1);
	say_wide_ports();
	iopl.iopl = 0;
	hypercall_physdev_op(PHYSDEVOP_set_iopl, &iopl);
	set_xen_guest_handle(map.bitmap, bitmap);
	SAY("iobitmap", hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &map));
	say_ports(2);
}

static void try_interrupts(void)
{
	struct evtchn_bind_pirq pirq = { .pirq = 4 };
	unsigned int bound = 0;
	uint32_t virq;

	/* It may wait for those of the initial domain, in vain. */
	for (virq = 0; virq < 25; virq++) {
		int64_t port = event_bind_virq(virq, 0);

		bound |= (port > 0) << virq;
		if (port > 0)
			event_close(port);
	}
	check_value("virqs", "%x", bound);
	SAY("pirq", hypercall_event_channel_op(EVTCHNOP_bind_pirq, &pirq));
	pirq.pirq = 40;
	SAY("pirq-40", hypercall_event_channel_op(EVTCHNOP_bind_pirq, &pirq));
}

/* ---------------------------------------------------------------------------------------- */

static int64_t try_all(uint64_t arg)
{
	me = arg;
	try_domctls();
	try_sysctls();
	try_platform();
	try_memory();
	try_grants();
	try_sched();
	try_version();
	try_features();
	try_console();
	try_physdev();
	try_ports();
	try_interrupts();
	return 5;
}

int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	pair_start(&p);
	CHECK_EQ("all", pair_call(&p, try_all, p.domid), 5);
	pair_end(&p);
	return check_done();
}
