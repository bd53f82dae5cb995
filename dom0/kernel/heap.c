// SPDX-License-Identifier: MIT
/*
 * The heap, and frames without an address. free() gives nothing back: what
 * is large and short-lived takes frames of its own.
 */
#include <errno.h>
#include <unistd.h>
#include "heap.h"
#include "hypercall.h"
#include "memory.h"
#include "start.h"
#include "xenerr.h"
#include <xen/memory.h>

#define CHUNK 64ul /* pages that the heap grows by, at least */

/* ---- Frames ---------------------------------------------------------------- */

static size_t reservation(unsigned int cmd, const uint64_t *mfns, size_t n)
{
	struct xen_memory_reservation r = {
		.nr_extents = n,
		.domid = DOMID_SELF,
	};
	int64_t done;

	r.extent_start.p = (xen_pfn_t *)mfns;
	done = n ? hypercall_memory_op(cmd, &r) : 0;
	return done < 0 ? 0 : (size_t)done;
}

void frames_free(const uint64_t *mfns, size_t n)
{
	reservation(XENMEM_decrease_reservation, mfns, n);
}

/*
 * Those that the builder mapped nowhere lie at the top: n of them at most, and
 * all but spare_kept.
 */
static size_t spare_kept;

static size_t spare_take(uint64_t *mfns, size_t n)
{
	static uint64_t end;
	uint64_t floor = start_info->first_p2m_pfn + start_info->nr_p2m_frames;
	size_t i;

	if (!end)
		end = start_info->nr_pages;
	for (i = 0; i < n && end > floor + spare_kept; i++)
		mfns[i] = pfn_mfn(--end);
	return i;
}

static uint64_t peak;

static void note_peak(void)
{
	domid_t self = DOMID_SELF;
	int64_t now = hypercall_memory_op(XENMEM_current_reservation, &self);

	if (now > 0 && (uint64_t)now > peak)
		peak = now;
}

uint64_t frames_peak(void)
{
	return peak;
}

int frames_new(uint64_t *mfns, size_t n)
{
	size_t have = reservation(XENMEM_increase_reservation, mfns, n);

	if (have)
		note_peak();
	if (have == n)
		return 0;
	frames_free(mfns, have);
	return -ENOMEM;
}

int frames_take(uint64_t *mfns, size_t n)
{
	size_t have = spare_take(mfns, n);

	if (!frames_new(mfns + have, n - have))
		return 0;
	frames_free(mfns, have);
	return -ENOMEM;
}

void frames_keep(size_t n)
{
	uint64_t mfns[CHUNK];
	size_t got;

	spare_kept = n;
	while ((got = spare_take(mfns, CHUNK)))
		frames_free(mfns, got);
	spare_kept = 0;
	note_peak();
}

/* ---- The heap --------------------------------------------------------------- */

static uint64_t used = HEAP_VA, mapped = HEAP_VA;

static int grow(size_t pages)
{
	uint64_t mfns[CHUNK];
	size_t n;
	int err = 0;

	for (; pages && !err; pages -= n) {
		n = pages < CHUNK ? pages : CHUNK;
		err = frames_take(mfns, n);
		if (err)
			break;
		err = memory_set_frames(mapped, DOMID_SELF, mfns, n, true);
		if (err)
			frames_free(mfns, n);
		else
			mapped += n * PAGE_SIZE;
	}
	return err;
}

/* It never shrinks. */
void *sbrk(ptrdiff_t more)
{
	void *at = (void *)used;
	size_t pages;

	if (more < 0 || (uint64_t)more > HEAP_VA_END - used) {
		errno = ENOMEM;
		return (void *)-1;
	}
	if (used + more > mapped) {
		pages = (used + more - mapped + PAGE_SIZE - 1) / PAGE_SIZE;
		pages = (pages + CHUNK - 1) / CHUNK * CHUNK;
		if (grow(pages)) {
			errno = ENOMEM;
			return (void *)-1;
		}
	}
	used += more;
	return at;
}
