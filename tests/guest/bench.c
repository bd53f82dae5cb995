// SPDX-License-Identifier: MIT
/*
 * What operations cost, in ticks of the TSC, which are instructions under
 * -icount shift=0. Each row runs a loop of the operation and takes off what
 * the loop alone takes; of several such runs the shortest counts, for a timer
 * of the hypervisor may fall into one. Output lines: BENCH name ticks, and
 * for batches the ticks of one element. Not a test: bench.py runs it.
 *
 * RUN: args="" timeout=60
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "start.h"
#include "trap.h"
#include "vcpu.h"
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/version.h>

#define LOOPS 200
#define RUNS  5

/* body is one statement; per: how many operations it stands for. */
#define BENCH(name, per, body)                                       \
	do {                                                         \
		uint64_t best_ = ~0ul, empty_ = ~0ul, start_, took_; \
		unsigned int run_, i_;                               \
		for (run_ = 0; run_ < RUNS; run_++) {                \
			start_ = tsc();                              \
			for (i_ = 0; i_ < LOOPS; i_++)               \
				asm volatile("" : : : "memory");     \
			took_ = tsc() - start_;                      \
			if (took_ < empty_)                          \
				empty_ = took_;                      \
			start_ = tsc();                              \
			for (i_ = 0; i_ < LOOPS; i_++) {             \
				body;                                \
				asm volatile("" : : : "memory");     \
			}                                            \
			took_ = tsc() - start_;                      \
			if (took_ < best_)                           \
				best_ = took_;                       \
		}                                                    \
		report(name, best_ - empty_, LOOPS * (per));         \
	} while (0)

static void report(const char *name, uint64_t ticks, uint64_t operations)
{
	printf("BENCH %s %lu.%lu\n", name, ticks / operations,
	       ticks * 10 / operations % 10);
}

static char *page, *other;
static uint64_t *l1;
static uint64_t pte[2];

/* ---- Calls ---------------------------------------------------------------------- */

/* The least that goes to a handler and back: its two registers, nothing more. */
static inline void null_hypercall(void)
{
	uint64_t nr = __HYPERVISOR_xen_version;

	asm volatile("syscall"
		     : "+a"(nr)
		     : "D"((uint64_t)XENVER_version)
		     : "rcx", "r11", "memory");
}

static void bench_calls(void)
{
	static multicall_entry_t list[32];
	unsigned int i;

	BENCH("null-hypercall", 1, null_hypercall());
	BENCH("xen-version", 1,
	      hypercall_syscall(__HYPERVISOR_xen_version, XENVER_version, 0, 0,
				0, 0));
	BENCH("xen-version-by-page", 1,
	      hypercall_page_call(__HYPERVISOR_xen_version, XENVER_version, 0,
				  0, 0, 0));
	BENCH("unknown-hypercall", 1, hypercall_syscall(63, 0, 0, 0, 0, 0));
	for (i = 0; i < 32; i++) {
		list[i].op = __HYPERVISOR_xen_version;
		list[i].args[0] = XENVER_version;
	}
	BENCH("multicall-1", 1, hypercall_multicall(list, 1));
	BENCH("multicall-8-each", 8, hypercall_multicall(list, 8));
	BENCH("multicall-32-each", 32, hypercall_multicall(list, 32));
	BENCH("set-segment-base-fs", 1,
	      hypercall_set_segment_base(SEGBASE_FS, page));
	BENCH("set-segment-base-gs-user", 1,
	      hypercall_set_segment_base(SEGBASE_GS_USER, page));
	BENCH("stack-switch", 1, hypercall_stack_switch(FLAT_KERNEL_SS, page));
	BENCH("fpu-taskswitch", 1, hypercall_fpu_taskswitch(0));
	BENCH("set-debugreg", 1, hypercall_set_debugreg(0, 0));
	BENCH("vcpu-is-up", 1, hypercall_vcpu_op(VCPUOP_is_up, 0, NULL));
	BENCH("update-descriptor", 1,
	      hypercall_update_descriptor(maddr_of(page), 0));
}

/* ---- Page tables ------------------------------------------------------------------ */

static void bench_mmu_update(void)
{
	static struct mmu_update list[64];
	unsigned int i, turn = 0;

	for (i = 0; i < 64; i++)
		list[i].ptr = maddr_of(l1 + i + 1);
#define BATCH(n)                                                 \
	do {                                                     \
		turn ^= 1;                                       \
		for (i = 0; i < (n); i++)                        \
			list[i].val = pte[turn];                 \
		hypercall_mmu_update(list, n, NULL, DOMID_SELF); \
	} while (0)
	BENCH("mmu-update-1", 1, BATCH(1));
	BENCH("mmu-update-8-each", 8, BATCH(8));
	BENCH("mmu-update-64-each", 64, BATCH(64));
#undef BATCH
	for (i = 0; i < 64; i++)
		list[i].val = 0;
	hypercall_mmu_update(list, 64, NULL, DOMID_SELF);
	list[0].ptr = maddr_of(l1 + 1) | MMU_PT_UPDATE_PRESERVE_AD;
	BENCH("mmu-update-preserve-ad", 1,
	      (list[0].val = pte[turn ^= 1],
	       hypercall_mmu_update(list, 1, NULL, DOMID_SELF)));
	list[0].val = pfn_of(page);
	list[0].ptr = mfn_of(page) << 12 | MMU_MACHPHYS_UPDATE;
	BENCH("mmu-update-machphys", 1,
	      hypercall_mmu_update(list, 1, NULL, DOMID_SELF));
}

static void bench_va(void)
{
	unsigned int turn = 0;

	BENCH("va-no-flush", 1,
	      hypercall_update_va_mapping(TEST_VA, pte[turn ^= 1], UVMF_NONE));
	BENCH("va-page", 1,
	      hypercall_update_va_mapping(TEST_VA, pte[turn ^= 1],
					  UVMF_INVLPG | UVMF_LOCAL));
	BENCH("va-page-all", 1,
	      hypercall_update_va_mapping(TEST_VA, pte[turn ^= 1],
					  UVMF_INVLPG | UVMF_ALL));
	BENCH("va-tlb", 1,
	      hypercall_update_va_mapping(TEST_VA, pte[turn ^= 1],
					  UVMF_TLB_FLUSH | UVMF_LOCAL));
	BENCH("va-same", 1,
	      hypercall_update_va_mapping(TEST_VA, pte[0], UVMF_NONE));
	BENCH("va-protect", 1,
	      hypercall_update_va_mapping(
		      TEST_VA, pte[0] ^ ((turn ^= 1) ? PTE_W : 0), UVMF_NONE));
	BENCH("va-map-unmap", 1,
	      hypercall_update_va_mapping(TEST_VA, (turn ^= 1) ? 0 : pte[0],
					  UVMF_NONE));
}

static struct mmuext_op ext(unsigned int cmd, uint64_t arg)
{
	return (struct mmuext_op){ .cmd = cmd, .arg1.linear_addr = arg };
}

static void bench_mmuext(void)
{
	struct mmuext_op tlb = ext(MMUEXT_TLB_FLUSH_LOCAL, 0);
	struct mmuext_op one = ext(MMUEXT_INVLPG_LOCAL, TEST_VA);
	struct mmuext_op all = ext(MMUEXT_TLB_FLUSH_ALL, 0);
	struct mmuext_op root = ext(MMUEXT_NEW_BASEPTR, mfn_of(memory_root()));
	struct mmuext_op clear = ext(MMUEXT_CLEAR_PAGE, mfn_of(other));
	uint64_t *empty = page_alloc(), *full = page_alloc(), *second;
	struct mmuext_op pins[2];
	unsigned int i, turn = 0;

#define OP(o) hypercall_mmuext_op(&(o), 1, NULL, DOMID_SELF)
	BENCH("tlb-flush-local", 1, OP(tlb));
	BENCH("tlb-flush-all", 1, OP(all));
	BENCH("invlpg-local", 1, OP(one));
	BENCH("new-baseptr-same", 1, OP(root));
	BENCH("clear-page", 1, OP(clear));
	second = page_alloc();
	memcpy(second, memory_root(), 256 * 8);
	memory_make_table(second, 4);
	BENCH("new-baseptr", 1,
	      (root.arg1.mfn = (turn ^= 1) ? mfn_of(second)
					   : mfn_of(memory_root()),
	       OP(root)));
	root.arg1.mfn = mfn_of(memory_root());
	OP(root);
	memory_readonly(empty);
	pins[0] = ext(MMUEXT_PIN_L1_TABLE, mfn_of(empty));
	pins[1] = ext(MMUEXT_UNPIN_TABLE, mfn_of(empty));
	BENCH("pin-unpin-l1-empty", 1,
	      hypercall_mmuext_op(pins, 2, NULL, DOMID_SELF));
	for (i = 0; i < 512; i++)
		full[i] = pte[0];
	memory_readonly(full);
	pins[0].arg1.mfn = pins[1].arg1.mfn = mfn_of(full);
	BENCH("pin-unpin-l1-512", 1,
	      hypercall_mmuext_op(pins, 2, NULL, DOMID_SELF));
#undef OP
}

static void bench_table_write(void)
{
	unsigned int turn = 0;

	BENCH("pte-write-emulated", 1,
	      *(volatile uint64_t *)l1 = pte[turn ^= 1]);
	BENCH("pte-xchg-emulated", 1,
	      __atomic_exchange_n(l1, pte[turn ^= 1], __ATOMIC_SEQ_CST));
	*(volatile uint64_t *)l1 = pte[0];
}

static void bench_memory(void)
{
	struct xen_memory_reservation r = {
		.nr_extents = 1,
		.domid = DOMID_SELF,
	};
	uint64_t pfn = pfn_spare();
	xen_pfn_t frame = pfn_mfn(pfn);

	r.extent_start.p = &frame;
	BENCH("decrease-populate", 1,
	      (hypercall_memory_op(XENMEM_decrease_reservation, &r),
	       frame = pfn, hypercall_memory_op(XENMEM_populate_physmap, &r)));
}

/* ---- Grants: the domain's own, of one page each ----------------------------------------- */

#define GRANT_VA (TEST_VA + (64ul << PAGE_SHIFT))

static struct gnttab_map_grant_ref maps[32];
static struct gnttab_unmap_grant_ref unmaps[32];
static struct gnttab_copy copies[32];

static void grants_make(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct grant_entry_v1 *table = (void *)(GRANT_VA - PAGE_SIZE);
	xen_pfn_t frame = 0;
	unsigned int i;

	s.frame_list.p = &frame;
	hypercall_grant_table_op(GNTTABOP_setup_table, &s, 1);
	memory_map((uint64_t)table, pte_make(frame, PTE_RW));
	for (i = 0; i < 32; i++) {
		void *from = page_alloc(), *to = page_alloc();

		memory_tables(GRANT_VA + i * PAGE_SIZE);
		table[i] = (struct grant_entry_v1){ GTF_permit_access, 0,
						    (uint32_t)mfn_of(from) };
		maps[i].host_addr = unmaps[i].host_addr = GRANT_VA +
							  i * PAGE_SIZE;
		maps[i].flags = GNTMAP_host_map;
		maps[i].ref = i;
		copies[i].source.u.ref = i;
		copies[i].dest.u.gmfn = mfn_of(to);
		copies[i].dest.domid = DOMID_SELF;
		copies[i].flags = GNTCOPY_source_gref;
	}
}

static uint64_t grants_op(unsigned int cmd, void *list, unsigned int n)
{
	uint64_t start = tsc();

	if (hypercall_grant_table_op(cmd, list, n))
		printf("ERROR grants: call %u\n", cmd);
	return tsc() - start;
}

static void bench_mappings(const char *map, const char *unmap, unsigned int n)
{
	uint64_t best[2] = { ~0ul, ~0ul }, took[2];
	unsigned int run, i, k;

	for (run = 0; run < RUNS; run++) {
		took[0] = took[1] = 0;
		for (i = 0; i < LOOPS; i++) {
			took[0] += grants_op(GNTTABOP_map_grant_ref, maps, n);
			for (k = 0; k < n; k++) {
				unmaps[k].handle = maps[k].handle;
				unmaps[k].status = maps[k].status;
			}
			took[1] += grants_op(GNTTABOP_unmap_grant_ref, unmaps,
					     n);
			for (k = 0; k < n; k++)
				if (maps[k].status || unmaps[k].status)
					printf("ERROR grants: status\n");
		}
		for (k = 0; k < 2; k++)
			if (took[k] < best[k])
				best[k] = took[k];
	}
	report(map, best[0], LOOPS * n);
	report(unmap, best[1], LOOPS * n);
}

static void bench_copies(const char *name, uint16_t len, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < 32; i++)
		copies[i].len = len;
	BENCH(name, n, hypercall_grant_table_op(GNTTABOP_copy, copies, n));
	for (i = 0; i < n; i++)
		if (copies[i].status)
			printf("ERROR grants: copy\n");
}

static void bench_grants(void)
{
	grants_make();
	bench_mappings("grant-map-1", "grant-unmap-1", 1);
	bench_mappings("grant-map-32-each", "grant-unmap-32-each", 32);
	bench_copies("grant-copy-64B-1", 64, 1);
	bench_copies("grant-copy-4K-1", PAGE_SIZE, 1);
	bench_copies("grant-copy-64B-32-each", 64, 32);
	bench_copies("grant-copy-4K-32-each", PAGE_SIZE, 32);
}

/* ---- Traps and emulation ------------------------------------------------------------- */

static void skip_2(struct regs *regs)
{
	regs->rip += 2;
}

static void skip_0(struct regs *regs)
{
	(void)regs;
}

static void skip_3(struct regs *regs)
{
	regs->rip += 3;
}

static void bench_traps(void)
{
	uint32_t a = 1, b, c = 0, d = 0;

	trap_handler[6] = skip_2;
	BENCH("trap-ud", 1, asm volatile("ud2" : : : "memory"));
	trap_handler[3] = skip_0;
	BENCH("trap-int3", 1, asm volatile("int3" : : : "memory"));
	trap_handler[14] = skip_3;
	BENCH("trap-page-fault", 1,
	      asm volatile("movq (%0), %%rax"
			   :
			   : "c"(0x1000ul)
			   : "rax", "memory"));
	trap_handler[13] = skip_2;
	BENCH("trap-gp-bad-msr", 1,
	      asm volatile("rdmsr"
			   : "=a"(a), "=d"(d)
			   : "c"(0x12345678)));
	trap_handler[6] = trap_handler[3] = trap_handler[14] = NULL;
	trap_handler[13] = NULL;
	BENCH("cpuid-forced", 1, (a = 1, ({
					  asm volatile("ud2; .ascii \"xen\";"
						       "cpuid"
						       : "+a"(a), "=b"(b),
							 "+c"(c), "=d"(d));
				  })));
	BENCH("rdmsr-efer", 1,
	      asm volatile("rdmsr"
			   : "=a"(a), "=d"(d)
			   : "c"(0xc0000080)));
	BENCH("rdmsr-user-gs", 1,
	      asm volatile("rdmsr"
			   : "=a"(a), "=d"(d)
			   : "c"(0xc0000102)));
	BENCH("wrmsr-user-gs", 1,
	      asm volatile("wrmsr"
			   :
			   : "a"(0), "d"(0), "c"(0xc0000102)));
	BENCH("read-cr0", 1, ({
		      uint64_t v;
		      asm volatile("mov %%cr0, %0" : "=r"(v));
	      }));
	BENCH("read-cr3", 1, ({
		      uint64_t v;
		      asm volatile("mov %%cr3, %0" : "=r"(v));
	      }));
	BENCH("read-cr4", 1, ({
		      uint64_t v;
		      asm volatile("mov %%cr4, %0" : "=r"(v));
	      }));
	BENCH("clts", 1, asm volatile("clts"));
	BENCH("rdtsc", 1, tsc());
}

/* ---- User mode -------------------------------------------------------------------------- */

static uint64_t user_calls(uint64_t n)
{
	uint64_t start = tsc(), i;

	for (i = 0; i < n; i++) {
		uint64_t nr = 1;

		asm volatile("syscall" : "+a"(nr) : : "rcx", "r11", "memory");
	}
	return tsc() - start;
}

static uint64_t user_faults(uint64_t n)
{
	uint64_t start = tsc(), i;

	for (i = 0; i < n; i++)
		asm volatile("movq (%0), %%rax"
			     :
			     : "c"(0x1000ul)
			     : "rax", "memory");
	return tsc() - start;
}

static void user_call(struct regs *regs)
{
	if (regs->rax == USER_EXIT)
		user_leave(regs->rdi);
}

static void bench_user(void)
{
	trap_handler[VECTOR_SYSCALL] = user_call;
	report("user-syscall-iret", user_run(user_calls, LOOPS), LOOPS);
	trap_handler[14] = skip_3;
	report("user-fault-iret", user_run(user_faults, LOOPS), LOOPS);
	trap_handler[14] = trap_handler[VECTOR_SYSCALL] = NULL;
	upcalls_off();
}

/* ---- Events ------------------------------------------------------------------------------- */

static void bench_events(void)
{
	int64_t port = event_bind_ipi(0), masked = event_bind_ipi(0);
	int64_t a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	struct sched_poll poll = { .nr_ports = 1, .timeout = 1 };
	evtchn_port_t p = masked;

	event_bind_interdomain(DOMID_SELF, a);
	event_unmask(port);
	event_mask(masked);
	BENCH("event-send-pending", 1, event_send(port));
	BENCH("event-send-interdomain", 1, event_send(a));
	BENCH("event-unmask", 1, event_unmask(a));
	BENCH("event-send-masked", 1, (event_clear(masked), event_send(masked)));
	event_clear(port);
	upcalls_on();
	BENCH("event-send-upcall", 1, event_send(port));
	upcalls_off();
	BENCH("event-alloc-close", 1, event_close(event_bind_ipi(0)));
	poll.ports.p = &p;
	BENCH("poll-ready", 1, hypercall_sched_op(SCHEDOP_poll, &poll));
	BENCH("yield", 1, hypercall_sched_op(SCHEDOP_yield, NULL));
	BENCH("set-timer", 1, hypercall_set_timer_op(time_now() + 1000000000ul));
	hypercall_set_timer_op(0);
}

int main(void)
{
	hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
	page = page_alloc();
	other = page_alloc();
	pte[0] = pte_make(mfn_of(page), PTE_RW);
	pte[1] = pte_make(mfn_of(other), PTE_RW);
	memory_map(TEST_VA, pte[0]);
	l1 = memory_entry(TEST_VA, 1);
	hypercall_vm_assist(VMASST_CMD_enable, VMASST_TYPE_writable_pagetables);
	bench_calls();
	bench_mmu_update();
	bench_va();
	bench_mmuext();
	bench_table_write();
	bench_memory();
	bench_grants();
	bench_traps();
	bench_user();
	bench_events();
	return check_done();
}
