/* SPDX-License-Identifier: MIT */
/* The page of stubs that a guest may call instead of `syscall` itself. */
#ifndef HYPERCALL_PAGE_H
#define HYPERCALL_PAGE_H

/*
 * Fill a whole page: stub n at n * 32 makes hypercall n with the ABI's
 * registers and keeps all others; stub iret is jumped to and does not return.
 */
void hypercall_page_fill(void *page);

#endif
