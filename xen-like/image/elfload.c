/* SPDX-License-Identifier: MIT */
/*
 * Parser and loader for paravirtualized kernels.
 *
 * - No pointer into the file is followed before in_file() has seen the whole
 *   range; headers are copied out, because nothing promises alignment.
 * - Where Xen's notes are looked for, first hit wins: PT_NOTE segments,
 *   SHT_NOTE sections, the string in a section named __xen_guest.
 * - Address sums wrap modulo 2^64 on purpose: a legacy kernel's p_paddr holds
 *   virtual addresses. Order is checked on the results.
 */
#include "elfload.h"

#include <string.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/features.h>

/* ---- The ELF format ---------------------------------------------------- */

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

#define EI_CLASS	4
#define EI_DATA		5
#define CLASS32		1
#define CLASS64		2
#define DATA_LSB	1
#define EM_X86_64	62
#define PT_LOAD		1
#define PT_NOTE		4
#define PF_RWX		7
#define SHT_NOTE	7
#define SHT_NOBITS	8

/* Overlap is tested pair by pair, so their number is bounded. */
#define PHDR_MAX	64

struct parse {
	struct elf_image *img;
	struct ehdr eh;
	uint64_t pstart, pend;		/* extent of p_paddr .. + p_memsz */
	bool notes;			/* a note named "Xen" was seen */
	bool legacy;			/* __xen_guest was seen */
	bool phys32;
	const char *why;
};

static int reject(struct parse *p, const char *why)
{
	p->why = why;
	return -XEN_EINVAL;
}

static bool in_file(const struct elf_image *img, uint64_t off, uint64_t len)
{
	return off <= img->size && len <= img->size - off;
}

/* The caller has proved that the table of headers lies in the file. */
static struct phdr phdr_get(const struct parse *p, unsigned int i)
{
	struct phdr ph;

	memcpy(&ph, p->img->data + p->eh.phoff + (uint64_t)i * p->eh.phentsize,
	       sizeof(ph));
	return ph;
}

static struct shdr shdr_get(const struct parse *p, unsigned int i)
{
	struct shdr sh;

	memcpy(&sh, p->img->data + p->eh.shoff + (uint64_t)i * p->eh.shentsize,
	       sizeof(sh));
	return sh;
}

static bool is_loadable(const struct phdr *ph)
{
	return ph->type == PT_LOAD && (ph->flags & PF_RWX);
}

static int read_header(struct parse *p)
{
	struct ehdr *eh = &p->eh;
	const uint8_t *id = p->img->data;

	if (p->img->size < 16 || memcmp(id, "\177ELF", 4))
		return reject(p, "not an ELF file");
	if (id[EI_CLASS] == CLASS32)
		return reject(p, "a 32-bit kernel; only 64-bit ones run here");
	if (id[EI_CLASS] != CLASS64 || id[EI_DATA] != DATA_LSB)
		return reject(p, "not a 64-bit little-endian ELF file");
	if (p->img->size < sizeof(*eh))
		return reject(p, "truncated in the ELF header");
	memcpy(eh, id, sizeof(*eh));
	if (eh->machine != EM_X86_64)
		return reject(p, "built for another machine than x86-64");
	if (!eh->phnum || eh->phentsize < sizeof(struct phdr))
		return reject(p, "no usable program headers");
	if (eh->phnum > PHDR_MAX)
		return reject(p, "too many program headers");
	if (!in_file(p->img, eh->phoff, (uint64_t)eh->phnum * eh->phentsize))
		return reject(p, "truncated: program headers past the end");
	if (!eh->shoff || eh->shentsize < sizeof(struct shdr))
		eh->shnum = 0;
	if (!in_file(p->img, eh->shoff, (uint64_t)eh->shnum * eh->shentsize))
		return reject(p, "truncated: section headers past the end");
	return 0;
}

/* ---- Segments ---------------------------------------------------------- */

static bool overlaps_earlier(const struct parse *p, unsigned int i,
			     const struct phdr *ph)
{
	for (unsigned int j = 0; j < i; j++) {
		struct phdr other = phdr_get(p, j);

		if (is_loadable(&other) && ph->paddr < other.paddr +
		    other.memsz && other.paddr < ph->paddr + ph->memsz)
			return true;
	}
	return false;
}

static int check_segments(struct parse *p)
{
	p->pstart = UINT64_MAX;
	p->pend = 0;
	for (unsigned int i = 0; i < p->eh.phnum; i++) {
		struct phdr ph = phdr_get(p, i);

		if (!is_loadable(&ph))
			continue;
		if (!in_file(p->img, ph.offset, ph.filesz))
			return reject(p, "truncated: segment past the end");
		if (ph.filesz > ph.memsz)
			return reject(p, "a segment is larger in the file than in memory");
		if (ph.paddr + ph.memsz < ph.paddr)
			return reject(p, "a segment wraps around the address space");
		if (overlaps_earlier(p, i, &ph))
			return reject(p, "segments overlap");
		if (p->pstart > ph.paddr)
			p->pstart = ph.paddr;
		if (p->pend < ph.paddr + ph.memsz)
			p->pend = ph.paddr + ph.memsz;
	}
	if (p->pstart >= p->pend)
		return reject(p, "no loadable segment");
	return 0;
}

/* ---- Notes ------------------------------------------------------------- */

/* Only these can be asked for by name. */
static const char *const feature_names[] = {
	[XENFEAT_writable_page_tables]		= "writable_page_tables",
	[XENFEAT_writable_descriptor_tables]	= "writable_descriptor_tables",
	[XENFEAT_auto_translated_physmap]	= "auto_translated_physmap",
	[XENFEAT_supervisor_mode_kernel]	= "supervisor_mode_kernel",
	[XENFEAT_pae_pgdir_above_4gb]		= "pae_pgdir_above_4gb",
	[XENFEAT_hvm_callback_vector]		= "hvm_callback_vector",
	[XENFEAT_dom0]				= "dom0",
};

struct text {
	const char *s;
	size_t len;
};

static struct text text_of(const uint8_t *s, uint64_t max)
{
	struct text t = { (const char *)s, 0 };

	while (t.len < max && s[t.len])
		t.len++;
	return t;
}

/* Cuts t before the first sep and returns what stood there. */
static struct text text_split(struct text *t, char sep)
{
	struct text head = { t->s, 0 };

	while (head.len < t->len && t->s[head.len] != sep)
		head.len++;
	t->s += head.len;
	t->len -= head.len;
	if (t->len) {
		t->s++;
		t->len--;
	}
	return head;
}

static bool text_starts(struct text t, const char *with)
{
	struct text w = text_of((const uint8_t *)with, SIZE_MAX);

	return t.len >= w.len && !memcmp(t.s, with, w.len);
}

static bool text_is(struct text t, const char *s)
{
	return text_starts(t, s) && !s[t.len];
}

static bool text_has(struct text t, const char *part)
{
	for (; t.len; t.s++, t.len--)
		if (text_starts(t, part))
			return true;
	return false;
}

static void text_store(char dst[16], struct text t)
{
	size_t n = t.len < 15 ? t.len : 15;

	memset(dst, 0, 16);
	memcpy(dst, t.s, n);
}

/* As strtoull(s, NULL, 0): stops at the first foreign character. */
static uint64_t text_number(struct text t)
{
	unsigned int base = 10;
	uint64_t val = 0;

	if (text_starts(t, "0x") || text_starts(t, "0X")) {
		base = 16;
		t.s += 2;
		t.len -= 2;
	} else if (text_starts(t, "0")) {
		base = 8;
	}
	for (; t.len; t.s++, t.len--) {
		unsigned int c = (unsigned char)*t.s, digit = c - '0';

		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20) - 'a' + 10;
		if (digit >= base)
			break;
		val = val * base + digit;
	}
	return val;
}

static int parse_feature(struct parse *p, struct text name)
{
	bool required = text_starts(name, "!");

	if (required) {
		name.s++;
		name.len--;
	}
	for (unsigned int i = 0; i < sizeof(feature_names) /
	     sizeof(feature_names[0]); i++) {
		if (!feature_names[i] || !text_is(name, feature_names[i]))
			continue;
		p->img->supported |= 1u << i;
		if (required)
			p->img->required |= 1u << i;
		return 0;
	}
	return required ? reject(p, "requires a feature that nobody knows") : 0;
}

static int parse_features(struct parse *p, struct text list)
{
	int rc = 0;

	while (list.len && !rc)
		rc = parse_feature(p, text_split(&list, '|'));
	return rc;
}

/* A note's number has 1, 2, 4 or 8 bytes; any other size reads as 0. */
static uint64_t note_number(const uint8_t *desc, uint32_t size)
{
	uint64_t val = 0;

	if (size <= 8 && size && !(size & (size - 1)))
		memcpy(&val, desc, size);
	return val;
}

static void parse_supported(struct parse *p, const uint8_t *desc, uint32_t size)
{
	uint32_t word = 0;

	/* An array of submaps; there is one. */
	if (size >= 4 && size % 4 == 0)
		memcpy(&word, desc, 4);
	p->img->supported |= word;
	p->img->no_dom0 = true;		/* settled in check_notes() */
}

static int parse_note(struct parse *p, uint32_t type, const uint8_t *desc,
		      uint32_t size)
{
	struct elf_image *img = p->img;
	struct text t = text_of(desc, size);
	uint64_t num = note_number(desc, size);

	switch (type) {
	case XEN_ELFNOTE_ENTRY:		img->virt_entry = num; break;
	case XEN_ELFNOTE_HYPERCALL_PAGE: img->hypercall_page = num; break;
	case XEN_ELFNOTE_VIRT_BASE:	img->virt_base = num; break;
	case XEN_ELFNOTE_PADDR_OFFSET:	img->paddr_offset = num; break;
	case XEN_ELFNOTE_INIT_P2M:	img->p2m_base = num; break;
	case XEN_ELFNOTE_HV_START_LOW:	img->hv_start_low = num; break;
	case XEN_ELFNOTE_MOD_START_PFN:	img->initrd_by_pfn = num; break;
	case XEN_ELFNOTE_PHYS32_ENTRY:	p->phys32 = true; break;
	case XEN_ELFNOTE_XEN_VERSION:	text_store(img->xen_version, t); break;
	case XEN_ELFNOTE_GUEST_OS:	text_store(img->guest_os, t); break;
	case XEN_ELFNOTE_GUEST_VERSION:	text_store(img->guest_version, t); break;
	case XEN_ELFNOTE_LOADER:	text_store(img->loader, t); break;
	case XEN_ELFNOTE_FEATURES:	return parse_features(p, t);
	case XEN_ELFNOTE_SUPPORTED_FEATURES: parse_supported(p, desc, size); break;
	case XEN_ELFNOTE_PAE_MODE:
		if (text_is(t, "yes"))
			img->pae_extended_cr3 = true;
		if (text_has(t, "bimodal"))
			img->pae_extended_cr3 = false;
		break;
	default:	/* L1_MFN_VALID, BSD_SYMTAB, SUSPEND_CANCEL, unknown */
		break;
	}
	return 0;
}

static uint64_t round4(uint32_t n)
{
	return ((uint64_t)n + 3) & ~(uint64_t)3;
}

/* [off, off + len) lies in the file. */
static int parse_notes(struct parse *p, uint64_t off, uint64_t len)
{
	const uint8_t *at = p->img->data + off;
	struct note n;
	uint64_t skip;
	int rc = 0;

	while (len >= sizeof(n) && !rc) {
		memcpy(&n, at, sizeof(n));
		skip = sizeof(n) + round4(n.namesz);
		/* The last note's padding may be missing. */
		if (skip > len || n.descsz > len - skip)
			return reject(p, "an ELF note runs past its segment");
		if (n.namesz >= 4 && !memcmp(at + sizeof(n), "Xen", 4)) {
			p->notes = true;
			rc = parse_note(p, n.type, at + skip, n.descsz);
		}
		skip += round4(n.descsz);
		if (skip > len)
			break;
		at += skip;
		len -= skip;
	}
	return rc;
}

/* ---- The string that came before notes --------------------------------- */

static int parse_pair(struct parse *p, struct text name, struct text val)
{
	struct elf_image *img = p->img;

	if (text_is(name, "LOADER"))
		text_store(img->loader, val);
	else if (text_is(name, "GUEST_OS"))
		text_store(img->guest_os, val);
	else if (text_is(name, "GUEST_VER"))
		text_store(img->guest_version, val);
	else if (text_is(name, "XEN_VER"))
		text_store(img->xen_version, val);
	else if (text_is(name, "PAE"))
		img->pae_extended_cr3 = text_is(val, "yes[extended-cr3]");
	else if (text_is(name, "VIRT_BASE"))
		img->virt_base = text_number(val);
	else if (text_is(name, "VIRT_ENTRY"))
		img->virt_entry = text_number(val);
	else if (text_is(name, "ELF_PADDR_OFFSET"))
		img->paddr_offset = text_number(val);
	else if (text_is(name, "HYPERCALL_PAGE"))
		img->hypercall_page = text_number(val) << 12;
	else if (text_is(name, "FEATURES"))
		return parse_features(p, val);
	return 0;
}

static int parse_guest_string(struct parse *p, struct text t)
{
	struct text val, name;
	int rc = 0;

	p->legacy = true;
	while (t.len && !rc) {
		val = text_split(&t, ',');
		name = text_split(&val, '=');
		rc = parse_pair(p, name, val);
	}
	/* Here the page is counted from virt_base. */
	if (p->img->virt_base != ELF_UNSET &&
	    p->img->hypercall_page != ELF_UNSET)
		p->img->hypercall_page += p->img->virt_base;
	return rc;
}

static struct text section_name(const struct parse *p, const struct shdr *sh)
{
	struct text none = { "", 0 };
	struct shdr str;

	if (p->eh.shstrndx >= p->eh.shnum)
		return none;
	str = shdr_get(p, p->eh.shstrndx);
	if (!in_file(p->img, str.offset, str.size) || sh->name >= str.size)
		return none;
	return text_of(p->img->data + str.offset + sh->name,
		       str.size - sh->name);
}

/* ---- Where to look ----------------------------------------------------- */

static int scan_segments(struct parse *p)
{
	int rc = 0;

	for (unsigned int i = 0; i < p->eh.phnum && !rc; i++) {
		struct phdr ph = phdr_get(p, i);

		/* Some linkers left p_offset empty. */
		if (ph.type != PT_NOTE || !ph.offset)
			continue;
		if (!in_file(p->img, ph.offset, ph.filesz))
			return reject(p, "truncated: notes past the end");
		rc = parse_notes(p, ph.offset, ph.filesz);
	}
	return rc;
}

static int scan_sections(struct parse *p)
{
	int rc = 0;

	for (unsigned int i = 1; i < p->eh.shnum && !rc; i++) {
		struct shdr sh = shdr_get(p, i);

		if (sh.type != SHT_NOTE)
			continue;
		if (!in_file(p->img, sh.offset, sh.size))
			return reject(p, "truncated: notes past the end");
		rc = parse_notes(p, sh.offset, sh.size);
	}
	return rc;
}

static int scan_legacy(struct parse *p)
{
	for (unsigned int i = 0; i < p->eh.shnum; i++) {
		struct shdr sh = shdr_get(p, i);

		if (!text_is(section_name(p, &sh), "__xen_guest"))
			continue;
		if (sh.type == SHT_NOBITS ||
		    !in_file(p->img, sh.offset, sh.size))
			return reject(p, "truncated: __xen_guest past the end");
		return parse_guest_string(p, text_of(p->img->data + sh.offset,
						     sh.size));
	}
	return 0;
}

static int find_notes(struct parse *p)
{
	int rc = scan_segments(p);

	if (!rc && !p->notes)
		rc = scan_sections(p);
	if (!rc && !p->notes)
		rc = scan_legacy(p);
	return rc;
}

/* ---- What they must say ------------------------------------------------ */

static bool starts(const char *have, const char *with)
{
	return text_starts(text_of((const uint8_t *)have, 16), with);
}

static int check_notes(struct parse *p)
{
	struct elf_image *img = p->img;

	if (!p->notes && !p->legacy)
		return reject(p, "no Xen ELF notes: not a kernel for Xen");
	if (p->phys32 && !img->xen_version[0] && img->virt_entry == ELF_UNSET)
		return reject(p, "an HVM or PVH kernel (only PHYS32_ENTRY); only PV runs here");
	if (!starts(img->loader, "generic") && !starts(img->guest_os, "linux"))
		return reject(p, "neither GUEST_OS=linux nor LOADER=generic");
	if (!starts(img->xen_version, "xen-3.0"))
		return reject(p, "XEN_VERSION is not xen-3.0");
	if (img->supported & (1u << XENFEAT_dom0))
		img->no_dom0 = false;
	return 0;
}

static int check_addresses(struct parse *p)
{
	struct elf_image *img = p->img;
	uint64_t shift;

	if (img->virt_base == ELF_UNSET && img->paddr_offset != ELF_UNSET)
		return reject(p, "PADDR_OFFSET without VIRT_BASE");
	if (img->virt_base == ELF_UNSET)
		img->virt_base = 0;
	if (img->paddr_offset == ELF_UNSET)
		img->paddr_offset = p->legacy ? img->virt_base : 0;
	if (img->virt_entry == ELF_UNSET)
		img->virt_entry = p->eh.entry;

	shift = img->virt_base - img->paddr_offset;
	img->virt_start = p->pstart + shift;
	img->virt_end = p->pend + shift;
	if (img->virt_start >= img->virt_end)
		return reject(p, "the kernel wraps around the address space");
	if (img->virt_base > img->virt_start)
		return reject(p, "the kernel begins below VIRT_BASE");
	if (img->virt_entry < img->virt_start ||
	    img->virt_entry >= img->virt_end)
		return reject(p, "the entry point lies outside the kernel");
	if (img->p2m_base >= img->virt_start && img->p2m_base < img->virt_end)
		return reject(p, "INIT_P2M lies inside the kernel");
	return 0;
}

/* ---- Interface --------------------------------------------------------- */

int elf_parse(struct elf_image *img, const void *data, size_t size,
	      const char **why)
{
	struct parse p = { .img = img };
	int rc;

	memset(img, 0, sizeof(*img));
	img->data = data;
	img->size = size;
	img->virt_base = img->paddr_offset = img->virt_entry = ELF_UNSET;
	img->p2m_base = img->hypercall_page = img->hv_start_low = ELF_UNSET;

	rc = read_header(&p);
	if (!rc)
		rc = check_segments(&p);
	if (!rc)
		rc = find_notes(&p);
	if (!rc)
		rc = check_notes(&p);
	if (!rc)
		rc = check_addresses(&p);
	if (rc)
		*why = p.why;
	return rc;
}

int elf_load(const struct elf_image *img, const struct elf_sink *sink)
{
	struct parse p = { .img = (struct elf_image *)img };
	int rc = 0;

	memcpy(&p.eh, img->data, sizeof(p.eh));
	for (unsigned int i = 0; i < p.eh.phnum && !rc; i++) {
		struct phdr ph = phdr_get(&p, i);

		if (is_loadable(&ph))
			rc = sink->put(sink->ctx, ph.paddr - img->paddr_offset,
				       img->data + ph.offset, ph.filesz,
				       ph.memsz);
	}
	return rc;
}
