// SPDX-License-Identifier: MIT
/* Commands that change a domain that is there. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmds.h"
#include "domains.h"
#include "guest.h"
#include "xc.h"
#include "xlvalues.h"

/* One domctl on the domain that the first operand means; says what failed. */
static int control(const struct arguments *a, struct xen_domctl *op)
{
	domid_t id;
	int rc;

	if (domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	op->domain = id;
	rc = xc_domctl(op);
	if (rc >= 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "%s failed for domain %u: %s\n", a->command->name, id,
		strerror(-rc));
	return EXIT_FAILURE;
}

int cmd_pause(struct arguments *a)
{
	return control(a, &(struct xen_domctl){ .cmd = XEN_DOMCTL_pausedomain });
}

int cmd_unpause(struct arguments *a)
{
	return control(a,
		       &(struct xen_domctl){ .cmd = XEN_DOMCTL_unpausedomain });
}

/* ---- rename ------------------------------------------------------------------ */

/* As xl.cfg's name has it. */
static bool is_name(const char *name)
{
	const char *p = name;

	while (isprint((unsigned char)*p) && *p != '/')
		p++;
	return p != name && !*p &&
	       strlen(name) < sizeof(((struct guest_config *)0)->name);
}

int cmd_rename(struct arguments *a)
{
	const char *name = a->operand[1];
	domid_t id;
	int rc = -EINVAL;

	if (domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	if (is_name(name))
		rc = guest_rename(id, name);
	if (!rc)
		return EXIT_SUCCESS;
	if (rc == -EEXIST)
		fprintf(stderr, "Domain with name \"%s\" already exists.\n",
			name);
	fprintf(stderr, "Can't rename domain '%s'.\n", a->operand[0]);
	return EXIT_FAILURE;
}

/* ---- trigger and sysrq ---------------------------------------------------------- */

int cmd_trigger(struct arguments *a)
{
	static const char *const names[] = {
		[XEN_DOMCTL_SENDTRIGGER_NMI] = "nmi",
		[XEN_DOMCTL_SENDTRIGGER_RESET] = "reset",
		[XEN_DOMCTL_SENDTRIGGER_INIT] = "init",
		[XEN_DOMCTL_SENDTRIGGER_POWER] = "power",
		[XEN_DOMCTL_SENDTRIGGER_SLEEP] = "sleep",
	};
	struct xen_domctl op = { .cmd = XEN_DOMCTL_sendtrigger };
	const char *vcpu = a->operand[2];
	size_t i = 0;
	char *end;

	while (i < sizeof(names) / sizeof(names[0]) &&
	       strcmp(names[i], a->operand[1]))
		i++;
	if (i == sizeof(names) / sizeof(names[0])) {
		fprintf(stderr, "Invalid trigger \"%s\"\n", a->operand[1]);
		return EXIT_FAILURE;
	}
	op.u.sendtrigger.trigger = (uint32_t)i;
	if (vcpu) {
		op.u.sendtrigger.vcpu = (uint32_t)strtoul(vcpu, &end, 10);
		if (end == vcpu)
			fprintf(stderr, "Invalid vcpuid, using default "
					"vcpuid=0.\n\n");
	}
	return control(a, &op);
}

int cmd_sysrq(struct arguments *a)
{
	const char *letter = a->operand[1];
	domid_t id;

	if (domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	if (strlen(letter) != 1) {
		fprintf(stderr, "Invalid sysrq.\n\n");
		command_help("sysrq");
		return EXIT_FAILURE;
	}
	if (domain_write(id, "control/sysrq", letter))
		return EXIT_SUCCESS;
	fprintf(stderr, "cannot send sysrq to domain %u: %s\n", id,
		strerror(errno));
	return EXIT_FAILURE;
}

/* ---- Memory ------------------------------------------------------------------------ */

/* KiB of the second operand; -1, and told so. */
static int64_t size_operand(const struct arguments *a)
{
	int64_t kib = xl_size_kib(a->operand[1]);

	if (kib < 0)
		fprintf(stderr, "invalid memory size: %s\n", a->operand[1]);
	return kib;
}

int cmd_mem_max(struct arguments *a)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_mem };
	int64_t kib = size_operand(a);

	op.u.max_mem.max_memkb = (uint64_t)kib;
	return kib < 0 ? EXIT_FAILURE : control(a, &op);
}

/* The guest's own driver does the rest. */
int cmd_mem_set(struct arguments *a)
{
	int64_t kib = size_operand(a);
	char text[24];
	domid_t id;

	if (kib < 0 || domain_find(a->operand[0], &id))
		return EXIT_FAILURE;
	snprintf(text, sizeof(text), "%lld", (long long)kib);
	if (domain_write(id, "memory/target", text))
		return EXIT_SUCCESS;
	fprintf(stderr, "cannot set domid %u dynamic max memory to : %s\n", id,
		a->operand[1]);
	return EXIT_FAILURE;
}

/* ---- vcpu-pin ---------------------------------------------------------------------- */

/* A set of CPUs to change, unless it is "-" or left out; false: told so. */
static bool pin_operand(const char *word, uint32_t flag, uint64_t *set,
			struct xen_domctl_vcpuaffinity *v,
			struct xenctl_bitmap *map)
{
	map->nr_bits = 64;
	set_xen_guest_handle(map->bitmap, (uint8_t *)set);
	if (!word || !strcmp(word, "-"))
		return true;
	v->flags |= flag;
	if (xl_cpus_parse(word, set))
		return true;
	fprintf(stderr, "Error: Invalid argument %s as CPUs.\n", word);
	return false;
}

/* The vCPUs from first up to, not including, end; false: told so. */
static bool pin_range(const char *word, domid_t id, uint32_t *first,
		      uint32_t *end)
{
	struct xen_domctl_getdomaininfo info;
	char *rest;

	*first = (uint32_t)strtoul(word, &rest, 10);
	*end = *first + 1;
	if (rest != word && !*rest && *first < *end)
		return true;
	if (strcmp(word, "all")) {
		fprintf(stderr, "Error: Invalid argument %s as VCPU.\n", word);
		return false;
	}
	*first = 0;
	*end = domain_info(id, &info) ? 0 : info.max_vcpu_id + 1;
	return true;
}

int cmd_vcpu_pin(struct arguments *a)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_setvcpuaffinity };
	struct xen_domctl_vcpuaffinity *v = &op.u.vcpuaffinity;
	uint32_t vcpu, end;
	uint64_t sets[2], hard = 0, soft = 0;
	domid_t id;

	if (domain_find(a->operand[0], &id) ||
	    !pin_range(a->operand[1], id, &vcpu, &end) ||
	    !pin_operand(a->operand[2], XEN_VCPUAFFINITY_HARD, &hard, v,
			 &v->cpumap_hard) ||
	    !pin_operand(a->operand[3], XEN_VCPUAFFINITY_SOFT, &soft, v,
			 &v->cpumap_soft))
		return EXIT_FAILURE;
	if (a->option['f'])
		v->flags |= XEN_VCPUAFFINITY_FORCE;
	sets[0] = hard;
	sets[1] = soft;
	for (; vcpu < end; vcpu++) {
		v->vcpu = vcpu;
		if (control(a, &op)) {
			fprintf(stderr,
				"Could not set affinity for vcpu `%u'.\n", vcpu);
			return EXIT_FAILURE;
		}
		/* What took effect has been written over them. */
		hard = sets[0];
		soft = sets[1];
	}
	return EXIT_SUCCESS;
}

/* ---- vcpu-set ---------------------------------------------------------------------- */

/* false: there are not so many CPUs, and told so. */
static bool fits_host(unsigned long vcpus,
		      const struct xen_domctl_getdomaininfo *info)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };

	if (xc_sysctl(&op)) {
		fprintf(stderr, "libxl_physinfo failed.\n");
		return false;
	}
	if (vcpus <= info->nr_online_vcpus || vcpus <= op.u.physinfo.nr_cpus)
		return true;
	fprintf(stderr,
		"You have %u physical CPUs and want %lu vCPUs! Use "
		"--ignore-host to continue\n",
		op.u.physinfo.nr_cpus, vcpus);
	return false;
}

/* The guest's own driver does the rest, as with its memory. */
int cmd_vcpu_set(struct arguments *a)
{
	struct xen_domctl_getdomaininfo info;
	unsigned long vcpus;
	char key[40], *end;
	domid_t id;

	if (domain_find(a->operand[0], &id) || domain_info(id, &info))
		return EXIT_FAILURE;
	vcpus = strtoul(a->operand[1], &end, 10);
	if (end == a->operand[1] || *end || !vcpus ||
	    vcpus > info.max_vcpu_id + 1ul) {
		fprintf(stderr, "Error: Invalid argument.\n");
		return EXIT_FAILURE;
	}
	if (!a->option['i'] && !fits_host(vcpus, &info))
		return EXIT_FAILURE;
	for (unsigned int v = 0; v <= info.max_vcpu_id; v++) {
		snprintf(key, sizeof(key), "cpu/%u/availability", v);
		if (domain_write(id, key, v < vcpus ? "online" : "offline"))
			continue;
		fprintf(stderr, "vcpu-set failed for domain %u: %s\n", id,
			strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
