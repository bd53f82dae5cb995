/* SPDX-License-Identifier: MIT */
/* The 80x25 text screen of a BIOS machine, for console=vga. */
#ifndef VGA_H
#define VGA_H

void vga_putc(char c);

#endif
