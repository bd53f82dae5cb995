/* SPDX-License-Identifier: MIT */
/* What a kernel finds when it starts, all of it. */
#include "host_verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_machine.h"

#define ADDR	 0x000ffffffffff000ul
#define PRESENT	 0x1ul
#define WRITABLE 0x2ul

#define CHECK(x, what)               \
	do {                         \
		if (!(x))            \
			return what; \
	} while (0)

uint8_t *verify_va(domid_t id, uint64_t va, bool *writable)
{
	uint64_t e = machine_domains[id].root << PAGE_SHIFT | PRESENT;

	for (int shift = 39; shift >= 12; shift -= 9) {
		const uint64_t *table;

		table = (const uint64_t *)machine_page((e & ADDR) >> PAGE_SHIFT);
		e = table[va >> shift & 511];
		if (!(e & PRESENT) || machine_owner((e & ADDR) >> 12) != id)
			return NULL;
	}
	*writable = e & WRITABLE;
	return machine_page((e & ADDR) >> PAGE_SHIFT) + va % PAGE_SIZE;
}

const struct start_info *verify_start_info(domid_t id)
{
	bool rw;

	return (void *)verify_va(id, machine_domains[id].context.user_regs.rsi,
				 &rw);
}

struct verify {
	domid_t id;
	const struct builder_input *in;
	const struct builder_domain *out;
	const struct elf_image *elf;
	const struct start_info *si;
	uint64_t *p2m;	/* by the guest's own list */
	uint8_t *known; /* of each pfn: not judged by verify_rest() */
};

/* The pfn of a page that is mapped at va, or UINT64_MAX. */
static uint64_t va_pfn(const struct verify *v, uint64_t va)
{
	bool rw;
	const uint8_t *at = verify_va(v->id, va, &rw);

	if (!at)
		return UINT64_MAX;
	return machine_pfn((uint64_t)(at - machine_page(1)) / PAGE_SIZE + 1);
}

/* The list agrees with what the machine says, and names each frame once. */
static const char *verify_p2m(struct verify *v)
{
	uint64_t list = v->si->mfn_list, pfn;
	bool rw;

	for (pfn = 0; pfn < v->out->nr_pages; pfn++) {
		uint64_t *e = (void *)verify_va(v->id, list + pfn * 8, &rw);

		CHECK(e && rw, "the p2m is not mapped");
		CHECK(machine_owner(*e) == v->id, "a frame is not its own");
		CHECK(machine_pfn(*e) == pfn, "m2p and p2m disagree");
		v->p2m[pfn] = *e;
		if (pfn % 512 == 0)
			v->known[va_pfn(v, list + pfn * 8)] = 1;
	}
	CHECK(machine_domains[v->id].pages == pfn, "not all of its pages");
	if (v->elf->p2m_base != ELF_UNSET) {
		CHECK(list == v->elf->p2m_base, "the p2m is elsewhere");
		CHECK(v->si->first_p2m_pfn == va_pfn(v, list), "first_p2m_pfn");
		CHECK(v->si->nr_p2m_frames == (pfn + 511) / 512,
		      "nr_p2m_frames");
	}
	return NULL;
}

/* The tables stand at pt_base, the root first, and nobody writes to them. */
static const char *verify_tables(struct verify *v)
{
	uint64_t base = v->si->pt_base, i, k, used = 1;
	bool rw;

	CHECK(va_pfn(v, base) != UINT64_MAX &&
		      v->p2m[va_pfn(v, base)] == machine_domains[v->id].root,
	      "pt_base is not the root");
	for (i = 0; i < v->si->nr_pt_frames; i++) {
		uint64_t pfn = va_pfn(v, base + i * PAGE_SIZE);
		const uint64_t *t =
			(void *)verify_va(v->id, base + i * PAGE_SIZE, &rw);

		CHECK(t && !rw, "a table that is not mapped read-only");
		v->known[pfn] = 1;
		for (k = 0; k < 512; k++)
			used += t[k] & PRESENT &&
				va_pfn(v, base) <=
					machine_pfn((t[k] & ADDR) >> 12) &&
				machine_pfn((t[k] & ADDR) >> 12) <
					va_pfn(v, base) + v->si->nr_pt_frames &&
				t[k] & WRITABLE;
	}
	CHECK(used <= v->si->nr_pt_frames, "a table is named twice");
	return NULL;
}

static const char *verify_ramdisk(struct verify *v)
{
	uint64_t done, n, at = v->si->mod_start;

	CHECK(v->si->mod_len == v->in->ramdisk_size, "mod_len");
	CHECK(!(v->si->flags & SIF_MOD_START_PFN) ==
		      !(v->elf->initrd_by_pfn && v->in->ramdisk_size),
	      "SIF_MOD_START_PFN");
	for (done = 0; done < v->in->ramdisk_size; done += n) {
		uint64_t pfn = at + done / PAGE_SIZE;

		if (!v->elf->initrd_by_pfn)
			pfn = va_pfn(v, at + done);
		CHECK(pfn < v->out->nr_pages, "the ramdisk is not there");
		v->known[pfn] = 1;
		n = v->in->ramdisk_size - done;
		if (n > PAGE_SIZE)
			n = PAGE_SIZE;
		CHECK(!memcmp(machine_page(v->p2m[pfn]),
			      (const uint8_t *)v->in->ramdisk + done, n),
		      "the ramdisk is spoilt");
	}
	return NULL;
}

/* What a page shall be: a part of the kernel, else zero. */
static void expect_page(const struct verify *v, uint64_t pfn,
			uint8_t page[PAGE_SIZE])
{
	const struct elf_segment *s = v->elf->segments;
	uint64_t start = pfn * PAGE_SIZE, end = start + PAGE_SIZE, from, to;

	memset(page, 0, PAGE_SIZE);
	for (; s < v->elf->segments + v->elf->nr_segments; s++) {
		from = s->offset > start ? s->offset : start;
		to = s->offset + s->filesz < end ? s->offset + s->filesz : end;
		if (from < to)
			memcpy(page + (from - start),
			       s->data + (from - s->offset), to - from);
	}
}

static const char *verify_rest(struct verify *v)
{
	uint64_t pfn, call = UINT64_MAX;
	uint8_t page[PAGE_SIZE];
	bool rw;

	if (v->elf->hypercall_page != ELF_UNSET) {
		call = (v->elf->hypercall_page - v->elf->virt_base) / PAGE_SIZE;
		CHECK(machine_domains[v->id].hypercall_mfn == v->p2m[call],
		      "the hypercall page");
	}
	for (pfn = 0; pfn < v->out->nr_pages; pfn++) {
		if (v->known[pfn] || pfn == call)
			continue;
		expect_page(v, pfn, page);
		CHECK(!memcmp(page, machine_page(v->p2m[pfn]), PAGE_SIZE),
		      "a page is not as it should be");
	}
	for (pfn = 0; pfn < (v->elf->virt_end - v->elf->virt_base) / PAGE_SIZE;
	     pfn++)
		CHECK(verify_va(v->id, v->elf->virt_base + pfn * PAGE_SIZE,
				&rw) == machine_page(v->p2m[pfn]) &&
			      rw,
		      "the kernel is not mapped");
	return NULL;
}

static const char *verify_start(struct verify *v)
{
	const struct machine_domain *d = &machine_domains[v->id];
	const struct start_info *si = v->si;
	const struct cpu_user_regs *r = &d->context.user_regs;
	uint64_t sp = r->rsp - 8;
	bool rw;

	CHECK(d->has_context && d->context.flags & VGCF_in_kernel, "context");
	CHECK(r->rip == v->elf->virt_entry, "rip");
	CHECK(verify_va(v->id, sp, &rw) && rw && !(r->rsp % 16), "no stack");
	CHECK(verify_va(v->id, sp + (512 << 10), &rw) && rw, "no slack");
	CHECK(!strcmp(si->magic, "xen-3.0-x86_64"), "magic");
	CHECK(si->nr_pages == v->out->nr_pages, "nr_pages");
	CHECK(si->shared_info == d->shared_info << PAGE_SHIFT, "shared_info");
	for (size_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		CHECK(((struct shared_info *)machine_page(d->shared_info))
			      ->vcpu_info[i]
			      .evtchn_upcall_mask,
		      "an upcall mask is open");
	CHECK(!(si->flags & ~SIF_MOD_START_PFN), "flags");
	CHECK(!strcmp((const char *)si->cmd_line, v->in->cmdline), "cmd_line");
	CHECK(si->store_mfn == v->out->store_mfn && si->store_evtchn &&
		      si->store_evtchn == v->out->store_port,
	      "the store's ring");
	CHECK(si->console.domU.mfn == v->out->console_mfn &&
		      si->console.domU.evtchn == v->out->console_port &&
		      si->console.domU.evtchn != si->store_evtchn,
	      "the console's ring");
	CHECK(machine_owner(si->store_mfn) == v->id &&
		      machine_owner(si->console.domU.mfn) == v->id &&
		      si->store_mfn != si->console.domU.mfn,
	      "the rings' pages");
	v->known[va_pfn(v, r->rsi)] = 1;
	return NULL;
}

const char *verify_domain(const struct builder_input *in,
			  const struct builder_domain *out,
			  const struct elf_image *elf)
{
	struct verify v = { out->id, in,  out, elf, verify_start_info(out->id),
			    NULL,    NULL };
	const char *(*const checks[])(struct verify *) = {
		verify_start,	verify_p2m,  verify_tables,
		verify_ramdisk, verify_rest,
	};
	const char *wrong = machine_mappings() ? "a mapping is left" : NULL;

	CHECK(v.si, "start_info is not mapped");
	v.p2m = calloc(out->nr_pages, sizeof(*v.p2m));
	v.known = calloc(out->nr_pages, 1);
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks) && !wrong; i++)
		wrong = checks[i](&v);
	free(v.known);
	free(v.p2m);
	return wrong;
}
