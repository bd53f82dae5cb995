// SPDX-License-Identifier: MIT
/*
 * A second domain's life as the initial one sees and steers it: built, let
 * run, paused, shut down for every reason, resumed, crashed, destroyed in
 * each state; its memory comes back to the frame.
 *
 * RUN: pair=1
 */
#include <stdio.h>
#include <string.h>
#include "check.h"
#include "event.h"
#include "memory.h"
#include "pair.h"
#include "start.h"
#include "vcpu.h"
#include <xen/sched.h>

static struct pair p;
static int64_t virq; /* VIRQ_DOM_EXC */

/* ---- In the second domain ------------------------------------------------- */

static int64_t add(uint64_t arg)
{
	return arg + 1;
}

static int64_t greet(uint64_t arg)
{
	CHECK_EQ("second-arg", arg, 5);
	CHECK("second-pages", start_info->nr_pages == PAIR_PAGES);
	CHECK_EQ("second-flags", start_info->flags, 0);
	hypercall_by_page = true;
	CHECK("second-hypercall-page",
	      hypercall_xen_version(0, NULL) == 0x40011);
	hypercall_by_page = false;
	return 77;
}

static int64_t shut_down(uint64_t reason)
{
	struct sched_shutdown how = { .reason = reason };

	return hypercall_sched_op(SCHEDOP_shutdown, &how);
}

static int64_t shutdown_code(uint64_t reason)
{
	struct sched_shutdown how = { .reason = reason };

	return hypercall_sched_op(SCHEDOP_shutdown_code, &how);
}

static int64_t bad_iret(uint64_t arg)
{
	(void)arg;
	asm volatile("mov $0x1000, %%rsp; mov $23, %%eax; syscall"
		     :
		     :
		     : "memory");
	return 0;
}

static int64_t spin(uint64_t arg)
{
	while (!arg)
		cpu_relax();
	return 0;
}

/* ---- What getdomaininfo says ------------------------------------------------ */

#define CHANGING (XEN_DOMINF_running | XEN_DOMINF_blocked)
#define STATE	 (XEN_DOMINF_dying | XEN_DOMINF_shutdown | XEN_DOMINF_paused)

static unsigned int state(void)
{
	return domain_flags(p.domid) & STATE;
}

static void say_info(const char *when)
{
	struct xen_domctl_getdomaininfo i;
	char name[40];

	domain_info(p.domid, &i);
	snprintf(name, sizeof(name), "info-%s", when);
	check_value(name,
		    "flags %x pages %lu of %lu, %lu %lu %lu, vcpus %u last %d, "
		    "ssid %u handle %02x%02x pool %u bits %u emulation %x",
		    (unsigned)(i.flags & ~CHANGING), (long)i.tot_pages,
		    (long)i.max_pages, (long)i.outstanding_pages,
		    (long)i.shr_pages, (long)i.paged_pages,
		    (unsigned)i.nr_online_vcpus, (int)i.max_vcpu_id,
		    (unsigned)i.ssidref, i.handle[0], i.handle[1],
		    (unsigned)i.cpupool, i.gpaddr_bits,
		    (unsigned)i.arch_config.emulation_flags);
}

static void check_info(void)
{
	struct xen_domctl op = { 0 };
	struct xen_domctl_getdomaininfo i;

	SUCCESS(domctl, XEN_DOMCTL_getdomaininfo, "info",
		!domctl(XEN_DOMCTL_getdomaininfo, p.domid, &op) &&
			op.domain == p.domid &&
			op.u.getdomaininfo.domain == p.domid &&
			op.u.getdomaininfo.shared_info_frame);
	/* The record of the next one that there is. */
	CHECK_EQ("info-next", domctl(XEN_DOMCTL_getdomaininfo, 1, &op), 0);
	CHECK_EQ("info-next-domain", op.domain, p.domid);
	FAILURE(domctl, XEN_DOMCTL_getdomaininfo, "info-none",
		domctl(XEN_DOMCTL_getdomaininfo, p.domid + 1, &op), XEN_ESRCH);
	domain_info(0, &i);
	CHECK("info-initial",
	      i.tot_pages == start_info->nr_pages && i.cpu_time > 0);
}

/* ---- Built, paused, running ---------------------------------------------------- */

static int64_t ask_without_wait(void)
{
	pair_ask(&p, add, 41);
	return port_wait(p.port, 30);
}

static void check_start(void)
{
	pair_init(&p);
	pair_build(&p, STEP_CREATE + 1);
	say_info("created");
	pair_build(&p, 0);
	domain_destroy(p.domid);
	domain_wait_gone(p.domid);

	pair_init(&p);
	pair_start_paused(&p);
	say_info("built");
	check_info();
	CHECK_EQ("built-paused", state(), XEN_DOMINF_paused);
	SUCCESS(domctl, XEN_DOMCTL_unpausedomain, "unpause",
		!domain_unpause(p.domid) && pair_call(&p, greet, 5) == 77);
	CHECK_EQ("running", state(), 0);
	FAILURE(domctl, XEN_DOMCTL_unpausedomain, "unpause-running",
		domain_unpause(p.domid), XEN_EINVAL);
	say_info("running");
}

/* Pauses are counted. */
static void check_pause(void)
{
	CHECK_EQ("pause-again", domain_pause(p.domid), 0);
	SUCCESS(domctl, XEN_DOMCTL_pausedomain, "pause",
		!domain_pause(p.domid) && state() == XEN_DOMINF_paused &&
			!ask_without_wait());
	domain_unpause(p.domid);
	CHECK_EQ("pause-counted", state(), XEN_DOMINF_paused);
	CHECK_EQ("pause-still", port_wait(p.port, 30), 0);
	domain_unpause(p.domid);
	CHECK_EQ("unpaused-goes-on", pair_answer(&p), 42);
	FAILURE(domctl, XEN_DOMCTL_pausedomain, "pause-self", domain_pause(0),
		XEN_EINVAL);
	CHECK_EQ("unpause-self", domain_unpause(0), -XEN_EINVAL);
	CHECK_EQ("pause-none", domain_pause(77), -XEN_ESRCH);
	CHECK_EQ("unpause-none", domain_unpause(77), -XEN_ESRCH);
}

/* ---- Shut down and resumed ------------------------------------------------------- */

static void check_reason(unsigned int reason)
{
	char name[40];

	event_clear(virq);
	snprintf(name, sizeof(name), "shutdown-%u", reason);
	CHECK_EQ(name, pair_last_call(&p, shut_down, reason), reason);
	snprintf(name, sizeof(name), "shutdown-%u-event", reason);
	CHECK(name, event_pending(virq));
	snprintf(name, sizeof(name), "shutdown-%u-state", reason);
	CHECK_EQ(name, state(), XEN_DOMINF_shutdown);
	snprintf(name, sizeof(name), "shutdown-%u-resumed", reason);
	domctl_plain(XEN_DOMCTL_resumedomain, p.domid);
	CHECK_EQ(name, pair_answer(&p), 0);
	snprintf(name, sizeof(name), "shutdown-%u-alive", reason);
	CHECK_EQ(name, state(), 0);
}

static void check_shutdown(void)
{
	struct sched_remote_shutdown remote = { .domain_id = p.domid };
	unsigned int reason;

	for (reason = 0; reason <= SHUTDOWN_MAX; reason++)
		if (reason != SHUTDOWN_soft_reset)
			check_reason(reason);
	CHECK_EQ("shutdown-17", pair_last_call(&p, shut_down, 17), 17);
	CHECK_EQ("shutdown-paused", domain_pause(p.domid), 0);
	CHECK_EQ("shutdown-and-paused", state(),
		 XEN_DOMINF_shutdown | XEN_DOMINF_paused);
	domain_unpause(p.domid);
	SUCCESS(domctl, XEN_DOMCTL_resumedomain, "resume",
		!domctl_plain(XEN_DOMCTL_resumedomain, p.domid) &&
			!pair_answer(&p));
	CHECK_EQ("resume-running",
		 domctl_plain(XEN_DOMCTL_resumedomain, p.domid), 0);
	CHECK_EQ("resume-self", domctl_plain(XEN_DOMCTL_resumedomain, 0),
		 -XEN_EINVAL);
	FAILURE(domctl, XEN_DOMCTL_resumedomain, "resume-none",
		domctl_plain(XEN_DOMCTL_resumedomain, 77), XEN_ESRCH);
	check_value("shutdown-code-answer", "%ld",
		    (long)pair_call(&p, shutdown_code, SHUTDOWN_suspend));
	CHECK_EQ("shutdown-code", pair_last_call(&p, shut_down, 0),
		 SHUTDOWN_suspend);
	domctl_plain(XEN_DOMCTL_resumedomain, p.domid);
	CHECK_EQ("shutdown-code-resumed", pair_answer(&p), 0);
	remote.reason = SHUTDOWN_suspend;
	SUCCESS(sched_op, SCHEDOP_remote_shutdown, "remote-shutdown",
		!hypercall_sched_op(SCHEDOP_remote_shutdown, &remote) &&
			pair_wait_shutdown(&p) == SHUTDOWN_suspend);
	domctl_plain(XEN_DOMCTL_resumedomain, p.domid);
	CHECK_EQ("remote-shutdown-resumed", pair_call(&p, add, 1), 2);
	remote.domain_id = 77;
	CHECK_EQ("remote-shutdown-none",
		 hypercall_sched_op(SCHEDOP_remote_shutdown, &remote),
		 -XEN_ESRCH);
}

/* ---- Destroyed in each state ------------------------------------------------------- */

/* Our mapping of a frame keeps it from going altogether. */
static void check_zombie(void)
{
	struct xen_domctl_getdomaininfo i = { 0 };
	static uint64_t in_second;
	volatile uint64_t *word = pair_map(&p, &in_second);
	domid_t id = p.domid;

	event_clear(virq);
	*word = 0x4711;
	SUCCESS(domctl, XEN_DOMCTL_destroydomain, "destroy",
		!domain_destroy(id));
	CHECK("zombie", domain_info(id, &i));
	check_value("zombie-info", "flags %x pages %lu", (unsigned)i.flags,
		    (long)i.tot_pages);
	CHECK_EQ("zombie-memory", *word, 0x4711);
	CHECK_EQ("zombie-destroy", domain_destroy(id), 0);
	CHECK("zombie-map", !pair_map(&p, page_alloc()));
	CHECK_EQ("zombie-send", event_send(p.port), 0);
	check_value("zombie-pause", "%ld", (long)domain_pause(id));
	check_value("zombie-max-mem", "%ld", (long)domain_max_mem(id, 9999));
	check_value("zombie-vcpus", "%ld", (long)domain_max_vcpus(id, 1));
	pair_unlink(&p);
	CHECK("zombie-still", domain_flags(id) != ~0u);
	foreign_unmap(word);
	CHECK("zombie-gone", domain_wait_gone(id));
	CHECK("zombie-gone-event", event_pending(virq));
	FAILURE(domctl, XEN_DOMCTL_destroydomain, "destroy-gone",
		domain_destroy(id), XEN_ESRCH);
	CHECK_EQ("destroy-self", domain_destroy(0), -XEN_EINVAL);
}

static void begin(void)
{
	pair_init(&p);
	pair_start(&p);
}

static void check_deaths(void)
{
	domid_t before = p.domid;

	begin();
	CHECK_EQ("ids-go-up", p.domid, before + 1);
	CHECK_EQ("crash-reason", pair_last_call(&p, bad_iret, 0),
		 SHUTDOWN_crash);
	say_info("crashed");
	pair_end(&p);

	begin();
	pair_ask(&p, spin, 0);
	port_wait(p.port, 20);
	say_info("spinning");
	pair_end(&p);

	begin();
	domain_pause(p.domid);
	pair_ask(&p, spin, 0);
	pair_end(&p);

	begin();
	pair_last_call(&p, shut_down, SHUTDOWN_suspend);
	pair_end(&p);
	CHECK("deaths", true);
}

static void check_cycles(void)
{
	uint64_t before, after;
	unsigned int i;

	begin();
	pair_end(&p);
	before = frames_settled();
	for (i = 0; i < 20; i++) {
		begin();
		if (i % 3 == 0)
			pair_call(&p, add, i);
		pair_end(&p);
	}
	after = frames_wait(before);
	CHECK_EQ("cycles-memory", after, before);
}

int main(void)
{
	pair_serve_if_second();
	virq = event_bind_virq(VIRQ_DOM_EXC, 0);
	check_start();
	check_pause();
	check_shutdown();
	check_zombie();
	check_deaths();
	check_cycles();
	return check_done();
}
