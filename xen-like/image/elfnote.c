/* SPDX-License-Identifier: MIT */
/*
 * What a kernel says about itself. Where it is looked for, first hit wins:
 * PT_NOTE segments, SHT_NOTE sections, the string in a section that is named
 * __xen_guest, from the time before notes.
 */
#include "elfparse.h"

#include <xen/elfnote.h>
#include <xen/features.h>

/* ---- Notes ------------------------------------------------------------- */

/* Only these can be asked for by name. */
static const char *const feature_names[] = {
	[XENFEAT_writable_page_tables] = "writable_page_tables",
	[XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
	[XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
	[XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
	[XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
	[XENFEAT_hvm_callback_vector] = "hvm_callback_vector",
	[XENFEAT_dom0] = "dom0",
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
	return text_starts(t, s) &&
	       t.len == text_of((const uint8_t *)s, SIZE_MAX).len;
}

static void text_store(char dst[16], struct text t)
{
	size_t n = t.len < 15 ? t.len : 15;

	memset(dst, 0, 16);
	memcpy(dst, t.s, n);
}

/* Decimal, or hexadecimal after 0x; ends at the first foreign character. */
static uint64_t text_number(struct text t)
{
	unsigned int base = text_starts(t, "0x") ? 16 : 10;
	uint64_t val = 0;

	for (size_t i = base == 16 ? 2 : 0; i < t.len; i++) {
		unsigned int c = (unsigned char)t.s[i] | 0x20;
		unsigned int digit = c >= 'a' ? c - 'a' + 10 : c - '0';

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
	for (unsigned int i = 0;
	     i < sizeof(feature_names) / sizeof(feature_names[0]); i++) {
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
	p->img->no_dom0 = true; /* settled in check_notes() */
}

/* What is only stored: a number, or a text of 16 bytes. */
static const struct field {
	const char *legacy; /* its name in __xen_guest, if any */
	uint32_t type;
	bool text;
	size_t offset;
} fields[] = {
#define NUMBER(note, name, member)                         \
	{                                                  \
		name, XEN_ELFNOTE_##note, false,           \
			offsetof(struct elf_image, member) \
	}
#define TEXT(note, name, member)                           \
	{                                                  \
		name, XEN_ELFNOTE_##note, true,            \
			offsetof(struct elf_image, member) \
	}
	NUMBER(ENTRY, "VIRT_ENTRY", virt_entry),
	NUMBER(HYPERCALL_PAGE, "HYPERCALL_PAGE", hypercall_page),
	NUMBER(VIRT_BASE, "VIRT_BASE", virt_base),
	NUMBER(PADDR_OFFSET, "ELF_PADDR_OFFSET", paddr_offset),
	NUMBER(INIT_P2M, NULL, p2m_base),
	NUMBER(HV_START_LOW, NULL, hv_start_low),
	TEXT(XEN_VERSION, "XEN_VER", xen_version),
	TEXT(GUEST_OS, "GUEST_OS", guest_os),
	TEXT(GUEST_VERSION, "GUEST_VER", guest_version),
	TEXT(LOADER, "LOADER", loader),
#undef NUMBER
#undef TEXT
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static void field_store(struct elf_image *img, const struct field *f,
			struct text text, uint64_t number)
{
	void *member = (char *)img + f->offset;

	if (f->text)
		text_store(member, text);
	else
		memcpy(member, &number, sizeof(number));
}

static int parse_note(struct parse *p, uint32_t type, const uint8_t *desc,
		      uint32_t size)
{
	struct elf_image *img = p->img;
	struct text t = text_of(desc, size);

	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].type == type)
			field_store(img, &fields[i], t, note_number(desc, size));
	switch (type) {
	case XEN_ELFNOTE_FEATURES:
		return parse_features(p, t);
	case XEN_ELFNOTE_SUPPORTED_FEATURES:
		parse_supported(p, desc, size);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		img->initrd_by_pfn = note_number(desc, size);
		break;
	case XEN_ELFNOTE_PHYS32_ENTRY:
		p->phys32 = true;
		break;
	default: /* PAE_MODE, L1_MFN_VALID, BSD_SYMTAB, SUSPEND_CANCEL, unknown */
		break;
	}
	return 0;
}

static uint64_t round4(uint32_t n)
{
	return ((uint64_t)n + 3) & ~(uint64_t)3;
}

static int parse_notes(struct parse *p, uint64_t off, uint64_t len)
{
	const uint8_t *at;
	struct note n;
	uint64_t skip;
	int rc = 0;

	if (!in_file(p->img, off, len))
		return reject(p, "truncated: notes past the end");
	at = p->img->data + off;
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
	for (size_t i = 0; i < FIELDS; i++)
		if (fields[i].legacy && text_is(name, fields[i].legacy))
			field_store(p->img, &fields[i], val, text_number(val));
	return text_is(name, "FEATURES") ? parse_features(p, val) : 0;
}

static int parse_guest_string(struct parse *p, uint64_t off, uint64_t len)
{
	struct elf_image *img = p->img;
	struct text t, val, name;
	int rc = 0;

	if (!in_file(img, off, len))
		return reject(p, "truncated: __xen_guest past the end");
	t = text_of(img->data + off, len);
	p->legacy = true;
	while (t.len && !rc) {
		val = text_split(&t, ',');
		name = text_split(&val, '=');
		rc = parse_pair(p, name, val);
	}
	/* Here it is a page number, counted from virt_base. */
	if (img->hypercall_page != ELF_UNSET)
		img->hypercall_page =
			(img->hypercall_page << 12) +
			(img->virt_base != ELF_UNSET ? img->virt_base : 0);
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

static int find_in_segments(struct parse *p)
{
	int rc = 0;

	for (unsigned int i = 0; i < p->eh.phnum && !rc; i++) {
		struct phdr ph = phdr_get(p, i);

		/* Some linkers left p_offset empty. */
		if (ph.type == PT_NOTE && ph.offset)
			rc = parse_notes(p, ph.offset, ph.filesz);
	}
	return rc;
}

static int find_in_sections(struct parse *p)
{
	int rc = 0;

	for (unsigned int i = 1; i < p->eh.shnum && !rc; i++) {
		struct shdr sh = shdr_get(p, i);

		if (sh.type == SHT_NOTE)
			rc = parse_notes(p, sh.offset, sh.size);
	}
	return rc;
}

static int find_guest_string(struct parse *p)
{
	for (unsigned int i = 1; i < p->eh.shnum; i++) {
		struct shdr sh = shdr_get(p, i);

		if (text_is(section_name(p, &sh), "__xen_guest"))
			return parse_guest_string(p, sh.offset, sh.size);
	}
	return 0;
}

int elf_find_notes(struct parse *p)
{
	int rc = find_in_segments(p);

	if (!rc && !p->notes)
		rc = find_in_sections(p);
	if (!rc && !p->notes)
		rc = find_guest_string(p);
	return rc;
}

bool elf_text_starts(const char *have, const char *with)
{
	return text_starts(text_of((const uint8_t *)have, 16), with);
}
