/* SPDX-License-Identifier: MIT */
/*
 * Kernels made for tests of the builder: segments where the test wants them,
 * Xen's notes, bytes that tell where they come from; packed by LZ4's format
 * with nothing compressed, in a bzImage.
 */
#ifndef KERNEL_SETUP_H
#define KERNEL_SETUP_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/elfnote.h>

#define KERNEL_BASE 0xffffffff80000000ul
#define KERNEL_P2M  0x8000000000ul
#define KERNEL_CALL 0x3000ul /* of the kernel: the hypercall page */

struct blob {
	uint8_t *p;
	size_t size;
};

struct kernel_segment {
	uint64_t offset, paddr, filesz, memsz;
};

struct kernel_spec {
	struct kernel_segment seg[4];
	bool p2m, initrd_by_pfn, hypercall_page;
};

static inline void kernel_note(uint8_t **at, uint32_t type, const void *desc,
			       uint32_t len)
{
	Elf64_Nhdr nh = { 4, len, type };

	memcpy(*at, &nh, sizeof(nh));
	memcpy(*at + sizeof(nh), "Xen", 4);
	memcpy(*at + sizeof(nh) + 4, desc, len);
	*at += sizeof(nh) + 4 + ((len + 3) & ~3u);
}

static inline void kernel_number(uint8_t **at, uint32_t type, uint64_t n)
{
	kernel_note(at, type, &n, 8);
}

static inline void kernel_notes(const struct kernel_spec *k, uint8_t **at)
{
	kernel_note(at, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	kernel_note(at, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	kernel_number(at, XEN_ELFNOTE_VIRT_BASE, KERNEL_BASE);
	kernel_number(at, XEN_ELFNOTE_ENTRY, KERNEL_BASE + k->seg[0].paddr);
	if (k->p2m)
		kernel_number(at, XEN_ELFNOTE_INIT_P2M, KERNEL_P2M);
	if (k->initrd_by_pfn)
		kernel_number(at, XEN_ELFNOTE_MOD_START_PFN, 1);
	if (k->hypercall_page)
		kernel_number(at, XEN_ELFNOTE_HYPERCALL_PAGE,
			      KERNEL_BASE + k->seg[0].paddr + KERNEL_CALL);
}

/* Up to four segments; the notes stand at 0x200. */
static inline struct blob kernel_make(const struct kernel_spec *k)
{
	Elf64_Ehdr eh = { .e_ident = "\177ELF\2\1\1",
			  .e_type = ET_EXEC,
			  .e_machine = EM_X86_64,
			  .e_phoff = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr) };
	struct blob b = { NULL, 0x1000 };
	Elf64_Phdr ph[5];
	uint8_t *notes;
	uint32_t r = 1;

	for (; eh.e_phnum < 4 && k->seg[eh.e_phnum].memsz; eh.e_phnum++) {
		const struct kernel_segment *s = &k->seg[eh.e_phnum];

		ph[eh.e_phnum] = (Elf64_Phdr){
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_X,
			.p_offset = s->offset,
			.p_paddr = s->paddr,
			.p_filesz = s->filesz,
			.p_memsz = s->memsz,
		};
		if (b.size < s->offset + s->filesz)
			b.size = s->offset + s->filesz;
	}
	b.p = malloc(b.size);
	for (size_t i = 0; i < b.size; i++) {
		r = r * 1664525 + 1013904223;
		b.p[i] = (uint8_t)(r >> 24 | 1);
	}
	notes = b.p + 0x200;
	kernel_notes(k, &notes);
	ph[eh.e_phnum++] = (Elf64_Phdr){
		.p_type = PT_NOTE,
		.p_offset = 0x200,
		.p_filesz = (uint64_t)(notes - b.p) - 0x200,
	};
	memcpy(b.p, &eh, sizeof(eh));
	memcpy(b.p + sizeof(eh), ph, sizeof(ph[0]) * eh.e_phnum);
	return b;
}

/* A literal run of LZ4 for bytes, at most 8 MiB; where it ends. */
static inline uint8_t *kernel_lz4(uint8_t *at, const uint8_t *from, size_t n)
{
	uint8_t *block = at + 4;
	size_t left = n;
	uint32_t len;

	*block++ = n < 15 ? (uint8_t)(n << 4) : 0xf0;
	if (n >= 15) {
		for (left -= 15; left >= 255; left -= 255)
			*block++ = 255;
		*block++ = (uint8_t)left;
	}
	memcpy(block, from, n);
	block += n;
	len = (uint32_t)(block - at - 4);
	memcpy(at, &len, 4);
	return block;
}

/* A bzImage of it, that claims so many bytes more than there are. */
static inline struct blob kernel_pack(struct blob plain, int more)
{
	struct blob b = { calloc(1, plain.size + plain.size / 128 + 4096), 0 };
	uint8_t *at = b.p + 1024;
	uint32_t size = (uint32_t)plain.size + (uint32_t)more, len;

	b.p[0x1f1] = 1;
	memcpy(b.p + 0x202, "HdrS\x0f\x02", 6);
	memcpy(at, "\002\041\114\030", 4);
	at += 4;
	for (size_t done = 0, n; done < plain.size; done += n) {
		n = plain.size - done < 8u << 20 ? plain.size - done : 8u << 20;
		at = kernel_lz4(at, plain.p + done, n);
	}
	memcpy(at, &size, 4);
	b.size = (size_t)(at + 4 - b.p);
	len = (uint32_t)(b.size - 1024);
	memcpy(b.p + 0x24c, &len, 4);
	return b;
}

#endif
