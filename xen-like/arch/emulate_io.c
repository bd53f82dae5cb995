/* SPDX-License-Identifier: MIT */
#include "emulate.h"
#include "bounce.h"
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
	int err;

	if (port + bytes > v->x86.iobitmap_ports)
		return false;
	if (user)
		mode_toggle(v);
	err = copy_from_guest(b, at, (port % 8 + bytes + 7) / 8);
	if (user)
		mode_toggle(v);
	return !err && !((b[0] | b[1] << 8) & ((1u << bytes) - 1) << port % 8);
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

/* Interrupt controllers, PIT, speaker, PCI data, COM1: no guest reaches them. */
static const struct {
	uint16_t from, to;
} denied[] = {
	{ 0x20, 0x21 }, { 0xa0, 0xa1 },	  { 0x40, 0x43 },
	{ 0x61, 0x61 }, { 0xcfc, 0xcff }, { 0x3f8, 0x3ff },
};

/* Index registers that each domain believes to have; one lock for the rest. */
static struct lock latch_lock;

static bool permitted(const struct domain *d, unsigned int port,
		      unsigned int bytes)
{
	unsigned int i;

	if (!d->privileged)
		return false;
	for (i = 0; i < ARRAY_SIZE(denied); i++)
		if (port <= denied[i].to && port + bytes > denied[i].from)
			return false;
	return port + bytes <= 0x10000;
}

static void port_access(unsigned int port, unsigned int bytes, bool in,
			uint32_t *value)
{
	uint16_t p = (uint16_t)port;

	if (in)
		*value = bytes == 1 ? inb(p) : bytes == 2 ? inw(p) : inl(p);
	else if (bytes == 1)
		outb(p, (uint8_t)*value);
	else if (bytes == 2)
		outw(p, (uint16_t)*value);
	else
		outl(p, *value);
}

/* One access by way of an index register, whatever others left in it. */
static void indexed(unsigned int index_port, uint32_t index, unsigned int port,
		    unsigned int bytes, bool in, uint32_t *value)
{
	lock_take(&latch_lock);
	port_access(index_port, index_port == PCI_ADDRESS ? 4 : 1, false,
		    &index);
	port_access(port, bytes, in, value);
	lock_drop(&latch_lock);
}

/* PIT channel 2 and the speaker's gate: the initial domain's. */
static void pit_access(unsigned int port, bool in, uint32_t *value)
{
	if (in && port == PIT_MODE)
		*value = 0;
	else if (in)
		*value = inb((uint16_t)port);
	else if (port == SPEAKER)
		outb(SPEAKER, (uint8_t)((inb(SPEAKER) & ~3) | (*value & 3)));
	else if (port == PIT_CHANNEL2 || (*value & 0xc0) == 0x80)
		outb((uint16_t)port, (uint8_t)*value);
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
	if (is_pci_data(port)) {
		bytes = MIN(bytes, 4 - (port & 3));
		return bytes == 3 ? 2 : bytes;
	}
	if (bytes > 1 && !(port & 1) && permitted(d, port, 2))
		return 2;
	return 1;
}

/* What nobody answers reads all ones, as value is before. */
static void part_access(struct domain *d, unsigned int port, unsigned int bytes,
			bool in, uint32_t *value)
{
	if (port == RTC_INDEX) {
		if (in)
			*value = d->cmos_index;
		else
			d->cmos_index = (uint8_t)*value;
	} else if (port == PCI_ADDRESS && bytes == 4) {
		if (in)
			*value = d->pci_address;
		else
			d->pci_address = *value;
	} else if (!d->privileged) {
		return;
	} else if (port == PIT_CHANNEL2 || port == PIT_MODE || port == SPEAKER) {
		pit_access(port, in, value);
	} else if (port == RTC_DATA) {
		indexed(RTC_INDEX, d->cmos_index & 0x7f, port, 1, in, value);
	} else if (is_pci_data(port) && d->pci_address & PCI_ENABLE) {
		indexed(PCI_ADDRESS, d->pci_address, port, bytes, in, value);
	} else if (permitted(d, port, bytes)) {
		port_access(port, bytes, in, value);
	}
}

/* An access of the guest's, done in as many as it takes. */
static void guest_access(struct domain *d, unsigned int port,
			 unsigned int bytes, bool in, uint32_t *value)
{
	unsigned int n, at = 0;
	uint32_t whole = 0;

	if (!(port == PCI_ADDRESS && bytes == 4) &&
	    !(port <= RTC_DATA && port + bytes > RTC_INDEX) &&
	    permitted(d, port, bytes))
		return port_access(port, bytes, in, value);
	for (; at < bytes; at += n) {
		uint32_t part = in ? ~0u : *value >> 8 * at;

		n = part_size(d, port + at, bytes - at);
		part_access(d, port + at, n, in, &part);
		whole |= (part & (~0u >> (32 - 8 * n))) << 8 * at;
	}
	if (in)
		*value = whole;
}

/* ---- Instructions -------------------------------------------------------------------------- */

#define RAX 0
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

static int string_io(struct vcpu *v, const struct insn *i, bool in,
		     unsigned int port, unsigned int bytes)
{
	int64_t by = v->regs.rflags & RFLAGS_DF ? -(int64_t)bytes : bytes;
	uint64_t *count = &v->regs.rcx;
	unsigned int pointer = in ? RDI : RSI;
	uint32_t value = 0;

	do {
		gva_t at = *insn_register(&v->regs, pointer) & address_mask(i);

		if (i->rep && !(*count & address_mask(i)))
			return 0;
		if (!in)
			at += emulate_segment_base(i);
		/* A port is not read before its value can be stored. */
		if (copy_from_guest(&value, at, bytes) ||
		    (in && copy_to_guest(at, &value, bytes))) {
			bounce_page_fault(v, at, in ? PF_WRITE : 0);
			return -XEN_EFAULT;
		}
		guest_access(v->domain, port, bytes, in, &value);
		if (in)
			copy_to_guest(at, &value, bytes);
		step(i, &v->regs, pointer, by);
		if (!i->rep)
			return 0;
		step(i, &v->regs, RCX, -1);
	} while (!preempt_check());
	return *count & address_mask(i) ? -XEN_ERESTART : 0;
}

int emulate_io(struct vcpu *v, const struct insn *i)
{
	bool immediate = (i->opcode & 0xfc) == 0xe4, in = !(i->opcode & 2);
	unsigned int port = immediate ? (uint8_t)i->imm : (uint16_t)v->regs.rdx;
	struct insn sized = *i;
	uint32_t value;

	sized.bytes = MIN(i->bytes, 4);
	if (!emulate_iopl_ok(v) && !bitmap_ok(v, port, sized.bytes))
		return -XEN_EPERM;
	if (i->opcode < 0x70)
		return string_io(v, i, in, port, sized.bytes);
	value = (uint32_t)insn_read(&sized, &v->regs, RAX);
	guest_access(v->domain, port, sized.bytes, in, &value);
	if (in)
		insn_write(&sized, &v->regs, RAX, value);
	return 0;
}
