/* SPDX-License-Identifier: MIT */
/* Words and values that xl.cfg, the commands and their output share. */
#ifndef XLVALUES_H
#define XLVALUES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* By enum guest_action and enum guest_tsc_mode, NULL at the end. */
extern const char *const xl_actions[], *const xl_tsc_modes[];

#define XL_UUID_TEXT 37 /* 8-4-4-4-12 and a NUL */
void xl_uuid_text(const uint8_t uuid[16], char text[XL_UUID_TEXT]);
/* 32 hexadecimal digits, '-' between them ignored; false: it is not. */
bool xl_uuid_parse(const char *text, uint8_t uuid[16]);

/*
 * A set of CPUs: "all", "0-3,^2", "5". false, *cpus unchanged: it is none, or
 * names CPUs of 64 and more, or no CPU remains.
 */
bool xl_cpus_parse(const char *text, uint64_t *cpus);
/* The set as xl prints it, of a machine of count CPUs: "all", "0-1,3". */
void xl_cpus_print(FILE *out, uint64_t cpus, unsigned int count);

/* "512", "512m", "1g", "2048k": KiB; -1: it is none, or too much. */
int64_t xl_size_kib(const char *text);

#endif
