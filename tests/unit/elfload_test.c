/* SPDX-License-Identifier: MIT */
/*
 * ELF kernels made here, byte by byte, with <elf.h> as the second opinion on
 * the format. Every input is copied to a block of its exact size, so that
 * AddressSanitizer sees the first byte read past it.
 */
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/features.h>

#include "elf_setup.h"
#include "unit.h"

/* ---- ELF: what is accepted ----------------------------------------------- */

static void elf_like_linux(void)
{
	uint32_t supported = 1u << XENFEAT_dom0 | 1u << XENFEAT_direct_mapped;

	file_make();
	note_str(XEN_ELFNOTE_GUEST_VERSION, "2.6 and a name too long to keep");
	note_num(XEN_ELFNOTE_PADDR_OFFSET, 0);
	note_num(XEN_ELFNOTE_ENTRY, BASE + TEXT + 0x40);
	note_num(XEN_ELFNOTE_INIT_P2M, 0x8000000000);
	note_str(XEN_ELFNOTE_FEATURES,
		 "!writable_page_tables|dom0|future|dom0s");
	note(XEN_ELFNOTE_SUPPORTED_FEATURES, &supported, 4);
	note_str(XEN_ELFNOTE_PAE_MODE, "yes");
	note(XEN_ELFNOTE_L1_MFN_VALID, "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0", 16);
	note(XEN_ELFNOTE_MOD_START_PFN, "\1\0\0", 4);
	note_num(XEN_ELFNOTE_HV_START_LOW, 0xffff800000000000);
	note_str(XEN_ELFNOTE_BSD_SYMTAB, "yes");
	note_num(XEN_ELFNOTE_PHYS32_ENTRY, 0x1000000);
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.virt_base == BASE);
	CU_ASSERT(img.virt_entry == BASE + TEXT + 0x40);
	CU_ASSERT(img.virt_end == BASE + TEXT + 0x3000);
	CU_ASSERT(img.p2m_base == 0x8000000000);
	CU_ASSERT(img.hypercall_page == ELF_UNSET);
	CU_ASSERT(img.supported ==
		  (supported | 1u << XENFEAT_writable_page_tables));
	CU_ASSERT(img.initrd_by_pfn && !img.no_dom0);
	note_str(XEN_ELFNOTE_FEATURES, "!dom0x");
	CU_ASSERT_PTR_NOT_NULL(parse());
	CU_ASSERT_STRING_EQUAL(img.guest_os, "linux");
	CU_ASSERT_STRING_EQUAL(img.guest_version, "2.6 and a name ");
}

static void elf_defaults(void)
{
	file_make();
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.virt_entry == file.eh.e_entry);
	CU_ASSERT(img.p2m_base == ELF_UNSET);
	CU_ASSERT(img.hypercall_page == ELF_UNSET);
	CU_ASSERT(!img.initrd_by_pfn && !img.no_dom0 && !img.supported);
	no_notes();
	note_str(XEN_ELFNOTE_LOADER, "generic");
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-3.0-x86_64");
	note_num(XEN_ELFNOTE_ENTRY, TEXT);
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.virt_base == 0 && img.segments[0].offset == TEXT);
}

static void elf_hypercall_page_and_offset(void)
{
	file_make();
	note_num(XEN_ELFNOTE_HYPERCALL_PAGE, BASE + TEXT + 0x1000);
	note_num(XEN_ELFNOTE_PADDR_OFFSET, TEXT);
	note_num(XEN_ELFNOTE_ENTRY, BASE);
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.hypercall_page == BASE + TEXT + 0x1000);
	CU_ASSERT(img.segments[0].offset == 0);
	CU_ASSERT(img.virt_end == BASE + 0x3000);
}

static void elf_dom0_unsupported(void)
{
	uint32_t features = 1u << XENFEAT_writable_page_tables;

	file_make();
	note(XEN_ELFNOTE_SUPPORTED_FEATURES, &features, 4);
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.no_dom0);
}

static void elf_section_notes(void)
{
	file_make();
	file_sections(notes_len);
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.virt_base == BASE);
}

static void elf_segments(void)
{
	const struct elf_segment *s = img.segments;

	file_make();
	file.ph[3] = file.ph[0]; /* not loadable: would overlap */
	file.ph[3].p_flags = 0;
	file.eh.e_phnum = 4;
	CU_ASSERT_PTR_NULL(elf_parse(&img, &file, sizeof(file)));
	CU_ASSERT_EQUAL(img.nr_segments, 2);
	CU_ASSERT(s[0].offset == TEXT && s[0].data == file.text);
	CU_ASSERT(s[0].filesz == 256 && s[0].memsz == 256);
	CU_ASSERT(s[1].offset == TEXT + 0x1000 && s[1].data == file.data);
	CU_ASSERT(s[1].filesz == 128 && s[1].memsz == 0x2000);
}

/* ---- ELF: what is refused, and the words for it --------------------------- */

static void bad_magic(void)
{
	file.eh.e_ident[0] = 'M';
}
static void bad_32(void)
{
	file.eh.e_ident[EI_CLASS] = ELFCLASS32;
}
static void bad_class(void)
{
	file.eh.e_ident[EI_CLASS] = 7;
}
static void bad_endian(void)
{
	file.eh.e_ident[EI_DATA] = ELFDATA2MSB;
}
static void bad_machine(void)
{
	file.eh.e_machine = EM_AARCH64;
}
static void bad_phnum0(void)
{
	file.eh.e_phnum = 0;
}
static void bad_phent(void)
{
	file.eh.e_phentsize = 32;
}
static void bad_phmany(void)
{
	file.eh.e_phnum = 65;
}
static void bad_phoff(void)
{
	file.eh.e_phoff = -8ul;
}
static void bad_phend(void)
{
	file.eh.e_phoff = sizeof(file) - 100;
}
static void bad_off(void)
{
	file.ph[0].p_offset = sizeof(file) - 255;
}
static void bad_off_wrap(void)
{
	file.ph[0].p_offset = -16ul;
}
static void bad_len_wrap(void)
{
	file.ph[0].p_filesz = file.ph[0].p_memsz = -1ul;
}
static void bad_filesz(void)
{
	file.ph[0].p_memsz = 255;
}
static void bad_wrap(void)
{
	file.ph[1].p_paddr = -0x1000ul;
}
static void bad_overlap(void)
{
	file.ph[1].p_paddr = TEXT + 255;
}
static void bad_inside(void)
{
	file.ph[0].p_paddr = TEXT + 0x2000;
}
static void bad_unloadable(void)
{
	file.ph[0].p_flags = file.ph[1].p_flags = 0;
}
static void bad_no_notes(void)
{
	no_notes();
}
static void bad_note_off(void)
{
	file.ph[2].p_offset = sizeof(file);
}
static void bad_note_wrap(void)
{
	file.ph[2].p_offset = -1ul;
}
static void bad_note_len(void)
{
	file.ph[2].p_filesz -= 4;
}
static void bad_note_size(void)
{
	uint32_t huge = 0xfffffffd;

	memcpy(file.notes + 4, &huge, 4);
}
static void bad_note_name(void)
{
	uint32_t huge = 0xfffffffd;

	memcpy(file.notes, &huge, 4);
}
static void bad_sections(void)
{
	file_sections(notes_len);
	file.eh.e_shoff = sizeof(file) - 8;
}
static void bad_section(void)
{
	file_sections(sizeof(file));
}
static void bad_pvh(void)
{
	no_notes();
	note_num(XEN_ELFNOTE_PHYS32_ENTRY, TEXT);
}
static void bad_os(void)
{
	no_notes();
	note_str(XEN_ELFNOTE_GUEST_OS, "plan9");
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
}
static void bad_version(void)
{
	no_notes();
	note_str(XEN_ELFNOTE_GUEST_OS, "linux");
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-4.0");
}
static void bad_feature(void)
{
	note_str(XEN_ELFNOTE_FEATURES, "dom0|!future");
}
static void bad_no_base(void)
{
	no_notes();
	note_str(XEN_ELFNOTE_GUEST_OS, "linux");
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	note_num(XEN_ELFNOTE_PADDR_OFFSET, 0);
}
static void bad_base(void)
{
	note_num(XEN_ELFNOTE_PADDR_OFFSET, TEXT + 1);
}
static void bad_end(void)
{
	note_num(XEN_ELFNOTE_VIRT_BASE, -0x2000ul);
	note_num(XEN_ELFNOTE_PADDR_OFFSET, TEXT);
}
static void bad_entry_low(void)
{
	note_num(XEN_ELFNOTE_ENTRY, BASE + TEXT - 1);
}
static void bad_entry_high(void)
{
	note_num(XEN_ELFNOTE_ENTRY, BASE + TEXT + 0x3000);
}
static void bad_p2m(void)
{
	note_num(XEN_ELFNOTE_INIT_P2M, BASE + TEXT + 0x2fff);
}

static const struct {
	void (*spoil)(void);
	const char *words;
} bad[] = {
	{ bad_magic, "not an ELF" },
	{ bad_32, "32-bit" },
	{ bad_class, "64-bit little-endian" },
	{ bad_endian, "64-bit little-endian" },
	{ bad_machine, "another machine" },
	{ bad_phnum0, "no usable program headers" },
	{ bad_phent, "no usable program headers" },
	{ bad_phmany, "too many program headers" },
	{ bad_phoff, "program headers past the end" },
	{ bad_phend, "program headers past the end" },
	{ bad_off, "segment past the end" },
	{ bad_off_wrap, "segment past the end" },
	{ bad_len_wrap, "segment past the end" },
	{ bad_filesz, "larger in the file" },
	{ bad_wrap, "wraps around" },
	{ bad_overlap, "overlap" },
	{ bad_inside, "overlap" },
	{ bad_unloadable, "no loadable segment" },
	{ bad_no_notes, "no Xen ELF notes" },
	{ bad_note_off, "notes past the end" },
	{ bad_note_wrap, "notes past the end" },
	{ bad_note_len, "runs past its segment" },
	{ bad_note_size, "runs past its segment" },
	{ bad_note_name, "runs past its segment" },
	{ bad_sections, "section headers past the end" },
	{ bad_section, "notes past the end" },
	{ bad_pvh, "HVM or PVH" },
	{ bad_os, "neither GUEST_OS=linux" },
	{ bad_version, "XEN_VERSION" },
	{ bad_feature, "feature that nobody knows" },
	{ bad_no_base, "without VIRT_BASE" },
	{ bad_base, "below VIRT_BASE" },
	{ bad_end, "the kernel wraps" },
	{ bad_entry_low, "entry point" },
	{ bad_entry_high, "entry point" },
	{ bad_p2m, "INIT_P2M" },
};

static void elf_refused(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why;

		file_make();
		bad[i].spoil();
		why = parse();
		CU_ASSERT(why && strstr(why, bad[i].words));
		if (!why || !strstr(why, bad[i].words))
			printf("case %zu: %s instead of %s\n", i,
			       why ? why : "accepted", bad[i].words);
	}
}

static void elf_truncated(void)
{
	file_make();
	note_str(XEN_ELFNOTE_LOADER, "generic");
	for (size_t n = 1; n < OFF(notes) + notes_len; n++)
		CU_ASSERT(parse_first(n) != NULL);
	CU_ASSERT_PTR_NULL(parse_first(OFF(notes) + notes_len));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(elf_like_linux),
		TEST(elf_defaults),
		TEST(elf_hypercall_page_and_offset),
		TEST(elf_dom0_unsupported),
		TEST(elf_section_notes),
		TEST(elf_segments),
		TEST(elf_refused),
		TEST(elf_truncated),
		CU_TEST_INFO_NULL,
	};

	return unit_main("elfload", tests, NULL, NULL);
}
