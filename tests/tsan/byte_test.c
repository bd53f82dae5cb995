/* SPDX-License-Identifier: MIT */
/*
 * A byte ring between two threads, with no lock: all bytes arrive, in order,
 * and ThreadSanitizer sees each of them handed over.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "byte.h"

#define TOTAL (4u << 20)

static struct xencons_interface page;

static unsigned int rnd(unsigned int *seed, unsigned int n)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % n;
}

static void *produce(void *arg)
{
	struct byte_ring in, out;
	unsigned int seed = 1, sent = 0;
	char bytes[700];

	(void)arg;
	byte_ring_console_front(&in, &out, &page);
	while (sent < TOTAL) {
		unsigned int want = rnd(&seed, sizeof(bytes));
		int n;

		if (want > TOTAL - sent)
			want = TOTAL - sent;
		for (unsigned int i = 0; i < want; i++)
			bytes[i] = (char)((sent + i) * 7);
		n = byte_ring_write(&out, bytes, want);
		if (n < 0)
			abort();
		sent += (unsigned int)n;
		if (!n)
			sched_yield();
	}
	return NULL;
}

int main(void)
{
	unsigned int seed = 2, got = 0, wrong = 0;
	struct byte_ring in, out;
	pthread_t thread;
	char bytes[900];

	alarm(120);
	byte_ring_console_back(&in, &out, &page);
	if (pthread_create(&thread, NULL, produce, NULL))
		abort();
	while (got < TOTAL) {
		int n = byte_ring_read(&out, bytes,
				       1 + rnd(&seed, sizeof(bytes)));

		if (n < 0)
			abort();
		for (int i = 0; i < n; i++)
			wrong += bytes[i] != (char)((got + (unsigned int)i) * 7);
		got += (unsigned int)n;
		if (!n)
			sched_yield();
	}
	pthread_join(thread, NULL);
	printf("%s byte_ring %u bytes, %u wrong\n", wrong ? "FAIL" : "PASS",
	       got, wrong);
	return wrong != 0;
}
