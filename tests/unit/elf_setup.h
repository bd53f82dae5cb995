/* SPDX-License-Identifier: MIT */
/* A small ELF kernel with Xen's notes, made byte by byte, for tests to spoil. */
#ifndef ELF_SETUP_H
#define ELF_SETUP_H

#include <CUnit/Basic.h>
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/features.h>

#include "elfload.h"

#define BASE 0xffffffff80000000ul
#define TEXT 0x1000000ul

/* ---- A kernel to spoil --------------------------------------------------- */

struct file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[4]; /* text, data + bss, notes, unused */
	Elf64_Shdr sh[2]; /* null, notes */
	uint8_t text[256], data[128], notes[512];
};

static struct file file;
static size_t notes_len;

static inline void note(uint32_t type, const void *desc, uint32_t len)
{
	Elf64_Nhdr nh = { 4, len, type };

	memcpy(file.notes + notes_len, &nh, sizeof(nh));
	memcpy(file.notes + notes_len + sizeof(nh), "Xen", 4);
	memcpy(file.notes + notes_len + sizeof(nh) + 4, desc, len);
	notes_len += sizeof(nh) + 4 + ((len + 3) & ~3u);
	file.ph[2].p_filesz = file.ph[2].p_memsz = notes_len;
}

static inline void note_str(uint32_t type, const char *s)
{
	note(type, s, (uint32_t)strlen(s) + 1);
}

static inline void note_num(uint32_t type, uint64_t v)
{
	note(type, &v, 8);
}

static inline void no_notes(void)
{
	notes_len = 0;
	memset(file.notes, 0, sizeof(file.notes));
	file.ph[2].p_filesz = file.ph[2].p_memsz = 0;
}

/* What every note-carrying PV kernel says; the rest is each test's. */
static inline void notes_minimal(void)
{
	no_notes();
	note_str(XEN_ELFNOTE_GUEST_OS, "linux");
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	note_num(XEN_ELFNOTE_VIRT_BASE, BASE);
}

#define OFF(member) offsetof(struct file, member)

static inline void file_make(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.eh.e_ident, "\177ELF\2\1\1", 7);
	file.eh.e_type = ET_EXEC;
	file.eh.e_machine = EM_X86_64;
	file.eh.e_entry = BASE + TEXT + 16;
	file.eh.e_phoff = OFF(ph);
	file.eh.e_phentsize = sizeof(Elf64_Phdr);
	file.eh.e_phnum = 3;
	file.ph[0] = (Elf64_Phdr){ PT_LOAD, PF_R | PF_X, OFF(text), 0,
				   TEXT,    256,	 256,	    4096 };
	file.ph[1] = (Elf64_Phdr){ PT_LOAD,	  PF_R | PF_W, OFF(data), 0,
				   TEXT + 0x1000, 128,	       0x2000,	  4096 };
	file.ph[2] = (Elf64_Phdr){ PT_NOTE, PF_R, OFF(notes), 0, 0, 0, 0, 4 };
	memset(file.text, 0xcc, sizeof(file.text));
	memset(file.data, 0xdd, sizeof(file.data));
	notes_minimal();
}

/* The notes in a section of len bytes, and in no segment. */
static inline void file_sections(size_t len)
{
	file.eh.e_shoff = OFF(sh);
	file.eh.e_shentsize = sizeof(Elf64_Shdr);
	file.eh.e_shnum = 2;
	file.sh[1] = (Elf64_Shdr){ .sh_type = SHT_NOTE,
				   .sh_offset = OFF(notes),
				   .sh_size = len };
	file.ph[2].p_type = PT_NULL;
}

static struct elf_image img;

/* NULL, or the sentence; from a copy of the first size bytes. */
static inline const char *parse_first(size_t size)
{
	const char *why;
	uint8_t *copy = malloc(size);

	memcpy(copy, &file, size);
	why = elf_parse(&img, copy, size);
	CU_ASSERT(!why || *why);
	free(copy);
	return why;
}

static inline const char *parse(void)
{
	return parse_first(sizeof(file));
}

#endif
