/* SPDX-License-Identifier: MIT */
/*
 * Domains: ids, references, frames, shutdown, death; the console as they use
 * it. Each test ends with the proof that nothing is left of them.
 */
#include "core_setup.h"
#include "evtchn.h"
#include "frame.h"
#include "pagetype.h"
#include "param.h"
#include "print.h"
#include "unit.h"
#include <xen/sched.h>

static void check(void)
{
	CU_ASSERT_EQUAL(host_locks_held(), 0);
	params.noreboot = false;
	setup_machine(2);
}

/* ---- Ids and references --------------------------------------------------------- */

static void domain_ids(void)
{
	struct domain *d;

	setup_machine(2);
	CU_ASSERT_PTR_NULL(domain_create(DOMID_FIRST_RESERVED, false, 1, 1));
	CU_ASSERT_PTR_NULL(domain_create(1, false, 0, 1));
	CU_ASSERT_PTR_NULL(domain_create(1, false, MAX_VCPUS + 1, 1));
	d = setup_domain(7, 1);
	CU_ASSERT_PTR_NULL(domain_create(7, false, 1, 1));
	CU_ASSERT(setup_domain(3, 1) != NULL);
	CU_ASSERT(setup_domain(0x7fef, 1) != NULL);
	CU_ASSERT(domain_get(7) == d);
	domain_put(d);
	CU_ASSERT_PTR_NULL(domain_get(8));
	CU_ASSERT_PTR_NULL(domain_get(DOMID_SELF));
	CU_ASSERT_PTR_NULL(domain_initial());
	check();
}

static void domain_order(void)
{
	static const domid_t ids[] = { 9, 2, 0x7fef, 5, 0 };
	domid_t seen[8];
	unsigned int n = 0;

	setup_machine(2);
	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++)
		setup_domain(ids[i], 1);
	for (struct domain *d = domain_next(NULL); d; d = domain_next(d))
		seen[n++ % 8] = d->id;
	CU_ASSERT_EQUAL(n, 5);
	CU_ASSERT(seen[0] == 0 && seen[1] == 2 && seen[2] == 5 &&
		  seen[3] == 9 && seen[4] == 0x7fef);
	check();
}

static void domain_many(void)
{
	unsigned int n = 0;

	setup_machine(2);
	while (n < 200 && domain_create((domid_t)n, false, 1, 0))
		n++;
	CU_ASSERT_EQUAL(n, MAX_DOMAINS);
	check();
}

/* Out of memory at any point: an error, and nothing is left. */
static void domain_no_memory(void)
{
	static mfn_t taken[8192];
	unsigned int n = 0;
	struct domain *d = NULL;

	setup_machine(2);
	while (n < ARRAY_SIZE(taken)) {
		taken[n] = heap_alloc(0);
		if (mfn_eq(taken[n], MFN_NONE))
			break;
		n++;
	}
	for (unsigned int i = 0; i < 4; i++) {
		d = domain_create(1, true, 1, 10);
		CU_ASSERT_PTR_NULL(d);
		CU_ASSERT_EQUAL(heap_free_frames(), i);
		CU_ASSERT_PTR_NULL(domain_initial());
		heap_free(taken[--n], 0);
	}
	d = domain_create(1, false, 1, 10);
	CU_ASSERT_FATAL(d != NULL);
	CU_ASSERT_EQUAL(vcpu_create(d, 0), -XEN_ENOMEM);
	CU_ASSERT(mfn_eq(domain_alloc(d, 0), MFN_NONE));
	CU_ASSERT_EQUAL(d->frames, 0);
	while (n)
		heap_free(taken[--n], 0);
	CU_ASSERT_EQUAL(vcpu_create(d, 0), 0);
	check();
}

static void domain_vcpus(void)
{
	struct domain *d;

	setup_machine(2);
	d = domain_create(1, false, 2, 1);
	CU_ASSERT_EQUAL(vcpu_create(d, 2), -XEN_EINVAL);
	CU_ASSERT_EQUAL(vcpu_create(d, ~0u), -XEN_EINVAL);
	CU_ASSERT_EQUAL(vcpu_create(d, 1), 0);
	CU_ASSERT_EQUAL(vcpu_create(d, 1), -XEN_EEXIST);
	CU_ASSERT_PTR_NULL(vcpu_find(d, 0));
	CU_ASSERT(vcpu_find(d, 1) == d->vcpu[1]);
	CU_ASSERT_PTR_NULL(vcpu_find(d, 8191));
	CU_ASSERT(!vcpu_is_up(d->vcpu[1]));
	CU_ASSERT(d->vcpu[1]->info == &d->shared->vcpu_info[1]);
	CU_ASSERT_EQUAL(d->vcpu[1]->info->evtchn_upcall_mask, 1);
	CU_ASSERT_EQUAL(vcpu_up(d->vcpu[1]), -XEN_EINVAL);
	check();
}

/* ---- Frames ------------------------------------------------------------------------ */

static void domain_frames(void)
{
	struct domain *d, *e;
	mfn_t m, many;

	setup_machine(2);
	d = domain_create(1, false, 1, 10);
	e = domain_create(2, false, 1, 10);
	m = domain_alloc(d, 0);
	many = domain_alloc(d, 3);
	CU_ASSERT_EQUAL(many.n % 8, 0);
	CU_ASSERT_EQUAL(d->frames, 9);
	CU_ASSERT(mfn_eq(domain_alloc(d, 1), MFN_NONE)); /* the limit */
	CU_ASSERT(mfn_eq(domain_alloc(d, 63), MFN_NONE));
	CU_ASSERT_EQUAL(d->frames, 9);
	CU_ASSERT_EQUAL(domain_frames_audit(d), 0);
	for (unsigned int i = 0; i < PAGE_SIZE; i++)
		CU_ASSERT_EQUAL_FATAL(((uint8_t *)frame_ptr(m))[i], 0);
	CU_ASSERT_EQUAL(machphys[m.n], M2P_INVALID);
	CU_ASSERT_EQUAL(domain_free(e, m), -XEN_EINVAL);
	CU_ASSERT_EQUAL(domain_free(d, MFN(0)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(domain_free(d, MFN(~0ul)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(domain_free(d, ptr_frame(d->shared)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(domain_free(d, MFN(many.n + 3)), 0);
	CU_ASSERT_EQUAL(domain_free(d, MFN(many.n + 3)), -XEN_EINVAL);
	CU_ASSERT_EQUAL(d->frames, 8);
	CU_ASSERT_EQUAL(domain_frames_audit(d), 0);
	CU_ASSERT_EQUAL(domain_frames_audit(e), 0);
	check();
}

/* What it gave back and still uses counts: it may not have more so. */
static void domain_limit_holds(void)
{
	struct domain *d;
	mfn_t m[4];

	setup_machine(2);
	d = domain_create(1, false, 1, 4);
	for (int i = 0; i < 4; i++) {
		m[i] = domain_alloc(d, 0);
		CU_ASSERT_EQUAL(type_get(d, m[i], FT_WRITABLE), 0);
		CU_ASSERT_EQUAL(domain_free(d, m[i]), 0);
	}
	CU_ASSERT(mfn_eq(domain_alloc(d, 0), MFN_NONE));
	CU_ASSERT_EQUAL(domain_frames_audit(d), 0);
	CU_ASSERT_EQUAL(type_put(m[2]), 0);
	CU_ASSERT_EQUAL(d->frames, 3);
	CU_ASSERT(!mfn_eq(domain_alloc(d, 0), MFN_NONE));
	for (int i = 0; i < 4; i++)
		if (i != 2)
			type_put(m[i]);
	check();
}

static void domain_frames_audits(void)
{
	struct domain *d;
	mfn_t m;

	setup_machine(2);
	d = domain_create(1, false, 1, 10);
	domain_alloc(d, 0);
	m = domain_alloc(d, 0);
	d->frames++;
	CU_ASSERT_EQUAL(domain_frames_audit(d), 1);
	d->frames--;
	frame_of(m)->owner = 3;
	CU_ASSERT_EQUAL(domain_frames_audit(d), 1);
	frame_of(m)->owner = 1;
	CU_ASSERT_EQUAL(domain_frames_audit(d), 0);
	check();
}

/* ---- Shutdown ----------------------------------------------------------------------- */

static void shut(void *reason)
{
	domain_shutdown(domain_initial(), *(unsigned int *)reason);
}

static enum host_end initial_shuts(unsigned int reason, bool noreboot)
{
	enum host_end how;
	struct domain *d;

	setup_machine(2);
	params.noreboot = noreboot;
	d = domain_create(0, true, 1, 10);
	vcpu_create(d, 0);
	d->vcpu[0]->initialised = true;
	vcpu_up(d->vcpu[0]);
	host_settle();
	how = host_call(shut, &reason);
	CU_ASSERT(said("(ENSO) audit: clean\n"));
	return how;
}

static void domain_initial_shutdown(void)
{
	CU_ASSERT_EQUAL(initial_shuts(SHUTDOWN_poweroff, false), HOST_HALTED);
	CU_ASSERT(said("Domain 0 shut down: poweroff\n"));
	CU_ASSERT_EQUAL(initial_shuts(SHUTDOWN_reboot, false), HOST_REBOOTED);
	CU_ASSERT(said("rebooting machine"));
	CU_ASSERT_EQUAL(initial_shuts(SHUTDOWN_reboot, true), HOST_HALTED);
	CU_ASSERT_EQUAL(initial_shuts(SHUTDOWN_crash, false), HOST_REBOOTED);
	CU_ASSERT_EQUAL(initial_shuts(SHUTDOWN_crash, true), HOST_HALTED);
	CU_ASSERT(said("noreboot"));
	CU_ASSERT_EQUAL(initial_shuts(77, false), HOST_REBOOTED);
	CU_ASSERT(said("unknown reason"));
	check();
}

static void domain_crashes(void)
{
	struct domain *first, *d;
	struct vcpu *v;
	int p;

	setup_machine(2);
	first = domain_create(0, true, 1, 10);
	vcpu_create(first, 0);
	p = evtchn_bind_virq(first, VIRQ_DOM_EXC, 0);
	d = setup_domain(4, 2);
	vcpu_up(d->vcpu[0]);
	vcpu_up(d->vcpu[1]);
	host_settle();
	v = d->vcpu[1];
	v->regs.rip = 0x1234abcd;
	domain_crash(v, "bad %s %d", "thing", 5);
	CU_ASSERT(said("d4v1: bad thing 5\n"));
	CU_ASSERT(said("1234abcd"));
	CU_ASSERT(d->shutdown && d->shutdown_code == SHUTDOWN_crash);
	CU_ASSERT(evtchn_pending(first, (port_t)p));
	host_settle();
	CU_ASSERT(!d->vcpu[0]->running && !v->running);
	/* Once is enough, and the first reason stays. */
	host.console_len = 0;
	host.console[0] = 0;
	domain_crash(v, "again");
	domain_shutdown(d, SHUTDOWN_poweroff);
	CU_ASSERT(!said("again"));
	CU_ASSERT_EQUAL(d->shutdown_code, SHUTDOWN_crash);
	/* Woken, upped: it stays stopped. */
	sched_wake(v);
	vcpu_up(v);
	host_settle();
	CU_ASSERT(!v->running);
	check();
}

/* ---- Death -------------------------------------------------------------------------------- */

static bool always(void)
{
	return true;
}

static void domain_dies(void)
{
	static struct host_guest g;
	unsigned int calls = 1;
	int rc;

	setup_machine(2);
	CU_ASSERT_FATAL(host_guest_create(&g, 5, false, 2, 600));
	host_settle();
	domain_get(5);
	for (int i = 0; i < 200; i++)
		evtchn_alloc_unbound(g.d, 0);
	host.preempt = always;
	do {
		host_settle();
		rc = domain_destroy(g.d);
		calls++;
	} while (rc == -XEN_ERESTART);
	CU_ASSERT_EQUAL(rc, 0);
	CU_ASSERT(calls > 5);
	host.preempt = NULL;
	CU_ASSERT_EQUAL(g.d->life, DOMAIN_DEAD);
	CU_ASSERT_EQUAL(domain_destroy(g.d), 0);
	CU_ASSERT_EQUAL(vcpu_create(g.d, 1), -XEN_EINVAL);
	CU_ASSERT(mfn_eq(domain_alloc(g.d, 0), MFN_NONE));
	CU_ASSERT_EQUAL(g.d->frames, 0);
	CU_ASSERT_EQUAL(g.d->refs, 1);
	domain_put(g.d);
	CU_ASSERT_PTR_NULL(domain_get(5));
	check();
}

/* Somebody still holds a frame: the domain and its id stay until it is put. */
static void domain_dies_late(void)
{
	struct domain *d;
	mfn_t m;

	setup_machine(2);
	d = setup_domain(5, 1);
	m = domain_alloc(d, 0);
	CU_ASSERT(frame_get(m, 5));
	CU_ASSERT_EQUAL(until_done(domain_destroy(d)), 0);
	CU_ASSERT_PTR_NULL(domain_create(5, false, 1, 1));
	CU_ASSERT_EQUAL(d->frames, 1);
	frame_put(m);
	CU_ASSERT_PTR_NULL(domain_get(5));
	CU_ASSERT(setup_domain(5, 1) != NULL);
	check();
}

/* ---- The console ----------------------------------------------------------------------------- */

static void console_levels(void)
{
	setup_machine(2);
	params.loglvl = LOG_WARNING;
	print(LOG_INFO, "quiet\n");
	print(LOG_WARNING, "one\ntwo");
	print(LOG_ERR, " more\n");
	CU_ASSERT_STRING_EQUAL(host.console, "(ENSO) one\n(ENSO) two more\n");
	params.loglvl = LOG_INFO;
	check();
}

static void type(const char *text)
{
	while (*text)
		console_input(*text++);
	host_settle();
}

static void console_input_goes(void)
{
	struct domain *d;
	char buf[256];
	size_t n, got;
	int p;

	setup_machine(2);
	type("early");
	d = domain_create(0, true, 1, 10);
	vcpu_create(d, 0);
	p = evtchn_bind_virq(d, VIRQ_CONSOLE, 0);
	CU_ASSERT_EQUAL(console_read(buf, 3), 3);
	CU_ASSERT_EQUAL(console_read(buf + 3, sizeof(buf)), 2);
	CU_ASSERT(!strncmp(buf, "early", 5));
	type("x");
	CU_ASSERT(evtchn_pending(d, (port_t)p));
	CU_ASSERT_EQUAL(console_read(buf, sizeof(buf)), 1);
	for (int i = 0; i < 5000; i++)
		type("y"); /* full: the rest is lost */
	for (n = 0; (got = console_read(buf, sizeof(buf))); n += got)
		;
	CU_ASSERT_EQUAL(n, 4096);
	check();
}

static void console_keys(void)
{
	struct domain *d;
	char buf[8];

	setup_machine(2);
	d = setup_domain(6, 1);
	vcpu_up(d->vcpu[0]);
	type("\1\1\1");
	CU_ASSERT(said("Serial input to Enso"));
	type("h");
	CU_ASSERT(said("key q:"));
	type("q");
	CU_ASSERT(said("domain 6: 0 frames of 1024"));
	type("a");
	CU_ASSERT(said("audit: clean"));
	CU_ASSERT(d->vcpu[0]->running); /* and they go on */
	type("?");
	type("\1\1\1");
	CU_ASSERT(said("Serial input to the initial domain"));
	type("z");
	CU_ASSERT_EQUAL(console_read(buf, sizeof(buf)), 3); /* ^A ^A z */
	CU_ASSERT_EQUAL(buf[2], 'z');
	check();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(domain_ids),
		TEST(domain_order),
		TEST(domain_many),
		TEST(domain_no_memory),
		TEST(domain_vcpus),
		TEST(domain_frames),
		TEST(domain_limit_holds),
		TEST(domain_frames_audits),
		TEST(domain_initial_shutdown),
		TEST(domain_crashes),
		TEST(domain_dies),
		TEST(domain_dies_late),
		TEST(console_levels),
		TEST(console_input_goes),
		TEST(console_keys),
		CU_TEST_INFO_NULL,
	};

	return unit_main("domain", tests, NULL, NULL);
}
