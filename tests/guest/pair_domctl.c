// SPDX-License-Identifier: MIT
/*
 * The small settings of a domain: its handle, clock, time stamp counter,
 * nodes, width, an NMI sent to it, devices it may have; as it sees them and
 * as they are told back.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/callback.h>
#include <xen/nmi.h>
#include <xen/version.h>

#define SAY(name, rc) check_value(name, "%ld", (long)(rc))
#define CALL(cmd, op) domctl(XEN_DOMCTL_##cmd, p.domid, op)
#define NOBODY(cmd)   domctl_plain(XEN_DOMCTL_##cmd, 777)

static struct pair p;

/* ---- In the second domain --------------------------------------------------- */

static volatile unsigned int nmis;

static int64_t handle_word(uint64_t i)
{
	uint64_t handle[2];

	hypercall_xen_version(XENVER_guest_handle, handle);
	return handle[i];
}

static int64_t wall_clock(uint64_t arg)
{
	volatile struct shared_info *s = shared_info;

	(void)arg;
	return (uint64_t)s->wc_sec_hi << 32 | s->wc_sec;
}

static void on_nmi(struct regs *regs)
{
	(void)regs;
	nmis++;
}

static int64_t register_nmi(uint64_t arg)
{
	struct callback_register c = {
		.type = CALLBACKTYPE_nmi,
		.address = (uint64_t)entry_nmi,
	};

	(void)arg;
	trap_handler[VECTOR_NMI] = on_nmi;
	return hypercall_callback_op(CALLBACKOP_register, &c);
}

static int64_t count_nmis(uint64_t arg)
{
	(void)arg;
	return nmis;
}

static int in_port(uint16_t port)
{
	uint8_t value = 0x5a;

	TRY("inb %%dx, %%al", : "+a"(value) : "d"(port));
	return value;
}

/* An I/O port that it may use after all? */
static int64_t try_port(uint64_t port)
{
	return in_port(port);
}

/* ---- Names and clocks ----------------------------------------------------------- */

static void check_handle(void)
{
	struct xen_domctl op = { 0 };
	uint64_t words[2] = { 0x1122334455667788, 0x99aabbccddeeff00 };
	struct xen_domctl_getdomaininfo info;

	memcpy(op.u.setdomainhandle.handle, words, 16);
	SUCCESS(domctl, XEN_DOMCTL_setdomainhandle, "handle",
		!CALL(setdomainhandle, &op) &&
			pair_call(&p, handle_word, 0) == (int64_t)words[0] &&
			pair_call(&p, handle_word, 1) == (int64_t)words[1]);
	domain_info(p.domid, &info);
	CHECK_EQ("handle-info", memcmp(info.handle, words, 16), 0);
	FAILURE(domctl, XEN_DOMCTL_setdomainhandle, "handle-nobody",
		NOBODY(setdomainhandle), XEN_ESRCH);
}

static void check_clock(void)
{
	struct xen_domctl op = { 0 };
	int64_t before = pair_call(&p, wall_clock, 0), after;

	CHECK("clock", before > 1600000000);
	op.u.settimeoffset.time_offset_seconds = 1000000;
	SUCCESS(domctl, XEN_DOMCTL_settimeoffset, "clock-set",
		!CALL(settimeoffset, &op));
	after = pair_call(&p, wall_clock, 0);
	CHECK("clock-moved",
	      after - before >= 999990 && after - before <= 1000010);
	op.u.settimeoffset.time_offset_seconds = -(1l << 62);
	SAY("clock-far", CALL(settimeoffset, &op));
	FAILURE(domctl, XEN_DOMCTL_settimeoffset, "clock-nobody",
		NOBODY(settimeoffset), XEN_ESRCH);
}

static int64_t set_tsc(uint32_t mode)
{
	struct xen_domctl op = { .u.tsc_info.tsc_mode = mode };

	return CALL(settscinfo, &op);
}

static void check_tsc(void)
{
	struct xen_domctl op = { 0 };

	domain_pause(p.domid);
	SUCCESS(domctl, XEN_DOMCTL_settscinfo, "tsc-native", !set_tsc(2));
	SUCCESS(domctl, XEN_DOMCTL_gettscinfo, "tsc-get",
		!CALL(gettscinfo, &op));
	SAY("tsc-get-mode", op.u.tsc_info.tsc_mode);
	SAY("tsc-default", set_tsc(0));
	FAILURE(domctl, XEN_DOMCTL_settscinfo, "tsc-unknown", set_tsc(9),
		XEN_EINVAL);
	SAY("tsc-pvrdtscp", set_tsc(3));
	FAILURE(domctl, XEN_DOMCTL_gettscinfo, "tsc-nobody", NOBODY(gettscinfo),
		XEN_ESRCH);
	SAY("tsc-self", domctl(XEN_DOMCTL_gettscinfo, 0, &op));
	domain_unpause(p.domid);
}

/* ---- What it is and where ------------------------------------------------------------ */

static int64_t set_size(uint32_t size)
{
	struct xen_domctl op = { .u.address_size.size = size };

	return CALL(set_address_size, &op);
}

static void check_size(void)
{
	struct xen_domctl op = { 0 };

	SUCCESS(domctl, XEN_DOMCTL_get_address_size, "size-get",
		!CALL(get_address_size, &op) && op.u.address_size.size == 64);
	SUCCESS(domctl, XEN_DOMCTL_set_address_size, "size-64", !set_size(64));
	FAILURE(domctl, XEN_DOMCTL_set_address_size, "size-16", set_size(16),
		XEN_EINVAL);
	SAY("size-32", set_size(32));
	FAILURE(domctl, XEN_DOMCTL_get_address_size, "size-nobody",
		NOBODY(get_address_size), XEN_ESRCH);
}

static int64_t nodes(uint32_t cmd, uint8_t *map)
{
	struct xen_domctl op = { .u.nodeaffinity.nodemap.nr_bits = 8 };

	op.u.nodeaffinity.nodemap.bitmap.p = map;
	return domctl(cmd, p.domid, &op);
}

static void check_nodes(void)
{
	uint8_t map = 0;

	SUCCESS(domctl, XEN_DOMCTL_getnodeaffinity, "nodes-get",
		!nodes(XEN_DOMCTL_getnodeaffinity, &map) && map & 1);
	FAILURE(domctl, XEN_DOMCTL_getnodeaffinity, "nodes-get-bad",
		nodes(XEN_DOMCTL_getnodeaffinity, NOWHERE), XEN_EFAULT);
	map = 1;
	SUCCESS(domctl, XEN_DOMCTL_setnodeaffinity, "nodes-set",
		!nodes(XEN_DOMCTL_setnodeaffinity, &map));
	map = 0;
	FAILURE(domctl, XEN_DOMCTL_setnodeaffinity, "nodes-none",
		nodes(XEN_DOMCTL_setnodeaffinity, &map), XEN_EINVAL);
	map = 2;
	SAY("nodes-not-there", nodes(XEN_DOMCTL_setnodeaffinity, &map));
	map = 0xff;
	SAY("nodes-all", nodes(XEN_DOMCTL_setnodeaffinity, &map));
}

static int64_t trigger(uint32_t what, uint32_t vcpu)
{
	struct xen_domctl op = {
		.u.sendtrigger = { .trigger = what, .vcpu = vcpu },
	};

	return CALL(sendtrigger, &op);
}

static void check_trigger(void)
{
	CHECK_EQ("trigger-nmi-register", pair_call(&p, register_nmi, 0), 0);
	SUCCESS(domctl, XEN_DOMCTL_sendtrigger, "trigger-nmi",
		!trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 0));
	SAY("trigger-nmis", pair_call(&p, count_nmis, 0));
	FAILURE(domctl, XEN_DOMCTL_sendtrigger, "trigger-vcpu-1",
		trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 1), XEN_ESRCH);
	SAY("trigger-vcpu-beyond", trigger(XEN_DOMCTL_SENDTRIGGER_NMI, ~0u));
	SAY("trigger-power", trigger(XEN_DOMCTL_SENDTRIGGER_POWER, 0));
	SAY("trigger-sleep", trigger(XEN_DOMCTL_SENDTRIGGER_SLEEP, 0));
	SAY("trigger-reset", trigger(XEN_DOMCTL_SENDTRIGGER_RESET, 0));
	SAY("trigger-unknown", trigger(99, 0));
}

/* ---- Devices, debugging ---------------------------------------------------------------- */

static int64_t ports(uint32_t first, uint32_t count, uint8_t allow)
{
	struct xen_domctl op = {
		.u.ioport_permission = { first, count, allow },
	};

	return CALL(ioport_permission, &op);
}

static int64_t frames(uint64_t first, uint64_t count, uint8_t allow)
{
	struct xen_domctl op = {
		.u.iomem_permission = { first, count, allow },
	};

	return CALL(iomem_permission, &op);
}

static int64_t irq(uint32_t pirq, uint8_t allow)
{
	struct xen_domctl op = {
		.u.irq_permission = { .pirq = pirq, .allow_access = allow },
	};

	return CALL(irq_permission, &op);
}

/* Taken away, what it never had; given, it would have a device. */
static void check_devices(void)
{
	SUCCESS(domctl, XEN_DOMCTL_ioport_permission, "ports-deny",
		!ports(0x80, 1, 0) && pair_call(&p, try_port, 0x80) != 0);
	FAILURE(domctl, XEN_DOMCTL_ioport_permission, "ports-beyond",
		ports(0xffff, 2, 0), XEN_EINVAL);
	SAY("ports-none", ports(0x80, 0, 0));
	SAY("ports-allow", ports(0x80, 1, 1));
	ports(0x80, 1, 0);
	SUCCESS(domctl, XEN_DOMCTL_iomem_permission, "frames-deny",
		!frames(0xb8, 8, 0));
	FAILURE(domctl, XEN_DOMCTL_iomem_permission, "frames-wrap",
		frames(~0ul, 2, 0), XEN_EINVAL);
	SAY("frames-allow", frames(0xb8, 8, 1));
	frames(0xb8, 8, 0);
	FAILURE(domctl, XEN_DOMCTL_irq_permission, "irq-beyond", irq(99999, 0),
		XEN_EINVAL);
	SAY("irq-allow", irq(5, 1));
	irq(5, 0);
}

static int64_t virq_handler(uint32_t virq, domid_t domid)
{
	struct xen_domctl op = { .u.set_virq_handler.virq = virq };

	return domctl(XEN_DOMCTL_set_virq_handler, domid, &op);
}

static void check_virq_handler(void)
{
	SUCCESS(domctl, XEN_DOMCTL_set_virq_handler, "virq-handler",
		!virq_handler(VIRQ_DOM_EXC, 0));
	FAILURE(domctl, XEN_DOMCTL_set_virq_handler, "virq-handler-timer",
		virq_handler(VIRQ_TIMER, 0), XEN_EINVAL);
	SAY("virq-handler-beyond", virq_handler(99, 0));
	SAY("virq-handler-nobody", virq_handler(VIRQ_DOM_EXC, 777));
}

static void check_debugging(void)
{
	struct xen_domctl op = { .u.setdebugging.enable = 1 };

	SUCCESS(domctl, XEN_DOMCTL_setdebugging, "debugging",
		!CALL(setdebugging, &op) &&
			domain_flags(p.domid) & XEN_DOMINF_debugged);
	op.u.setdebugging.enable = 0;
	CALL(setdebugging, &op);
	CHECK_EQ("debugging-off", domain_flags(p.domid) & XEN_DOMINF_debugged,
		 0);
	FAILURE(domctl, XEN_DOMCTL_setdebugging, "debugging-self",
		domctl(XEN_DOMCTL_setdebugging, 0, &op), XEN_EINVAL);
}

int main(void)
{
	pair_serve_if_second();
	pair_init(&p);
	pair_start(&p);
	check_handle();
	check_clock();
	check_tsc();
	check_size();
	check_nodes();
	check_trigger();
	check_devices();
	check_virq_handler();
	check_debugging();
	pair_end(&p);
	return check_done();
}
