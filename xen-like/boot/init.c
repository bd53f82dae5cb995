/* SPDX-License-Identifier: MIT */
/* From head.S to the first guest, step by step. */
#include "acpi.h"
#include "apic.h"
#include "bootinfo.h"
#include "cpu.h"
#include "dom0.h"
#include "frame.h"
#include "heap.h"
#include "image.h"
#include "ioapic.h"
#include "irq.h"
#include "memory.h"
#include "paging.h"
#include "param.h"
#include "print.h"
#include "reservation.h"
#include "smp.h"
#include "time.h"
#include "uart.h"
#include "x86.h"

#define LEAST_MEMORY (32ul << 20)
/* What Xen takes for itself at rest, which is our limit: 3 MiB and 1 %. */
#define OWN_LIMIT(pages) (768 + (pages)*10 / 1024)

static struct boot_info boot;

static void options(void)
{
	param_parse(boot.cmdline);
	uart_init(params.com1_baud);
	print(LOG_INFO, "Command line: %s\n", boot.cmdline);
}

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
}

/* What lies in RAM and is not free. */
static void reserve(void)
{
	/* Frame 0 is the "none" of lists; the firmware's data is there. */
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

static uint64_t first_frame(const struct boot_module *m)
{
	return m->start >> PAGE_SHIFT;
}

static uint64_t end_frame(const struct boot_module *m)
{
	return ROUND_UP(m->end, PAGE_SIZE) >> PAGE_SHIFT;
}

void bootinfo_release_modules(const struct boot_info *bi)
{
	const struct boot_module *m = bi->modules;

	for (; m < bi->modules + bi->nr_modules; m++)
		heap_add(MFN(first_frame(m)), MFN(end_frame(m)));
}

static void deny_page(uint64_t phys)
{
	frame_deny_io(MFN(phys >> PAGE_SHIFT), MFN((phys >> PAGE_SHIFT) + 1));
}

static void interrupts(void)
{
	apic_map(acpi.lapic);
	ioapic_init();
	apic_init();
	/* What no address can name: the CPU would fault on reserved bits. */
	frame_deny_io(MFN(1ul << ((cpuid(0x80000008, 0).a & 0xff) - PAGE_SHIFT)),
		      MFN_NONE);
	deny_page(acpi.lapic);
	for (unsigned int i = 0; i < acpi.nr_ioapics; i++)
		deny_page(acpi.ioapic[i]);
}

static void console_input_on(void)
{
	ioapic_route_isa(UART_IRQ, VECTOR_UART, this_cpu()->apic_id);
	uart_enable_input();
}

/* The image, its tables, frame records, M2P: all that is not in the heap. */
static void own_memory(void)
{
	uint64_t ram = memory_ram_pages(), own = ram - heap_free_frames();

	for (unsigned int i = 0; i < boot.nr_modules; i++)
		own -= end_frame(&boot.modules[i]) -
		       first_frame(&boot.modules[i]);
	print(LOG_INFO, "Memory: %lu MiB; our own: %lu KiB (limit %lu KiB)\n",
	      ram >> 8, own * 4, OWN_LIMIT(ram) * 4);
}

void init(uint32_t magic, uint64_t info)
{
	params.console_com1 = true;
	uart_init(115200);
	print(LOG_ERR, "Enso, a paravirtualizing hypervisor for x86-64\n");
	multiboot_parse(magic, info, &boot);
	options();
	cpu_check();
	memory_map();
	reserve();
	paging_init();
	cpu_init();
	smp_reserve();
	memory_to_heap();
	acpi_init(boot.rsdp);
	interrupts();
	time_init();
	smp_enter_cpu();
	smp_start(params.maxcpus);
	paging_seal();
	console_input_on();
	own_memory();
	dom0_build(&boot);
	cpu_leave();
}
