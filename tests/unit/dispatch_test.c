/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls as a guest makes them: numbers and arguments in its registers,
 * structures in pages that its own tables map, results and repetitions as it
 * finds them there.
 */
#include "dispatch_setup.h"
#include "evtchn.h"
#include "print.h"
#include <xen/features.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/version.h>

/* ---- Numbers --------------------------------------------------------------- */

static void dispatch_unknown(void)
{
	static const uint64_t numbers[] = {
		41,	  47,	     63,
		64,	  65,	     255,
		~0ul,	  1ul << 32, 1ul << 32 | __HYPERVISOR_xen_version,
		1ul << 63
	};

	setup(1, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++)
		CU_ASSERT_EQUAL(call(numbers[i], 0, 0, 0), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(CALL(xen_version, 0, 0, 0), 4 << 16 | 17);
	finish();
}

/* What a guest has in its rax is no request to repeat, whatever it is. */
static void dispatch_own_value(void)
{
	setup(1, true);
	v->regs.rbx = (uint64_t)-XEN_ERESTART;
	CU_ASSERT(!once(__HYPERVISOR_iret, 0, 0, 0));
	CU_ASSERT_EQUAL(v->regs.rax, (uint64_t)-XEN_ERESTART);
	finish();
}

/* ---- Arguments ---------------------------------------------------------------- */

static void dispatch_pointers(void)
{
	struct xen_feature_info f = { 0 };

	setup(1, true);
	/* Across a page's end, unaligned. */
	put(DATA + PAGE_SIZE - 3, &f, sizeof(f));
	CU_ASSERT_EQUAL(
		CALL(xen_version, XENVER_get_features, DATA + PAGE_SIZE - 3, 0),
		0);
	get(&f, DATA + PAGE_SIZE - 3, sizeof(f));
	CU_ASSERT(f.submap & 1u << XENFEAT_dom0);
	CU_ASSERT_EQUAL(CALL(xen_version, XENVER_get_features, NOWHERE, 0),
			-XEN_EFAULT);
	CU_ASSERT_EQUAL(
		CALL(xen_version, XENVER_get_features, 0xffff800000000000ul, 0),
		-XEN_EFAULT);
	CU_ASSERT_EQUAL(CALL(xen_version, XENVER_extraversion, TABLE, 0),
			-XEN_EFAULT);
	finish();
}

/* The answer cannot be written: nothing stays bound. */
static void dispatch_answer_lost(void)
{
	struct evtchn_bind_ipi b = { .vcpu = 0 };
	unsigned int port;

	setup(1, true);
	/* Its words are there to read in a table, and no answer gets in. */
	CU_ASSERT_EQUAL(
		CALL(event_channel_op, EVTCHNOP_bind_ipi, TABLE + 3000, 0),
		-XEN_EFAULT);
	put(DATA, &b, sizeof(b));
	CU_ASSERT_EQUAL(CALL(event_channel_op, EVTCHNOP_bind_ipi, DATA, 0), 0);
	get(&b, DATA, sizeof(b));
	port = b.port;
	CU_ASSERT_EQUAL(port, 1);
	finish();
}

static void dispatch_domains(void)
{
	static struct host_guest other;
	static const struct {
		domid_t id;
		int64_t result;
	} rows[] = {
		{ DOMID_SELF, PAGES },	  { 0, PAGES },
		{ 1, -XEN_EPERM },	  { 2, -XEN_ESRCH },
		{ DOMID_IO, -XEN_ESRCH }, { DOMID_XEN, -XEN_ESRCH },
	};

	setup(1, false);
	CU_ASSERT_FATAL(host_guest_create(&other, 1, false, 1, PAGES));
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		put(DATA, &rows[i].id, sizeof(rows[i].id));
		CU_ASSERT_EQUAL(
			CALL(memory_op, XENMEM_current_reservation, DATA, 0),
			rows[i].result);
	}
	finish();
}

/* ---- Repetition ------------------------------------------------------------------ */

#define LONG_TEXT 1000u

static void text_in_memory(char *text)
{
	for (unsigned int i = 0; i < LONG_TEXT; i++)
		text[i] = (char)('!' + i * 7 % 90);
	text[LONG_TEXT] = 0;
	put(DATA, text, LONG_TEXT);
}

static void dispatch_repeats(void)
{
	char text[LONG_TEXT + 1];

	setup(1, true);
	text_in_memory(text);
	stop_after = 1;
	CU_ASSERT(once(__HYPERVISOR_console_io, CONSOLEIO_write, LONG_TEXT,
		       DATA));
	CU_ASSERT_EQUAL(v->regs.rip, RIP - 2);
	CU_ASSERT_EQUAL(v->regs.rax, __HYPERVISOR_console_io);
	CU_ASSERT_EQUAL(v->regs.rdi, CONSOLEIO_write);
	CU_ASSERT(v->regs.rsi < LONG_TEXT);
	CU_ASSERT_EQUAL(v->regs.rsi + v->regs.rdx, LONG_TEXT + DATA);
	CU_ASSERT_EQUAL(
		call(v->regs.rax, v->regs.rdi, v->regs.rsi, v->regs.rdx), 0);
	CU_ASSERT(points > 1);
	CU_ASSERT(said(text));
	finish();
}

/* Extents: the count so far travels in the command; none is done twice. */
static void dispatch_extents(void)
{
	struct xen_memory_reservation r = {
		.nr_extents = 20,
		.domid = DOMID_SELF,
	};
	uint64_t list[20], before;

	setup(1, true);
	before = g.d->frames;
	for (unsigned int i = 0; i < 20; i++)
		list[i] = 100 + i;
	put(DATA + 256, list, sizeof(list));
	r.extent_start.p = (void *)(DATA + 256);
	put(DATA, &r, sizeof(r));
	stop_after = 3;
	CU_ASSERT_EQUAL(CALL(memory_op, XENMEM_populate_physmap, DATA, 0), 20);
	CU_ASSERT(points > 6);
	CU_ASSERT_EQUAL(g.d->frames, before + 20);
	get(list, DATA + 256, sizeof(list));
	for (unsigned int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(machphys[list[i]], 100 + i);
	CU_ASSERT_EQUAL(CALL(memory_op, XENMEM_decrease_reservation, DATA, 0),
			20);
	CU_ASSERT_EQUAL(g.d->frames, before);
	/* They are gone: the first one stops the list. */
	CU_ASSERT_EQUAL(CALL(memory_op, XENMEM_decrease_reservation, DATA, 0),
			0);
	finish();
}

/* ---- Lists of calls --------------------------------------------------------------- */

static void put_calls(const struct multicall_entry *e, unsigned int n)
{
	put(DATA + PAGE_SIZE, e, n * sizeof(*e));
}

static int64_t result_of(unsigned int i)
{
	struct multicall_entry e;

	get(&e, DATA + PAGE_SIZE + i * sizeof(e), sizeof(e));
	return (int64_t)e.result;
}

static void multicall_results(void)
{
	struct multicall_entry e[] = {
		{ .op = __HYPERVISOR_xen_version, .result = 7 },
		{ .op = 63, .result = 7 },
		{ .op = 1ul << 32, .result = 7 },
		{ .op = __HYPERVISOR_multicall, .result = 7 },
		{ .op = __HYPERVISOR_vcpu_op, .args = { VCPUOP_is_up, 31 } },
		{ .op = __HYPERVISOR_vcpu_op, .args = { VCPUOP_is_up, 0 } },
	};

	setup(1, true);
	put_calls(e, ARRAY_SIZE(e));
	CU_ASSERT_EQUAL(CALL(multicall, DATA + PAGE_SIZE, ARRAY_SIZE(e), 0), 0);
	CU_ASSERT_EQUAL(result_of(0), 4 << 16 | 17);
	CU_ASSERT_EQUAL(result_of(1), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(result_of(2), -XEN_ENOSYS);
	CU_ASSERT_EQUAL(result_of(3), -XEN_EINVAL);
	CU_ASSERT_EQUAL(result_of(4), -XEN_ENOENT);
	CU_ASSERT_EQUAL(result_of(5), 1);
	CU_ASSERT_EQUAL(CALL(multicall, NOWHERE, 0, 0), 0);
	CU_ASSERT_EQUAL(CALL(multicall, NOWHERE, 1, 0), -XEN_EFAULT);
	CU_ASSERT_EQUAL(CALL(multicall, TABLE, 1, 0), -XEN_EFAULT);
	CU_ASSERT_EQUAL(CALL(multicall, 0xffff800000000000ul, 0, 0),
			-XEN_EFAULT);
	finish();
}

/* An entry that stops is written back as it stands; the list goes on there. */
static void multicall_repeats(void)
{
	struct multicall_entry e[] = {
		{ .op = __HYPERVISOR_vcpu_op, .args = { VCPUOP_is_up, 0 } },
		{ .op = __HYPERVISOR_console_io,
		  .args = { CONSOLEIO_write, LONG_TEXT, DATA },
		  .result = 99 },
		{ .op = __HYPERVISOR_xen_version },
	};
	struct multicall_entry seen;
	char text[LONG_TEXT + 1];
	unsigned int inside = 0;

	setup(1, true);
	text_in_memory(text);
	put_calls(e, ARRAY_SIZE(e));
	stop_after = 2;
	if (once(__HYPERVISOR_multicall, DATA + PAGE_SIZE, ARRAY_SIZE(e), 0))
		do {
			CU_ASSERT_EQUAL(v->regs.rdi + v->regs.rsi * sizeof(seen),
					DATA + PAGE_SIZE + sizeof(e));
			get(&seen, v->regs.rdi, sizeof(seen));
			CU_ASSERT_EQUAL(seen.op,
					e[ARRAY_SIZE(e) - v->regs.rsi].op);
			if (seen.op == __HYPERVISOR_console_io) {
				CU_ASSERT_EQUAL(seen.args[1] + seen.args[2],
						LONG_TEXT + DATA);
				inside += seen.args[1] != LONG_TEXT;
			}
		} while (once(v->regs.rax, v->regs.rdi, v->regs.rsi, 0));
	CU_ASSERT_EQUAL(v->regs.rax, 0);
	CU_ASSERT(inside > 1);
	CU_ASSERT(said(text));
	CU_ASSERT_EQUAL(result_of(0), 1);
	CU_ASSERT_EQUAL(result_of(1), 0);
	CU_ASSERT_EQUAL(result_of(2), 4 << 16 | 17);
	finish();
}

/* It ends the list: rax is the frame's, even if it looks like a request. */
static void multicall_iret(void)
{
	struct multicall_entry e[] = {
		{ .op = __HYPERVISOR_iret },
		{ .op = __HYPERVISOR_xen_version, .result = 7 },
	};

	setup(1, true);
	put_calls(e, ARRAY_SIZE(e));
	v->regs.rbx = (uint64_t)-XEN_ERESTART;
	CU_ASSERT(!once(__HYPERVISOR_multicall, DATA + PAGE_SIZE, 2, 0));
	CU_ASSERT_EQUAL(v->regs.rax, (uint64_t)-XEN_ERESTART);
	CU_ASSERT_EQUAL(result_of(1), 7);
	finish();
}

/* ---- Handlers ------------------------------------------------------------------------- */

static void console_input_stays(void)
{
	char text[8] = "";

	setup(1, true);
	console_input('a');
	console_input('b');
	CU_ASSERT_EQUAL(CALL(console_io, CONSOLEIO_read, 8, NOWHERE),
			-XEN_EFAULT);
	CU_ASSERT_EQUAL(CALL(console_io, CONSOLEIO_read, 1, DATA), 1);
	CU_ASSERT_EQUAL(CALL(console_io, CONSOLEIO_read, 8, DATA + 1), 1);
	get(text, DATA, 2);
	CU_ASSERT_STRING_EQUAL(text, "ab");
	CU_ASSERT_EQUAL(CALL(console_io, CONSOLEIO_read, 1u << 31, DATA),
			-XEN_E2BIG);
	host_settle();
	finish();
}

static void vcpu_initialise_once(void)
{
	static struct vcpu_guest_context c;
	struct vcpu *second;

	setup(2, true);
	second = g.d->vcpu[1];
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_initialise, 1, DATA), -XEN_EEXIST);
	sched_stop(second, VCPU_DOWN);
	host_settle();
	CU_ASSERT_EQUAL(arch_vcpu_drop_context(second), 0);
	second->initialised = false;
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_up, 1, 0), -XEN_EINVAL);
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_initialise, 1, NOWHERE),
			-XEN_EFAULT);
	c.flags = VGCF_in_kernel;
	c.ctrlreg[3] = g.mfn[1].n << PAGE_SHIFT; /* no table */
	put(DATA, &c, sizeof(c));
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_initialise, 1, DATA), -XEN_EINVAL);
	c.ctrlreg[3] = g.root.n << PAGE_SHIFT;
	put(DATA, &c, sizeof(c));
	/* Somebody else is at it: again later. */
	second->taking_context = true;
	CU_ASSERT(once(__HYPERVISOR_vcpu_op, VCPUOP_initialise, 1, DATA));
	second->taking_context = false;
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_initialise, 1, DATA), 0);
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_initialise, 1, DATA), -XEN_EEXIST);
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_is_up, 1, 0), 0);
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_up, 1, 0), 0);
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_is_up, 1, 0), 1);
	finish();
}

static void timers_fire(void)
{
	struct vcpu_set_singleshot_timer t = { .flags = VCPU_SSHOTTMR_future };
	int port;

	setup(1, true);
	port = evtchn_bind_virq(g.d, VIRQ_TIMER, 0);
	t.timeout_abs_ns = host.now - 1;
	put(DATA, &t, sizeof(t));
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, DATA),
			-XEN_ETIME);
	host_settle();
	CU_ASSERT(!evtchn_pending(g.d, (port_t)port));
	/* In the past, or never been: now. */
	t = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = 0 };
	put(DATA, &t, sizeof(t));
	CU_ASSERT_EQUAL(CALL(vcpu_op, VCPUOP_set_singleshot_timer, 0, DATA), 0);
	host_settle();
	CU_ASSERT(evtchn_pending(g.d, (port_t)port));
	g.d->shared->evtchn_pending[0] = 0;
	/* Absurdly far: soon. */
	CU_ASSERT_EQUAL(CALL(set_timer_op, ~0ul, 0, 0), 0);
	at(host.now + 99 * MS);
	CU_ASSERT(!evtchn_pending(g.d, (port_t)port));
	at(host.now + MS);
	CU_ASSERT(evtchn_pending(g.d, (port_t)port));
	finish();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(dispatch_unknown),	   TEST(dispatch_own_value),
		TEST(dispatch_pointers),   TEST(dispatch_answer_lost),
		TEST(dispatch_domains),	   TEST(dispatch_repeats),
		TEST(dispatch_extents),	   TEST(multicall_results),
		TEST(multicall_repeats),   TEST(multicall_iret),
		TEST(console_input_stays), TEST(vcpu_initialise_once),
		TEST(timers_fire),	   CU_TEST_INFO_NULL,
	};

	return unit_main("dispatch", tests, NULL, NULL);
}
