/* SPDX-License-Identifier: MIT */
/*
 * libxenstore's calls, as <xenstore.h> promises them. A message is received
 * into the handle, bytewise if need be, so that to look for a watch event
 * never waits and no lack of memory loses the thread. Replies are matched by
 * request id: what a call that failed half-way left unread is passed over.
 */
#include "xs_transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct event {
	struct event *next;
	char *strings[2]; /* XS_WATCH_PATH, XS_WATCH_TOKEN; text follows */
	char text[];
};

struct xs_handle {
	struct xs_transport transport;
	bool filter; /* XS_UNWATCH_FILTER */
	uint32_t last_id;
	struct event *first, **end; /* events not yet fetched */
	/* The message that comes in. */
	uint32_t done;
	struct xsd_sockmsg header;
	char payload[XENSTORE_PAYLOAD_MAX + 1];
};

/* One piece of a request's payload. */
struct part {
	const void *data;
	size_t len;
};

static struct part text(const char *s)
{
	return (struct part){ s, strlen(s) + 1 };
}

/* ---- Opening --------------------------------------------------------------------- */

struct xs_handle *xs_open_transport(const struct xs_transport *t)
{
	struct xs_handle *h = calloc(1, sizeof(*h));

	if (!h) {
		errno = ENOMEM;
		return NULL;
	}
	h->transport = *t;
	h->end = &h->first;
	return h;
}

struct xs_handle *xs_open(unsigned long flags)
{
	struct xs_transport t;
	struct xs_handle *h;
	int rc = xs_transport_open(&t);

	if (rc) {
		errno = -rc;
		return NULL;
	}
	h = xs_open_transport(&t);
	if (!h) {
		t.close(t.arg);
		errno = ENOMEM;
		return NULL;
	}
	h->filter = flags & XS_UNWATCH_FILTER;
	return h;
}

void xs_close(struct xs_handle *h)
{
	struct event *e;

	if (!h)
		return;
	h->transport.close(h->transport.arg);
	while ((e = h->first)) {
		h->first = e->next;
		free(e);
	}
	free(h);
}

/* ---- Messages -------------------------------------------------------------------- */

static bool send_bytes(struct xs_handle *h, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		int n = h->transport.write(h->transport.arg, at, len);

		if (n <= 0) {
			errno = n ? -n : EIO;
			return false;
		}
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_request(struct xs_handle *h, xs_transaction_t t, uint32_t type,
			 const struct part *parts, size_t count)
{
	struct xsd_sockmsg header = { .type = type, .tx_id = t };
	size_t len = 0;
	bool ok;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	if (len > XENSTORE_PAYLOAD_MAX) {
		errno = E2BIG;
		return false;
	}
	header.req_id = ++h->last_id;
	header.len = (uint32_t)len;
	ok = send_bytes(h, &header, sizeof(header));
	for (size_t i = 0; ok && i < count; i++)
		ok = send_bytes(h, parts[i].data, parts[i].len);
	return ok;
}

/* 1: whole; 0: not yet, and not to wait; -errno. */
static int receive_bytes(struct xs_handle *h, void *data, uint32_t from,
			 uint32_t len, bool wait)
{
	while (h->done < from + len) {
		uint32_t at = h->done - from;
		int n = h->transport.read(h->transport.arg, (char *)data + at,
					  len - at, wait);

		if (n <= 0)
			return n;
		h->done += (uint32_t)n;
	}
	return 1;
}

/* A message is complete: 1; as above. It stays until h->done is 0. */
static int receive(struct xs_handle *h, bool wait)
{
	int rc = 1;

	if (h->done < sizeof(h->header))
		rc = receive_bytes(h, &h->header, 0, sizeof(h->header), wait);
	if (rc <= 0)
		return rc;
	if (h->header.len > XENSTORE_PAYLOAD_MAX)
		return -EIO;
	rc = receive_bytes(h, h->payload, sizeof(h->header), h->header.len,
			   wait);
	h->payload[h->header.len] = '\0';
	return rc;
}

/* Keep the event that is in the handle. 0, -ENOMEM: it stays there. */
static int keep_event(struct xs_handle *h)
{
	size_t len = h->header.len + 1, path = strlen(h->payload) + 1;
	struct event *e = malloc(sizeof(*e) + len);

	if (!e)
		return -ENOMEM;
	memcpy(e->text, h->payload, len);
	e->next = NULL;
	e->strings[XS_WATCH_PATH] = e->text;
	e->strings[XS_WATCH_TOKEN] = e->text + (path < len ? path : len - 1);
	*h->end = e;
	h->end = &e->next;
	h->done = 0;
	return 0;
}

/* The reply to the last request is in the handle. 0 or -errno. */
static int await_reply(struct xs_handle *h)
{
	for (;;) {
		int rc = receive(h, true);

		if (rc < 0)
			return rc;
		if (h->header.type == XS_WATCH_EVENT) {
			rc = keep_event(h);
			if (rc)
				return rc;
			continue;
		}
		h->done = 0;
		if (h->header.req_id == h->last_id)
			return 0;
	}
}

static int error_number(const char *name)
{
	for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(*xsd_errors); i++)
		if (!strcmp(xsd_errors[i].errstring, name))
			return xsd_errors[i].errnum;
	return EINVAL;
}

/* Ask, and have the answer in the handle; false: errno. */
static bool talk(struct xs_handle *h, xs_transaction_t t, uint32_t type,
		 const struct part *parts, size_t count)
{
	int rc;

	if (!send_request(h, t, type, parts, count))
		return false;
	rc = await_reply(h);
	if (!rc && h->header.type == XS_ERROR)
		rc = -error_number(h->payload);
	else if (!rc && h->header.type != type)
		rc = -EBADF;
	if (rc)
		errno = -rc;
	return !rc;
}

static bool talk_text(struct xs_handle *h, xs_transaction_t t, uint32_t type,
		      const char *s)
{
	struct part part = text(s);

	return talk(h, t, type, &part, 1);
}

/* The answer in memory of its own, with a nul behind it. */
static void *answer(const struct xs_handle *h)
{
	void *p = malloc(h->header.len + 1);

	if (!p)
		errno = ENOMEM;
	else
		memcpy(p, h->payload, h->header.len + 1);
	return p;
}

/* ---- Nodes ----------------------------------------------------------------------- */

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	if (!talk_text(h, t, XS_READ, path))
		return NULL;
	if (len)
		*len = h->header.len;
	return answer(h);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	struct part parts[] = { text(path), { data, len } };

	return talk(h, t, XS_WRITE, parts, 2);
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return talk_text(h, t, XS_MKDIR, path);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return talk_text(h, t, XS_RM, path);
}

/* Strings, one behind the other, as an array; both in one piece of memory. */
static char **split(const char *strings, size_t len, unsigned int *num)
{
	unsigned int count = xs_count_strings(strings, (unsigned int)len);
	char **array = malloc(count * sizeof(*array) + len + 1), *at;

	if (!array) {
		errno = ENOMEM;
		return NULL;
	}
	at = (char *)(array + count);
	memcpy(at, strings, len);
	for (unsigned int i = 0; i < count; i++) {
		array[i] = at;
		at += strlen(at) + 1;
	}
	*num = count;
	return array;
}

/* A long list, part by part. */
struct list {
	char *bytes;
	size_t len;
	char gen[24];
	bool whole;
};

/* The next part; false: errno, EAGAIN if the list has changed meanwhile. */
static bool next_part(struct xs_handle *h, xs_transaction_t t, const char *path,
		      struct list *l)
{
	struct part parts[2] = { text(path) };
	char offset[24], *names, *bytes;
	size_t len;

	snprintf(offset, sizeof(offset), "%zu", l->len);
	parts[1] = text(offset);
	if (!talk(h, t, XS_DIRECTORY_PART, parts, 2))
		return false;
	names = h->payload + strlen(h->payload) + 1;
	len = h->payload + h->header.len - names;
	if (names > h->payload + h->header.len) {
		errno = EIO;
		return false;
	}
	if (l->len && strcmp(l->gen, h->payload)) {
		errno = EAGAIN;
		return false;
	}
	snprintf(l->gen, sizeof(l->gen), "%.23s", h->payload);
	/* An empty name is the end. */
	l->whole = !len || (len == 1 && !*names) ||
		   (len > 1 && !names[len - 1] && !names[len - 2]);
	len -= l->whole && len;
	bytes = realloc(l->bytes, l->len + len + 1);
	if (!bytes) {
		errno = ENOMEM;
		return false;
	}
	memcpy(bytes + l->len, names, len);
	l->bytes = bytes;
	l->len += len;
	return true;
}

static char **long_directory(struct xs_handle *h, xs_transaction_t t,
			     const char *path, unsigned int *num)
{
	struct list l = { 0 };
	char **array = NULL;

	while (!l.whole && next_part(h, t, path, &l))
		;
	if (l.whole)
		array = split(l.bytes, l.len, num);
	free(l.bytes);
	return array;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *num)
{
	char **array;

	if (talk_text(h, t, XS_DIRECTORY, path))
		return split(h->payload, h->header.len, num);
	if (errno != E2BIG)
		return NULL;
	do
		array = long_directory(h, t, path, num);
	while (!array && errno == EAGAIN);
	return array;
}

struct xs_permissions *xs_get_permissions(struct xs_handle *h,
					  xs_transaction_t t, const char *path,
					  unsigned int *num)
{
	struct xs_permissions *p;
	unsigned int count;

	if (!talk_text(h, t, XS_GET_PERMS, path))
		return NULL;
	count = xs_count_strings(h->payload, h->header.len);
	p = calloc(count ? count : 1, sizeof(*p));
	if (!p) {
		errno = ENOMEM;
		return NULL;
	}
	if (!xs_strings_to_perms(p, count, h->payload)) {
		free(p);
		return NULL;
	}
	*num = count;
	return p;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			const char *path, struct xs_permissions *perms,
			unsigned int num_perms)
{
	const size_t room = MAX_STRLEN(unsigned int) + 1;
	char *strings = malloc(num_perms * room + 1);
	struct part parts[] = { text(path), { strings, 0 } };
	bool ok = strings;

	if (!strings)
		errno = ENOMEM;
	for (unsigned int i = 0; ok && i < num_perms; i++) {
		char *at = strings + parts[1].len;

		ok = xs_perm_to_string(&perms[i], at, room);
		if (ok)
			parts[1].len += strlen(at) + 1;
	}
	ok = ok && talk(h, t, XS_SET_PERMS, parts, 2);
	free(strings);
	return ok;
}

/* ---- Watches --------------------------------------------------------------------- */

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	struct part parts[] = { text(path), text(token) };

	return talk(h, XBT_NULL, XS_WATCH, parts, 2);
}

/* The events of a watch that is no more. */
static void drop_events(struct xs_handle *h, const char *path, const char *token)
{
	struct event **at = &h->first, *e;

	while ((e = *at)) {
		if (strcmp(e->strings[XS_WATCH_TOKEN], token) ||
		    !xs_path_is_subpath(path, e->strings[XS_WATCH_PATH])) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		free(e);
	}
	h->end = at;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	struct part parts[] = { text(path), text(token) };

	if (!talk(h, XBT_NULL, XS_UNWATCH, parts, 2))
		return false;
	if (h->filter)
		drop_events(h, path, token);
	return true;
}

/* The first event, as the caller gets it: array and text in one piece. */
static char **fetch_event(struct xs_handle *h)
{
	struct event *e = h->first;
	size_t len[2] = { strlen(e->strings[0]) + 1, strlen(e->strings[1]) + 1 };
	char **array = malloc(2 * sizeof(*array) + len[0] + len[1]);

	if (!array) {
		errno = ENOMEM;
		return NULL;
	}
	array[0] = (char *)(array + 2);
	array[1] = array[0] + len[0];
	memcpy(array[0], e->strings[0], len[0]);
	memcpy(array[1], e->strings[1], len[1]);
	h->first = e->next;
	if (!h->first)
		h->end = &h->first;
	free(e);
	return array;
}

static char **look_for_event(struct xs_handle *h, bool wait)
{
	int rc;

	while (!h->first) {
		rc = receive(h, wait);
		if (rc > 0 && h->header.type == XS_WATCH_EVENT)
			rc = keep_event(h);
		else if (rc > 0)
			h->done = 0; /* nobody waits for that reply */
		else if (!rc)
			rc = -EAGAIN;
		if (rc < 0) {
			errno = -rc;
			return NULL;
		}
	}
	return fetch_event(h);
}

char **xs_check_watch(struct xs_handle *h)
{
	return look_for_event(h, false);
}

char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
	char **array = look_for_event(h, true);

	if (array && num)
		*num = 2;
	return array;
}

/* ---- Transactions ------------------------------------------------------------------ */

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	if (!talk_text(h, XBT_NULL, XS_TRANSACTION_START, ""))
		return XBT_NULL;
	return (xs_transaction_t)strtoul(h->payload, NULL, 10);
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abandon)
{
	return talk_text(h, t, XS_TRANSACTION_END, abandon ? "F" : "T");
}

/* ---- Domains and the daemon ---------------------------------------------------------- */

static bool talk_domid(struct xs_handle *h, uint32_t type, unsigned int domid)
{
	char id[MAX_STRLEN(domid)];

	snprintf(id, sizeof(id), "%u", domid);
	return talk_text(h, XBT_NULL, type, id);
}

bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
			 unsigned long mfn, unsigned int eventchn)
{
	char s[3][MAX_STRLEN(mfn)];
	struct part parts[3];

	snprintf(s[0], sizeof(s[0]), "%u", domid);
	snprintf(s[1], sizeof(s[1]), "%lu", mfn);
	snprintf(s[2], sizeof(s[2]), "%u", eventchn);
	for (int i = 0; i < 3; i++)
		parts[i] = text(s[i]);
	return talk(h, XBT_NULL, XS_INTRODUCE, parts, 3);
}

bool xs_set_target(struct xs_handle *h, unsigned int domid, unsigned int target)
{
	char s[2][MAX_STRLEN(domid)];
	struct part parts[2];

	snprintf(s[0], sizeof(s[0]), "%u", domid);
	snprintf(s[1], sizeof(s[1]), "%u", target);
	parts[0] = text(s[0]);
	parts[1] = text(s[1]);
	return talk(h, XBT_NULL, XS_SET_TARGET, parts, 2);
}

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
	return talk_domid(h, XS_RELEASE, domid);
}

bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
	return talk_domid(h, XS_RESUME, domid);
}

char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	return talk_domid(h, XS_GET_DOMAIN_PATH, domid) ? answer(h) : NULL;
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	return talk_domid(h, XS_IS_DOMAIN_INTRODUCED, domid) &&
	       !strcmp(h->payload, "T");
}

char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
			 unsigned int len)
{
	struct part parts[] = { text(cmd), { data, len } };

	return talk(h, XBT_NULL, XS_CONTROL, parts, 2) ? answer(h) : NULL;
}
