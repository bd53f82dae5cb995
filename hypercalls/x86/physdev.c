/* SPDX-License-Identifier: MIT */
/*
 * Physical devices: what a guest kernel asks at boot. No device interrupt is
 * bound to a guest yet, so each end of interrupt names one that is not there.
 */
#include "hypercall.h"
#include "ioapic.h"
#include "pagetype.h"
#include "x86.h"
#include <xen/physdev.h>

#define GSI_FIRST      16u /* below: ISA */
#define GSI_LIMIT      24u /* of the one IO-APIC: above, message interrupts */
#define IOBITMAP_BYTES 8192u
#define IOPL_SHIFT     12

union physdev_arg {
	struct physdev_eoi eoi;
	struct physdev_irq_status_query status;
	struct physdev_set_iopl iopl;
	struct physdev_set_iobitmap iobitmap;
	struct physdev_pirq_eoi_gmfn eoi_gmfn;
	struct physdev_get_free_pirq free_pirq;
	struct physdev_apic apic;
};
#define SIZE(field) sizeof(((union physdev_arg *)0)->field)

static const uint8_t arg_size[] = {
	[PHYSDEVOP_eoi] = SIZE(eoi),
	[PHYSDEVOP_irq_status_query] = SIZE(status),
	[PHYSDEVOP_set_iopl] = SIZE(iopl),
	[PHYSDEVOP_set_iobitmap] = SIZE(iobitmap),
	[PHYSDEVOP_apic_read] = SIZE(apic),
	[PHYSDEVOP_apic_write] = SIZE(apic),
	[PHYSDEVOP_pirq_eoi_gmfn_v1] = SIZE(eoi_gmfn),
	[PHYSDEVOP_pirq_eoi_gmfn_v2] = SIZE(eoi_gmfn),
	[PHYSDEVOP_get_free_pirq] = SIZE(free_pirq),
};
/* Those that answer in their argument. */
#define ANSWERS                                                         \
	(1u << PHYSDEVOP_irq_status_query | 1u << PHYSDEVOP_apic_read | \
	 1u << PHYSDEVOP_get_free_pirq)

/* The bit per interrupt that says "end it by hypercall" is never set. */
static int pirq_eoi_gmfn(struct domain *d, uint64_t gmfn)
{
	uint64_t none = 0, *slot = &d->vcpu[0]->x86.eoi_map.n;

	if (type_get(d, MFN(gmfn), FT_WRITABLE))
		return -XEN_EINVAL;
	if (__atomic_compare_exchange_n(slot, &none, gmfn, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return 0;
	type_put(MFN(gmfn));
	return -XEN_EBUSY;
}

static bool pirq_take(struct domain *d, unsigned int i)
{
	return !atomic_bit_set(&d->pirq_used[i / 64], i % 64);
}

static int get_free_pirq(struct domain *d, struct physdev_get_free_pirq *g)
{
	if (g->type == MAP_PIRQ_TYPE_GSI)
		for (g->pirq = GSI_FIRST; g->pirq < GSI_LIMIT; g->pirq++)
			if (pirq_take(d, g->pirq))
				return 0;
	for (g->pirq = NR_PIRQS - 1; g->pirq >= GSI_LIMIT; g->pirq--)
		if (pirq_take(d, g->pirq))
			return 0;
	return -XEN_ENOSPC;
}

static int perform(struct vcpu *v, unsigned int op, union physdev_arg *a)
{
	switch (op) {
	case PHYSDEVOP_irq_status_query:
		a->status.flags = XENIRQSTAT_needs_eoi;
		return a->status.irq < NR_PIRQS ? 0 : -XEN_EINVAL;
	case PHYSDEVOP_set_iopl:
		if (a->iopl.iopl > 3)
			return -XEN_EINVAL;
		v->x86.iopl = a->iopl.iopl << IOPL_SHIFT;
		return 0;
	case PHYSDEVOP_set_iobitmap:
		if (!guest_range_ok((gva_t)a->iobitmap.bitmap.p, IOBITMAP_BYTES) ||
		    a->iobitmap.nr_ports > 65536)
			return -XEN_EINVAL;
		v->x86.iobitmap = (gva_t)a->iobitmap.bitmap.p;
		v->x86.iobitmap_ports = a->iobitmap.nr_ports;
		return 0;
	/* The IO-APICs are ours: their owner may look; writes are dropped. */
	case PHYSDEVOP_apic_read:
	case PHYSDEVOP_apic_write:
		if (!v->domain->privileged)
			return -XEN_EPERM;
		if (!ioapic_read(a->apic.apic_physbase, a->apic.reg,
				 &a->apic.value))
			return -XEN_EINVAL;
		return 0;
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
		return pirq_eoi_gmfn(v->domain, a->eoi_gmfn.gmfn);
	case PHYSDEVOP_get_free_pirq:
		return get_free_pirq(v->domain, &a->free_pirq);
	default: /* PHYSDEVOP_eoi, of none */
		return -XEN_EINVAL;
	}
}

int64_t hc_physdev_op(struct hypercall *h)
{
	unsigned int op = (unsigned int)h->arg[0];
	union physdev_arg a;
	int err;

	if (op >= ARRAY_SIZE(arg_size) || !arg_size[op])
		return -XEN_ENOSYS;
	if (copy_from_guest(&a, h->arg[1], arg_size[op]))
		return -XEN_EFAULT;
	err = perform(h->v, op, &a);
	if (err || !(ANSWERS >> op & 1))
		return err;
	return copy_to_guest(h->arg[1], &a, arg_size[op]);
}
