/* SPDX-License-Identifier: MIT */
/*
 * A built domain, seen as its kernel would see it: by the page tables, the
 * start_info and the p2m that it finds, with nothing of the builder's.
 */
#ifndef HOST_VERIFY_H
#define HOST_VERIFY_H

#include "builder.h"
#include "elfload.h"

/* The byte at va in the domain; NULL: not mapped. */
uint8_t *verify_va(domid_t id, uint64_t va, bool *writable);
/* Its start_info, by the registers of vCPU 0. */
const struct start_info *verify_start_info(domid_t id);

/*
 * Is the domain what in asks for, elf being the kernel's file as other means
 * unpacked it? NULL, or what is wrong.
 */
const char *verify_domain(const struct builder_input *in,
			  const struct builder_domain *out,
			  const struct elf_image *elf);

#endif
