/* SPDX-License-Identifier: MIT */
/*
 * Messages of the hypervisor on its console. Levels are Xen's. A guest causes
 * none more than once in its life, so that it cannot flood the console.
 */
#ifndef PRINT_H
#define PRINT_H

#include <stdarg.h>
#include "types.h"

/* params.loglvl says up to which level is shown: LOG_NONE: nothing. */
enum log_level { LOG_NONE, LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/*
 * %d %u %x %p %s %c %% with '0', width, %.*s, l.
 * Returns the length the text would have had; always terminates (size > 0).
 */
int vformat(char *buf, size_t size, const char *fmt, va_list ap);

/* One line or part of one; the console prefixes lines with "(ENSO) ". */
void print(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Raw text to every console, no level, no prefix: guests' console_io. */
void console_write(const char *text, size_t len);

/*
 * The log: the last of our own messages, by a free-running index. start: of
 * the oldest, or index itself if that is still there and may be asked for.
 * read: up to size bytes from *at on, which moves; 0: no more. clear: what is
 * before at is not the oldest any more.
 */
#define CONSOLE_LOG_SIZE 16384u
uint32_t console_log_start(bool incremental, uint32_t index);
size_t console_log_read(uint32_t *at, char *buf, size_t size);
void console_log_clear(uint32_t at);

/* A key of the hypervisor, pressed by whomever. */
void console_key(char c);

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

#endif
