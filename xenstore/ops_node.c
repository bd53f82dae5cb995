/* SPDX-License-Identifier: MIT */
/* Requests about nodes. */
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore_lib.h>
#include "path.h"

static unsigned int rights(const struct request *rq, const struct item *it)
{
	struct xsdom *d = rq->view.conn->dom;

	return it->exists ? perms_rights(it->perms, d->id, d->target) : 0;
}

/*
 * Look up the path that text means, for a client with those rights. Whether a
 * node is there is told only to who has the right to its nearest ancestor.
 */
static int get(const struct request *rq, const char *text, bool special,
	       unsigned int need, const char **path, struct item *it)
{
	struct item above;
	size_t len;
	int rc = request_path(rq, text, special, path, NULL);

	if (!rc)
		rc = view_get(&rq->view, *path, it);
	if (rc)
		return rc;
	if (it->exists)
		return (rights(rq, it) & need) == need ? 0 : -EACCES;
	if (conn_privileged(rq->view.conn) || **path == '@')
		return -ENOENT;
	rc = view_get_above(&rq->view, *path, &above, &len);
	if (rc)
		return rc;
	return rights(rq, &above) & need ? -ENOENT : -EACCES;
}

/* The same for a request whose payload is nothing but the path. */
static int get_only(const struct request *rq, unsigned int need,
		    const char **path, struct item *it)
{
	const char *text;
	int n = request_strings(rq, &text, 1, 1);

	if (n != 1)
		return -EINVAL;
	return get(rq, text, false, need, path, it);
}

/* ---- Reading --------------------------------------------------------------------- */

int op_read(struct request *rq)
{
	const char *path;
	struct item it;
	int rc = get_only(rq, XS_PERM_READ, &path, &it);

	if (rc || !it.value)
		return rc;
	return reply_bytes(rq, it.value->data, it.value->len);
}

static int add_name(const char *name, size_t len, void *arg)
{
	struct request *rq = arg;
	int rc = reply_bytes(rq, name, len);

	return rc ? rc : reply_bytes(rq, "", 1);
}

int op_directory(struct request *rq)
{
	const char *path;
	struct item it;
	int rc = get_only(rq, XS_PERM_READ, &path, &it);

	return rc ? rc : view_list(&rq->view, path, &it, add_name, rq);
}

/* The list from its byte skip on, as far as there is room, and its end. */
struct part {
	struct request *rq;
	uint64_t skip;
};

static int add_part(const char *name, size_t len, void *arg)
{
	struct part *p = arg;

	if (p->skip >= len + 1) {
		p->skip -= len + 1;
		return 0;
	}
	if (len + 1 - p->skip > XENSTORE_PAYLOAD_MAX - 1 - p->rq->reply_len)
		return -E2BIG; /* that one is the next part's first */
	name += p->skip;
	len -= (size_t)p->skip;
	p->skip = 0;
	return add_name(name, len, p->rq);
}

int op_directory_part(struct request *rq)
{
	const char *s[2], *path;
	struct part part = { rq, 0 };
	struct item it;
	uint64_t gen;
	int rc;

	if (request_strings(rq, s, 2, 2) != 2 ||
	    !request_number(s[1], &part.skip))
		return -EINVAL;
	rc = get(rq, s[0], false, XS_PERM_READ, &path, &it);
	if (rc)
		return rc;
	gen = view_list_gen(&rq->view, path, &it);
	rc = reply_text(rq, "%lu", (unsigned long)gen);
	if (!rc)
		rc = view_list(&rq->view, path, &it, add_part, &part);
	if (rc == -E2BIG)
		return 0;
	return rc ? rc : reply_bytes(rq, "", 1);
}

/* ---- Writing --------------------------------------------------------------------- */

int op_write(struct request *rq)
{
	size_t skip = strlen(rq->data) + 1, len;
	struct value *value;
	const char *path;
	struct item it;
	int rc;

	if (skip > rq->len)
		return -EINVAL;
	len = rq->len - skip;
	rc = get(rq, rq->data, false, XS_PERM_WRITE, &path, &it);
	if (rc && rc != -ENOENT)
		return rc;
	rc = quota_check(rq->view.conn->dom, QUOTA_SIZE, len);
	if (rc)
		return rc;
	value = value_new(rq->data + skip, len);
	if (len && !value)
		return -ENOMEM;
	if (!it.exists)
		return view_create(&rq->view, path, value);
	return view_write(&rq->view, path, &it, value);
}

int op_mkdir(struct request *rq)
{
	const char *path;
	struct item it;
	int rc = get_only(rq, XS_PERM_WRITE, &path, &it);

	return rc == -ENOENT ? view_create(&rq->view, path, NULL) : rc;
}

/* What is not there needs not be removed, if its parent is there. */
static int check_parent(struct request *rq, const char *path)
{
	struct item above;
	size_t len;
	int rc = view_get_above(&rq->view, path, &above, &len);

	if (rc)
		return rc;
	return len == path_parent(path, strlen(path)) ? 0 : -ENOENT;
}

int op_rm(struct request *rq)
{
	const char *path;
	struct item it;
	int rc = get_only(rq, XS_PERM_WRITE, &path, &it);

	if (rc == -ENOENT)
		return check_parent(rq, path);
	if (!rc && !path[1])
		return -EINVAL;
	if (!rc)
		view_remove(&rq->view, path, &it);
	return rc;
}

/* ---- Permissions ------------------------------------------------------------------ */

int op_get_perms(struct request *rq)
{
	const char *text, *path;
	char perm[PERM_TEXT];
	struct item it;
	int rc;

	if (request_strings(rq, &text, 1, 1) != 1)
		return -EINVAL;
	rc = get(rq, text, true, XS_PERM_READ, &path, &it);
	for (uint32_t i = 0; !rc && i < it.perms->count; i++)
		rc = reply_bytes(rq, perm,
				 perm_format(&it.perms->list[i], perm));
	return rc;
}

/* The list that the strings behind the path are; NULL: *rc says why. */
static struct perms *parse(struct request *rq, int count, int *rc)
{
	const char *text = rq->data;
	struct perm *list = malloc((size_t)count * sizeof(*list));
	struct perms *p;

	*rc = list ? 0 : -ENOMEM;
	for (int i = 0; !*rc && i < count; i++) {
		text += strlen(text) + 1;
		if (!perm_parse(text, &list[i]))
			*rc = -EINVAL;
	}
	p = *rc ? NULL : perms_new(list, (size_t)count);
	if (!*rc && !p)
		*rc = -ENOMEM;
	free(list);
	return p;
}

/*
 * Only domain 0 gives nodes away. What holds the tree together stays its own:
 * it would have to go with the domain.
 */
static int may_own(const struct request *rq, const char *path,
		   const struct item *it, const struct perms *p)
{
	domid_t owner = perms_owner(p);

	if (owner == perms_owner(it->perms))
		return 0;
	if (!conn_privileged(rq->view.conn))
		return -EPERM;
	if (*path == '@' || !path[1])
		return -EINVAL;
	return xsdom_get(owner) ? 0 : -ENOMEM;
}

int op_set_perms(struct request *rq)
{
	const char *text, *path;
	struct perms *p;
	struct item it;
	int n, rc;

	n = request_strings(rq, &text, 2, 1);
	if (n < 0)
		return n;
	rc = quota_check(rq->view.conn->dom, QUOTA_PERMS, (size_t)n - 1);
	if (!rc)
		rc = get(rq, text, true, XS_PERM_WRITE | PERM_OWNER, &path, &it);
	if (rc)
		return rc;
	p = parse(rq, n - 1, &rc);
	if (p)
		rc = may_own(rq, path, &it, p);
	if (!rc)
		return view_set_perms(&rq->view, path, &it, p);
	perms_put(p);
	return rc;
}
