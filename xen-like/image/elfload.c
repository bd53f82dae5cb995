/* SPDX-License-Identifier: MIT */
/*
 * Headers, segments and addresses of a paravirtualized kernel.
 *
 * Address sums wrap modulo 2^64 on purpose: a legacy kernel's p_paddr holds
 * virtual addresses. Order is checked on the results.
 */
#include "elfparse.h"

#include <xen/features.h>

/* Overlap is tested pair by pair, so their number is bounded. */
#define PHDR_MAX 64

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

		if (is_loadable(&other) &&
		    ph->paddr < other.paddr + other.memsz &&
		    other.paddr < ph->paddr + ph->memsz)
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
			return reject(
				p,
				"a segment is larger in the file than in memory");
		if (ph.paddr + ph.memsz < ph.paddr)
			return reject(
				p, "a segment wraps around the address space");
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

/* ---- What they must say ------------------------------------------------ */

static int check_notes(struct parse *p)
{
	struct elf_image *img = p->img;

	if (!p->notes && !p->legacy)
		return reject(p, "no Xen ELF notes: not a kernel for Xen");
	if (p->phys32 && !img->xen_version[0] && img->virt_entry == ELF_UNSET)
		return reject(
			p,
			"an HVM or PVH kernel (only PHYS32_ENTRY); only PV runs here");
	if (!elf_text_starts(img->loader, "generic") &&
	    !elf_text_starts(img->guest_os, "linux"))
		return reject(p, "neither GUEST_OS=linux nor LOADER=generic");
	if (!elf_text_starts(img->xen_version, "xen-3.0"))
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
		rc = elf_find_notes(&p);
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
