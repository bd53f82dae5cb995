/* SPDX-License-Identifier: MIT */
/* The machine's consoles, written to under print.c's lock. */
#include "arch.h"
#include "param.h"
#include "uart.h"
#include "vga.h"

static void put(char c)
{
	if (params.console_com1)
		uart_putc(c);
	if (params.console_vga)
		vga_putc(c);
}

void arch_console_write(const char *text, size_t len)
{
	static char last;

	for (size_t i = 0; i < len; last = text[i++]) {
		if (text[i] == '\n' && last != '\r')
			put('\r');
		put(text[i]);
	}
}
