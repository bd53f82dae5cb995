// SPDX-License-Identifier: MIT
/*
 * Privileged instructions of a guest kernel and of its user mode: what is
 * emulated, what faults and how. Ports: by the I/O privilege level, by the
 * bitmap, and which answer all ones though the guest may.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <xen/physdev.h>
#include "check.h"
#include "hypercall.h"
#include "trap.h"

static uint64_t rflags(void)
{
	uint64_t v;

	asm volatile("pushf; pop %0" : "=r"(v));
	return v;
}

/* User mode has no console: what it found is kept, and told by the kernel. */
static bool from_user;
static struct {
	char name[32], text[96];
} kept[128];
static unsigned int nr_kept;

static void tell(const char *name, const char *format, ...)
{
	char text[96];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (!from_user) {
		check_value(name, "%s", text);
	} else if (nr_kept < sizeof(kept) / sizeof(kept[0])) {
		strcpy(kept[nr_kept].name, name);
		strcpy(kept[nr_kept++].text, text);
	}
}

/* The exception's number and error code, or what was left in a register. */
static void show(const char *name, int vector, uint64_t value)
{
	if (vector == TRY_NONE)
		tell(name, "%lx", (unsigned long)value);
	else
		tell(name, "fault %d error %lx", vector,
		     (unsigned long)trap_last.regs.error);
}

#define ONE(name, code)                                            \
	do {                                                       \
		uint64_t rax = 0, rcx = 0, rdx = 0;                \
		int vector = TRY(code,                             \
				 : "+a"(rax), "+c"(rcx), "+d"(rdx) \
				 :                                 \
				 : "rbx", "memory");               \
		show(prefix(where, name), vector, rax);            \
	} while (0)

static const char *prefix(const char *where, const char *name)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s-%s", where, name);
	return text;
}

static void instructions(const char *where)
{
	ONE("hlt", "hlt");
	ONE("cli", "cli");
	ONE("sti", "sti");
	ONE("clts", "clts");
	ONE("invd", "invd");
	ONE("wbinvd", "wbinvd");
	ONE("invlpg", "invlpg (%%rsp)");
	ONE("lmsw", "lmsw %%ax");
	ONE("lgdt", "lgdt (%%rsp)");
	ONE("lidt", "lidt (%%rsp)");
	ONE("ltr", "ltr %%ax");
	ONE("lldt", "lldt %%ax");
	ONE("swapgs", "swapgs");
	ONE("sysret", "sysretq");
	ONE("rdpmc", "rdpmc");
	ONE("mov-from-cr0", "mov %%cr0, %%rax");
	ONE("mov-from-cr2", "mov %%cr2, %%rax");
	ONE("mov-from-cr4", "mov %%cr4, %%rax");
	ONE("mov-from-cr8", "mov %%cr8, %%rax");
	ONE("mov-to-cr2", "mov %%rdx, %%cr2");
	ONE("mov-to-cr8", "mov %%rdx, %%cr8");
	ONE("mov-from-dr0", "mov %%dr0, %%rax");
	ONE("mov-from-dr4", "mov %%dr4, %%rax");
	ONE("mov-from-dr6", "mov %%dr6, %%rax");
	ONE("mov-from-dr7", "mov %%dr7, %%rax");
	ONE("rdmsr-efer", "mov $0xc0000080, %%ecx; rdmsr");
	ONE("xsetbv-3", "mov $3, %%eax; xsetbv");
	ONE("xsetbv-0", "xsetbv");
	ONE("xsetbv-2", "mov $2, %%eax; xsetbv");
	ONE("xsetbv-index", "mov $3, %%eax; mov $1, %%ecx; xsetbv");
	ONE("xgetbv", "xgetbv");
	ONE("lock-mov-cr", ".byte 0xf0, 0x0f, 0x20, 0xe0");
	ONE("ud2", "ud2");
	ONE("smsw", "smsw %%rax; and $0, %%eax");
}

static void control_registers(const char *where)
{
	uint64_t cr0, cr3, cr4, old;

	TRY("mov %%cr0, %0", : "=r"(cr0));
	show(prefix(where, "cr0-write-same"),
	     TRY("mov %0, %%cr0",
		 :
		 : "r"(cr0)),
	     0);
	show(prefix(where, "cr0-write-wp"),
	     TRY("mov %0, %%cr0",
		 :
		 : "r"(cr0 & ~0x10000ul)),
	     0);
	show(prefix(where, "cr0-set-ts"),
	     TRY("mov %0, %%cr0",
		 :
		 : "r"(cr0 | 8)),
	     0);
	show(prefix(where, "fpu-with-ts"), TRY("fnop", :), 0);
	show(prefix(where, "fpu-again"), TRY("fnop", :), 0);
	TRY("mov %%cr0, %0", : "=r"(old));
	show(prefix(where, "cr0-after"), TRY_NONE, old);
	TRY("mov %%cr4, %0", : "=r"(cr4));
	for (unsigned int bit = 0; bit < 24; bit++) {
		show(prefix(where, "cr4-set"),
		     TRY("mov %0, %%cr4",
			 :
			 : "r"(cr4 | 1ul << bit)),
		     bit);
		TRY("mov %%cr4, %0", : "=r"(old));
		show(prefix(where, "cr4-then"), TRY_NONE, old);
	}
	show(prefix(where, "cr4-clear"), TRY("mov %0, %%cr4", : : "r"(0ul)), 0);
	TRY("mov %%cr4, %0", : "=r"(old));
	show(prefix(where, "cr4-cleared"), TRY_NONE, old);
	show(prefix(where, "rdfsbase-without"),
	     TRY("rdfsbase %0",
		 : "=r"(old)),
	     0);
	TRY("mov %0, %%cr4", : : "r"(cr4));
	CHECK("cr3-read", TRY("mov %%cr3, %0", : "=r"(cr3)) == TRY_NONE);
	CHECK("cr3-write-same", TRY("mov %0, %%cr3", : : "r"(cr3)) == TRY_NONE);
	CHECK_EQ("cr3-write-bad", TRY("mov %0, %%cr3", : : "r"(0ul)), 13);
}

static void debug_registers(const char *where)
{
	static const uint64_t dr7[] = { 0,	     0x400,	 1,
					0x2000,	     0x20001,	 0x30001,
					0x100000000, 0xffff27ff, 0xd0401 };
	uint64_t value;

	show(prefix(where, "dr0-write"),
	     TRY("mov %0, %%dr0",
		 :
		 : "r"(0x1234567ul)),
	     0);
	show(prefix(where, "dr0-high"),
	     TRY("mov %0, %%dr0",
		 :
		 : "r"(0xffff830000000000ul)),
	     0);
	show(prefix(where, "dr0-noncanonical"),
	     TRY("mov %0, %%dr0",
		 :
		 : "r"(0x800000000000ul)),
	     0);
	TRY("mov %%dr0, %0", : "=r"(value));
	show(prefix(where, "dr0-read"), TRY_NONE, value);
	show(prefix(where, "dr6-wide"),
	     TRY("mov %0, %%dr6",
		 :
		 : "r"(1ul << 32)),
	     0);
	show(prefix(where, "dr6-write"), TRY("mov %0, %%dr6", : : "r"(0ul)), 0);
	TRY("mov %%dr6, %0", : "=r"(value));
	show(prefix(where, "dr6-read"), TRY_NONE, value);
	for (unsigned int i = 0; i < sizeof(dr7) / sizeof(dr7[0]); i++) {
		show(prefix(where, "dr7-write"),
		     TRY("mov %0, %%dr7",
			 :
			 : "r"(dr7[i])),
		     dr7[i]);
		TRY("mov %%dr7, %0", : "=r"(value));
		show(prefix(where, "dr7-then"), TRY_NONE, value);
	}
	TRY("mov %0, %%dr7", : : "r"(0x400ul));
}

/* ---- Ports --------------------------------------------------------------------------- */

/* With the sizes (bytes) at which what they read does not change by itself. */
static const struct {
	uint16_t nr;
	uint8_t sizes;
} ports[] = {
	{ 0x20, 7 },  { 0x21, 7 },  { 0x3f, 3 },   { 0x40, 3 },	 { 0x43, 7 },
	{ 0x60, 1 },  { 0x64, 7 },  { 0x70, 1 },   { 0x80, 7 },	 { 0xa0, 7 },
	{ 0xa1, 7 },  { 0x2f8, 7 }, { 0x3f8, 7 },  { 0x3fd, 7 }, { 0xcf8, 4 },
	{ 0xcfc, 7 }, { 0xcff, 7 }, { 0xfff0, 7 },
};

static void in_out(const char *where)
{
	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		uint64_t b = ~0ul, w = ~0ul, l = ~0ul;
		uint16_t nr = ports[i].nr;
		int vb = 0, vw = 0, vl = 0;
		char name[32];

		if (ports[i].sizes & 1)
			vb = TRY("inb %%dx, %%al", : "+a"(b) : "d"(nr));
		if (ports[i].sizes & 2)
			vw = TRY("inw %%dx, %%ax", : "+a"(w) : "d"(nr));
		if (ports[i].sizes & 4)
			vl = TRY("inl %%dx, %%eax", : "+a"(l) : "d"(nr));
		snprintf(name, sizeof(name), "%s-port-%03x", where, nr);
		tell(name, "%d %lx %d %lx %d %lx", vb, (unsigned long)b, vw,
		     (unsigned long)w, vl, (unsigned long)l);
	}
}

static int64_t set_iopl(uint32_t iopl)
{
	struct physdev_set_iopl op = { .iopl = iopl };

	return hypercall_physdev_op(PHYSDEVOP_set_iopl, &op);
}

/* Strings of a port that reads all ones: COM1's. */
static void strings(void)
{
	uint8_t buffer[8] = { 0 };
	uint64_t count = 5, to = (uint64_t)buffer, from;
	int vector;

	vector = TRY("rep insb",
		     : "+c"(count), "+D"(to)
		     : "d"(0x20)
		     : "memory");
	check_value("rep-insb", "%d %lu %ld %02x %02x", vector,
		    (unsigned long)count, (long)(to - (uint64_t)buffer),
		    buffer[4], buffer[5]);
	count = 3;
	from = (uint64_t)buffer + 6;
	vector = TRY("std; rep outsw; cld",
		     : "+c"(count), "+S"(from)
		     : "d"(0x20)
		     : "memory");
	check_value("rep-outsw-down", "%d %lu %ld", vector,
		    (unsigned long)count, (long)(from - (uint64_t)buffer));
	count = 0;
	to = 0x1000;
	vector = TRY("rep insl",
		     : "+c"(count), "+D"(to)
		     : "d"(0x20)
		     : "memory");
	check_value("rep-insl-none", "%d %lx", vector, (unsigned long)to);
	count = 2;
	vector = TRY("rep insl",
		     : "+c"(count), "+D"(to)
		     : "d"(0x20)
		     : "memory");
	check_value("rep-insl-fault", "%d %lx %lx %lu", vector,
		    (unsigned long)trap_last.cr2,
		    (unsigned long)trap_last.regs.error, (unsigned long)count);
	vector = TRY("outsb", : : "S"(0x1000), "d"(0x20) : "memory");
	check_value("outsb-fault", "%d %lx %lx", vector,
		    (unsigned long)trap_last.cr2,
		    (unsigned long)trap_last.regs.error);
}

static void pci_address(void)
{
	uint32_t value;

	TRY("outl %0, %w1", : : "a"(0x80000000), "d"(0xcf8));
	TRY("inl %w1, %0", : "=a"(value) : "d"(0xcf8));
	check_value("pci-address", "%x", (unsigned)value);
	TRY("inl %w1, %0", : "=a"(value) : "d"(0xcfc));
	check_value("pci-0:0.0", "%x", (unsigned)value);
	TRY("outl %0, %w1", : : "a"(0), "d"(0xcf8));
}

static void bitmap(void)
{
	static uint8_t map[8192];
	struct physdev_set_iobitmap op = { .nr_ports = 65536 };

	memset(map, 0xff, sizeof(map));
	map[0x64 / 8] = (uint8_t) ~(1 << 0x64 % 8);
	set_xen_guest_handle(op.bitmap, map);
	set_iopl(0);
	SUCCESS(physdev_op, PHYSDEVOP_set_iobitmap, "set-iobitmap",
		hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op) == 0 &&
			TRY("inb $0x64, %%al",
			    :
			    :
			    : "rax") == TRY_NONE &&
			TRY("inb $0x60, %%al",
			    :
			    :
			    : "rax") == 13);
	CHECK_EQ("iobitmap-word", TRY("inw $0x64, %%ax", : : : "rax"), 13);
	op.nr_ports = 0x60;
	hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op);
	CHECK_EQ("iobitmap-limit", TRY("inb $0x64, %%al", : : : "rax"), 13);
	op.nr_ports = 65537;
	FAILURE(physdev_op, PHYSDEVOP_set_iobitmap, "set-iobitmap-ports",
		hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op), XEN_EINVAL);
	op.nr_ports = 0;
	hypercall_physdev_op(PHYSDEVOP_set_iobitmap, &op);
}

static uint64_t in_user(uint64_t arg)
{
	instructions("user");
	in_out("user");
	return arg;
}

int main(void)
{
	instructions("kernel");
	control_registers("kernel");
	debug_registers("kernel");
	set_iopl(0);
	in_out("iopl0");
	SUCCESS(physdev_op, PHYSDEVOP_set_iopl, "set-iopl",
		set_iopl(1) == 0 && TRY("inb $0x64, %%al",
					:
					:
					: "rax") == TRY_NONE);
	FAILURE(physdev_op, PHYSDEVOP_set_iopl, "set-iopl-4", set_iopl(4),
		XEN_EINVAL);
	in_out("iopl1");
	strings();
	pci_address();
	bitmap();
	check_value("rflags", "%lx", (unsigned long)(rflags() & ~0xd5ul));
	TRY("mov %0, %%cr4", : : "r"(1ul << 18)); /* OSXSAVE */
	set_iopl(3);
	from_user = true;
	user_run(in_user, 0);
	from_user = false;
	for (unsigned int i = 0; i < nr_kept; i++)
		check_value(kept[i].name, "%s", kept[i].text);
	instructions("osxsave");
	return check_done();
}
