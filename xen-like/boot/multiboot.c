/* SPDX-License-Identifier: MIT */
/*
 * Reads the information of a Multiboot loader, version 1 (QEMU's -kernel) or
 * 2 (GRUB). It lies below 4 GiB, in the early direct map.
 */
#include "bootinfo.h"
#include "mem.h"
#include "panic.h"
#include "print.h"

#define MB1_LOADER_MAGIC 0x2badb002
#define MB2_LOADER_MAGIC 0x36d76289

/* Multiboot 0.6.96, 3.3 */
#define MB1_CMDLINE (1u << 2)
#define MB1_MODS    (1u << 3)
#define MB1_MMAP    (1u << 6)
#define MB1_NAME    (1u << 9)
struct mb1_info {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
	uint32_t drives_length, drives_addr, config_table, loader_name;
};
struct mb1_module {
	uint32_t start, end, string, reserved;
};
/* Multiboot2 2.0, 3.6 */
enum mb2_type {
	MB2_END = 0,
	MB2_CMDLINE = 1,
	MB2_MODULE = 3,
	MB2_MMAP = 6,
	MB2_RSDP_OLD = 14,
	MB2_RSDP_NEW = 15,
};
struct mb2_tag {
	uint32_t type, size;
	uint32_t word[2];
	char data[];
};
/* Of both versions' memory maps. */
struct row {
	uint64_t addr, len;
	uint32_t type;
} __attribute__((packed));

static const void *at(uint64_t phys)
{
	return direct_map + phys;
}

static const char *skip_blanks(const char *s)
{
	while (*s == ' ')
		s++;
	return s;
}

/*
 * Multiboot 1 loaders but GRUB 2 put the file's name before the arguments;
 * named says that this one does. GRUB's scripts may write a word in its place.
 */
static void take_cmdline(char *to, size_t size, const char *from, bool named)
{
	from = skip_blanks(from);
	if (named || !strncmp(from, "placeholder ", 12))
		while (*from && *from != ' ')
			from++;
	text_copy(to, skip_blanks(from), size);
}

static void add_row(struct boot_info *bi, const struct row *r)
{
	unsigned int i = bi->nr_rows;
	bool known = r->type >= E820_RAM && r->type <= E820_UNUSABLE;

	if (!r->len || r->addr + r->len < r->addr || i == BOOT_ROWS)
		return;
	for (; i && bi->rows[i - 1].addr > r->addr; i--)
		bi->rows[i] = bi->rows[i - 1];
	bi->rows[i] = (struct e820_row){ r->addr, r->len,
					 known ? r->type : E820_RESERVED };
	bi->nr_rows++;
}

/* Rows of `step` bytes each; 0: each has its size before it (version 1). */
static void add_rows(struct boot_info *bi, uint64_t p, uint64_t end,
		     uint32_t step)
{
	uint32_t size = step;

	for (; p < end && (!step || step >= sizeof(struct row)); p += size) {
		if (!step) {
			size = *(const uint32_t *)at(p);
			p += sizeof(size);
		}
		add_row(bi, at(p));
	}
}

static void add_module(struct boot_info *bi, uint64_t start, uint64_t end,
		       const char *cmdline, bool named)
{
	struct boot_module *m = &bi->modules[bi->nr_modules];

	if (bi->nr_modules == BOOT_MODULES) {
		print(LOG_WARNING, "More than %u modules: the rest is left\n",
		      BOOT_MODULES);
		return;
	}
	m->start = start;
	m->end = MAX(start, end);
	take_cmdline(m->cmdline, sizeof(m->cmdline), cmdline, named);
	bi->nr_modules++;
}

static void parse_mb1(const struct mb1_info *info, struct boot_info *bi)
{
	const struct mb1_module *mod = at(info->mods_addr);
	const char *loader = at(info->loader_name);
	bool named = !(info->flags & MB1_NAME) || strncmp(loader, "GRUB ", 5) ||
		     loader[5] < '2' || loader[5] > '9';

	if (info->flags & MB1_CMDLINE)
		take_cmdline(bi->cmdline, sizeof(bi->cmdline),
			     at(info->cmdline), named);
	if (info->flags & MB1_MODS)
		for (uint32_t i = 0; i < info->mods_count; i++)
			add_module(bi, mod[i].start, mod[i].end,
				   mod[i].string ? at(mod[i].string) : "",
				   named);
	if (info->flags & MB1_MMAP)
		add_rows(bi, info->mmap_addr,
			 (uint64_t)info->mmap_addr + info->mmap_length, 0);
}

/* Its loaders leave a file's name out. */
static void parse_mb2(uint64_t info, struct boot_info *bi)
{
	uint64_t p = info + 8;
	const struct mb2_tag *tag;

	bi->info_start = info;
	bi->info_end = info + *(const uint32_t *)at(info);
	for (; p < bi->info_end && (tag = at(p))->type != MB2_END;
	     p += ROUND_UP(MAX(tag->size, 8u), 8u)) {
		if (tag->type == MB2_CMDLINE)
			take_cmdline(bi->cmdline, sizeof(bi->cmdline),
				     (const char *)tag->word, false);
		else if (tag->type == MB2_MODULE)
			add_module(bi, tag->word[0], tag->word[1], tag->data,
				   false);
		else if (tag->type == MB2_MMAP)
			add_rows(bi, p + sizeof(*tag), p + tag->size,
				 tag->word[0]);
		else if (tag->type == MB2_RSDP_NEW ||
			 (tag->type == MB2_RSDP_OLD && !bi->rsdp))
			bi->rsdp = p + offsetof(struct mb2_tag, word);
	}
}

void multiboot_parse(uint32_t magic, uint64_t info, struct boot_info *bi)
{
	if (magic == MB1_LOADER_MAGIC)
		parse_mb1(at(info), bi);
	else if (magic == MB2_LOADER_MAGIC)
		parse_mb2(info, bi);
	else
		panic("Started by no Multiboot loader: magic %x", magic);
}
