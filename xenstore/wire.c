/* SPDX-License-Identifier: MIT */
/* The table of requests; watches and transactions, which are one call each. */
#include "wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "path.h"
#include "watch.h"

/* ---- What is in a request ------------------------------------------------------- */

int request_strings(const struct request *rq, const char **s, int min, int max)
{
	const char *at = rq->data, *end = at + rq->len;
	int n = 0;

	if (rq->len && end[-1])
		return -EINVAL;
	for (; at < end; at += strlen(at) + 1) {
		if (n < max)
			s[n] = at;
		n++;
	}
	return n < min ? -EINVAL : n;
}

bool request_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return !*end && !errno;
}

int request_domid(const char *text, domid_t *id)
{
	uint64_t n;

	if (!request_number(text, &n) || n >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	*id = (domid_t)n;
	return 0;
}

int request_path(const struct request *rq, const char *text, bool special,
		 const char **path, uint32_t *relative)
{
	static char absolute[XENSTORE_ABS_PATH_MAX];
	struct xsdom *d = rq->view.conn->dom;
	size_t len = strlen(text);

	*path = text;
	if (relative)
		*relative = 0;
	if (special && *text == '@')
		return len > XENSTORE_REL_PATH_MAX ? -EINVAL : 0;
	if (*text != '/') {
		if (d->home_len + len >= sizeof(absolute))
			return -EINVAL;
		memcpy(absolute, d->home, d->home_len);
		memcpy(absolute + d->home_len, text, len + 1);
		*path = absolute;
		if (relative)
			*relative = d->home_len;
	}
	if (!path_valid(*path))
		return -EINVAL;
	return quota_check(d, QUOTA_PATH, path_own_len(*path));
}

/* ---- The answer ------------------------------------------------------------------ */

int reply_bytes(struct request *rq, const void *data, size_t len)
{
	if (len > XENSTORE_PAYLOAD_MAX - rq->reply_len)
		return -E2BIG;
	memcpy(rq->reply + rq->reply_len, data, len);
	rq->reply_len += len;
	return 0;
}

int reply_text(struct request *rq, const char *fmt, ...)
{
	size_t room = XENSTORE_PAYLOAD_MAX - rq->reply_len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(rq->reply + rq->reply_len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		return -E2BIG;
	rq->reply_len += (size_t)n + 1;
	return 0;
}

/* ---- Watches and transactions ------------------------------------------------------ */

static int op_watch(struct request *rq)
{
	uint64_t depth = WATCH_ANY_DEPTH;
	const char *s[3], *path;
	uint32_t relative;
	int n, rc;

	n = request_strings(rq, s, 2, 3);
	if (n < 0 || n > 3)
		return -EINVAL;
	if (n == 3 && *s[2] &&
	    (!request_number(s[2], &depth) || depth >= WATCH_ANY_DEPTH))
		return -EINVAL;
	rc = request_path(rq, s[0], true, &path, &relative);
	if (rc)
		return rc;
	return watch_add(rq->view.conn, path, s[1], relative, (uint32_t)depth);
}

static int op_unwatch(struct request *rq)
{
	const char *s[2], *path;
	int rc = request_strings(rq, s, 2, 2);

	if (rc > 0)
		rc = request_path(rq, s[0], true, &path, NULL);
	return rc ? rc : watch_remove(rq->view.conn, path, s[1]);
}

static int op_reset_watches(struct request *rq)
{
	watch_drop_all(rq->view.conn);
	trans_drop_all(rq->view.conn);
	return 0;
}

static int op_transaction_start(struct request *rq)
{
	uint32_t id;
	int rc;

	if (rq->view.trans)
		return -EBUSY;
	rc = trans_start(rq->view.conn, &id);
	return rc ? rc : reply_text(rq, "%u", id);
}

static int op_transaction_end(struct request *rq)
{
	const char *how;
	int n = request_strings(rq, &how, 1, 1);

	if (n != 1 || (strcmp(how, "T") && strcmp(how, "F")))
		return -EINVAL;
	if (!rq->view.trans)
		return -ENOENT;
	if (*how == 'T')
		return trans_commit(rq->view.trans);
	trans_drop(rq->view.trans);
	return 0;
}

/* ---- Dispatch --------------------------------------------------------------------- */

#define NO_TRANS   1u /* the transaction's id is ignored */
#define PRIVILEGED 2u /* domain 0 only */

static const struct {
	int (*op)(struct request *rq);
	unsigned int flags;
} rows[XS_TYPE_COUNT] = {
	[XS_CONTROL] = { op_control, NO_TRANS | PRIVILEGED },
	[XS_DIRECTORY] = { op_directory, 0 },
	[XS_DIRECTORY_PART] = { op_directory_part, 0 },
	[XS_READ] = { op_read, 0 },
	[XS_GET_PERMS] = { op_get_perms, 0 },
	[XS_WATCH] = { op_watch, NO_TRANS },
	[XS_UNWATCH] = { op_unwatch, NO_TRANS },
	[XS_RESET_WATCHES] = { op_reset_watches, NO_TRANS },
	[XS_TRANSACTION_START] = { op_transaction_start, 0 },
	[XS_TRANSACTION_END] = { op_transaction_end, 0 },
	[XS_INTRODUCE] = { op_introduce, NO_TRANS | PRIVILEGED },
	[XS_RELEASE] = { op_release, NO_TRANS | PRIVILEGED },
	[XS_RESUME] = { op_resume, NO_TRANS | PRIVILEGED },
	[XS_SET_TARGET] = { op_set_target, NO_TRANS | PRIVILEGED },
	[XS_GET_DOMAIN_PATH] = { op_get_domain_path, NO_TRANS },
	[XS_IS_DOMAIN_INTRODUCED] = { op_is_domain_introduced, NO_TRANS },
	[XS_WRITE] = { op_write, 0 },
	[XS_MKDIR] = { op_mkdir, 0 },
	[XS_RM] = { op_rm, 0 },
	[XS_SET_PERMS] = { op_set_perms, 0 },
};

static int dispatch(struct request *rq)
{
	struct conn *c = rq->view.conn;
	uint32_t type = c->header.type;

	if (type >= XS_TYPE_COUNT || !rows[type].op)
		return -ENOSYS;
	if (rows[type].flags & PRIVILEGED && !conn_privileged(c))
		return -EACCES;
	if (c->header.tx_id && !(rows[type].flags & NO_TRANS)) {
		rq->view.trans = trans_find(c, c->header.tx_id);
		if (!rq->view.trans)
			return -ENOENT;
	}
	return rows[type].op(rq);
}

static const char *error_name(int error)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(*xsd_errors); i++)
		if (xsd_errors[i].errnum == error)
			return xsd_errors[i].errstring;
	return "EINVAL";
}

void wire_request(struct conn *c)
{
	static char reply[XENSTORE_PAYLOAD_MAX];
	struct request rq = {
		.view = { .conn = c },
		.data = c->payload,
		.len = c->header.len,
		.reply = reply,
	};
	uint32_t type = c->header.type;
	int rc = dispatch(&rq);
	const char *name;

	if (rc < 0) {
		name = error_name(-rc);
		conn_reply(c, XS_ERROR, name, strlen(name) + 1);
		return;
	}
	if (!rq.reply_len && type != XS_READ && type != XS_DIRECTORY)
		reply_bytes(&rq, "OK", 3);
	conn_reply(c, type, reply, rq.reply_len);
}
