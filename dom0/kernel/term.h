/* SPDX-License-Identifier: MIT */
/* The physical console: dom0's terminal. */
#ifndef TERM_H
#define TERM_H

#include <stddef.h>

/* Binds VIRQ_CONSOLE. 0 or a -errno. */
int term_init(void);

/* All of it, as it is: "\n" alone goes down, "\r" to the left. */
void term_write(const char *text, size_t n);

/* At least a byte, at most n: how many. For a task, which waits for it. */
size_t term_read(char *buf, size_t n);

/* As term_read(), but does not wait: 0 if there is none. */
size_t term_poll(char *buf, size_t n);

/* Whom input wakes. */
extern struct waitq term_input;

#endif
