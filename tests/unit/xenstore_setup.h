/* SPDX-License-Identifier: MIT */
/* Each test begins with an empty store and domain 0's client. */
#ifndef XENSTORE_SETUP_H
#define XENSTORE_SETUP_H

#include "unit.h"
#include "xenstore_world.h"

static inline void setup(void)
{
	if (setup_daemon())
		abort();
}

/* Nothing is miscounted; AddressSanitizer sees that nothing is left. */
static inline void teardown(void)
{
	unsigned int flaws = xsd_audit();

	CU_ASSERT_EQUAL(flaws, 0);
	if (flaws)
		fputs(said, stderr);
	for (unsigned int n = 0; n < GUESTS; n++) {
		xs_close(guests[n].xs);
		guests[n].xs = NULL;
	}
	xs_close(dom0);
	xsd_destroy();
	for (unsigned int n = 0; n < GUESTS; n++)
		CU_ASSERT(!guests[n].linked);
}

/* It failed with that error. */
#define FAILS(call, error)                     \
	do {                                   \
		errno = 0;                     \
		CU_ASSERT(!(call));            \
		CU_ASSERT_EQUAL(errno, error); \
	} while (0)

#define EVENT(h, text) CU_ASSERT_STRING_EQUAL(event(h), text)

#endif
