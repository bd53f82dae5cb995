/* SPDX-License-Identifier: MIT */
#include "backtrace.h"
#include "cpu.h"
#include "image.h"
#include "print.h"
#include "symbols.h"

#define DEPTH 32

static void print_place(uint64_t rip)
{
	uint64_t offset = 0;
	const char *name = NULL;

	if (in_text(rip))
		name = symbol_lookup(rip, &offset);
	if (name)
		print(LOG_ERR, "  [%016lx] %s+0x%lx\n", rip, name, offset);
	else
		print(LOG_ERR, "  [%016lx]\n", rip);
}

/* Frames lie in this CPU's block, each above the one before. */
static bool frame_ok(uint64_t rbp, uint64_t above)
{
	uint64_t top = (uint64_t)this_cpu(), block = top & ~(CPU_BLOCK - 1ul);

	return rbp > above && rbp >= block && rbp <= top - 16 && !(rbp & 7);
}

void backtrace(uint64_t rip, uint64_t rbp)
{
	uint64_t above = 0;

	print(LOG_ERR, "Call trace:\n");
	print_place(rip);
	for (int i = 0; i < DEPTH && frame_ok(rbp, above); i++) {
		const uint64_t *frame = (const uint64_t *)rbp;

		above = rbp;
		rbp = frame[0];
		if (frame[1])
			print_place(frame[1]);
	}
}
