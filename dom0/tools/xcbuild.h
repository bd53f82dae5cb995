/* SPDX-License-Identifier: MIT */
/*
 * What the domain builder asks of the machine: the only door of builder.c and
 * buildload.c, so that on the host they build domains of a simulated one.
 * Each returns 0 (or what is said), or a -errno and has changed nothing.
 */
#ifndef XCBUILD_H
#define XCBUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>

#define PAGE_SIZE   4096ul
#define PAGE_SHIFT  12
#define XCBUILD_MAX 512 /* extents or numbers of one call */

struct xcbuild_domain {
	uint8_t uuid[16];
	unsigned int max_vcpus;
	unsigned int max_evtchn_port, max_grant_frames, max_maptrack_frames;
};

/* A new domain without memory and vCPUs, paused: its id. */
int xcbuild_create(const struct xcbuild_domain *d);
int xcbuild_vcpus(domid_t id, unsigned int max_vcpus);
int xcbuild_max_mem(domid_t id, uint64_t kib);
/* The frame of its shared_info. */
int xcbuild_shared_info(domid_t id, uint64_t *mfn);
/* Frames that nobody has. */
int xcbuild_free_pages(uint64_t *pages);

/*
 * n <= XCBUILD_MAX extents of 2^order pages; list has the first pfn of each,
 * and is given the first frame. How many were made. Their frames are zero.
 */
size_t xcbuild_populate(domid_t id, uint64_t *list, size_t n,
			unsigned int order);

/* The frames one behind the other, writable; NULL: *err is a -errno. */
void *xcbuild_map(domid_t id, const uint64_t *mfns, size_t n, int *err);
void xcbuild_unmap(void *va, size_t n);

/* n <= XCBUILD_MAX frames have new pfns from now on. */
int xcbuild_number(domid_t id, const uint64_t *mfns, const uint64_t *pfns,
		   size_t n);

/* A port of the domain's for dom0 to bind. */
int xcbuild_port(domid_t id);
int xcbuild_hypercall_page(domid_t id, uint64_t mfn);
int xcbuild_pin(domid_t id, uint64_t root);
/* The context of vCPU 0. */
int xcbuild_context(domid_t id, const struct vcpu_guest_context *c);

/* Gone, with all it had, when this returns. */
int xcbuild_destroy(domid_t id);

/*
 * Zeroed memory of dom0's own for the time of a build, which leaves nothing
 * in its heap. NULL: there is none.
 */
void *xcbuild_memory(size_t size);
void xcbuild_memory_free(void *mem, size_t size); /* mem may be NULL */

/* Nanoseconds; lets other tasks run. */
uint64_t xcbuild_time(void);
void xcbuild_yield(void);

#endif
