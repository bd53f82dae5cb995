/* SPDX-License-Identifier: MIT */
/*
 * The simulated machine. Frame 0 is nobody's. Frames are handed out from a
 * place that jumps, so that two extents seldom lie side by side.
 */
#define _GNU_SOURCE
#include "host_machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct frame {
	domid_t owner;
	unsigned int mappings;
	uint64_t pfn;
};

struct machine_domain machine_domains[MACHINE_DOMAINS];
unsigned long machine_fail;
int machine_fail_err = ENOMEM;
unsigned int machine_max_order = 9;
uint64_t machine_now, machine_step;

static struct frame *frames;
static uint64_t nr_frames, next_frame;
static int arena_fd;
static uint8_t *arena;
static unsigned long mappings;

#define MUST(x)                                                   \
	do {                                                      \
		if (!(x)) {                                       \
			fprintf(stderr, "machine: not %s\n", #x); \
			abort();                                  \
		}                                                 \
	} while (0)

void machine_start(uint64_t n)
{
	memset(machine_domains, 0, sizeof(machine_domains));
	frames = calloc(n, sizeof(*frames));
	nr_frames = n;
	next_frame = 1;
	arena_fd = memfd_create("machine", 0);
	MUST(!ftruncate(arena_fd, (off_t)(n * PAGE_SIZE)));
	arena = mmap(NULL, n * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		     arena_fd, 0);
	MUST(frames && arena != MAP_FAILED);
	machine_fail = 0;
	machine_max_order = 9;
	mappings = 0;
	machine_step = 1000000;
}

void machine_stop(void)
{
	munmap(arena, nr_frames * PAGE_SIZE);
	close(arena_fd);
	free(frames);
	frames = NULL;
}

bool machine_empty(void)
{
	for (unsigned int i = 0; i < MACHINE_DOMAINS; i++)
		if (machine_domains[i].exists)
			return false;
	for (uint64_t m = 0; m < nr_frames; m++)
		if (frames[m].owner || frames[m].mappings)
			return false;
	return !mappings;
}

unsigned long machine_mappings(void)
{
	return mappings;
}

domid_t machine_owner(uint64_t mfn)
{
	return mfn < nr_frames ? frames[mfn].owner : 0;
}

uint64_t machine_pfn(uint64_t mfn)
{
	return frames[mfn].pfn;
}

uint8_t *machine_page(uint64_t mfn)
{
	MUST(mfn && mfn < nr_frames);
	return arena + mfn * PAGE_SIZE;
}

static bool fails(void)
{
	return machine_fail && !--machine_fail;
}

static struct machine_domain *domain_of(domid_t id)
{
	MUST(id && id < MACHINE_DOMAINS && machine_domains[id].exists);
	return &machine_domains[id];
}

/* 2^order free frames that begin at a multiple of as many; 0: none. */
static uint64_t find_run(unsigned int order)
{
	uint64_t size = 1ul << order, tries = nr_frames / size + 1, at, i;

	at = next_frame / size * size;
	for (; tries--; at += size) {
		if (at + size > nr_frames)
			at = 0;
		for (i = 0; i < size; i++)
			if (!(at + i) || at + i >= nr_frames ||
			    frames[at + i].owner)
				break;
		if (i == size)
			return at;
	}
	return 0;
}

/* ---- Domains ------------------------------------------------------------------ */

int xcbuild_create(const struct xcbuild_domain *d)
{
	uint64_t shared = find_run(0);
	domid_t id = 1;

	if (fails())
		return -machine_fail_err;
	while (id < MACHINE_DOMAINS && machine_domains[id].exists)
		id++;
	if (id == MACHINE_DOMAINS || !shared)
		return -ENOMEM;
	machine_domains[id] = (struct machine_domain){ .exists = true,
						       .made = *d,
						       .shared_info = shared };
	frames[shared].owner = id;
	return id;
}

int xcbuild_vcpus(domid_t id, unsigned int max_vcpus)
{
	struct machine_domain *d = domain_of(id);

	if (fails())
		return -machine_fail_err;
	MUST(max_vcpus == d->made.max_vcpus);
	d->vcpus = max_vcpus;
	return 0;
}

int xcbuild_max_mem(domid_t id, uint64_t kib)
{
	if (fails())
		return -machine_fail_err;
	domain_of(id)->max_pages = kib / 4;
	return 0;
}

int xcbuild_shared_info(domid_t id, uint64_t *mfn)
{
	*mfn = domain_of(id)->shared_info;
	return fails() ? -machine_fail_err : 0;
}

int xcbuild_free_pages(uint64_t *pages)
{
	*pages = 0;
	for (uint64_t m = 1; m < nr_frames; m++)
		*pages += !frames[m].owner;
	return fails() ? -machine_fail_err : 0;
}

int xcbuild_destroy(domid_t id)
{
	domain_of(id)->exists = false;
	for (uint64_t m = 0; m < nr_frames; m++)
		if (frames[m].owner == id) {
			MUST(!frames[m].mappings);
			frames[m].owner = 0;
			memset(machine_page(m), 0, PAGE_SIZE);
		}
	return 0;
}

int xcbuild_port(domid_t id)
{
	return fails() ? -machine_fail_err : (int)++domain_of(id)->ports;
}

int xcbuild_hypercall_page(domid_t id, uint64_t mfn)
{
	if (fails())
		return -machine_fail_err;
	MUST(machine_owner(mfn) == id);
	domain_of(id)->hypercall_mfn = mfn;
	memset(machine_page(mfn), 0xcc, PAGE_SIZE);
	return 0;
}

int xcbuild_context(domid_t id, const struct vcpu_guest_context *c)
{
	struct machine_domain *d = domain_of(id);

	if (fails())
		return -machine_fail_err;
	MUST(d->root && c->ctrlreg[3] == d->root << PAGE_SHIFT);
	d->context = *c;
	d->has_context = true;
	return 0;
}

/* ---- Memory -------------------------------------------------------------------- */

size_t xcbuild_populate(domid_t id, uint64_t *list, size_t n, unsigned int order)
{
	struct machine_domain *d = domain_of(id);
	size_t done;

	MUST(n <= XCBUILD_MAX);
	if (order > machine_max_order)
		return 0;
	for (done = 0; done < n; done++) {
		uint64_t m = find_run(order), i;

		if (!m || fails() || d->pages + (1ul << order) > d->max_pages)
			break;
		for (i = 0; i < 1ul << order; i++) {
			MUST(!machine_page(m + i)[0]);
			frames[m + i].owner = id;
			frames[m + i].pfn = list[done] + i;
		}
		d->pages += 1ul << order;
		next_frame = (m + 3 * (1ul << order)) % nr_frames;
		list[done] = m;
	}
	return done;
}

int xcbuild_number(domid_t id, const uint64_t *mfns, const uint64_t *pfns,
		   size_t n)
{
	MUST(n <= XCBUILD_MAX);
	if (fails())
		return -machine_fail_err;
	for (size_t i = 0; i < n; i++) {
		MUST(machine_owner(mfns[i]) == id);
		frames[mfns[i]].pfn = pfns[i];
	}
	return 0;
}

int xcbuild_pin(domid_t id, uint64_t root)
{
	if (fails())
		return -machine_fail_err;
	MUST(machine_owner(root) == id);
	/* Nobody may write to a table any more. */
	MUST(!mappings);
	domain_of(id)->root = root;
	return 0;
}

/* A piece of the address space for each run of frames. */
void *xcbuild_map(domid_t id, const uint64_t *mfns, size_t n, int *err)
{
	uint8_t *va;
	size_t i, run;

	*err = -machine_fail_err;
	if (fails())
		return NULL;
	va = mmap(NULL, n * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0);
	MUST(va != MAP_FAILED);
	for (i = 0; i < n; i += run) {
		for (run = 1; i + run < n && mfns[i + run] == mfns[i] + run;)
			run++;
		MUST(mmap(va + i * PAGE_SIZE, run * PAGE_SIZE,
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			  arena_fd, (off_t)(mfns[i] * PAGE_SIZE)) != MAP_FAILED);
	}
	for (i = 0; i < n; i++)
		MUST(machine_owner(mfns[i]) == id);
	mappings += n;
	return va;
}

void xcbuild_unmap(void *va, size_t n)
{
	MUST(mappings >= n && !munmap(va, n * PAGE_SIZE));
	mappings -= n;
}

void *xcbuild_memory(size_t size)
{
	return calloc(1, size);
}

void xcbuild_memory_free(void *mem, size_t size)
{
	(void)size;
	free(mem);
}

/* ---- Time ------------------------------------------------------------------------ */

uint64_t xcbuild_time(void)
{
	return machine_now;
}

void xcbuild_yield(void)
{
	machine_now += machine_step;
}
