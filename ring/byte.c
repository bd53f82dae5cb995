/* SPDX-License-Identifier: MIT */
/* Byte rings: all their index arithmetic and barriers. */
#include "byte.h"

#include <errno.h>
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
 * Bytes in the ring as the producer sees it. The load of cons is an acquire
 * that meets the release of publish() in the consumer: he has read what he
 * gives up before we overwrite it.
 */
int byte_ring_room(const struct byte_ring *r)
{
	uint32_t cons = __atomic_load_n(r->foreign, __ATOMIC_ACQUIRE);
	uint32_t used = r->own - cons;

	return used > r->size ? -EIO : (int)(r->size - used);
}

/*
 * The load of prod is an acquire that meets the release of publish() in the
 * producer: what he claims to have written is there before we read it.
 */
int byte_ring_used(const struct byte_ring *r)
{
	uint32_t prod = __atomic_load_n(r->foreign, __ATOMIC_ACQUIRE);
	uint32_t used = prod - r->own;

	return used > r->size ? -EIO : (int)used;
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
