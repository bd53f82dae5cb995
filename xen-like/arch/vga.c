/* SPDX-License-Identifier: MIT */
#include "vga.h"
#include "arch.h"
#include "mem.h"
#include "x86.h"

#define SCREEN	   0xb8000
#define COLUMNS	   80
#define ROWS	   25
#define BLANK	   0x0720u /* a space, grey on black */
#define CRTC_INDEX 0x3d4
#define CRTC_DATA  0x3d5

static unsigned int column, row = ROWS - 1;

static void newline(uint16_t *screen)
{
	column = 0;
	if (++row < ROWS)
		return;
	row = ROWS - 1;
	memmove(screen, screen + COLUMNS, (ROWS - 1) * COLUMNS * 2);
	for (unsigned int i = 0; i < COLUMNS; i++)
		screen[row * COLUMNS + i] = BLANK;
}

static void move_cursor(unsigned int at)
{
	outb(CRTC_INDEX, 14);
	outb(CRTC_DATA, (uint8_t)(at >> 8));
	outb(CRTC_INDEX, 15);
	outb(CRTC_DATA, (uint8_t)at);
}

void vga_putc(char c)
{
	uint16_t *screen = (uint16_t *)(direct_map + SCREEN);

	if (c == '\n') {
		newline(screen);
	} else if (c == '\r') {
		column = 0;
	} else if (c == '\b') {
		column -= column > 0;
	} else {
		if (column == COLUMNS)
			newline(screen);
		screen[row * COLUMNS + column++] = (uint16_t)((BLANK & 0xff00) |
							      (uint8_t)c);
	}
	move_cursor(row * COLUMNS + MIN(column, COLUMNS - 1u));
}
