/* SPDX-License-Identifier: MIT */
/*
 * Function names and who called whom. The table of names is made by
 * tools/symbols.py from a first link and bound in by the second; its layout
 * is written there.
 */
#include "symbols.h"
#include "cpu.h"
#include "image.h"
#include "print.h"

#define DEPTH 32

extern const struct symbol_table {
	uint64_t base;
	uint32_t count, zero;
	struct {
		uint32_t offset, name; /* from base; from the entries' end */
	} symbols[];
} symbol_table;

const char *symbol_lookup(uint64_t addr, uint64_t *offset)
{
	const struct symbol_table *t = &symbol_table;
	uint32_t low = 0, high = t->count;

	if (addr < t->base || addr >= (uint64_t)__text_end)
		return NULL;
	/* symbols[low] is at or below addr, symbols[high] above it. */
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (t->symbols[mid].offset <= addr - t->base)
			low = mid;
		else
			high = mid;
	}
	*offset = addr - t->base - t->symbols[low].offset;
	return (const char *)&t->symbols[t->count] + t->symbols[low].name;
}

/* ---- Frames --------------------------------------------------------------- */

static void print_place(uint64_t rip)
{
	uint64_t offset = 0;
	const char *name = symbol_lookup(rip, &offset);

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
