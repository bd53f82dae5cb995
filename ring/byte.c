/* SPDX-License-Identifier: MIT */
/* Byte rings: all their index arithmetic and barriers. */
#include "byte.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void attach(struct byte_ring *r, char *buf, uint32_t size,
		   uint32_t *shared, uint32_t *foreign)
{
	*r = (struct byte_ring){
		.buf = buf, .size = size, .shared = shared, .foreign = foreign
	};
	r->own = __atomic_load_n(shared, __ATOMIC_RELAXED);
}

void byte_ring_producer(struct byte_ring *r, char *buf, uint32_t size,
			uint32_t *cons, uint32_t *prod)
{
	attach(r, buf, size, prod, cons);
}

void byte_ring_consumer(struct byte_ring *r, char *buf, uint32_t size,
			uint32_t *cons, uint32_t *prod)
{
	attach(r, buf, size, cons, prod);
}

/*
 * The other's index, against ours. An acquire: it meets the release of
 * publish() at the other end. As producer we see that he has read what he
 * gives up before we overwrite it; as consumer, that what he claims to have
 * written is there before we read it.
 */
static uint32_t ahead(const struct byte_ring *r, bool producer)
{
	uint32_t foreign = __atomic_load_n(r->foreign, __ATOMIC_ACQUIRE);

	return producer ? r->size - (r->own - foreign) : foreign - r->own;
}

/*
 * When there is nothing to do we are about to wait for the other to tell us;
 * and he, having moved, tells us only if he sees that we have come to a stop.
 * So the store of our index (publish()) must be visible before we look at his
 * for the last time, as his store comes before his look at ours; else each
 * could see the other's old index, and both would wait.
 */
static int look(const struct byte_ring *r, bool producer)
{
	uint32_t n = ahead(r, producer);

	if (!n) {
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		n = ahead(r, producer);
	}
	return n > r->size ? -EIO : (int)n;
}

int byte_ring_room(const struct byte_ring *r)
{
	return look(r, true);
}

int byte_ring_used(const struct byte_ring *r)
{
	return look(r, false);
}

/*
 * A release: the copy before it is done when the other end sees the index. As
 * producer we would else show bytes that are not there yet; as consumer we
 * would let him overwrite bytes that we have not read.
 */
static void publish(struct byte_ring *r, uint32_t moved)
{
	r->own += moved;
	__atomic_store_n(r->shared, r->own, __ATOMIC_RELEASE);
}

/* The smaller of what is possible and what is wanted. */
static uint32_t clip(int possible, size_t wanted)
{
	return wanted < (size_t)possible ? (uint32_t)wanted : (uint32_t)possible;
}

int byte_ring_write(struct byte_ring *r, const void *data, size_t n)
{
	uint32_t at = r->own & (r->size - 1), len, first;
	int room = byte_ring_room(r);

	if (room <= 0 || !n)
		return room < 0 ? room : 0;
	len = clip(room, n);
	first = clip((int)(r->size - at), len);
	memcpy(r->buf + at, data, first);
	memcpy(r->buf, (const char *)data + first, len - first);
	publish(r, len);
	return (int)len;
}

int byte_ring_read(struct byte_ring *r, void *data, size_t n)
{
	uint32_t at = r->own & (r->size - 1), len, first;
	int used = byte_ring_used(r);

	if (used <= 0 || !n)
		return used < 0 ? used : 0;
	len = clip(used, n);
	first = clip((int)(r->size - at), len);
	memcpy(data, r->buf + at, first);
	memcpy((char *)data + first, r->buf, len - first);
	publish(r, len);
	return (int)len;
}

void byte_ring_console_back(struct byte_ring *in, struct byte_ring *out,
			    struct xencons_interface *page)
{
	byte_ring_producer(in, page->in, sizeof(page->in), &page->in_cons,
			   &page->in_prod);
	byte_ring_consumer(out, page->out, sizeof(page->out), &page->out_cons,
			   &page->out_prod);
}

void byte_ring_console_front(struct byte_ring *in, struct byte_ring *out,
			     struct xencons_interface *page)
{
	byte_ring_consumer(in, page->in, sizeof(page->in), &page->in_cons,
			   &page->in_prod);
	byte_ring_producer(out, page->out, sizeof(page->out), &page->out_cons,
			   &page->out_prod);
}

void byte_ring_store_daemon(struct byte_ring *req, struct byte_ring *rsp,
			    struct xenstore_domain_interface *page)
{
	byte_ring_consumer(req, page->req, sizeof(page->req), &page->req_cons,
			   &page->req_prod);
	byte_ring_producer(rsp, page->rsp, sizeof(page->rsp), &page->rsp_cons,
			   &page->rsp_prod);
}

void byte_ring_store_client(struct byte_ring *req, struct byte_ring *rsp,
			    struct xenstore_domain_interface *page)
{
	byte_ring_producer(req, page->req, sizeof(page->req), &page->req_cons,
			   &page->req_prod);
	byte_ring_consumer(rsp, page->rsp, sizeof(page->rsp), &page->rsp_cons,
			   &page->rsp_prod);
}
