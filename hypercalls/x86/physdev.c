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

static int64_t op_eoi(struct hypercall *h)
{
	struct physdev_eoi eoi;

	if (copy_from_guest(&eoi, h->arg[1], sizeof(eoi)))
		return -XEN_EFAULT;
	return -XEN_EINVAL;
}

static int64_t op_irq_status_query(struct hypercall *h)
{
	struct physdev_irq_status_query q;

	if (copy_from_guest(&q, h->arg[1], sizeof(q)))
		return -XEN_EFAULT;
	if (q.irq >= NR_PIRQS)
		return -XEN_EINVAL;
	q.flags = XENIRQSTAT_needs_eoi;
	return copy_to_guest(h->arg[1], &q, sizeof(q));
}

static int64_t op_set_iopl(struct hypercall *h)
{
	struct physdev_set_iopl s;

	if (copy_from_guest(&s, h->arg[1], sizeof(s)))
		return -XEN_EFAULT;
	if (s.iopl > 3)
		return -XEN_EINVAL;
	h->v->x86.iopl = s.iopl << IOPL_SHIFT;
	return 0;
}

static int64_t op_set_iobitmap(struct hypercall *h)
{
	struct physdev_set_iobitmap s;

	if (copy_from_guest(&s, h->arg[1], sizeof(s)))
		return -XEN_EFAULT;
	if (!guest_range_ok((gva_t)s.bitmap.p, IOBITMAP_BYTES) ||
	    s.nr_ports > 65536)
		return -XEN_EINVAL;
	h->v->x86.iobitmap = (gva_t)s.bitmap.p;
	h->v->x86.iobitmap_ports = s.nr_ports;
	return 0;
}

/* The bit per interrupt that says "end it by hypercall" is never set. */
static int64_t op_pirq_eoi_gmfn(struct hypercall *h)
{
	struct domain *d = h->v->domain;
	struct physdev_pirq_eoi_gmfn g;
	uint64_t none = 0, *slot = &d->vcpu[0]->x86.eoi_map.n;

	if (copy_from_guest(&g, h->arg[1], sizeof(g)))
		return -XEN_EFAULT;
	if (type_get(d, MFN(g.gmfn), FT_WRITABLE))
		return -XEN_EINVAL;
	if (__atomic_compare_exchange_n(slot, &none, g.gmfn, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return 0;
	type_put(MFN(g.gmfn));
	return -XEN_EBUSY;
}

static bool pirq_take(struct domain *d, unsigned int i)
{
	return !atomic_bit_set(&d->pirq_used[i / 64], i % 64);
}

static int64_t op_get_free_pirq(struct hypercall *h)
{
	struct physdev_get_free_pirq g;
	unsigned int i = NR_PIRQS;

	if (copy_from_guest(&g, h->arg[1], sizeof(g)))
		return -XEN_EFAULT;
	if (g.type == MAP_PIRQ_TYPE_GSI)
		for (i = GSI_FIRST; i < GSI_LIMIT; i++)
			if (pirq_take(h->v->domain, i))
				goto found;
	for (i = NR_PIRQS - 1; i >= GSI_LIMIT; i--)
		if (pirq_take(h->v->domain, i))
			goto found;
	return -XEN_ENOSPC;
found:
	g.pirq = i;
	return copy_to_guest(h->arg[1], &g, sizeof(g));
}

/* The IO-APICs are ours alone: their owner may look; writes are dropped. */
static int64_t op_apic(struct hypercall *h, bool write)
{
	struct physdev_apic a;
	uint32_t value;

	if (copy_from_guest(&a, h->arg[1], sizeof(a)))
		return -XEN_EFAULT;
	if (!h->v->domain->privileged)
		return -XEN_EPERM;
	if (!ioapic_read(a.apic_physbase, a.reg, &value))
		return -XEN_EINVAL;
	if (write)
		return 0;
	a.value = value;
	return copy_to_guest(h->arg[1], &a, sizeof(a));
}

int64_t hc_physdev_op(struct hypercall *h)
{
	switch ((int)h->arg[0]) {
	case PHYSDEVOP_eoi:
		return op_eoi(h);
	case PHYSDEVOP_irq_status_query:
		return op_irq_status_query(h);
	case PHYSDEVOP_set_iopl:
		return op_set_iopl(h);
	case PHYSDEVOP_set_iobitmap:
		return op_set_iobitmap(h);
	case PHYSDEVOP_apic_read:
		return op_apic(h, false);
	case PHYSDEVOP_apic_write:
		return op_apic(h, true);
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
		return op_pirq_eoi_gmfn(h);
	case PHYSDEVOP_get_free_pirq:
		return op_get_free_pirq(h);
	default:
		return -XEN_ENOSYS;
	}
}
