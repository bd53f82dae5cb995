/* SPDX-License-Identifier: MIT */
/*
 * Page-table entries of guests: what is legal, what the guest reads back, and
 * the one way to change one.
 */
#ifndef PTE_H
#define PTE_H

#include "frame.h"
#include "vcpu.h"

#define PTE_P		 (1ul << 0)
#define PTE_RW		 (1ul << 1)
#define PTE_US		 (1ul << 2)
#define PTE_PWT		 (1ul << 3)
#define PTE_PCD		 (1ul << 4)
#define PTE_A		 (1ul << 5)
#define PTE_D		 (1ul << 6)
#define PTE_PSE		 (1ul << 7) /* PAT in an L1 entry */
#define PTE_G		 (1ul << 8)
#define PTE_GUEST_KERNEL (1ul << 52)
#define PTE_NX		 (1ul << 63)
#define PTE_ADDR	 0x000ffffffffff000ul
#define PTES		 512u
/* Root slots of the hypervisor: a guest's are left alone. */
#define ROOT_XEN_FIRST 256u
#define ROOT_XEN_LAST  271u

static inline mfn_t pte_mfn(uint64_t pte)
{
	return MFN((pte & PTE_ADDR) >> PAGE_SHIFT);
}

/* DOMID_IO and DOMID_XEN as fg_dom below; NULL for any other id. */
struct domain *pte_pseudo_domain(domid_t id);

/*
 * Change entry index of table, which pt_dom owns; what the frame is used as
 * says how the entry is judged (a writable one takes any value). fg_dom is
 * the owner of the frame that an L1 entry names (a pseudo domain for device
 * memory); tables link only to tables of pt_dom. v is the caller, current.
 * preserve_ad: keep the accessed and dirty bits as the CPU sets them
 * meanwhile. expect: if not NULL, change only from *expect (cmpxchg
 * emulation); otherwise *expect becomes the value found and -XEN_EAGAIN is
 * returned.
 * 0, -XEN_EINVAL and the like as Xen answers, -XEN_ERESTART: call again, with
 * no lock held. A success may leave v->old_table to pte_finish().
 * Flushes what changes of types need; mappings of data are flushed when the
 * guest asks, as the ABI has it.
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

/* The same without a reference: perhaps no L1 at all by now. */
bool pte_walk_l1(const struct vcpu *v, gva_t va, mfn_t *table,
		 unsigned int *index);

/*
 * Finish what v's last interrupted operation left to take down (v->old_table).
 * 0 or -XEN_ERESTART. Every MMU hypercall starts here, and so does the end of
 * a vCPU.
 */
int pte_finish(struct vcpu *v);
static inline bool pte_unfinished(const struct vcpu *v)
{
	return v->old_table[0].n;
}
/* type_put(m) or type_unpin(m) was interrupted: leave it to pte_finish(v). */
void pte_defer(struct vcpu *v, mfn_t m);
/* type_put(m), which may be none (0), and pte_defer() if it takes long. */
void pte_put(struct vcpu *v, mfn_t m);

/*
 * Load v, current or not running, with a new kernel root (user = false) or
 * user root, as MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR; m MFN(0) drops the
 * user root. The old one is put, by pte_finish() if that takes long.
 * 0, -XEN_EINVAL and the like, -XEN_ERESTART.
 */
int pte_set_root(struct vcpu *v, mfn_t m, bool user);
/* Put both roots of v, which does not run: 0, -XEN_ERESTART: call again. */
int pte_drop_roots(struct vcpu *v);

/*
 * For pagetype.c: take what a present L1 entry of l1_dom's table needs (0 or
 * the error; *pte becomes what the guest reads back), give it back; the same
 * read-back for tables above, and whether such an entry is legal at all.
 */
int pte_l1_take(struct domain *l1_dom, struct domain *fg_dom, uint64_t *pte);
void pte_l1_drop(uint64_t pte);
bool pte_upper_legal(uint64_t pte);
static inline uint64_t pte_upper_adjust(uint64_t pte)
{
	return pte & PTE_P ? pte | PTE_US : pte;
}
static inline bool pte_root_slot_xen(unsigned int index)
{
	return index >= ROOT_XEN_FIRST && index <= ROOT_XEN_LAST;
}

#endif
