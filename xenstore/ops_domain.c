/* SPDX-License-Identifier: MIT */
/* Requests about domains, and about the daemon itself. */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "tree.h"
#include "watch.h"

/* The payload as one domain id. */
static int get_domid(const struct request *rq, domid_t *id)
{
	const char *s;
	int n = request_strings(rq, &s, 1, 1);

	return n != 1 ? -EINVAL : request_domid(s, id);
}

/* As text; of a domain that was introduced. */
static int get_introduced(const char *text, struct xsdom **d)
{
	domid_t id;
	int rc = request_domid(text, &id);

	if (rc)
		return rc;
	*d = xsdom_find(id);
	if (!*d)
		return -ENOENT;
	return (*d)->link_conn || !id ? 0 : -EINVAL;
}

/* ---- Coming and going ------------------------------------------------------------- */

int op_introduce(struct request *rq)
{
	uint64_t mfn, port;
	struct xsdom *d;
	struct conn *c;
	const char *s[3];
	domid_t id;
	bool known;
	int rc;

	rc = request_strings(rq, s, 3, 3);
	if (rc > 0)
		rc = request_domid(s[0], &id);
	if (rc)
		return rc;
	if (!id || !request_number(s[1], &mfn) || !request_number(s[2], &port))
		return -EINVAL;
	if (!port || port > UINT32_MAX)
		return -EINVAL;
	rc = xsd_link_open(id, mfn, (uint32_t)port, &c);
	if (rc)
		return rc;
	d = xsdom_find(id);
	known = d->link_conn;
	if (known)
		xsd_conn_close(d->link_conn);
	d->link_conn = c;
	d->shutdown = false;
	if (!known)
		watch_fire_special(tree_special(0), id);
	xsd_conn_ready(c);
	return 0;
}

int op_release(struct request *rq)
{
	struct xsdom *d;
	domid_t id;
	int rc = get_domid(rq, &id);

	if (!rc && !id)
		return -EINVAL;
	if (!rc)
		rc = get_introduced(rq->data, &d);
	if (!rc)
		xsd_domain_gone(id);
	return rc;
}

int op_resume(struct request *rq)
{
	struct xsdom *d;
	domid_t id;
	int rc = get_domid(rq, &id);

	if (!rc)
		rc = get_introduced(rq->data, &d);
	if (!rc)
		d->shutdown = false;
	return rc;
}

int op_set_target(struct request *rq)
{
	struct xsdom *d, *target;
	const char *s[2];
	int rc = request_strings(rq, s, 2, 2);

	if (rc > 0)
		rc = get_introduced(s[0], &d);
	if (!rc)
		rc = get_introduced(s[1], &target);
	if (!rc)
		d->target = target->id;
	return rc;
}

int op_get_domain_path(struct request *rq)
{
	domid_t id;
	int rc = get_domid(rq, &id);

	return rc ? rc : reply_text(rq, "/local/domain/%u", id);
}

int op_is_domain_introduced(struct request *rq)
{
	struct xsdom *d;
	domid_t id;
	int rc = get_domid(rq, &id);

	if (rc)
		return rc;
	d = xsdom_find(id);
	return reply_text(rq, !id || (d && d->link_conn) ? "T" : "F");
}

/* ---- Control ----------------------------------------------------------------------- */

static int control_check(struct request *rq, int n, const char **s)
{
	unsigned int flaws = xsd_audit();

	(void)s;
	if (n != 1)
		return -EINVAL;
	return flaws ? reply_text(rq, "%u flaws", flaws) : 0;
}

/* Text lines of one string. */
static void reply_go_on(struct request *rq)
{
	if (rq->reply_len)
		rq->reply_len--;
}

static int quota_lines(struct request *rq, const struct xsdom *d)
{
	int rc = 0;

	for (enum quota q = 0; !rc && q < QUOTAS; q++) {
		reply_go_on(rq);
		if (d)
			rc = reply_text(rq, "%-18s %8zu refused %u\n",
					quota_name(q), quota_limit(q),
					d->refused[q]);
		else
			rc = reply_text(rq, "%-18s %8zu\n", quota_name(q),
					quota_limit(q));
	}
	return rc;
}

/* All limits; "set" NAME LIMIT; or what a domain has, and was refused. */
static int control_quota(struct request *rq, int n, const char **s)
{
	uint64_t limit;
	struct xsdom *d;
	domid_t id;
	int rc;

	if (n == 1)
		return quota_lines(rq, NULL);
	if (n == 4 && !strcmp(s[1], "set"))
		return request_number(s[3], &limit) && quota_set(s[2], limit)
			       ? 0
			       : -EINVAL;
	if (n != 2 || request_domid(s[1], &id))
		return -EINVAL;
	d = xsdom_find(id);
	if (!d)
		return -ENOENT;
	rc = reply_text(rq, "nodes %u watches %u transactions %u memory %zu\n",
			d->nodes, d->watches, d->transactions,
			d->node_bytes + d->watch_bytes + d->trans_bytes);
	return rc ? rc : quota_lines(rq, d);
}

static int control_help(struct request *rq, int n, const char **s);

static const struct {
	const char *name;
	int (*fn)(struct request *rq, int n, const char **s);
	const char *usage;
} controls[] = {
	{ "check", control_check, "check" },
	{ "help", control_help, "help" },
	{ "quota", control_quota, "quota [DOMID | set NAME LIMIT]" },
};
#define CONTROLS (sizeof(controls) / sizeof(controls[0]))

static int control_help(struct request *rq, int n, const char **s)
{
	int rc = 0;

	(void)n, (void)s;
	for (size_t i = 0; !rc && i < CONTROLS; i++) {
		reply_go_on(rq);
		rc = reply_text(rq, "%s\n", controls[i].usage);
	}
	return rc;
}

int op_control(struct request *rq)
{
	const char *s[4];
	int n = request_strings(rq, s, 1, 4);

	for (size_t i = 0; n > 0 && i < CONTROLS; i++)
		if (!strcmp(s[0], controls[i].name))
			return controls[i].fn(rq, n, s);
	return -EINVAL;
}
