/* SPDX-License-Identifier: MIT */
/*
 * Finds function names. The table is made by tools/symbols.py from a first
 * link and bound in by the second; its layout is written there.
 */
#include "symbols.h"

struct symbol {
	uint32_t offset; /* from base */
	uint32_t name;	 /* from the end of the entries */
};

struct symbol_table {
	uint64_t base;
	uint32_t count;
	uint32_t zero;
	struct symbol symbols[];
};

extern const struct symbol_table symbol_table;

const char *symbol_lookup(uint64_t addr, uint64_t *offset)
{
	const struct symbol_table *t = &symbol_table;
	uint32_t low = 0, high = t->count;

	if (!t->count || addr < t->base)
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
