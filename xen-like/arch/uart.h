/* SPDX-License-Identifier: MIT */
/*
 * COM1, a 16550: output by polling, input by interrupt. Without one (or with
 * one that never gets ready) output is dropped, nothing waits for good. Writes
 * are arch_console_write()'s, under console.c's lock.
 */
#ifndef UART_H
#define UART_H

#include "types.h"

/* 8n1; baud 0 keeps the speed that the firmware set. */
void uart_init(uint32_t baud);
/* From now on received bytes interrupt this CPU. */
void uart_enable_input(void);
/* VECTOR_UART: hands what was received to console_input(). */
void uart_interrupt(void);

#endif
