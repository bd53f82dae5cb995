/* SPDX-License-Identifier: MIT */
/*
 * The daemon with domain 0 and two guests, who ask whatever the input says,
 * in requests and in bytes, while allocations fail, domains go and come, and
 * clients stop to read. After each step the audit; at the end the tree below
 * /m must be what a model says that only knows of answers.
 */
#include "alloc_fail.h"
#include "xenstore_world.h"
#include "xsdom.h"

#define CLIENTS 3u
#define TRANS	3u
#define NODES	16u /* of the model: i's children are 2i and 2i + 1 */

static void demand(int what)
{
	if (what)
		return;
	fputs(said, stderr);
	abort();
}

/* ---- The model -------------------------------------------------------------------- */

struct mnode {
	bool exists;
	uint8_t owner, value;
};

enum change_kind { WRITE, MKDIR, RM, GIVE };

struct change {
	uint8_t kind, client, node, arg;
};

static struct mnode model[NODES];
static struct {
	xs_transaction_t id;
	struct change log[64];
	unsigned int changes;
	bool strange; /* did what the model does not know */
} trans[CLIENTS][TRANS];
static bool known; /* the model can be right */

static void model_remove(unsigned int i)
{
	if (i >= NODES)
		return;
	model[i].exists = false;
	model_remove(2 * i);
	model_remove(2 * i + 1);
}

static void model_make(unsigned int i, unsigned int client)
{
	uint8_t owner = 0;

	if (!i || model[i].exists)
		return;
	model_make(i / 2, client);
	if (i > 1)
		owner = model[i / 2].owner;
	model[i] = (struct mnode){ true, client ? (uint8_t)client : owner, 0 };
}

static void model_apply(const struct change *c)
{
	unsigned int i = c->node;

	switch (c->kind) {
	case WRITE:
		model_make(i, c->client);
		model[i].value = c->arg;
		break;
	case MKDIR:
		model_make(i, c->client);
		break;
	case RM:
		model_remove(i);
		break;
	case GIVE:
		model[i].owner = c->arg;
		break;
	}
}

static void model_domain_gone(unsigned int client)
{
	for (unsigned int i = 1; i < NODES; i++)
		if (model[i].exists && model[i].owner == client)
			model_remove(i);
}

static const char *path_of(unsigned int i)
{
	static char path[16];
	unsigned int top = i, len = 2;

	memcpy(path, "/m", 3);
	for (unsigned int bit = 8; bit; bit /= 2)
		if (top >= 2 * bit) {
			path[len++] = '/';
			path[len++] = i & bit ? 'b' : 'a';
		}
	path[len] = '\0';
	return path;
}

static void compare(void)
{
	for (unsigned int i = 1; i < NODES; i++) {
		const char *path = path_of(i);
		unsigned int len = 0, num = 0;
		char *value = xs_read(dom0, 0, path, &len);
		struct xs_permissions *p = xs_get_permissions(dom0, 0, path,
							      &num);

		demand(!value == !model[i].exists && !p == !value);
		if (value && model[i].value)
			demand(len == 1 && *value == model[i].value);
		else if (value)
			demand(!len);
		demand(!p || p->id == model[i].owner);
		free(value);
		free(p);
	}
}

/* What bytes have done that were not requests of ours, is believed. */
static void learn(void)
{
	for (unsigned int i = 1; i < NODES; i++) {
		unsigned int len = 0, num = 0;
		char *value = xs_read(dom0, 0, path_of(i), &len);
		struct xs_permissions *p = xs_get_permissions(dom0, 0,
							      path_of(i), &num);

		model[i].exists = value;
		model[i].value = len ? (uint8_t)*value : 0;
		model[i].owner = p ? (uint8_t)p->id : 0;
		known = known && len < 2;
		free(value);
		free(p);
	}
}

/* ---- The clients ---------------------------------------------------------------------- */

static struct xs_handle *client(unsigned int c)
{
	return c ? guests[c].xs : dom0;
}

static void client_came(unsigned int c)
{
	memset(trans[c], 0, sizeof(trans[c]));
}

static void domain_goes(unsigned int c, bool release)
{
	if (release && !xs_release_domain(dom0, c))
		return;
	if (!release)
		xsd_domain_gone((domid_t)c);
	client_came(c);
	xs_close(guests[c].xs);
	guests[c].xs = NULL;
	model_domain_gone(c);
}

static void domain_comes(unsigned int c)
{
	if (guests[c].xs)
		return;
	guest_open(&guests[c]);
	if (!guests[c].xs)
		return;
	client_came(c);
	if (!xs_introduce_domain(dom0, c, c, 1)) {
		xs_close(guests[c].xs);
		guests[c].xs = NULL;
	}
}

/* Note what was done, now or at the transaction's end. */
static void done(unsigned int c, unsigned int t, enum change_kind kind,
		 unsigned int node, unsigned int arg)
{
	struct change change = { (uint8_t)kind, (uint8_t)c, (uint8_t)node,
				 (uint8_t)arg };

	if (t >= TRANS || !trans[c][t].id)
		model_apply(&change);
	else if (trans[c][t].changes < 64)
		trans[c][t].log[trans[c][t].changes++] = change;
	else
		trans[c][t].strange = true;
}

static void end_trans(unsigned int c, unsigned int t, bool abandon)
{
	xs_transaction_t id = trans[c][t].id;

	if (!id)
		return;
	if (xs_transaction_end(client(c), id, abandon) && !abandon) {
		known = known && !trans[c][t].strange;
		for (unsigned int i = 0; i < trans[c][t].changes; i++)
			model_apply(&trans[c][t].log[i]);
	}
	memset(&trans[c][t], 0, sizeof(trans[c][t]));
}

static void node_op(unsigned int c, unsigned int t, unsigned int op,
		    unsigned int node, unsigned int arg)
{
	xs_transaction_t id = t < TRANS ? trans[c][t].id : 0;
	struct xs_handle *h = client(c);
	const char *path = path_of(node);
	char value = (char)(arg % 9 + '1');
	struct xs_permissions p[2] = { { arg % 3, arg / 3 % 4 },
				       { arg / 12 % 3, arg / 36 % 4 } };
	unsigned int num;

	switch (op) {
	case 0:
	case 1:
		if (xs_write(h, id, path, &value, 1))
			done(c, t, WRITE, node, (unsigned char)value);
		break;
	case 2:
		if (xs_mkdir(h, id, path))
			done(c, t, MKDIR, node, 0);
		break;
	case 3:
		if (xs_rm(h, id, path))
			done(c, t, RM, node, 0);
		break;
	case 4:
		if (p->id && !guests[p->id].xs)
			p->id = 0;
		if (xs_set_permissions(h, id, path, p, 1 + (arg & 1)))
			done(c, t, GIVE, node, p->id);
		break;
	case 5:
		free(xs_read(h, id, path, &num));
		break;
	case 6:
		free(xs_directory(h, id, path, &num));
		break;
	case 7:
		free(xs_get_permissions(h, id, path, &num));
		break;
	}
}

static void watch_op(unsigned int c, unsigned int op, unsigned int node,
		     unsigned int arg)
{
	static const char *const special[] = { "@introduceDomain", "x",
					       "@releaseDomain", "/" };
	const char *path = arg & 64 ? special[node % 4] : path_of(node);
	char token[2] = { (char)('a' + arg % 4), 0 };
	char **e;

	if (op == 0)
		xs_watch(client(c), path, token);
	else if (op == 1)
		xs_unwatch(client(c), path, token);
	else
		while ((e = xs_check_watch(client(c)))) {
			demand(*e[0] && *e[1]);
			free(e);
		}
}

/* Raw bytes of a guest; afterwards its connection starts anew. */
static void raw(unsigned int c, const uint8_t *data, size_t len)
{
	struct guest *g = &guests[c];
	char sink[64];

	byte_ring_write(&g->req, data, len);
	tell_daemon(g);
	for (int i = 0; i < 200; i++) {
		if (byte_ring_read(&g->rsp, sink, sizeof(sink)) <= 0)
			break;
		tell_daemon(g);
	}
	learn();
	xs_close(g->xs);
	g->page.connection = XENSTORE_RECONNECT;
	tell_daemon(g);
	demand(g->page.connection == XENSTORE_CONNECTED);
	guest_open(g);
	client_came(c);
	pagelink_init(&g->link, &g->page);
}

/*
 * A transaction from start to end, with somebody else's request in it now and
 * then: four bytes for each request. How many bytes.
 */
static size_t burst(unsigned int c, unsigned int t, const uint8_t *d,
		    size_t left)
{
	unsigned int requests = 1 + d[3] % 6;
	size_t at = 4;

	if (!trans[c][t].id)
		trans[c][t].id = xs_transaction_start(client(c));
	for (; requests-- && at + 4 <= left; at += 4) {
		const uint8_t *r = d + at;
		unsigned int node = r[1] % NODES;

		node += !node;
		if (r[0] % 8)
			node_op(c, t, r[2] % 8, node, r[3]);
		else
			node_op(0, TRANS, r[2] % 8, node, r[3]);
	}
	end_trans(c, t, d[3] % 64 == 0);
	return at;
}

/* One step: four bytes, or more. How many. */
static size_t step(const uint8_t *d, size_t left)
{
	unsigned int c = d[0] % CLIENTS, t = d[1] / 16 % 4, node = d[1] % NODES;
	size_t len = 4;

	if (c && !guests[c].xs)
		c = 0;
	node += !node;
	daemon_alloc_fail = d[0] >= 200 ? d[0] - 199 : 0;
	switch (d[2] % 28) {
	case 0 ... 11:
		node_op(c, t, d[2] % 28 % 8, node, d[3]);
		break;
	case 12 ... 14:
		watch_op(c, d[2] % 28 - 12, node, d[3]);
		break;
	case 15:
	case 16:
		if (t < TRANS && !trans[c][t].id)
			trans[c][t].id = xs_transaction_start(client(c));
		break;
	case 17:
	case 18:
		if (t < TRANS)
			end_trans(c, t, d[3] % 4 == 0);
		break;
	case 19:
		daemon_alloc_fail = 0;
		if (c)
			domain_goes(c, d[3] & 1);
		else
			domain_comes(1 + d[3] % 2);
		break;
	case 20:
		xsd_domain_shutdown((domid_t)c);
		break;
	case 21:
		xs_set_target(dom0, 1 + d[3] % 2, d[3] / 2 % 3);
		break;
	case 22:
		daemon_alloc_fail = 0;
		if (c && left > 4) {
			len += d[3] % (left - 3);
			raw(c, d + 4, len - 4);
		}
		break;
	case 23:
		free(xs_control_command(client(c), "quota", NULL, 0));
		break;
	case 24 ... 27:
		len = burst(c, t % TRANS, d, left);
		break;
	}
	daemon_alloc_fail = 0;
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(model, 0, sizeof(model));
	memset(trans, 0, sizeof(trans));
	known = true;
	around_work = alloc_around;
	demand(!setup_daemon());
	quota_set("nodes", 12);
	quota_set("transactions", 2);
	quota_set("event-bytes", 200);
	demand(put(dom0, 0, "/m", ""));
	demand(allow(dom0, 0, "/m", "b0"));
	model[1] = (struct mnode){ true, 0, 0 };
	guest_start(1);
	guest_start(2);
	for (size_t at = 0; at + 4 <= size;) {
		at += step(data + at, size - at);
		demand(!xsd_audit());
	}
	if (known)
		compare();
	for (unsigned int c = 1; c < CLIENTS; c++) {
		xs_close(guests[c].xs);
		guests[c].xs = NULL;
	}
	xs_close(dom0);
	xsd_destroy();
	return 0;
}
