/* SPDX-License-Identifier: MIT */
/*
 * The trace ring. Each CPU writes its own, so that nothing is locked; a dump
 * may meet a record half written and shows it so.
 */
#include "trace.h"
#include "arch.h"
#include "print.h"

#define RECORDS 128u

struct record {
	uint64_t time, a, b;
	uint64_t event;
};

struct ring {
	struct record record[RECORDS];
	uint32_t next; /* free running */
};

bool trace_on;
static struct ring rings[MAX_CPUS];

static const char *const names[] = {
	[TRACE_NONE] = "none",	 [TRACE_HYPERCALL] = "hypercall",
	[TRACE_TRAP] = "trap",	 [TRACE_SWITCH] = "switch",
	[TRACE_ERROR] = "error",
};

void trace_record(enum trace_event ev, uint64_t a, uint64_t b)
{
	struct ring *r = &rings[cpu_id()];

	r->record[r->next++ % RECORDS] = (struct record){ now_ns(), a, b,
							  (uint64_t)ev };
}

static void dump_cpu(unsigned int cpu, unsigned int last)
{
	struct ring *r = &rings[cpu];
	uint32_t next = r->next;

	for (uint32_t i = next - MIN(MIN(last, RECORDS), next); i != next; i++) {
		const struct record *e = &r->record[i % RECORDS];

		print(LOG_ERR, "trace cpu%u %lu.%06lu %s %lx %lx\n", cpu,
		      e->time / 1000000000, e->time / 1000 % 1000000,
		      e->event < ARRAY_SIZE(names) ? names[e->event] : "?",
		      e->a, e->b);
	}
}

void trace_dump(unsigned int last)
{
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++)
		dump_cpu(cpu, last);
}
