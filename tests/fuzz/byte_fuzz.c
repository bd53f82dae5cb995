/* SPDX-License-Identifier: MIT */
/*
 * A byte ring whose ends are driven at random, and whose indices are written
 * over now and then: what comes out is what went in, as long as nobody lied;
 * and no lie makes an end touch anything but the ring.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "byte.h"

#define SIZE 16u

static void demand(int what)
{
	if (!what)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *buf = malloc(SIZE); /* so that AddressSanitizer sees its ends */
	uint32_t cons = 0, prod = 0;
	struct byte_ring in, out;
	uint8_t next_in = 0, next_out = 0, bytes[64];
	int lied = 0, n;

	if (size >= 4)
		memcpy(&cons, data, 4);
	prod = cons;
	byte_ring_producer(&in, buf, SIZE, &cons, &prod);
	byte_ring_consumer(&out, buf, SIZE, &cons, &prod);
	for (size_t i = 4; i + 1 < size; i += 2) {
		size_t want = data[i + 1] % sizeof(bytes);

		switch (data[i] % 8) {
		case 0 ... 2:
			for (size_t k = 0; k < want; k++)
				bytes[k] = (uint8_t)(next_in + k);
			n = byte_ring_write(&in, bytes, want);
			demand(n == -EIO ? lied : n >= 0 && n <= (int)want);
			next_in = (uint8_t)(next_in + (n > 0 ? n : 0));
			break;
		case 3 ... 5:
			n = byte_ring_read(&out, bytes, want);
			demand(n == -EIO ? lied : n >= 0 && n <= (int)want);
			for (int k = 0; k < n; k++)
				demand(lied || bytes[k] == next_out++);
			break;
		case 6:
			prod += (uint32_t)(int8_t)data[i + 1];
			lied = 1;
			break;
		case 7:
			cons += (uint32_t)(int8_t)data[i + 1];
			lied = 1;
			break;
		}
		demand(lied || in.own - out.own <= SIZE);
		demand(byte_ring_used(&out) <= (int)SIZE);
		demand(byte_ring_room(&in) <= (int)SIZE);
	}
	free(buf);
	return 0;
}
