/* SPDX-License-Identifier: MIT */
/*
 * The life of guests, with the store's own daemon and domains of the simulated
 * machine: what is made, what is left when it is gone or was never complete,
 * and what follows an end.
 */
#include "guest_setup.h"
#include "gueststore.h"
#include <xen/sched.h>

#define SECOND 1000000000ul

static const struct kernel_spec spec = {
	{ { 0x2000, 0x100000, 0x4000, 0x8000 } }, true, true, false
};

static struct guest_config cfg;
static char *before; /* the store, with no guest */

static int setup(void)
{
	kernel = kernel_make(&spec);
	machine_start(6000);
	if (xsd_init(7, NULL, store_wake))
		return 1;
	store = xs_open(0);
	/* Folders stay; and the connections are open from now on. */
	xs_mkdir(store, XBT_NULL, "/vm");
	xs_mkdir(store, XBT_NULL, "/local/domain/0/backend/console");
	before = store_text();
	if (guest_watch() || gueststore_name_used("x"))
		return 1;
	run_watcher();
	return 0;
}

static void fresh(void)
{
	memset(states, 0, sizeof(states));
	cfg = (struct guest_config){
		.name = "linux1",
		.kernel = "/boot/vmlinuz",
		.cmdline = "quiet",
		.memory = 8,
		.maxmem = 8,
		.vcpus = 1,
		.maxvcpus = 2,
		.on_poweroff = GUEST_DESTROY,
		.on_reboot = GUEST_RESTART,
		.on_crash = GUEST_PRESERVE,
		.on_watchdog = GUEST_COREDUMP_RESTART,
		.on_soft_reset = GUEST_COREDUMP_DESTROY,
	};
}

/* As if there had never been a guest. */
static void nothing_left(void)
{
	char *text = store_text();

	if (strcmp(text, before))
		printf("  left in the store:\n%s", text);
	CU_ASSERT(!strcmp(text, before));
	CU_ASSERT(machine_empty());
	CU_ASSERT(!consoles && !guests);
	CU_ASSERT(!xsd_audit());
	for (int i = 0; i < MACHINE_DOMAINS; i++)
		CU_ASSERT(!links[i].used);
	free(text);
}

static bool node_is(domid_t id, const char *key, const char *value)
{
	char path[128], *have;
	unsigned int len;
	bool is;

	snprintf(path, sizeof(path), "/local/domain/%u/%s", id, key);
	have = xs_read(store, XBT_NULL, path, &len);
	is = have && !strcmp(have, value);
	if (!is)
		printf("  %s: \"%s\"\n", path, have ? have : "(none)");
	free(have);
	return is;
}

/* Who owns a node of the guest's, and may it read it? */
static bool owned(domid_t id, const char *key, domid_t owner)
{
	struct xs_permissions *perms;
	unsigned int n = 0;
	char path[128];
	bool ok;

	snprintf(path, sizeof(path), "/local/domain/%u/%s", id, key);
	perms = xs_get_permissions(store, XBT_NULL, path, &n);
	ok = perms && perms[0].id == owner && perms[0].perms == XS_PERM_NONE &&
	     (owner == id ||
	      (n == 2 && perms[1].id == id && perms[1].perms == XS_PERM_READ));
	free(perms);
	return ok;
}

/* ---- Making and ending -------------------------------------------------------- */

static void create_and_destroy(void)
{
	int id;

	fresh();
	cfg.cpus[1] = 2;
	id = guest_create(&cfg, false);
	CU_ASSERT_FATAL(id > 0);
	CU_ASSERT(machine_domains[id].vcpus == 2 && consoles == 1u << id);
	CU_ASSERT(states[id].pauses == -1u && links[id].used);
	CU_ASSERT(!states[id].affinity[0] && states[id].affinity[1] == 2);
	CU_ASSERT(node_is(id, "name", "linux1"));
	CU_ASSERT(node_is(id, "memory/target", "8192"));
	CU_ASSERT(node_is(id, "memory/static-max", "8192"));
	CU_ASSERT(node_is(id, "cpu/0/availability", "online"));
	CU_ASSERT(node_is(id, "cpu/1/availability", "offline"));
	CU_ASSERT(node_is(id, "store/port", "1"));
	CU_ASSERT(node_is(id, "console/port", "2"));
	CU_ASSERT(node_is(id, "console/type", "xenconsoled"));
	CU_ASSERT(node_is(id, "control/shutdown", ""));
	CU_ASSERT(owned(id, "name", 0) && owned(id, "console/port", 0));
	CU_ASSERT(owned(id, "control/shutdown", id) && owned(id, "data", id));
	CU_ASSERT(!strcmp(guest_config_of(id)->name, "linux1"));
	CU_ASSERT(guest_config_of(id)->has_uuid);
	CU_ASSERT_EQUAL(guest_destroy(id), 0);
	CU_ASSERT_PTR_NULL(guest_config_of(id));
	CU_ASSERT_EQUAL(guest_destroy(id), -ESRCH);
	CU_ASSERT_EQUAL(guest_destroy(0), -EINVAL);
	nothing_left();
}

static void paused(void)
{
	int id;

	fresh();
	id = guest_create(&cfg, true);
	CU_ASSERT(id > 0 && !states[id].pauses);
	guest_destroy(id);
	nothing_left();
}

static void names(void)
{
	int id, other;

	fresh();
	id = guest_create(&cfg, false);
	CU_ASSERT_EQUAL(guest_create(&cfg, false), -EEXIST);
	strcpy(cfg.name, "linux2");
	other = guest_create(&cfg, false);
	CU_ASSERT(id > 0 && other > 0 && other != id);
	CU_ASSERT_EQUAL(guest_rename(other, "linux1"), -EEXIST);
	CU_ASSERT_EQUAL(guest_rename(other, "three"), 0);
	CU_ASSERT(node_is(other, "name", "three"));
	CU_ASSERT_STRING_EQUAL(console_name, "three");
	CU_ASSERT(!strcmp(guest_config_of(other)->name, "three"));
	CU_ASSERT_EQUAL(guest_rename(99, "four"), -ESRCH);
	guest_destroy(other);
	guest_destroy(id);
	nothing_left();
}

static void bad_files(void)
{
	fresh();
	strcpy(cfg.kernel, "/boot/none");
	CU_ASSERT_EQUAL(guest_create(&cfg, false), -ENOENT);
	fresh();
	strcpy(cfg.ramdisk, "/boot/none");
	CU_ASSERT_EQUAL(guest_create(&cfg, false), -ENOENT);
	fresh();
	cfg.memory = cfg.maxmem = 4000;
	CU_ASSERT_EQUAL(guest_create(&cfg, false), -ENOMEM);
	fresh();
	cfg.cpu_weight = 256;
	CU_ASSERT_EQUAL(guest_create(&cfg, false), -ENOSYS);
	nothing_left();
}

static void shutdown_asks(void)
{
	int id;

	fresh();
	id = guest_create(&cfg, false);
	CU_ASSERT_EQUAL(guest_shutdown(id, "reboot"), 0);
	CU_ASSERT(node_is(id, "control/shutdown", "reboot"));
	CU_ASSERT_EQUAL(guest_shutdown(99, "reboot"), -ESRCH);
	CU_ASSERT(!guest_wait(id, now + SECOND));
	guest_destroy(id);
	CU_ASSERT(guest_wait(id, now + SECOND));
	nothing_left();
}

/* Fails at each call, or at each allocation, until nothing does. */
static void fail_everywhere(unsigned long *which)
{
	unsigned long n = 0;
	int id;

	fresh();
	machine_fail_err = EPERM;
	do {
		*which = ++n;
		id = guest_create(&cfg, false);
		if (*which)
			break;
		if (id > 0)
			guest_destroy(id);
		nothing_left();
	} while (n < 10000);
	*which = 0;
	CU_ASSERT(n > 10 && n < 10000 && id > 0);
	guest_destroy(id);
	nothing_left();
}

static void fail_calls(void)
{
	fail_everywhere(&machine_fail);
}

static void fail_allocations(void)
{
	fail_everywhere(&host_alloc_fail);
}

/* ---- What follows an end -------------------------------------------------------- */

static void ends_by_configuration(void)
{
	int id;

	fresh();
	id = guest_create(&cfg, false);
	guest_ends(id, SHUTDOWN_poweroff, 60 * SECOND);
	nothing_left();

	id = guest_create(&cfg, false);
	guest_ends(id, SHUTDOWN_soft_reset, 60 * SECOND);
	nothing_left();

	/* The uuid outlives a reboot; a watchdog's end restarts, too. */
	memset(cfg.uuid, 0x42, sizeof(cfg.uuid));
	cfg.has_uuid = true;
	id = guest_create(&cfg, false);
	guest_ends(id, SHUTDOWN_reboot, 60 * SECOND);
	CU_ASSERT_FATAL(guests && !guests->next && !guests->ended);
	CU_ASSERT(!memcmp(guests->cfg.uuid, cfg.uuid, 16));
	CU_ASSERT(node_is(guests->id, "name", "linux1"));
	guest_ends(guests->id, SHUTDOWN_watchdog, 60 * SECOND);
	CU_ASSERT_FATAL(guests && !guests->next);

	/* Preserved, and looked at once only. */
	id = guests->id;
	guest_ends(id, SHUTDOWN_crash, 60 * SECOND);
	CU_ASSERT(guests && guests->id == id && guests->ended);
	run_watcher();
	CU_ASSERT(guest_wait(id, now + SECOND));
	guest_destroy(id);
	nothing_left();
}

static void suspended_stays(void)
{
	int id;

	fresh();
	id = guest_create(&cfg, false);
	guest_ends(id, SHUTDOWN_suspend, SECOND);
	CU_ASSERT(guests && guests->id == id && !guests->ended);
	guest_destroy(id);
	nothing_left();
}

static void renamed_and_restarted(void)
{
	domid_t old, young;

	fresh();
	cfg.on_crash = GUEST_RENAME_RESTART;
	old = (domid_t)guest_create(&cfg, false);
	guest_ends(old, SHUTDOWN_crash, 60 * SECOND);
	CU_ASSERT_FATAL(guests && guests->next && !guests->next->next);
	young = guests->id;
	CU_ASSERT(young != old && guests->next->id == old);
	CU_ASSERT(node_is(young, "name", "linux1"));
	CU_ASSERT(!strncmp(guests->next->cfg.name, "linux1-2023", 11));
	CU_ASSERT(node_is(old, "name", guests->next->cfg.name));
	guest_destroy(old);
	CU_ASSERT(node_is(young, "name", "linux1"));
	guest_destroy(young);
	nothing_left();
}

static void no_loop_of_reboots(void)
{
	fresh();
	CU_ASSERT(guest_create(&cfg, false) > 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_FATAL(guests != NULL);
		guest_ends(guests->id, SHUTDOWN_reboot, SECOND);
	}
	/* It lives long this time: the count begins anew. */
	CU_ASSERT_FATAL(guests != NULL);
	guest_ends(guests->id, SHUTDOWN_reboot, 3 * SECOND);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FATAL(guests != NULL);
		guest_ends(guests->id, SHUTDOWN_reboot, SECOND);
	}
	nothing_left();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(create_and_destroy),
		TEST(paused),
		TEST(names),
		TEST(bad_files),
		TEST(shutdown_asks),
		TEST(fail_calls),
		TEST(fail_allocations),
		TEST(ends_by_configuration),
		TEST(suspended_stays),
		TEST(renamed_and_restarted),
		TEST(no_loop_of_reboots),
		CU_TEST_INFO_NULL,
	};

	if (setup())
		return 2;
	return unit_main("guest", tests, NULL, NULL);
}
