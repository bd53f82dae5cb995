/* SPDX-License-Identifier: MIT */
/*
 * Between elfload.c, which checks headers, segments and addresses, and
 * elfnote.c, which reads what the kernel says about itself.
 *
 * No pointer into the file is followed before in_file() has seen the whole
 * range; headers are copied out, because nothing promises alignment.
 */
#ifndef IMAGE_ELFPARSE_H
#define IMAGE_ELFPARSE_H

#include "elfload.h"

#include <string.h>
#include <xen/xen.h>
#include <xen/errno.h>

struct ehdr {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct shdr {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
	uint32_t link, info;
	uint64_t addralign, entsize;
};

struct note {
	uint32_t namesz, descsz, type;
};

#define EI_CLASS  4
#define EI_DATA	  5
#define CLASS32	  1
#define CLASS64	  2
#define DATA_LSB  1
#define EM_X86_64 62
#define PT_LOAD	  1
#define PT_NOTE	  4
#define PF_RWX	  7
#define SHT_NOTE  7

struct parse {
	struct elf_image *img;
	struct ehdr eh;
	uint64_t pstart, pend; /* extent of p_paddr .. + p_memsz */
	bool notes;	       /* a note named "Xen" was seen */
	bool legacy;	       /* __xen_guest was seen */
	bool phys32;
	const char *why;
};

static inline int reject(struct parse *p, const char *why)
{
	p->why = why;
	return -XEN_EINVAL;
}

static inline bool in_file(const struct elf_image *img, uint64_t off,
			   uint64_t len)
{
	return off <= img->size && len <= img->size - off;
}

/* Header i of a table that read_header() has seen to lie in the file. */
static inline struct phdr phdr_get(const struct parse *p, size_t i)
{
	struct phdr ph;

	memcpy(&ph, p->img->data + p->eh.phoff + i * p->eh.phentsize,
	       sizeof(ph));
	return ph;
}

static inline struct shdr shdr_get(const struct parse *p, size_t i)
{
	struct shdr sh;

	memcpy(&sh, p->img->data + p->eh.shoff + i * p->eh.shentsize,
	       sizeof(sh));
	return sh;
}

/* Looks for Xen's notes; p->notes or p->legacy tell if there are any. */
int elf_find_notes(struct parse *p);

/* Is it so that the text of at most 16 bytes begins like that? */
bool elf_text_starts(const char *have, const char *with);

#endif
