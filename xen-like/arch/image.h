/* SPDX-License-Identifier: MIT */
/* Places of the image: named by enso.lds, and of head.S. */
#ifndef IMAGE_H
#define IMAGE_H

#include "types.h"

/* text [start, text_end), constants, data and bss [rodata_end, image_end) */
extern uint8_t __image_start[], __text_end[], __rodata_end[], __image_end[];

/* The early identity map of 4 GiB, a table of level 3. */
extern uint64_t early_l3[];

/* What smp.c copies below 1 MiB; where and on which stack C then begins. */
extern uint8_t ap_trampoline[], ap_trampoline_end[];
extern uint64_t start_entry, start_stack;

/* From head.S, on CPU 0's stack: what the boot loader left in eax and ebx. */
void init(uint32_t magic, uint64_t info);

#endif
