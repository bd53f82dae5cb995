/* SPDX-License-Identifier: MIT */
/* From head.S to the first guest, step by step. */
#include "acpi.h"
#include "apic.h"
#include "bootinfo.h"
#include "heap.h"
#include "image.h"
#include "ioapic.h"
#include "irq.h"
#include "memory.h"
#include "paging.h"
#include "param.h"
#include "reservation.h"
#include "smp.h"
#include "time.h"
#include "uart.h"
#include "x86.h"

#define LEAST_MEMORY (32ul << 20)
/* What Xen takes for itself at rest, which is our limit: 3 MiB and 1 %. */
#define OWN_LIMIT(pages) (768 + (pages)*10 / 1024)

#define FRAMES(bytes) (ROUND_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT)

static struct boot_info boot;

/* RAM is what a row calls so and no other row denies. */
static void memory_map(void)
{
	static const char *const names[] = { "?",    "RAM", "reserved",
					     "ACPI", "NVS", "unusable" };

	for (unsigned int i = 0; i < boot.nr_rows; i++) {
		const struct e820_row *r = &boot.rows[i];

		print(LOG_INFO, "  %016lx-%016lx %s\n", r->addr,
		      r->addr + r->size, names[r->type]);
		if (r->type == E820_RAM)
			memory_add(r->addr, r->addr + r->size);
		if (i < MACHINE_MAP_ROWS)
			machine_map[machine_map_rows++] = *r;
	}
	for (unsigned int i = 0; i < boot.nr_rows; i++)
		if (boot.rows[i].type != E820_RAM)
			memory_remove(boot.rows[i].addr,
				      boot.rows[i].addr + boot.rows[i].size);
	if (memory_ram_pages() << PAGE_SHIFT < LEAST_MEMORY)
		boot_stop("too little memory: %lu KiB", memory_ram_pages() * 4);
	/*
	 * What lies in RAM and is not free. Frame 0 is the "none" of lists;
	 * the firmware's data is there.
	 */
	memory_reserve(0, PAGE_SIZE);
	memory_reserve(PA_IMAGE,
		       PA_IMAGE + (uint64_t)(__image_end - __image_start));
	memory_reserve(boot.info_start, boot.info_end);
	for (unsigned int i = 0; i < boot.nr_modules; i++) {
		const struct boot_module *m = &boot.modules[i];

		print(LOG_INFO, "Module %u: %lx-%lx %s\n", i, m->start, m->end,
		      m->cmdline);
		memory_reserve(m->start, m->end);
	}
}

void init(uint32_t magic, uint64_t info)
{
	uint64_t ram, own, entered = rdtsc();

	params.console_com1 = true;
	uart_init(115200);
	print(LOG_ERR, "Enso, a paravirtualizing hypervisor for x86-64\n");
	multiboot_parse(magic, info, &boot);
	param_parse(boot.cmdline);
	uart_init(params.com1_baud);
	print(LOG_INFO, "Command line: %s\n", boot.cmdline);
	print(LOG_INFO, "TSC at entry: %lu\n", entered);
	cpu_check();
	memory_map();
	paging_init();
	cpu_init();
	smp_reserve();
	memory_to_heap();
	acpi_init(boot.rsdp);
	ioapic_init();
	apic_init();
	time_init();
	smp_enter_cpu();
	smp_start(params.maxcpus);
	paging_seal();
	uart_enable_input();
	/* Our own: image, tables, frame records, M2P: all not in the heap. */
	ram = memory_ram_pages();
	own = ram - heap_free_frames();
	for (unsigned int i = 0; i < boot.nr_modules; i++)
		own -= FRAMES(boot.modules[i].end) -
		       (boot.modules[i].start >> PAGE_SHIFT);
	print(LOG_INFO, "Memory: %lu MiB; our own: %lu KiB (limit %lu KiB)\n",
	      ram >> 8, own * 4, OWN_LIMIT(ram) * 4);
	dom0_build(&boot);
	cpu_leave();
}
