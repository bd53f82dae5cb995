/* SPDX-License-Identifier: MIT */
/*
 * Byte rings of shared memory, as the console and xenstore have them: a buffer
 * whose size is a power of two, and two running indices. The producer alone
 * writes prod, the consumer alone cons; what is between them is to be read.
 *
 * The other end may write anything at any time. An end therefore keeps its own
 * index in private memory and only publishes it; the other's is read into a
 * local, and believed only if it leaves the ring between empty and full. One
 * thread at a time uses an end; the two ends need no lock. Whoever waits to be
 * told must have been given a 0 by these functions: what was there before he
 * would not be told again.
 */
#ifndef BYTE_H
#define BYTE_H

#include <stddef.h>
#include <stdint.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

struct byte_ring {
	char *buf;	   /* shared */
	uint32_t size;	   /* a power of two */
	uint32_t own;	   /* our index: the truth, whatever is shared */
	uint32_t *shared;  /* where we publish it */
	uint32_t *foreign; /* the other end's */
};

/*
 * Attach as one end of a ring. Our index is taken over from shared memory, so
 * that an end that was replaced goes on where the former one stopped.
 */
void byte_ring_producer(struct byte_ring *r, char *buf, uint32_t size,
			uint32_t *cons, uint32_t *prod);
void byte_ring_consumer(struct byte_ring *r, char *buf, uint32_t size,
			uint32_t *cons, uint32_t *prod);

/*
 * Bytes that byte_ring_write() would take, or byte_ring_read() would find;
 * -EIO: the other's index claims more than the ring holds.
 */
int byte_ring_room(const struct byte_ring *r);
int byte_ring_used(const struct byte_ring *r);

/*
 * Move up to n bytes and publish that; how many were moved, or -EIO as above
 * with nothing moved. To tell the other end is the caller's affair.
 */
int byte_ring_write(struct byte_ring *r, const void *data, size_t n);
int byte_ring_read(struct byte_ring *r, void *data, size_t n);

/* The two rings of a console page, and of a xenstore page, from either side. */
void byte_ring_console_back(struct byte_ring *in, struct byte_ring *out,
			    struct xencons_interface *page);
void byte_ring_console_front(struct byte_ring *in, struct byte_ring *out,
			     struct xencons_interface *page);
void byte_ring_store_daemon(struct byte_ring *req, struct byte_ring *rsp,
			    struct xenstore_domain_interface *page);
void byte_ring_store_client(struct byte_ring *req, struct byte_ring *rsp,
			    struct xenstore_domain_interface *page);

#endif
