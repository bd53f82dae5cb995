/* SPDX-License-Identifier: MIT */
/*
 * malloc()'s memory: an address range that grows by frames. They are those
 * the builder left unmapped, then new ones from the hypervisor, so that the
 * domain begins small and takes what it comes to need.
 */
#ifndef DOM0_HEAP_H
#define DOM0_HEAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * Of the frames that the builder mapped nowhere, keep at most n: the others
 * are the guests'.
 */
void frames_keep(size_t n);

/* The most frames that the domain has had since then. */
uint64_t frames_peak(void);

#define HEAP_VA	    0x20000000000ul
#define HEAP_VA_END 0x20100000000ul

/*
 * n frames of ours that are mapped nowhere, into mfns. 0, or -ENOMEM with
 * none taken. frames_free() gives them back to the hypervisor.
 */
int frames_take(uint64_t *mfns, size_t n);
/* The same, but all of them new: who gives them back has changed nothing. */
int frames_new(uint64_t *mfns, size_t n);
void frames_free(const uint64_t *mfns, size_t n);

#endif
