/* SPDX-License-Identifier: MIT */
/* The page of stubs that a guest may call instead of `syscall` itself. */
#include "arch.h"
#include "mem.h"

#define STUB 32

/* push rcx, r11; mov $nr, eax; syscall; pop r11, rcx; ret */
static const uint8_t call_stub[] = { 0x51, 0x41, 0x53, 0xb8, 0,	   0,	 0,
				     0,	   0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
/* push rcx, r11, rax: the head of struct iret_context; mov; syscall */
static const uint8_t iret_stub[] = { 0x51, 0x41, 0x53, 0x50, 0xb8, 0,
				     0,	   0,	 0,    0x0f, 0x05 };

void arch_hypercall_page_fill(void *page)
{
	uint8_t *p = page;

	memset(p, 0xcc, PAGE_SIZE);
	for (uint32_t nr = 0; nr < PAGE_SIZE / STUB; nr++, p += STUB) {
		bool is_iret = nr == __HYPERVISOR_iret;

		memcpy(p, is_iret ? iret_stub : call_stub,
		       is_iret ? sizeof(iret_stub) : sizeof(call_stub));
		memcpy(p + (is_iret ? 5 : 4), &nr, sizeof(nr));
	}
}
