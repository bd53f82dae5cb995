/* SPDX-License-Identifier: MIT */
/*
 * The image parsers: ELF kernels made here, byte by byte, with <elf.h> as the
 * second opinion on the format; kernels packed by the system's gzip, xz, lz4 and
 * zstd; Debian's own kernel from $PEER (build/peer), against those tools again.
 *
 * Every input is copied to a block of its exact size, so that AddressSanitizer
 * sees the first byte read past it; output and work area are blocks of their
 * exact sizes too.
 */
#include <CUnit/Basic.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/features.h>

#include "bzimage.h"
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

static void note(uint32_t type, const void *desc, uint32_t len)
{
	Elf64_Nhdr nh = { 4, len, type };

	memcpy(file.notes + notes_len, &nh, sizeof(nh));
	memcpy(file.notes + notes_len + sizeof(nh), "Xen", 4);
	memcpy(file.notes + notes_len + sizeof(nh) + 4, desc, len);
	notes_len += sizeof(nh) + 4 + ((len + 3) & ~3u);
	file.ph[2].p_filesz = file.ph[2].p_memsz = notes_len;
}

static void note_str(uint32_t type, const char *s)
{
	note(type, s, (uint32_t)strlen(s) + 1);
}

static void note_num(uint32_t type, uint64_t v)
{
	note(type, &v, 8);
}

static void no_notes(void)
{
	notes_len = 0;
	memset(file.notes, 0, sizeof(file.notes));
	file.ph[2].p_filesz = file.ph[2].p_memsz = 0;
}

/* What every note-carrying PV kernel says; the rest is each test's. */
static void notes_minimal(void)
{
	no_notes();
	note_str(XEN_ELFNOTE_GUEST_OS, "linux");
	note_str(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	note_num(XEN_ELFNOTE_VIRT_BASE, BASE);
}

#define OFF(member) offsetof(struct file, member)

static void file_make(void)
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
static void file_sections(size_t len)
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
static const char *parse_first(size_t size)
{
	const char *why;
	uint8_t *copy = malloc(size);

	memcpy(copy, &file, size);
	why = elf_parse(&img, copy, size);
	CU_ASSERT(!why || *why);
	free(copy);
	return why;
}

static const char *parse(void)
{
	return parse_first(sizeof(file));
}

/* ---- ELF: what is accepted ----------------------------------------------- */

static void test_elf_like_linux(void)
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

static void test_elf_defaults(void)
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

static void test_elf_hypercall_page_and_offset(void)
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

static void test_elf_dom0_unsupported(void)
{
	uint32_t features = 1u << XENFEAT_writable_page_tables;

	file_make();
	note(XEN_ELFNOTE_SUPPORTED_FEATURES, &features, 4);
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.no_dom0);
}

static void test_elf_section_notes(void)
{
	file_make();
	file_sections(notes_len);
	CU_ASSERT_PTR_NULL(parse());
	CU_ASSERT(img.virt_base == BASE);
}

static void test_elf_segments(void)
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

static void test_elf_refused(void)
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

static void test_elf_truncated(void)
{
	file_make();
	note_str(XEN_ELFNOTE_LOADER, "generic");
	for (size_t n = 1; n < OFF(notes) + notes_len; n++)
		CU_ASSERT(parse_first(n) != NULL);
	CU_ASSERT_PTR_NULL(parse_first(OFF(notes) + notes_len));
}

/* ---- Packed kernels ------------------------------------------------------ */

struct bytes {
	uint8_t *p;
	size_t len;
};

static const char *why;

/* Unpacks a copy of in to *out, whose len is the room. Did it work? */
static bool unpack(struct bytes in, struct bytes *out)
{
	struct kernel_file kf;
	uint8_t *copy = malloc(in.len), *work = malloc(UNPACK_WORK);
	size_t room = out->len;

	memcpy(copy, in.p, in.len);
	out->p = malloc(room);
	out->len = 0;
	why = bzimage_open(&kf, copy, in.len);
	if (!why)
		why = bzimage_unpack(&kf, out->p, room, work, &out->len);
	CU_ASSERT(out->len <= room && (!why || *why));
	free(work);
	free(copy);
	return !why;
}

static bool corrupt(void)
{
	return why && strstr(why, "corrupt or truncated");
}

static struct bytes slurp(FILE *f)
{
	struct bytes b = { NULL, 0 };
	size_t room = 0, n;

	do {
		if (room - b.len < 1 << 20)
			b.p = realloc(b.p, room += 16 << 20);
		n = fread(b.p + b.len, 1, room - b.len, f);
		b.len += n;
	} while (n);
	return b;
}

static struct bytes shell(const char *command)
{
	FILE *f = popen(command, "r");
	struct bytes b = slurp(f);

	if (pclose(f) || !b.len)
		printf("ERROR %s\n", command);
	return b;
}

static char dir[] = "/tmp/image-test-XXXXXX";
static struct bytes plain; /* 17 MiB: three LZ4 blocks, x86 code for BCJ */

static int plain_make(void)
{
	struct bytes self;
	FILE *f = fopen("/proc/self/exe", "rb");
	char path[64];
	uint32_t r = 1;

	self = slurp(f);
	fclose(f);
	plain.len = (17 << 20) + 12345;
	plain.p = malloc(plain.len);
	for (size_t i = 0; i < plain.len; i++) {
		r = r * 1664525 + 1013904223;
		plain.p[i] = r >> 24 < 2 ? (uint8_t)(r >> 16)
					 : self.p[i % self.len];
	}
	free(self.p);
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/plain", dir);
	f = fopen(path, "wb");
	return fwrite(plain.p, 1, plain.len, f) != plain.len || fclose(f);
}

static int plain_remove(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/plain", dir);
	free(plain.p);
	return unlink(path) || rmdir(dir);
}

static const struct format {
	const char *tool;
	bool strict;   /* it has a checksum */
	bool appended; /* Linux adds the size */
} formats[] = {
	{ "gzip -9", true, false },
	{ "xz --check=crc32 --x86 --lzma2=dict=32MiB", true, true },
	{ "lz4 -l -9", false, true },
	{ "zstd -3", true, true },
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static struct bytes packed[FORMATS];

static struct bytes pack(const char *tool)
{
	char command[128];

	snprintf(command, sizeof(command), "%s -c %s/plain", tool, dir);
	return shell(command);
}

/* A bzImage around payload, which gets Linux's size appended (but gzip). */
static struct bytes wrap(struct bytes payload, bool append)
{
	uint32_t size = (uint32_t)plain.len, off = 0x123;
	uint32_t len = (uint32_t)payload.len + (append ? 4 : 0);
	struct bytes b = { NULL, 3 * 512 + off + len + 99 };

	b.p = calloc(1, b.len);
	b.p[0x1f1] = 2;
	memcpy(b.p + 0x202, "HdrS\x0f\x02", 6);
	memcpy(b.p + 0x248, &off, 4);
	memcpy(b.p + 0x24c, &len, 4);
	memcpy(b.p + 1536 + off, payload.p, payload.len);
	if (append)
		memcpy(b.p + 1536 + off + payload.len, &size, 4);
	return b;
}

static bool is_plain(struct bytes b)
{
	return b.len == plain.len && !memcmp(b.p, plain.p, b.len);
}

static void round_trip(struct bytes in)
{
	struct bytes out = { NULL, plain.len };

	CU_ASSERT(unpack(in, &out));
	CU_ASSERT(is_plain(out));
	free(out.p);
}

static void test_unpack_round_trip(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		struct bytes bz = wrap(packed[i], formats[i].appended);
		struct kernel_file kf;

		CU_ASSERT_PTR_NULL(bzimage_open(&kf, bz.p, bz.len));
		CU_ASSERT(kf.codec && kf.unpacked == plain.len);
		CU_ASSERT_EQUAL(kf.size, packed[i].len);
		round_trip(bz);
		CU_ASSERT_PTR_NULL(bzimage_open(&kf, packed[i].p, packed[i].len));
		CU_ASSERT(kf.codec && !kf.unpacked);
		round_trip(packed[i]);
		free(bz.p);
	}
}

static void test_unpack_other_levels(void)
{
	static const char *const tools[] = {
		"gzip -1",
		"xz -0 --check=crc32 --block-size=1MiB",
		"xz -0 --check=none --lzma2=dict=64MiB,mode=fast,nice=32",
		"lz4 -l -1",
		"zstd -1 --no-check --long=27",
	};

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		struct bytes b = pack(tools[i]);

		round_trip(b);
		free(b.p);
	}
}

/* What is recorded is checked, be it too much or too little. */
static void test_unpack_other_size(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		for (int d = -1; d < 2; d += 2) {
			struct bytes bz = wrap(packed[i], formats[i].appended);
			struct bytes out = { NULL, plain.len };

			bz.p[bz.len - 99 - 4] += d;
			CU_ASSERT(!unpack(bz, &out) && corrupt());
			free(out.p);
			free(bz.p);
		}
	}
}

static void test_bzimage_plain_elf(void)
{
	struct bytes in = { (uint8_t *)&file, sizeof(file) }, bz;
	struct kernel_file kf;

	file_make();
	CU_ASSERT_PTR_NULL(bzimage_open(&kf, in.p, in.len));
	CU_ASSERT(!kf.codec && kf.payload == in.p);
	CU_ASSERT(kf.size == in.len);
	bz = wrap(in, false);
	CU_ASSERT_PTR_NULL(bzimage_open(&kf, bz.p, bz.len));
	CU_ASSERT(!kf.codec && kf.size == in.len && !kf.unpacked);
	free(bz.p);
}

static void test_unpack_too_small(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		struct bytes out = { NULL, plain.len - 1 };

		CU_ASSERT(!unpack(packed[i], &out) &&
			  strstr(why, "larger than the memory"));
		free(out.p);
	}
}

static void test_unpack_truncated(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		for (int k = 0; k < 24; k++) {
			struct bytes in = packed[i], out = { NULL, plain.len };

			in.len = k < 12 ? in.len - (k < 11 ? 1 + k : 1000)
					: in.len / 13 * (k - 12) + 6;
			CU_ASSERT(!unpack(in, &out) && corrupt());
			free(out.p);
		}
	}
}

/* LZ4 has no end mark: cut between two blocks, only the record tells. */
static void test_unpack_lz4_lost_block(void)
{
	struct bytes in = packed[2], bz, out = { NULL, plain.len };
	uint32_t block;

	memcpy(&block, in.p + 4, 4);
	in.len = 8 + block;
	bz = wrap(in, true);
	CU_ASSERT(!unpack(bz, &out) && corrupt());
	free(out.p);
	free(bz.p);
}

/* A flipped bit is found, or, without a checksum, does no harm. */
static void test_unpack_corrupt(void)
{
	for (size_t i = 0; i < FORMATS; i++) {
		for (size_t k = 0; k < 40; k++) {
			struct bytes in = packed[i], out = { NULL, plain.len };
			size_t at = k < 16 ? k : in.len / 41 * k;
			bool good;

			in.p[at] ^= 1 << k % 8;
			good = unpack(in, &out);
			in.p[at] ^= 1 << k % 8;
			CU_ASSERT(!good || !formats[i].strict || is_plain(out));
			free(out.p);
		}
	}
}

static void test_unpack_xz_crc64(void)
{
	struct bytes in = pack("xz -0"), out = { NULL, plain.len };

	CU_ASSERT(!unpack(in, &out) && strstr(why, "--check=crc32"));
	free(out.p);
	free(in.p);
}

static bool refused(struct bytes in, const char *words)
{
	struct bytes out = { NULL, 64 };
	bool good = unpack(in, &out);

	free(out.p);
	return !good && strstr(why, words);
}

static void test_bzimage_refused(void)
{
	struct bytes b = wrap(packed[0], false), cut = b;

	CU_ASSERT(refused((struct bytes){ b.p, 0 }, "empty"));
	CU_ASSERT(refused((struct bytes){ b.p, 0x205 }, "neither ELF"));
	CU_ASSERT(refused((struct bytes){ b.p, 0x24f }, "setup header"));
	cut.len -= 100;
	CU_ASSERT(refused(cut, "past the end"));
	b.p[1536 + 0x123] ^= 1;
	CU_ASSERT(refused(b, "neither ELF"));
	memset(b.p + 0x248, 0xff, 8);
	CU_ASSERT(refused(b, "past the end"));
	memset(b.p + 0x248, 0, 8);
	CU_ASSERT(refused(b, "without payload"));
	b.p[0x206] = 7;
	CU_ASSERT(refused(b, "2.08"));
	free(b.p);
}

/* ---- Debian's kernel ------------------------------------------------------ */

/* Another program finds the payload and the tools unpack it. */
static const char reference[] =
	"python3 -c '"
	"import struct, subprocess, sys\n"
	"b = open(sys.argv[1], \"rb\").read()\n"
	"o, n = struct.unpack_from(\"<II\", b, 0x248)\n"
	"s = ((b[0x1f1] or 4) + 1) * 512 + o\n"
	"p = b[s:s + n - 4]\n"
	"t = \"xz\" if p[:2] == b\"\\xfd7\" else \"lz4\"\n"
	"subprocess.run([t, \"-dc\"], input=p, check=True)' ";

static void unpack_debian(const char *path)
{
	char command[1024];
	struct bytes vmlinuz, want, got;
	struct kernel_file kf;
	FILE *f = fopen(path, "rb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	vmlinuz = slurp(f);
	fclose(f);
	snprintf(command, sizeof(command), "%s%s", reference, path);
	want = shell(command);
	CU_ASSERT_PTR_NULL(bzimage_open(&kf, vmlinuz.p, vmlinuz.len));
	CU_ASSERT(kf.codec && kf.unpacked == want.len);
	got.len = want.len;
	CU_ASSERT(unpack(vmlinuz, &got) && got.len == want.len);
	CU_ASSERT(!memcmp(got.p, want.p, want.len));
	CU_ASSERT_PTR_NULL(elf_parse(&img, got.p, got.len));
	CU_ASSERT(img.virt_base == BASE && img.p2m_base == 0x8000000000);
	CU_ASSERT(img.segments[0].offset == TEXT);
	CU_ASSERT(img.initrd_by_pfn && img.hypercall_page == ELF_UNSET);
	CU_ASSERT_STRING_EQUAL(img.guest_version, "2.6");
	free(got.p);
	free(want.p);
	free(vmlinuz.p);
}

static void test_debian_kernels(void)
{
	const char *peer = getenv("PEER") ? getenv("PEER") : "build/peer";
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/vmlinuz", peer);
	unpack_debian(path);
	/* The cloud flavour, where a guest test has fetched it. */
	snprintf(path, sizeof(path), "%s/vmlinuz-cloud", peer);
	if (!stat(path, &st))
		unpack_debian(path);
}

/* ---- All of them ----------------------------------------------------------- */

static int suite_start(void)
{
	if (plain_make())
		return 1;
	for (size_t i = 0; i < FORMATS; i++)
		packed[i] = pack(formats[i].tool);
	return 0;
}

static int suite_end(void)
{
	for (size_t i = 0; i < FORMATS; i++)
		free(packed[i].p);
	return plain_remove();
}

static void report(const CU_pTest test, const CU_pSuite suite,
		   const CU_pFailureRecord f)
{
	(void)suite;
	if (f)
		printf("FAIL %s line %u: %s\n", test->pName, f->uiLineNumber,
		       f->strCondition);
	else
		printf("PASS %s\n", test->pName);
	fflush(stdout);
}

#define TEST(name)                 \
	{                          \
#name, test_##name \
	}

static CU_TestInfo tests[] = {
	TEST(elf_like_linux),
	TEST(elf_defaults),
	TEST(elf_hypercall_page_and_offset),
	TEST(elf_dom0_unsupported),
	TEST(elf_section_notes),
	TEST(elf_segments),
	TEST(elf_refused),
	TEST(elf_truncated),
	TEST(unpack_round_trip),
	TEST(unpack_other_levels),
	TEST(unpack_other_size),
	TEST(bzimage_plain_elf),
	TEST(unpack_too_small),
	TEST(unpack_truncated),
	TEST(unpack_lz4_lost_block),
	TEST(unpack_corrupt),
	TEST(unpack_xz_crc64),
	TEST(bzimage_refused),
	TEST(debian_kernels),
	CU_TEST_INFO_NULL,
};

int main(void)
{
	CU_SuiteInfo suites[] = {
		{ "image", suite_start, suite_end, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned int failed;

	if (CU_initialize_registry() || CU_register_suites(suites))
		return 2;
	CU_set_test_complete_handler(report);
	if (CU_run_all_tests())
		return 2;
	failed = CU_get_number_of_tests_failed() +
		 CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed != 0;
}
