/* SPDX-License-Identifier: MIT */
#include "emulate_io.h"
#include "arch.h"
#include "bounce.h"
#include "panic.h"
#include "switch.h"
#include "trap.h"
#include "x86.h"

/* ---- May the guest? ------------------------------------------------------------------- */

/* A PV kernel counts as ring 1, unless it asked for the architecture's 0. */
bool emulate_iopl_ok(const struct vcpu *v)
{
	bool architectural = v->domain->vm_assist &
			     (1u << VMASST_TYPE_architectural_iopl);
	unsigned int cpl = !v->x86.kernel_mode ? 3 : architectural ? 0 : 1;

	return cpl << 12 <= v->x86.iopl;
}

/* The guest's bitmap lies in its kernel's memory; what is not there denies. */
static bool bitmap_ok(struct vcpu *v, unsigned int port, unsigned int bytes)
{
	bool user = !v->x86.kernel_mode;
	uint8_t b[2] = { 0xff, 0xff };
	gva_t at = v->x86.iobitmap + port / 8;

	if (port + bytes > v->x86.iobitmap_ports)
		return false;
	if (user)
		mode_toggle(v);
	if (copy_from_guest(b, at, 2)) {
		b[1] = 0xff;
		if (copy_from_guest(b, at, 1))
			b[0] = 0xff;
	}
	if (user)
		mode_toggle(v);
	return !((b[0] | b[1] << 8) & ((1u << bytes) - 1) << port % 8);
}

static bool guest_may(struct vcpu *v, unsigned int port, unsigned int bytes)
{
	return emulate_iopl_ok(v) || bitmap_ok(v, port, bytes);
}

/* ---- What is there? -------------------------------------------------------------------- */

#define PCI_ADDRESS  0xcf8u
#define PCI_DATA     0xcfcu
#define PCI_ENABLE   (1u << 31)
#define RTC_INDEX    0x70u
#define RTC_DATA     0x71u
#define PIT_CHANNEL2 0x42u
#define PIT_MODE     0x43u
#define SPEAKER	     0x61u

struct port_range {
	uint16_t from, to;
};
/* Interrupt controllers, PIT, speaker, PCI data, COM1; then what we found. */
static struct port_range denied[16] = {
	{ 0x20, 0x21 }, { 0xa0, 0xa1 },	  { 0x40, 0x43 },
	{ 0x61, 0x61 }, { 0xcfc, 0xcff }, { 0x3f8, 0x3ff },
};
static unsigned int nr_denied = 6;

/* Index registers that each domain believes to have; one lock for the rest. */
static struct lock latch_lock;

void emulate_io_deny(uint16_t from, uint16_t to)
{
	if (nr_denied == ARRAY_SIZE(denied))
		panic("too many ranges of ports");
	denied[nr_denied++] = (struct port_range){ from, to };
}

static bool permitted(const struct domain *d, unsigned int port,
		      unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < nr_denied; i++)
		if (port <= denied[i].to && port + bytes > denied[i].from)
			return false;
	return d->privileged && port + bytes <= 0x10000;
}

static uint32_t port_read(unsigned int port, unsigned int bytes)
{
	uint16_t p = (uint16_t)port;

	return bytes == 1 ? inb(p) : bytes == 2 ? inw(p) : inl(p);
}

static void port_write(unsigned int port, unsigned int bytes, uint32_t value)
{
	uint16_t p = (uint16_t)port;

	if (bytes == 1)
		outb(p, (uint8_t)value);
	else if (bytes == 2)
		outw(p, (uint16_t)value);
	else
		outl(p, value);
}

/* The one access that the domain may make by way of an index register. */
static uint32_t indexed(uint16_t index_port, uint32_t index,
			unsigned int data_port, unsigned int bytes,
			const uint32_t *write)
{
	uint32_t value = 0;

	lock_take(&latch_lock);
	port_write(index_port, index_port == PCI_ADDRESS ? 4 : 1, index);
	if (write)
		port_write(data_port, bytes, *write);
	else
		value = port_read(data_port, bytes);
	lock_drop(&latch_lock);
	return value;
}

static bool is_direct(const struct domain *d, unsigned int port,
		      unsigned int bytes)
{
	if (port == PCI_ADDRESS && bytes == 4)
		return false;
	if (port <= RTC_DATA && port + bytes > RTC_INDEX)
		return false;
	return permitted(d, port, bytes);
}

/* PIT channel 2 and the speaker's gate: the initial domain's. */
static uint32_t pit_read(const struct domain *d, unsigned int port)
{
	if (!d->privileged)
		return ~0u;
	return port == PIT_MODE ? 0 : inb((uint16_t)port);
}

static void pit_write(const struct domain *d, unsigned int port, uint8_t value)
{
	if (!d->privileged)
		return;
	if (port == SPEAKER)
		outb(SPEAKER, (uint8_t)((inb(SPEAKER) & ~3) | (value & 3)));
	else if (port == PIT_CHANNEL2 || (value & 0xc0) == 0x80)
		outb((uint16_t)port, value);
}

static bool is_pit(unsigned int port)
{
	return port == PIT_CHANNEL2 || port == PIT_MODE || port == SPEAKER;
}

static bool is_pci_data(unsigned int port)
{
	return (port & ~3u) == PCI_DATA;
}

/* How much of an access at port is one: PCI data stays within its word. */
static unsigned int part_size(const struct domain *d, unsigned int port,
			      unsigned int bytes)
{
	if (port == PCI_ADDRESS && bytes == 4)
		return 4;
	if (is_pci_data(port))
		return MIN(bytes == 3 ? 2 : bytes, 4 - (port & 3));
	if (bytes > 1 && !(port & 1) && permitted(d, port, 2))
		return 2;
	return 1;
}

static uint32_t part_read(struct domain *d, unsigned int port,
			  unsigned int bytes)
{
	if (is_pit(port))
		return pit_read(d, port);
	if (port == RTC_INDEX)
		return d->cmos_index;
	if (port == RTC_DATA && d->privileged)
		return indexed(RTC_INDEX, d->cmos_index & 0x7f, port, 1, NULL);
	if (port == PCI_ADDRESS && bytes == 4)
		return d->pci_address;
	if (is_pci_data(port) && d->privileged && d->pci_address & PCI_ENABLE)
		return indexed(PCI_ADDRESS, d->pci_address, port, bytes, NULL);
	return permitted(d, port, bytes) ? port_read(port, bytes) : ~0u;
}

static void part_write(struct domain *d, unsigned int port, unsigned int bytes,
		       uint32_t value)
{
	if (is_pit(port))
		pit_write(d, port, (uint8_t)value);
	else if (port == RTC_INDEX)
		d->cmos_index = (uint8_t)value;
	else if (port == RTC_DATA && d->privileged)
		indexed(RTC_INDEX, d->cmos_index & 0x7f, port, 1, &value);
	else if (port == PCI_ADDRESS && bytes == 4)
		d->pci_address = value;
	else if (is_pci_data(port) && d->privileged &&
		 d->pci_address & PCI_ENABLE)
		indexed(PCI_ADDRESS, d->pci_address, port, bytes, &value);
	else if (permitted(d, port, bytes))
		port_write(port, bytes, value);
}

static uint32_t guest_in(struct domain *d, unsigned int port, unsigned int bytes)
{
	unsigned int n, at = 0;
	uint32_t value = 0;

	if (is_direct(d, port, bytes))
		return port_read(port, bytes);
	for (; at < bytes; at += n) {
		uint32_t part;

		n = part_size(d, port + at, bytes - at);
		part = part_read(d, port + at, n);
		if (n < 4)
			part &= (1u << 8 * n) - 1;
		value |= part << 8 * at;
	}
	return value;
}

static void guest_out(struct domain *d, unsigned int port, unsigned int bytes,
		      uint32_t value)
{
	unsigned int n, at = 0;

	if (is_direct(d, port, bytes))
		return port_write(port, bytes, value);
	for (; at < bytes; at += n) {
		n = part_size(d, port + at, bytes - at);
		part_write(d, port + at, n, value >> 8 * at);
	}
}

/* ---- Instructions -------------------------------------------------------------------------- */

#define RCX 1
#define RSI 6
#define RDI 7

static uint64_t address_mask(const struct insn *i)
{
	return i->address32 ? 0xffffffff : ~0ul;
}

/* Steps a counter or pointer register by as much as its address size has. */
static void step(const struct insn *i, struct cpu_user_regs *r, unsigned int nr,
		 int64_t by)
{
	uint64_t *reg = insn_register(r, nr);

	*reg = (*reg + by) & address_mask(i);
}

/* The linear address of a string's end of the instruction. */
static gva_t string_address(struct vcpu *v, const struct insn *i, bool in)
{
	gva_t at = *insn_register(&v->regs, in ? RDI : RSI) & address_mask(i);

	if (in)
		return at;
	if (i->segment == SEGMENT_FS)
		at += rdmsr(MSR_FS_BASE);
	else if (i->segment == SEGMENT_GS)
		at += rdmsr(MSR_GS_BASE);
	return at;
}

static int string_once(struct vcpu *v, const struct insn *i, bool in,
		       unsigned int port, unsigned int bytes)
{
	gva_t at = string_address(v, i, in);
	uint32_t value = 0;
	int err;

	/* A port is not read before its value can be stored. */
	err = copy_from_guest(&value, at, bytes);
	if (!err && in)
		err = copy_to_guest(at, &value, bytes);
	if (err) {
		bounce_page_fault(v, at, in ? PF_WRITE : 0);
		return -XEN_EFAULT;
	}
	if (in) {
		value = guest_in(v->domain, port, bytes);
		copy_to_guest(at, &value, bytes);
	} else {
		guest_out(v->domain, port, bytes, value);
	}
	step(i, &v->regs, in ? RDI : RSI,
	     v->regs.rflags & RFLAGS_DF ? -(int64_t)bytes : bytes);
	return 0;
}

static int string_io(struct vcpu *v, const struct insn *i, bool in,
		     unsigned int port, unsigned int bytes)
{
	bool repeat = i->rep || i->repne;
	uint64_t *count = insn_register(&v->regs, RCX);
	int err;

	do {
		if (repeat && !(*count & address_mask(i)))
			return 0;
		err = string_once(v, i, in, port, bytes);
		if (err || !repeat)
			return err;
		step(i, &v->regs, RCX, -1);
	} while (!preempt_check());
	return *count & address_mask(i) ? -XEN_ERESTART : 0;
}

int emulate_io(struct vcpu *v, const struct insn *i)
{
	bool immediate = (i->opcode & 0xfc) == 0xe4;
	unsigned int port = immediate ? (uint8_t)i->imm : (uint16_t)v->regs.rdx;
	unsigned int bytes = MIN(i->bytes, 4);
	bool in = !(i->opcode & 2);
	struct insn sized = *i;

	if (!guest_may(v, port, bytes))
		return -XEN_EPERM;
	if (i->opcode < 0x70)
		return string_io(v, i, in, port, bytes);
	sized.bytes = (uint8_t)bytes;
	if (in)
		insn_write(&sized, &v->regs, 0,
			   guest_in(v->domain, port, bytes));
	else
		guest_out(v->domain, port, bytes,
			  (uint32_t)insn_read(&sized, &v->regs, 0));
	return 0;
}
