/* SPDX-License-Identifier: MIT */
/* What print.c needs of the console. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "types.h"

/* Text of our own: each line gets the prefix. */
void console_message(const char *text);
extern bool console_panicking;

#endif
