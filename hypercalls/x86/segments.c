/* SPDX-License-Identifier: MIT */
/* Descriptors, segment bases, the kernel's stack, the FPU, debug registers. */
#include "debugreg.h"
#include "hypercall.h"
#include "pagetype.h"
#include "switch.h"
#include "window.h"
#include "x86.h"

int64_t hc_set_gdt(struct hypercall *h)
{
	unsigned int n = (unsigned int)h->arg[1];
	uint64_t frames[GDT_MAX / 512];

	if (n > GDT_MAX)
		return -XEN_EINVAL;
	if (copy_from_guest(frames, h->arg[0],
			    (n + 511) / 512 * sizeof(frames[0])))
		return -XEN_EFAULT;
	return window_set_gdt(h->v, frames, n);
}

/* Into a page of the caller's that is a descriptor page, or may be written. */
int64_t hc_update_descriptor(struct hypercall *h)
{
	uint64_t at = h->arg[0], desc = h->arg[1];
	struct domain *d = h->v->domain;
	mfn_t m = MFN(at >> PAGE_SHIFT);
	enum frame_type type = FT_WRITABLE;
	int err;

	if (at % sizeof(desc) || !segdesc_fix(&desc) || !frame_get(m, d->id))
		return -XEN_EINVAL;
	if ((READ_ONCE(frame_of(m)->word) & FRAME_TYPE_MASK) >> FRAME_TYPE_SHIFT ==
	    FT_SEGDESC)
		type = FT_SEGDESC;
	err = type_get(d, m, type);
	if (!err) {
		uint64_t *page = frame_ptr(m);

		WRITE_ONCE(page[at % PAGE_SIZE / sizeof(desc)], desc);
		type_put(m);
	}
	frame_put(m);
	return err;
}

int64_t hc_set_segment_base(struct hypercall *h)
{
	uint64_t base = h->arg[1];
	static const uint32_t msrs[] = {
		[SEGBASE_FS] = MSR_FS_BASE,
		[SEGBASE_GS_USER] = MSR_KERNEL_GS_BASE,
		[SEGBASE_GS_KERNEL] = MSR_GS_BASE,
	};
	unsigned int which = (unsigned int)h->arg[0];

	if (which == SEGBASE_GS_USER_SEL) {
		/* User mode's, by selector; a bad one is null, as by Xen. */
		swapgs();
		if (!switch_load_gs((uint16_t)base) || (uint16_t)base <= 3)
			wrmsr(MSR_GS_BASE, 0);
		swapgs();
		return 0;
	}
	if (which > SEGBASE_GS_USER_SEL || !canonical(base))
		return -XEN_EINVAL;
	wrmsr(msrs[which], base);
	return 0;
}

int64_t hc_stack_switch(struct hypercall *h)
{
	h->v->x86.kernel_sp = h->arg[1];
	return 0;
}

int64_t hc_fpu_taskswitch(struct hypercall *h)
{
	switch_ts(h->v, (int)h->arg[0] ? CR0_TS : 0);
	return 0;
}

int64_t hc_set_debugreg(struct hypercall *h)
{
	return debugreg_set(h->v, (unsigned int)h->arg[0], h->arg[1]);
}

int64_t hc_get_debugreg(struct hypercall *h)
{
	uint64_t value;
	int err = debugreg_get(h->v, (unsigned int)h->arg[0], &value);

	return err ? err : (int64_t)value;
}
