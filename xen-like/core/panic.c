/* SPDX-License-Identifier: MIT */
/* The end: said in words, then arch shows registers and stops. */
#include "panic.h"
#include "arch.h"
#include "print.h"
#include "trace.h"

void panic(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	console_panic();
	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	print(LOG_ERR, "PANIC on CPU %u: %s\n", cpu_id(), text);
	trace_dump(16);
	arch_panic_stop();
}
