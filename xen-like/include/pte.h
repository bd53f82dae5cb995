/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries of guests: what is legal, what the guest reads back, and
 * the one way to change one.
 */
#ifndef PTE_H
#define PTE_H

#include "domain.h"
#include "frame.h"

#define PTE_P (1ul << 0)
#define PTE_RW (1ul << 1)
#define PTE_US (1ul << 2)
#define PTE_PWT (1ul << 3)
#define PTE_PCD (1ul << 4)
#define PTE_A (1ul << 5)
#define PTE_D (1ul << 6)
#define PTE_PSE (1ul << 7)	/* PAT in an L1 entry */
#define PTE_G (1ul << 8)
#define PTE_GUEST_KERNEL (1ul << 52)
#define PTE_NX (1ul << 63)
#define PTE_ADDR 0x000ffffffffff000ul
#define PTES 512u
/* Root slots of the hypervisor: a guest's are left alone. */
#define ROOT_XEN_FIRST 256u
#define ROOT_XEN_LAST 271u

static inline mfn_t pte_mfn(uint64_t pte)
{
	return MFN((pte & PTE_ADDR) >> PAGE_SHIFT);
}

/*
 * Change entry index of table, which d owns and which is or becomes no other
 * type than it has: the frame's current type says how the entry is judged
 * (writable frames take any value). pt_dom owns the table, fg_dom the frame
 * that the entry names. preserve_ad: keep the accessed and dirty bits as the
 * CPU sets them meanwhile. expect: if not NULL, change only from *expect
 * (cmpxchg emulation); otherwise *expect becomes the value found and
 * -XEN_EAGAIN is returned.
 * 0, -XEN_EINVAL and the like as Xen answers, -XEN_ERESTART: call again.
 * Flushes what the change of permissions of *tables* needs; mappings of data
 * are flushed when the guest asks, as the ABI has it.
 */
int pte_update(struct vcpu *v, struct domain *pt_dom, struct domain *fg_dom,
	       mfn_t table, unsigned int index, uint64_t value,
	       bool preserve_ad, uint64_t *expect);

/*
 * The L1 entry that maps va in v's current tables: its table's frame and
 * index. False: no such table (not present, superpage, hypervisor's space).
 * Takes a reference of *table, to be put with frame_put().
 */
bool pte_find_l1(struct vcpu *v, gva_t va, mfn_t *table, unsigned int *index);

/*
 * Finish what v's last interrupted operation left to take down (a table that
 * an update let go of). 0 or -XEN_ERESTART. Every MMU hypercall starts here.
 */
int pte_finish(struct vcpu *v);

/*
 * Load v with a new kernel root (user = false) or user root, as
 * MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR; m MFN(0) drops the user root.
 * The old one is put. 0, -XEN_EINVAL, -XEN_ERESTART.
 */
int pte_set_root(struct vcpu *v, mfn_t m, bool user);

#endif
