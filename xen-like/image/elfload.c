/* SPDX-License-Identifier: MIT */
/*
 * Headers, notes and segments of a paravirtualized kernel, in this order: the
 * notes say where the segments go.
 *
 * No pointer into the file is followed before in_file() has seen the whole
 * range; headers are copied out, because nothing promises alignment.
 */
#include "elfload.h"

#include <string.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/features.h>

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

struct nhdr {
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

/* Bytes of the file: a note's, or a part of its text. */
struct bytes {
	const uint8_t *p; /* NULL: there is no such note */
	size_t len;
};

struct parse {
	struct bytes file;
	struct ehdr eh;
	struct bytes notes[XEN_ELFNOTE_MAX + 1]; /* by type, the last of each */
	bool xen;				 /* one named "Xen" was seen */
};

/* ---- The file ---------------------------------------------------------- */

static bool in_file(const struct parse *p, uint64_t off, uint64_t len)
{
	return off <= p->file.len && len <= p->file.len - off;
}

static const char *read_header(struct parse *p)
{
	struct ehdr *eh = &p->eh;
	const uint8_t *id = p->file.p;

	if (p->file.len < sizeof(eh->ident) || memcmp(id, "\177ELF", 4))
		return "not an ELF file";
	if (id[EI_CLASS] == CLASS32)
		return "a 32-bit kernel; only 64-bit ones run here";
	if (id[EI_CLASS] != CLASS64 || id[EI_DATA] != DATA_LSB)
		return "not a 64-bit little-endian ELF file";
	if (p->file.len < sizeof(*eh))
		return "truncated in the ELF header";
	memcpy(eh, id, sizeof(*eh));
	if (eh->machine != EM_X86_64)
		return "built for another machine than x86-64";
	if (!eh->phnum || eh->phentsize < sizeof(struct phdr))
		return "no usable program headers";
	if (eh->phnum > ELF_SEGMENTS)
		return "too many program headers";
	if (!in_file(p, eh->phoff, (uint64_t)eh->phnum * eh->phentsize))
		return "truncated: program headers past the end";
	if (!eh->shoff || eh->shentsize < sizeof(struct shdr))
		eh->shnum = 0;
	if (!in_file(p, eh->shoff, (uint64_t)eh->shnum * eh->shentsize))
		return "truncated: section headers past the end";
	return NULL;
}

static struct phdr phdr_get(const struct parse *p, size_t i)
{
	struct phdr ph;

	memcpy(&ph, p->file.p + p->eh.phoff + i * p->eh.phentsize, sizeof(ph));
	return ph;
}

/* ---- Finding the notes ------------------------------------------------- */

static uint64_t round4(uint32_t n)
{
	return ((uint64_t)n + 3) & ~(uint64_t)3;
}

static const char *read_notes(struct parse *p, uint64_t off, uint64_t len)
{
	const uint8_t *at;
	struct nhdr n;
	uint64_t skip;

	if (!in_file(p, off, len))
		return "truncated: notes past the end";
	at = p->file.p + off;
	for (; len >= sizeof(n); at += skip, len -= skip) {
		memcpy(&n, at, sizeof(n));
		skip = sizeof(n) + round4(n.namesz);
		if (skip > len || n.descsz > len - skip)
			return "an ELF note runs past its segment";
		if (n.namesz >= 4 && !memcmp(at + sizeof(n), "Xen", 4)) {
			p->xen = true;
			if (n.type <= XEN_ELFNOTE_MAX)
				p->notes[n.type] = (struct bytes){ at + skip,
								   n.descsz };
		}
		skip += round4(n.descsz);
		/* The last note's padding may be missing. */
		if (skip > len)
			break;
	}
	return NULL;
}

/* In segments; in sections, if no segment has any. */
static const char *find_notes(struct parse *p)
{
	const char *why = NULL;

	for (size_t i = 0; i < p->eh.phnum && !why; i++) {
		struct phdr ph = phdr_get(p, i);

		/* Some linkers left p_offset empty. */
		if (ph.type == PT_NOTE && ph.offset)
			why = read_notes(p, ph.offset, ph.filesz);
	}
	if (p->xen)
		return why;
	for (size_t i = 1; i < p->eh.shnum && !why; i++) {
		struct shdr sh;

		memcpy(&sh, p->file.p + p->eh.shoff + i * p->eh.shentsize,
		       sizeof(sh));
		if (sh.type == SHT_NOTE)
			why = read_notes(p, sh.offset, sh.size);
	}
	return why;
}

/* ---- What they say ----------------------------------------------------- */

/* A note's number has 1, 2, 4 or 8 bytes; any other size reads as 0. */
static uint64_t number(const struct parse *p, unsigned int type, uint64_t absent)
{
	struct bytes n = p->notes[type];
	uint64_t val = 0;

	if (!n.p)
		return absent;
	if (n.len == 1 || n.len == 2 || n.len == 4 || n.len == 8)
		memcpy(&val, n.p, n.len);
	return val;
}

/* A text ends at its first zero byte, if it has one. */
static struct bytes text(const struct parse *p, unsigned int type)
{
	struct bytes n = p->notes[type], t = { n.p, 0 };

	while (t.len < n.len && t.p[t.len])
		t.len++;
	return t;
}

static bool text_starts(struct bytes t, const char *with, size_t len)
{
	return t.len >= len && !memcmp(t.p, with, len);
}

static void text_store(char dst[16], struct bytes t)
{
	if (t.len)
		memcpy(dst, t.p, t.len < 15 ? t.len : 15);
}

/* Only these can be asked for by name. */
#define NR_FEATURES (sizeof(features) / sizeof(features[0]))
static const struct {
	unsigned int bit;
	size_t len;
	const char *name;
} features[] = {
#define FEATURE(name)                                    \
	{                                                \
		XENFEAT_##name, sizeof(#name) - 1, #name \
	}
	FEATURE(writable_page_tables),
	FEATURE(writable_descriptor_tables),
	FEATURE(auto_translated_physmap),
	FEATURE(supervisor_mode_kernel),
	FEATURE(pae_pgdir_above_4gb),
	FEATURE(hvm_callback_vector),
	FEATURE(dom0),
#undef FEATURE
};

/* Names that | parts; ! before one says that the kernel cannot do without. */
static const char *parse_features(struct elf_image *img, struct bytes list)
{
	while (list.len) {
		bool required = *list.p == '!';
		struct bytes name = { list.p + required, 0 };
		uint32_t bit = 0;

		list.p += required;
		list.len -= required;
		while (name.len < list.len && name.p[name.len] != '|')
			name.len++;
		for (size_t i = 0; i < NR_FEATURES; i++)
			if (name.len == features[i].len &&
			    !memcmp(name.p, features[i].name, name.len))
				bit = 1u << features[i].bit;
		if (required && !bit)
			return "requires a feature that nobody knows";
		img->supported |= bit;
		if (name.len < list.len)
			name.len++;
		list.p += name.len;
		list.len -= name.len;
	}
	return NULL;
}

static const char *check_notes(const struct parse *p)
{
	if (!p->xen)
		return "no Xen ELF notes: not a kernel for Xen";
	if (p->notes[XEN_ELFNOTE_PHYS32_ENTRY].p &&
	    !text(p, XEN_ELFNOTE_XEN_VERSION).len &&
	    !p->notes[XEN_ELFNOTE_ENTRY].p)
		return "an HVM or PVH kernel (only PHYS32_ENTRY); only PV runs here";
	if (!text_starts(text(p, XEN_ELFNOTE_LOADER), "generic", 7) &&
	    !text_starts(text(p, XEN_ELFNOTE_GUEST_OS), "linux", 5))
		return "neither GUEST_OS=linux nor LOADER=generic";
	if (!text_starts(text(p, XEN_ELFNOTE_XEN_VERSION), "xen-3.0", 7))
		return "XEN_VERSION is not xen-3.0";
	if (p->notes[XEN_ELFNOTE_PADDR_OFFSET].p &&
	    !p->notes[XEN_ELFNOTE_VIRT_BASE].p)
		return "PADDR_OFFSET without VIRT_BASE";
	return NULL;
}

static const char *use_notes(const struct parse *p, struct elf_image *img)
{
	struct bytes submaps = p->notes[XEN_ELFNOTE_SUPPORTED_FEATURES];
	const char *why;

	img->virt_base = number(p, XEN_ELFNOTE_VIRT_BASE, 0);
	img->virt_entry = number(p, XEN_ELFNOTE_ENTRY, p->eh.entry);
	img->p2m_base = number(p, XEN_ELFNOTE_INIT_P2M, ELF_UNSET);
	img->hypercall_page = number(p, XEN_ELFNOTE_HYPERCALL_PAGE, ELF_UNSET);
	img->initrd_by_pfn = number(p, XEN_ELFNOTE_MOD_START_PFN, 0);
	text_store(img->guest_os, text(p, XEN_ELFNOTE_GUEST_OS));
	text_store(img->guest_version, text(p, XEN_ELFNOTE_GUEST_VERSION));
	/* An array of words; there is one. */
	if (submaps.len >= 4 && submaps.len % 4 == 0)
		memcpy(&img->supported, submaps.p, 4);
	why = parse_features(img, text(p, XEN_ELFNOTE_FEATURES));
	img->no_dom0 = submaps.p && !(img->supported & 1u << XENFEAT_dom0);
	return why;
}

/* ---- Segments ---------------------------------------------------------- */

static const char *add_segment(const struct parse *p, struct elf_image *img,
			       const struct phdr *ph)
{
	uint64_t paddr_offset = number(p, XEN_ELFNOTE_PADDR_OFFSET, 0);
	uint64_t room = UINT64_MAX - img->virt_base;
	struct elf_segment s = { ph->paddr - paddr_offset, ph->filesz,
				 ph->memsz, NULL };
	const struct elf_segment *t = img->segments;

	if (!in_file(p, ph->offset, ph->filesz))
		return "truncated: segment past the end";
	if (s.filesz > s.memsz)
		return "a segment is larger in the file than in memory";
	if (ph->paddr < paddr_offset)
		return "the kernel begins below VIRT_BASE";
	if (s.offset > room || s.memsz > room - s.offset)
		return "the kernel wraps around the address space";
	for (; t < img->segments + img->nr_segments; t++)
		if (s.offset < t->offset + t->memsz &&
		    t->offset < s.offset + s.memsz)
			return "segments overlap";
	s.data = p->file.p + ph->offset;
	img->segments[img->nr_segments++] = s;
	return NULL;
}

static const char *read_segments(const struct parse *p, struct elf_image *img)
{
	const char *why = NULL;

	for (size_t i = 0; i < p->eh.phnum && !why; i++) {
		struct phdr ph = phdr_get(p, i);

		if (ph.type == PT_LOAD && (ph.flags & PF_RWX))
			why = add_segment(p, img, &ph);
	}
	return why;
}

static const char *check_addresses(struct elf_image *img)
{
	uint64_t start = UINT64_MAX, end = 0;

	for (unsigned int i = 0; i < img->nr_segments; i++) {
		const struct elf_segment *s = &img->segments[i];

		if (start > s->offset)
			start = s->offset;
		if (end < s->offset + s->memsz)
			end = s->offset + s->memsz;
	}
	if (start >= end)
		return "no loadable segment";
	img->virt_end = img->virt_base + end;
	if (img->virt_entry - img->virt_base - start >= end - start)
		return "the entry point lies outside the kernel";
	if (img->p2m_base - img->virt_base < end)
		return "INIT_P2M lies inside the kernel";
	return NULL;
}

const char *elf_parse(struct elf_image *img, const void *data, size_t size)
{
	struct parse p = { .file = { data, size } };
	const char *why;

	memset(img, 0, sizeof(*img));
	why = read_header(&p);
	if (!why)
		why = find_notes(&p);
	if (!why)
		why = check_notes(&p);
	if (!why)
		why = use_notes(&p, img);
	if (!why)
		why = read_segments(&p, img);
	return why ? why : check_addresses(img);
}
