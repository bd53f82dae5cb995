// SPDX-License-Identifier: MIT
/*
 * physdev_op as far as an initial domain without PCI asks.
 */
#include "check.h"
#include "memory.h"
#include "trap.h"
#include <xen/physdev.h>

#define OP(cmd, arg) hypercall_physdev_op(PHYSDEVOP_##cmd, arg)

static int in(unsigned int port)
{
	return TRY("inb %%dx, %%al", : : "d"(port) : "rax");
}

static uint64_t user_in(uint64_t port)
{
	uint8_t v = 0;

	asm volatile("inb %%dx, %0" : "+a"(v) : "d"((uint16_t)port));
	return v;
}

static bool refused;

static void on_gp(struct regs *regs)
{
	refused = true;
	regs->rip++; /* inb %dx: one byte */
}

static bool user_may(unsigned int port)
{
	trap_handler[13] = on_gp;
	refused = false;
	user_run(user_in, port);
	trap_handler[13] = NULL;
	return !refused;
}

static void check_iopl(void)
{
	struct physdev_set_iopl iopl = { .iopl = 1 };

	CHECK_EQ("in-without-iopl", in(0x80), 13);
	SUCCESS(physdev_op, PHYSDEVOP_set_iopl, "iopl-1",
		!OP(set_iopl, &iopl) && in(0x80) == TRY_NONE && !user_may(0x80));
	iopl.iopl = 3;
	CHECK("iopl-3-user", !OP(set_iopl, &iopl) && user_may(0x80));
	iopl.iopl = 0;
	CHECK("iopl-0", !OP(set_iopl, &iopl) && in(0x80) == 13);
	iopl.iopl = 4;
	FAILURE(physdev_op, PHYSDEVOP_set_iopl, "iopl-4", OP(set_iopl, &iopl),
		XEN_EINVAL);
	CHECK_EQ("iopl-bad", OP(set_iopl, NOWHERE), -XEN_EFAULT);
}

static void check_bitmap(void)
{
	static uint8_t bitmap[8192];
	struct physdev_set_iobitmap map = { .nr_ports = 65536 };
	unsigned int i;

	for (i = 0; i < sizeof(bitmap); i++)
		bitmap[i] = 0xff;
	bitmap[0x80 / 8] &= ~1;
	map.bitmap.p = bitmap;
	SUCCESS(physdev_op, PHYSDEVOP_set_iobitmap, "bitmap",
		!OP(set_iobitmap, &map) && user_may(0x80) && !user_may(0x84));
	map.bitmap.p = NULL;
	map.nr_ports = 0;
	CHECK("bitmap-none", !OP(set_iobitmap, &map) && !user_may(0x80));
	map.nr_ports = 65537;
	FAILURE(physdev_op, PHYSDEVOP_set_iobitmap, "bitmap-long",
		OP(set_iobitmap, &map), XEN_EINVAL);
	CHECK_EQ("bitmap-bad", OP(set_iobitmap, NOWHERE), -XEN_EFAULT);
}

static void check_apic(void)
{
	struct physdev_apic apic = { .apic_physbase = 0xfec00000, .reg = 1 };

	SUCCESS(physdev_op, PHYSDEVOP_apic_read, "apic-read",
		!OP(apic_read, &apic) && (apic.value & 0xff) >= 0x11 &&
			(apic.value >> 16 & 0xff) == 23);
	apic.reg = 0;
	SUCCESS(physdev_op, PHYSDEVOP_apic_write, "apic-write",
		!OP(apic_write, &apic));
	apic.apic_physbase = 0x12345000;
	FAILURE(physdev_op, PHYSDEVOP_apic_read, "apic-read-none",
		OP(apic_read, &apic), XEN_EINVAL);
	FAILURE(physdev_op, PHYSDEVOP_apic_write, "apic-write-none",
		OP(apic_write, &apic), XEN_EINVAL);
}

static void check_pirq(void)
{
	struct physdev_eoi eoi = { .irq = 60000 };
	struct physdev_irq_status_query query = { .irq = 8, .flags = 99 };
	struct physdev_pirq_eoi_gmfn area = { 0 };
	struct physdev_get_free_pirq free = { .type = MAP_PIRQ_TYPE_MSI };
	char *page = page_alloc();

	FAILURE(physdev_op, PHYSDEVOP_eoi, "eoi-none", OP(eoi, &eoi),
		XEN_EINVAL);
	eoi.irq = 9;
	CHECK_EQ("eoi-unbound", OP(eoi, &eoi), -XEN_EINVAL);
	SUCCESS(physdev_op, PHYSDEVOP_irq_status_query, "irq-status",
		!OP(irq_status_query, &query) && query.flags <= 3);
	check_value("irq-status-flags", "%x", query.flags);
	query.irq = 60000;
	FAILURE(physdev_op, PHYSDEVOP_irq_status_query, "irq-status-none",
		OP(irq_status_query, &query), XEN_EINVAL);
	SUCCESS(physdev_op, PHYSDEVOP_get_free_pirq, "free-pirq",
		!OP(get_free_pirq, &free) && free.pirq > 15);
	FAILURE(physdev_op, PHYSDEVOP_get_free_pirq, "free-pirq-bad",
		OP(get_free_pirq, NOWHERE), XEN_EFAULT);
	area.gmfn = memory_hypervisor_mfn();
	FAILURE(physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, "eoi-page-not-mine",
		OP(pirq_eoi_gmfn_v2, &area), XEN_EINVAL);
	area.gmfn = mfn_of(page);
	SUCCESS(physdev_op, PHYSDEVOP_pirq_eoi_gmfn_v2, "eoi-page",
		!OP(pirq_eoi_gmfn_v2, &area));
	CHECK_EQ("eoi-page-again", OP(pirq_eoi_gmfn_v2, &area), -XEN_EBUSY);
	CHECK_EQ("unknown-command", hypercall_physdev_op(99, NULL), -XEN_ENOSYS);
}

int main(void)
{
	check_iopl();
	check_bitmap();
	check_apic();
	check_pirq();
	return check_done();
}
