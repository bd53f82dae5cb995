/* SPDX-License-Identifier: MIT */
/* Registers: PC16550D data sheet, table II. */
#include "uart.h"
#include "ioapic.h"
#include "irq.h"
#include "param.h"
#include "print.h"
#include "x86.h"

#define COM1	    0x3f8
#define REG_DATA    (COM1 + 0) /* with LCR_DLAB: the divisor, low */
#define REG_IER	    (COM1 + 1) /* and high */
#define REG_IIR	    (COM1 + 2) /* read */
#define REG_FCR	    (COM1 + 2) /* write */
#define REG_LCR	    (COM1 + 3)
#define REG_MCR	    (COM1 + 4)
#define REG_LSR	    (COM1 + 5)
#define REG_SCRATCH (COM1 + 7)

#define LCR_8N1		 0x03
#define LCR_DLAB	 0x80
#define FCR_ON_CLEAR	 0x07
#define MCR_DTR_RTS_OUT2 0x0b
#define IER_RECEIVED	 0x01
#define UART_IRQ	 4 /* of the ISA bus */
#define LSR_DATA	 0x01
#define LSR_THR_EMPTY	 0x20
#define FIFO_SIZE	 16
#define BASE_BAUD	 115200
#define POLL_GAP	 256   /* turns between two polls */
#define PATIENCE	 20000 /* polls for room before output is given up */

static bool present;
static bool stuck;	  /* patience is over: until there is room again */
static unsigned int room; /* free places in the transmit FIFO, at least */

void uart_init(uint32_t baud)
{
	outb(REG_SCRATCH, 0x5a);
	present = inb(REG_SCRATCH) == 0x5a;
	if (!present)
		return;
	outb(REG_IER, 0);
	if (baud && baud <= BASE_BAUD) {
		outb(REG_LCR, LCR_DLAB | LCR_8N1);
		outb(REG_DATA, (uint8_t)(BASE_BAUD / baud));
		outb(REG_IER, (uint8_t)(BASE_BAUD / baud >> 8));
	}
	outb(REG_LCR, LCR_8N1);
	outb(REG_FCR, FCR_ON_CLEAR);
	outb(REG_MCR, MCR_DTR_RTS_OUT2);
	room = 0;
}

/*
 * Asked without a pause, an emulated UART finds no time to get rid of what it
 * has. One that does not take anything for long holds nobody up twice.
 */
static void wait_for_room(void)
{
	for (int polls = 0; !room && polls < PATIENCE; polls++) {
		if (inb(REG_LSR) & LSR_THR_EMPTY)
			room = FIFO_SIZE;
		else if (stuck)
			return;
		for (int n = 0; !room && n < POLL_GAP; n++)
			cpu_relax_poll();
	}
	stuck = !room;
}

static void put(char c)
{
	if (!room)
		wait_for_room();
	if (!room)
		return;
	room--;
	outb(REG_DATA, (uint8_t)c);
}

void arch_console_write(const char *text, size_t len)
{
	static char last;

	for (; present && params.console_com1 && len; len--, last = *text++) {
		if (*text == '\n' && last != '\r')
			put('\r');
		put(*text);
	}
}

void uart_enable_input(void)
{
	if (!present)
		return;
	ioapic_route_isa(UART_IRQ, VECTOR_UART, this_cpu()->apic_id);
	outb(REG_IER, IER_RECEIVED);
}

void uart_interrupt(void)
{
	inb(REG_IIR);
	/* A bound: a broken UART may claim to have data for ever. */
	for (int n = 0; n < 256 && inb(REG_LSR) & LSR_DATA; n++)
		console_input((char)inb(REG_DATA));
}
