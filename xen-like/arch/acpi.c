/* SPDX-License-Identifier: MIT */
/* ACPI 6.4; section numbers below are its. */
#include "acpi.h"
#include "arch.h"
#include "mem.h"
#include "memory.h"
#include "paging.h"
#include "print.h"
#include "x86.h"

#define TABLE_MAX (4u << 20) /* longer than that is nonsense */
#define SLP_EN	  (1u << 13) /* 4.8.3.2.1 */
#define SCI_EN	  1u

struct rsdp { /* 5.2.5.3 */
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t checksum2, reserved[3];
} __attribute__((packed));

struct table { /* 5.2.6 */
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision, creator, creator_revision;
	uint8_t body[];
} __attribute__((packed));

struct address { /* 5.2.3.2 */
	uint8_t space, bits, offset, access;
	uint64_t addr;
} __attribute__((packed));

struct fadt { /* 5.2.9 */
	struct table head;
	uint32_t facs, dsdt;
	uint8_t reserved, profile;
	uint16_t sci;
	uint32_t smi_port;
	uint8_t acpi_enable, skip1[3];
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control;
	uint32_t pm2_control, pm_timer;
	uint8_t skip2[32];
	uint32_t flags;
	struct address reset;
	uint8_t reset_value;
} __attribute__((packed));
_Static_assert(offsetof(struct fadt, pm1a_control) == 64, "FADT layout");
_Static_assert(offsetof(struct fadt, flags) == 112, "FADT layout");
#define FADT_RESET (1u << 10)

struct madt { /* 5.2.12 */
	struct table head;
	uint32_t lapic, flags;
	uint8_t entries[];
} __attribute__((packed));
enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9,
};

struct acpi_info acpi;

static struct {
	uint16_t pm1a, pm1b, smi_port;
	uint8_t enable, slp_a, slp_b;
	bool s5;
	struct address reset;
	uint8_t reset_value;
} power;

static bool sums_to_zero(const void *p, size_t n)
{
	const uint8_t *b = p;
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *b++);
	return !sum;
}

/* ---- Finding tables --------------------------------------------------------- */

static const struct rsdp *rsdp_search(uint64_t start, uint64_t end)
{
	for (uint64_t p = start; p < end; p += 16) {
		const struct rsdp *r = (const void *)(direct_map + p);

		if (!memcmp(r->signature, "RSD PTR ", 8) && sums_to_zero(r, 20))
			return r;
	}
	return NULL;
}

static const struct rsdp *rsdp_find(uint64_t given)
{
	uint64_t ebda = *(const uint16_t *)(direct_map + 0x40e) << 4;
	const struct rsdp *r = NULL;

	if (given && sums_to_zero(direct_map + given, 20))
		return (const void *)(direct_map + given);
	/* 5.2.5.1 */
	if (ebda >= 0x80000 && ebda < 0xa0000)
		r = rsdp_search(ebda, ebda + 1024);
	return r ? r : rsdp_search(0xe0000, 0x100000);
}

/* The whole table at phys, or NULL. */
static const struct table *table_map(uint64_t phys)
{
	const struct table *t;

	if (!phys)
		return NULL;
	t = fixmap(phys, sizeof(*t), false);
	if (!t || t->length < sizeof(*t) || t->length > TABLE_MAX)
		return NULL;
	if ((phys & ~PAGE_MASK) + t->length > PAGE_SIZE)
		t = fixmap(phys, t->length, false);
	return t && sums_to_zero(t, t->length) ? t : NULL;
}

static const struct table *table_find(const struct rsdp *r, const char *name)
{
	bool wide = r->revision >= 2 && r->xsdt;
	const struct table *list = table_map(wide ? r->xsdt : r->rsdt);
	size_t step = wide ? 8 : 4;

	if (!list)
		return NULL;
	for (size_t o = 0; o + step <= list->length - sizeof(*list); o += step) {
		const struct table *t;
		uint64_t phys = 0;

		memcpy(&phys, list->body + o, step);
		t = table_map(phys);
		if (t && !memcmp(t->signature, name, 4))
			return t;
	}
	return NULL;
}

/* ---- MADT ------------------------------------------------------------------- */

static uint32_t word_at(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void add_cpu(uint32_t id, uint32_t acpi_id, uint32_t flags)
{
	/* Enabled? Ids from 255 on would need x2APIC mode. */
	if (!(flags & 1) || id >= 255 || acpi.nr_cpus == ACPI_CPUS)
		return;
	acpi.acpi_id[acpi.nr_cpus] = acpi_id;
	acpi.apic_id[acpi.nr_cpus++] = (uint8_t)id;
}

static void madt_entry(const uint8_t *e)
{
	switch (e[0]) { /* 5.2.12.2 and on; e[1] is the length */
	case MADT_LAPIC:
		if (e[1] >= 8)
			add_cpu(e[3], e[2], word_at(e + 4));
		break;
	case MADT_X2APIC:
		if (e[1] >= 16)
			add_cpu(word_at(e + 4), word_at(e + 12), word_at(e + 8));
		break;
	case MADT_IOAPIC:
		if (e[1] < 12 || acpi.nr_ioapics == ARRAY_SIZE(acpi.ioapic))
			break;
		acpi.ioapic[acpi.nr_ioapics] = word_at(e + 4);
		acpi.ioapic_gsi[acpi.nr_ioapics++] = word_at(e + 8);
		break;
	case MADT_OVERRIDE:
		if (e[1] < 10 || e[3] >= 16)
			break;
		acpi.isa_gsi[e[3]] = word_at(e + 4);
		acpi.isa_flags[e[3]] = (uint16_t)(e[8] | e[9] << 8);
		break;
	case MADT_LAPIC_ADDRESS:
		if (e[1] >= 12)
			memcpy(&acpi.lapic, e + 4, 8);
		break;
	}
}

static void parse_madt(const struct madt *m)
{
	const uint8_t *e = m->entries;
	const uint8_t *end = (const uint8_t *)m + m->head.length;

	acpi.lapic = m->lapic;
	for (uint32_t i = 0; i < 16; i++)
		acpi.isa_gsi[i] = i;
	while (end - e >= 2 && e[1] >= 2 && e[1] <= end - e) {
		madt_entry(e);
		e += e[1];
	}
}

/* ---- FADT ------------------------------------------------------------------- */

/* One element of _S5's package: ZeroOp, OneOp, or BytePrefix and a byte. */
static const uint8_t *aml_small(const uint8_t *p, uint8_t *value)
{
	*value = p[0] == 0x0a ? p[1] : p[0];
	return p + (p[0] == 0x0a ? 2 : 1);
}

/*
 * The sleep type of S5: the object is always written Name (_S5_, Package {a,
 * b, ...}) with constants (7.4.2), so its bytes can be found without an
 * interpreter: 08 '_S5_' 12 length count a b.
 */
static void find_s5(const struct table *dsdt)
{
	const uint8_t *end = (const uint8_t *)dsdt + dsdt->length - 12;

	for (const uint8_t *p = dsdt->body; p < end; p++) {
		if (memcmp(p, "_S5_\x12", 5))
			continue;
		p += 5;
		p += (p[0] >> 6) + 1; /* package length: 1 to 4 bytes */
		if (p + 5 >= end + 12)
			return;
		p = aml_small(p + 1, &power.slp_a);
		aml_small(p, &power.slp_b);
		power.s5 = true;
		return;
	}
}

static void parse_fadt(const struct fadt *f)
{
	const struct table *dsdt;

	if (f->head.length < offsetof(struct fadt, flags))
		return;
	power.pm1a = (uint16_t)f->pm1a_control;
	power.pm1b = (uint16_t)f->pm1b_control;
	acpi.pm_timer = (uint16_t)f->pm_timer;
	power.smi_port = (uint16_t)f->smi_port;
	power.enable = f->acpi_enable;
	if (f->head.length >= sizeof(*f) && f->flags & FADT_RESET) {
		power.reset = f->reset;
		power.reset_value = f->reset_value;
	}
	dsdt = table_map(f->dsdt);
	if (dsdt && dsdt->length > sizeof(*dsdt) + 16)
		find_s5(dsdt);
}

void acpi_init(uint64_t given)
{
	const struct rsdp *r = rsdp_find(given);
	const struct table *t;

	if (!r)
		boot_stop("no ACPI tables");
	t = table_find(r, "APIC");
	if (!t || t->length < sizeof(struct madt))
		boot_stop("no ACPI table of interrupt controllers (MADT)");
	parse_madt((const struct madt *)t);
	t = table_find(r, "FACP");
	if (t)
		parse_fadt((const struct fadt *)t);
	print(LOG_INFO, "ACPI: %u CPUs, %u IO-APICs, power off %s\n",
	      acpi.nr_cpus, acpi.nr_ioapics, power.s5 ? "by S5" : "unknown");
}

/* ---- Power ------------------------------------------------------------------ */

void acpi_power_off(void)
{
	if (!power.s5 || !power.pm1a)
		return;
	/* 4.8.3.2: the registers are ACPI's once SCI_EN reads as set. */
	if (power.smi_port && power.enable && !(inw(power.pm1a) & SCI_EN)) {
		outb(power.smi_port, power.enable);
		for (int i = 0; i < 100000; i++) {
			if (inw(power.pm1a) & SCI_EN)
				break;
			cpu_relax_poll();
		}
	}
	outw(power.pm1a, (uint16_t)(power.slp_a << 10 | SLP_EN));
	if (power.pm1b)
		outw(power.pm1b, (uint16_t)(power.slp_b << 10 | SLP_EN));
}

void acpi_reset(void)
{
	/* 4.8.3.6: in I/O space; others are rare and left to what follows. */
	if (power.reset.addr && power.reset.space == 1)
		outb((uint16_t)power.reset.addr, power.reset_value);
}
