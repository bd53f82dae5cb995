/* SPDX-License-Identifier: MIT */
/*
 * ACPI 6.4; section numbers below are its. Tables are read field by field:
 * their offsets are even in no alignment, and firmware cuts tables short.
 */
#include "acpi.h"
#include "mem.h"
#include "memory.h"
#include "paging.h"
#include "x86.h"

#define TABLE_LENGTH 4
#define TABLE_HEAD   36		/* 5.2.6 */
#define TABLE_MAX    (4u << 20) /* longer than that is nonsense */

#define RSDP_REVISION 15 /* 5.2.5.3 */
#define RSDP_RSDT     16
#define RSDP_XSDT     24

#define FADT_DSDT	 40 /* 5.2.9 */
#define FADT_SMI_PORT	 48
#define FADT_ENABLE	 52
#define FADT_PM1A	 64
#define FADT_PM1B	 68
#define FADT_PM_TIMER	 76
#define FADT_FLAGS	 112
#define FADT_RESET_SPACE 116
#define FADT_RESET_PORT	 120
#define FADT_RESET_VALUE 128
#define FADT_RESET_GIVEN (1u << 10)

#define MADT_LAPIC_BASE 36 /* 5.2.12 */
#define MADT_ENTRIES	44
enum madt_type {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_ADDRESS = 5,
	MADT_X2APIC = 9,
};

#define SLP_EN (1u << 13) /* 4.8.3.2.1 */
#define SCI_EN 1u

struct acpi_info acpi;

static const uint8_t *fadt; /* NULL: none */
static uint8_t sleep_type[2];
static bool s5_known;

static uint64_t number(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	memcpy(&v, p, size);
	return v;
}

/* The same of a table, at an offset; 0 beyond its end, or without one. */
static uint64_t field(const uint8_t *table, size_t at, size_t size)
{
	bool there = table && at + size <= number(table + TABLE_LENGTH, 4);

	return there ? number(table + at, size) : 0;
}

static bool sums_to_zero(const uint8_t *p, size_t n)
{
	uint8_t sum = 0;

	while (n--)
		sum = (uint8_t)(sum + *p++);
	return !sum;
}

/* ---- Finding tables --------------------------------------------------------- */

/* At start, or each 16 bytes from there on. */
static const uint8_t *rsdp_in(uint64_t start, uint64_t end)
{
	for (const uint8_t *p = direct_map + start; p < direct_map + end;
	     p += 16)
		if (!memcmp(p, "RSD PTR ", 8) && sums_to_zero(p, 20))
			return p;
	return NULL;
}

/* The whole table at phys, or NULL. */
static const uint8_t *table_map(uint64_t phys)
{
	const uint8_t *t = phys ? fixmap(phys, TABLE_HEAD, false) : NULL;
	size_t length = t ? number(t + TABLE_LENGTH, 4) : 0;

	if (length < TABLE_HEAD || length > TABLE_MAX)
		return NULL;
	if ((phys & ~PAGE_MASK) + length > PAGE_SIZE)
		t = fixmap(phys, length, false);
	return t && sums_to_zero(t, length) ? t : NULL;
}

static const uint8_t *table_find(const uint8_t *rsdp, const char *name)
{
	bool wide = rsdp[RSDP_REVISION] >= 2 && number(rsdp + RSDP_XSDT, 8);
	size_t step = wide ? 8 : 4;
	const uint8_t *list = table_map(wide ? number(rsdp + RSDP_XSDT, 8)
					     : number(rsdp + RSDP_RSDT, 4));
	size_t length = list ? number(list + TABLE_LENGTH, 4) : 0;

	for (size_t o = TABLE_HEAD; o + step <= length; o += step) {
		const uint8_t *t = table_map(number(list + o, step));

		if (t && !memcmp(t, name, 4))
			return t;
	}
	return NULL;
}

/* ---- MADT ------------------------------------------------------------------- */

static void add_cpu(uint64_t id, uint64_t acpi_id, uint64_t flags)
{
	/* Enabled? Ids from 255 on would need x2APIC mode. */
	if (!(flags & 1) || id >= 255 || acpi.nr_cpus == ACPI_CPUS)
		return;
	acpi.acpi_id[acpi.nr_cpus] = (uint32_t)acpi_id;
	acpi.apic_id[acpi.nr_cpus++] = (uint8_t)id;
}

/* 5.2.12.2 and on; the entry is as long as its type wants at least. */
static void madt_entry(const uint8_t *e)
{
	switch (e[0]) {
	case MADT_LAPIC:
		add_cpu(e[3], e[2], number(e + 4, 4));
		break;
	case MADT_X2APIC:
		add_cpu(number(e + 4, 4), number(e + 12, 4), number(e + 8, 4));
		break;
	case MADT_IOAPIC:
		if (acpi.nr_ioapics == ARRAY_SIZE(acpi.ioapic))
			break;
		acpi.ioapic[acpi.nr_ioapics] = number(e + 4, 4);
		acpi.ioapic_gsi[acpi.nr_ioapics++] = (uint32_t)number(e + 8, 4);
		break;
	case MADT_OVERRIDE:
		if (e[3] >= 16)
			break;
		acpi.isa_gsi[e[3]] = (uint32_t)number(e + 4, 4);
		acpi.isa_flags[e[3]] = (uint16_t)number(e + 8, 2);
		break;
	case MADT_LAPIC_ADDRESS:
		acpi.lapic = number(e + 4, 8);
		break;
	}
}

static void parse_madt(const uint8_t *m)
{
	static const uint8_t least[] = {
		[MADT_LAPIC] = 8,     [MADT_IOAPIC] = 12,
		[MADT_OVERRIDE] = 10, [MADT_LAPIC_ADDRESS] = 12,
		[MADT_X2APIC] = 16,
	};
	const uint8_t *e = m + MADT_ENTRIES;
	const uint8_t *end = m + number(m + TABLE_LENGTH, 4);

	acpi.lapic = field(m, MADT_LAPIC_BASE, 4);
	for (uint32_t i = 0; i < 16; i++)
		acpi.isa_gsi[i] = i;
	for (; end - e >= 2 && e[1] >= 2 && e[1] <= end - e; e += e[1])
		if (e[0] < ARRAY_SIZE(least) && e[1] >= least[e[0]])
			madt_entry(e);
}

/* ---- FADT ------------------------------------------------------------------- */

/*
 * The sleep types of S5: the object is always written Name (_S5_, Package {a,
 * b, ...}) with constants (7.4.2), so its bytes can be found without an
 * interpreter: 08 '_S5_' 12 length count a b. The length has 1 to 4 bytes; a
 * and b are ZeroOp, OneOp, or BytePrefix (0a) and a byte.
 */
static void find_s5(const uint8_t *dsdt)
{
	const uint8_t *end = dsdt + number(dsdt + TABLE_LENGTH, 4), *p;

	for (p = dsdt + TABLE_HEAD; end - p >= 16; p++)
		if (!memcmp(p, "_S5_\x12", 5))
			break;
	if (end - p < 16)
		return;
	p += 5 + (p[5] >> 6) + 2;
	for (int i = 0; i < 2; i++) {
		p += *p == 0x0a;
		sleep_type[i] = *p++;
	}
	s5_known = true;
}

void acpi_init(uint64_t given)
{
	uint64_t ebda = number(direct_map + 0x40e, 2) << 4;
	const uint8_t *rsdp = given ? rsdp_in(given, given + 1) : NULL;
	const uint8_t *madt, *dsdt;

	/* 5.2.5.1: given, in the BIOS's data, or in the BIOS. */
	if (!rsdp && ebda >= 0x80000 && ebda < 0xa0000)
		rsdp = rsdp_in(ebda, ebda + 1024);
	if (!rsdp)
		rsdp = rsdp_in(0xe0000, 0x100000);
	if (!rsdp)
		boot_stop("no ACPI tables");
	madt = table_find(rsdp, "APIC");
	if (madt)
		parse_madt(madt);
	if (!acpi.lapic)
		boot_stop("no ACPI table of interrupt controllers (MADT)");
	fadt = table_find(rsdp, "FACP");
	dsdt = table_map(field(fadt, FADT_DSDT, 4));
	if (dsdt)
		find_s5(dsdt);
	acpi.pm_timer = (uint16_t)field(fadt, FADT_PM_TIMER, 4);
	print(LOG_INFO, "ACPI: %u CPUs, %u IO-APICs, power off %s\n",
	      acpi.nr_cpus, acpi.nr_ioapics, s5_known ? "by S5" : "unknown");
}

/* ---- Power ------------------------------------------------------------------ */

void acpi_power_off(void)
{
	uint16_t pm1a = (uint16_t)field(fadt, FADT_PM1A, 4);
	uint16_t pm1b = (uint16_t)field(fadt, FADT_PM1B, 4);
	uint16_t smi_port = (uint16_t)field(fadt, FADT_SMI_PORT, 4);

	if (!s5_known || !pm1a)
		return;
	/* 4.8.3.2: the registers are ACPI's once SCI_EN reads as set. */
	if (smi_port && !(inw(pm1a) & SCI_EN))
		outb(smi_port, (uint8_t)field(fadt, FADT_ENABLE, 1));
	for (int i = 0; smi_port && i < 100000 && !(inw(pm1a) & SCI_EN); i++)
		cpu_relax_poll();
	outw(pm1a, (uint16_t)(sleep_type[0] << 10 | SLP_EN));
	if (pm1b)
		outw(pm1b, (uint16_t)(sleep_type[1] << 10 | SLP_EN));
}

void acpi_reset(void)
{
	/* 4.8.3.6: in I/O space; others are rare and left to what follows. */
	if (field(fadt, FADT_FLAGS, 4) & FADT_RESET_GIVEN &&
	    field(fadt, FADT_RESET_SPACE, 1) == 1)
		outb((uint16_t)field(fadt, FADT_RESET_PORT, 8),
		     (uint8_t)field(fadt, FADT_RESET_VALUE, 1));
}
