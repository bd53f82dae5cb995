/* SPDX-License-Identifier: MIT */
/*
 * MSRs of guests. A few are the vCPU's own; the table says what the others
 * read and whether writes are dropped. What is not in either is a #GP.
 */
#include "msr.h"
#include "pagetype.h"
#include "policy.h"
#include "usercopy.h"

#define MSR_TSC		   0x10
#define MSR_MISC_ENABLE	   0x1a0
#define MSR_HYPERCALL_PAGE 0x40000000

#define APIC_BASE_DEFAULT 0xfee00800ul /* enabled */
#define APIC_BASE_BSP	  0x100ul
#define PAT_OURS	  0x050100070406ul /* what guests' PAT bits mean */
#define EFER_KNOWN	  0x204d01ul	   /* less SVME */
#define SYSCFG_KNOWN	  0x7c0000ul

/* ---- The table ------------------------------------------------------------------------ */

/* READ_MACHINE: the host's, for the initial domain alone */
enum msr_read { READ_VALUE, READ_HOST, READ_MACHINE, READ_FAULT };
enum msr_write { WRITE_FAULT, WRITE_DROP, WRITE_SAME };

struct msr_row {
	uint32_t first, last;
	uint8_t vendors, read, write;
	uint64_t value; /* or a mask of what the host's reads */
};

static const struct msr_row rows[] = {
	{ 0x00000000, 0x00000001, ANY, READ_VALUE, WRITE_FAULT, 0 },
	{ 0x00000017, 0x00000017, INTEL, READ_HOST, WRITE_FAULT, ~0ul },
	{ 0x0000003a, 0x0000003a, INTEL, READ_VALUE, WRITE_FAULT, 1 },
	{ 0x0000008b, 0x0000008b, INTEL | AMD, READ_HOST, WRITE_FAULT, ~0ul },
	{ 0x40000000, 0x40000000, ANY, READ_VALUE, WRITE_FAULT, 0 },
	{ 0x000000ce, 0x000000ce, ANY, READ_VALUE, WRITE_FAULT, 0 },
	{ 0x00000140, 0x00000140, ANY, READ_VALUE, WRITE_SAME, 0 },
	/* Two banks of machine checks that never tell of any. */
	{ 0x00000179, 0x00000179, ANY, READ_VALUE, WRITE_DROP, 2 },
	{ 0x0000017a, 0x0000017b, ANY, READ_VALUE, WRITE_DROP, 0 },
	{ 0x00000198, 0x00000199, INTEL, READ_VALUE, WRITE_DROP, 0 },
	{ 0x0000019c, 0x0000019c, INTEL, READ_VALUE, WRITE_FAULT, 0 },
	{ 0x00000280, 0x0000029f, ANY, READ_VALUE, WRITE_DROP, 0 },
	{ 0x00000345, 0x00000345, ANY, READ_VALUE, WRITE_FAULT, 0 },
	{ 0x00000400, 0x00000400, ANY, READ_VALUE, WRITE_DROP, ~0ul },
	{ 0x00000401, 0x00000403, ANY, READ_VALUE, WRITE_SAME, 0 },
	{ 0x00000404, 0x00000404, ANY, READ_VALUE, WRITE_DROP, ~0ul },
	{ 0x00000405, 0x00000407, ANY, READ_VALUE, WRITE_SAME, 0 },
	{ 0x00000408, 0x0000047f, ANY, READ_VALUE, WRITE_DROP, 0 },
	/* Performance counters that do not count. */
	{ 0x000000c1, 0x000000c8, INTEL, READ_VALUE, WRITE_DROP, 0 },
	{ 0x00000186, 0x00000189, INTEL, READ_VALUE, WRITE_DROP, 0 },
	{ 0x00000309, 0x0000030b, INTEL, READ_VALUE, WRITE_DROP, 0 },
	{ 0x0000038d, 0x00000390, INTEL, READ_VALUE, WRITE_DROP, 0 },
	{ 0xc0010000, 0xc0010007, AMD, READ_VALUE, WRITE_DROP, 0 },
	{ 0xc0010200, 0xc001020b, AMD, READ_VALUE, WRITE_DROP, 0 },
	{ MSR_PAT, MSR_PAT, ANY, READ_VALUE, WRITE_FAULT, PAT_OURS },
	{ MSR_EFER, MSR_EFER, ANY, READ_HOST, WRITE_SAME, EFER_KNOWN },
	{ 0x000000e7, 0x000000e8, INTEL | AMD, READ_FAULT, WRITE_DROP, 0 },
	/* AMD: SYSCFG and the memory ranges, HWCR, NB_CFG, DE_CFG, P-states */
	{ 0xc0010010, 0xc0010010, AMD, READ_MACHINE, WRITE_FAULT, SYSCFG_KNOWN },
	{ 0xc0010015, 0xc0010015, AMD, READ_VALUE, WRITE_DROP, 0 },
	{ 0xc0010016, 0xc001001a, AMD, READ_MACHINE, WRITE_FAULT, ~0ul },
	{ 0xc001001d, 0xc001001d, AMD, READ_MACHINE, WRITE_FAULT, ~0ul },
	{ 0xc001001f, 0xc001001f, ANY, READ_VALUE, WRITE_DROP, 0 },
	{ 0xc0010041, 0xc0010042, AMD, READ_VALUE, WRITE_DROP, 0 },
	{ 0xc0010061, 0xc001006b, AMD, READ_VALUE, WRITE_DROP, 0 },
	{ 0xc0010112, 0xc0010113, AMD, READ_MACHINE, WRITE_FAULT, ~0ul },
	{ 0xc0011029, 0xc0011029, AMD, READ_VALUE, WRITE_DROP, 2 },
};

static const struct msr_row *row_of(uint32_t nr)
{
	unsigned int i, vendor = policy_vendor();

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (nr >= rows[i].first && nr <= rows[i].last &&
		    (rows[i].vendors & vendor))
			return &rows[i];
	return NULL;
}

static bool row_read(const struct domain *d, uint32_t nr, uint64_t *value)
{
	const struct msr_row *row = row_of(nr);
	uint64_t host = ~0ul;

	if (!row || row->read == READ_FAULT ||
	    (row->read == READ_MACHINE && !d->privileged) ||
	    (row->read != READ_VALUE && !rdmsr_safe(nr, &host)))
		return false;
	*value = row->value & host;
	return true;
}

static bool row_write(const struct domain *d, uint32_t nr, uint64_t value)
{
	const struct msr_row *row = row_of(nr);
	uint64_t now;

	return row && (row->write == WRITE_DROP ||
		       (row->write == WRITE_SAME && row_read(d, nr, &now) &&
			now == value));
}

/* ---- The vCPU's own ---------------------------------------------------------------------- */

/* RDTSCP or RDPID: 1, neither: 0; asked once, as CPUID may be slow. */
static bool has_tsc_aux(void)
{
	static int has = -1;

	if (has < 0)
		has = cpuid(0x80000001, 0).d >> 27 & 1 ||
		      cpuid(7, 0).c >> 22 & 1;
	return has;
}

void msr_load(const struct vcpu *v)
{
	if (has_tsc_aux())
		wrmsr(MSR_TSC_AUX, v->x86.tsc_aux);
}

/* Performance counters and the like are not there: SDM volume 4, table 2-2. */
static bool read_misc_enable(uint64_t *value)
{
	if (!rdmsr_safe(MSR_MISC_ENABLE, value))
		return false;
	*value &= ~(1ul << 7 | 1ul << 18);
	*value |= 1ul << 11 | 1ul << 12 | 1ul << 23;
	return true;
}

bool msr_read(struct vcpu *v, uint32_t nr, uint64_t *value)
{
	switch (nr) {
	/* FS, GS, and the other GS: kernel mode reads the user's */
	case MSR_FS_BASE ... MSR_KERNEL_GS_BASE:
		*value = rdmsr(nr);
		return true;
	case MSR_TSC:
		*value = rdtsc();
		return true;
	case MSR_TSC_AUX:
		*value = v->x86.tsc_aux;
		return has_tsc_aux();
	case MSR_APIC_BASE:
		*value = APIC_BASE_DEFAULT | (v->id ? 0 : APIC_BASE_BSP);
		return true;
	case MSR_MISC_ENABLE:
		return read_misc_enable(value);
	default:
		return row_read(v->domain, nr, value);
	}
}

bool msr_write(struct vcpu *v, uint32_t nr, uint64_t value)
{
	mfn_t m = MFN(value >> PAGE_SHIFT);
	uint64_t now;

	switch (nr) {
	case MSR_FS_BASE ... MSR_KERNEL_GS_BASE:
		if (!canonical(value))
			return false;
		wrmsr(nr, value);
		return true;
	case MSR_TSC_AUX:
		if (!has_tsc_aux() || value != (uint32_t)value)
			return false;
		v->x86.tsc_aux = value;
		wrmsr(nr, value);
		return true;
	case MSR_HYPERCALL_PAGE:
		if (value & ~PAGE_MASK || type_get(v->domain, m, FT_WRITABLE))
			return false;
		arch_hypercall_page_fill(frame_ptr(m));
		type_put(m);
		return true;
	case MSR_MISC_ENABLE: /* what it may not change stays */
		return read_misc_enable(&now);
	default:
		return row_write(v->domain, nr, value);
	}
}
