/* SPDX-License-Identifier: MIT */
/*
 * Requests: one row of a table for each type of message, which says what it
 * needs and who answers it. The answer is put together apart from the request
 * and then takes its place in the connection.
 */
#ifndef WIRE_H
#define WIRE_H

#include "conn.h"
#include "view.h"

struct request {
	struct view view; /* who, and in which transaction */
	const char *data; /* the payload, with a nul behind it */
	size_t len;
	/* Filled in by the handler; nothing is "OK". */
	char *reply;
	size_t reply_len;
};

/* Answer the request that is complete in c. */
void wire_request(struct conn *c);

/* ---- For handlers: 0 or more, or -errno --------------------------------------- */

/*
 * The payload as at least min strings, the first max of them to s; how many
 * there are. -EINVAL: too few, or no nul at the end.
 */
int request_strings(const struct request *rq, const char **s, int min, int max);

/*
 * The absolute path that a text means, valid until the next call; *relative
 * (or NULL): the characters that were put before it. "@..." is a path of its
 * own where special, else a name. -EINVAL.
 */
int request_path(const struct request *rq, const char *text, bool special,
		 const char **path, uint32_t *relative);

/* A domain's id, not a reserved one. */
int request_domid(const char *text, domid_t *id);
/* Decimal, nothing else. */
bool request_number(const char *text, uint64_t *value);

/* Add to the reply. -E2BIG: there is no room. */
int reply_bytes(struct request *rq, const void *data, size_t len);
int reply_text(struct request *rq, const char *fmt, ...)
	__attribute__((format(printf, 2, 3))); /* with its nul */

/* Of ops_node.c and ops_domain.c. */
int op_directory(struct request *rq);
int op_directory_part(struct request *rq);
int op_read(struct request *rq);
int op_write(struct request *rq);
int op_mkdir(struct request *rq);
int op_rm(struct request *rq);
int op_get_perms(struct request *rq);
int op_set_perms(struct request *rq);
int op_introduce(struct request *rq);
int op_release(struct request *rq);
int op_resume(struct request *rq);
int op_set_target(struct request *rq);
int op_get_domain_path(struct request *rq);
int op_is_domain_introduced(struct request *rq);
int op_control(struct request *rq);

#endif
