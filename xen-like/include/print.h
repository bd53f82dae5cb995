/* SPDX-License-Identifier: MIT */
/*
 * Messages of the hypervisor on its console. Levels are Xen's: loglvl= sets
 * which are shown of our own, guest_loglvl= of those that a guest caused
 * (rate limited, so that no guest can flood the console).
 */
#ifndef PRINT_H
#define PRINT_H

#include <stdarg.h>
#include "types.h"

/* LOG_NONE as a level to show: nothing. */
enum log_level { LOG_NONE, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/*
 * %d %i %u %x %X %p %s %c %% with width, precision of %s (also .*), '-', '0',
 * l, ll, z.
 * Returns the length the text would have had; always terminates (size > 0).
 */
int format(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int vformat(char *buf, size_t size, const char *fmt, va_list ap);

/* One line or part of one; the console prefixes lines with "(ENSO) ". */
void print(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for what domain domid did; prefixed "dN: ", limited per second. */
void print_guest(enum log_level level, domid_t domid, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Raw text to every console, no level, no prefix: guests' console_io. */
void console_write(const char *text, size_t len);

/* Up to size bytes of input meant for the initial domain; returns how many. */
size_t console_read(char *buf, size_t size);
/* The last n of what was read could not be used: read them again. */
void console_unread(size_t n);

/*
 * Input arrived from the UART (any CPU): queue it, raise VIRQ_CONSOLE. Three
 * times ^A turns the input to the hypervisor's keys ('h' lists them) and back.
 */
void console_input(char c);
void console_softirq(void);

/* Up to size bytes of what was printed, from position *from on, which moves. */
size_t console_log(uint64_t *from, char *buf, size_t size);

/* We are going down: take no lock any more, print everything. */
void console_panic(void);

void print_set_levels(enum log_level own, enum log_level guest);

#endif
