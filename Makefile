# SPDX-License-Identifier: MIT
# Enso's one Makefile. `make help` lists the targets; docs/testing.md explains
# the tests. Everything built goes to $(B), downloads to $(PEER) and $(SRC).
B ?= build
PEER ?= build/peer
SRC ?= build/src
NEWLIB ?= build/newlib
CC := gcc
CLANG := clang-14
FUZZ_SECONDS ?= 60
SEEDS ?= 12
HV ?= enso

MAKEFLAGS += --no-builtin-rules $(if $(filter 0,$(MAKELEVEL)),-j2)
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all FORCE
all: $(B)/enso $(B)/dom0 $(B)/enso.iso ## the hypervisor and its boot image

# ---- What there is ----------------------------------------------------------

HV_DIRS := $(addprefix xen-like/,boot arch core image) hypercalls hypercalls/x86
HV_SRC := $(filter-out xen-like/arch/asm-offsets.c, \
	$(wildcard $(HV_DIRS:%=%/*.c) $(HV_DIRS:%=%/*.S)))
# The part that knows no machine: it runs on the host as it is.
HOST_SRC := $(wildcard $(addsuffix /*.c,xen-like/core xen-like/image \
	hypercalls tests/host)) xen-like/arch/insn.c xen-like/arch/store.c
DOM0_SRC := $(wildcard dom0/*.c dom0/*/*.c ring/*.c xenstore/*.c \
	xenstore/lib/*.c xen-like/image/*.c)
LIBGUEST_SRC := $(wildcard domU-patches/newlib/*.c domU-patches/newlib/*.S)
UNIT := $(patsubst %.c,%,$(wildcard tests/unit/*_test.c))
FUZZ := $(patsubst %.c,%,$(wildcard tests/fuzz/*_fuzz.c))
TSAN := $(patsubst %.c,%,$(wildcard tests/tsan/*_test.c))
# A file of tests/guest is a guest; a folder of it holds what they share.
MICRO := $(patsubst %.c,%,$(wildcard tests/guest/*.c))
GUEST_SRC := $(wildcard tests/guest/*/*.c)

# ---- Compilers ----------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Werror
ABI := -D__XEN_TOOLS__ -MMD -MP
FREE := $(ABI) -std=gnu11 -O2 -g -nostdinc \
	-isystem $(shell $(CC) -print-file-name=include) -isystem build/inc
HV_MACHINE := -fPIE -fvisibility=hidden -mno-red-zone -mgeneral-regs-only \
	-mcx16 -mpopcnt -fno-stack-protector -fcf-protection=none -fno-strict-aliasing \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer -Wno-psabi
HV_CFLAGS := $(FREE) -ffreestanding $(HV_MACHINE) $(WARN) -Wconversion \
	-Wno-sign-conversion
HV_ASFLAGS := $(FREE) -D__ASSEMBLY__ -Wa,--noexecstack
LDFLAGS := -static -nostdlib -z noexecstack -z max-page-size=4096 \
	--build-id=sha1 --no-warn-rwx-segments
HOST_CFLAGS := $(ABI) -std=gnu11 -O1 -g -fno-omit-frame-pointer $(WARN)
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined

# Include paths: each folder sees what tests/lint/layers.py says, no more.
$(B)/gen/layers.mk: tests/lint/layers.py
	@mkdir -p $(@D)
	@python3 $< --make >$@
include $(B)/gen/layers.mk
include tools/thirdparty.mk
inc = $(INC_$(patsubst %/,%,$(dir $(1))))

build/inc/xen:
	@mkdir -p $(@D)
	@ln -sfn /usr/include/xen $@

# ---- The hypervisor -------------------------------------------------------------

HV_OBJ := $(HV_SRC:%=$(B)/hv/%.o) $(call thirdparty_obj,hv)
$(eval $(call thirdparty,hv,$(CC),$(HV_MACHINE)))
HV_LDS := xen-like/boot/enso.lds
OFFSETS := $(if $(wildcard xen-like/arch/asm-offsets.c),$(B)/gen/asm-offsets.h)

$(B)/hv/%.c.o: %.c Makefile | build/inc/xen
	@mkdir -p $(@D)
	@echo "  CC $<"
	@$(CC) $(HV_CFLAGS) $(call inc,$<) -c $< -o $@

$(B)/hv/%.S.o: %.S Makefile $(OFFSETS) | build/inc/xen
	@mkdir -p $(@D)
	@echo "  AS $<"
	@$(CC) $(HV_ASFLAGS) $(call inc,$<) -iquote $(B)/gen -c $< -o $@

# asm-offsets.c makes lines "->NAME value" for the constants .S files need;
# they become symbols of the assembler, so that its macros can build names.
$(B)/gen/asm-offsets.s: xen-like/arch/asm-offsets.c Makefile | build/inc/xen
	@mkdir -p $(@D)
	@$(CC) $(HV_CFLAGS) $(call inc,$<) -S $< -o $@
$(B)/gen/asm-offsets.h: $(B)/gen/asm-offsets.s
	@sed -n 's/^.*->\([A-Za-z0-9_]*\) \$$*\(-*[0-9]*\).*/.set \1, \2/p' $< >$@

# Linked twice: the first link has no symbols and tells where the names are;
# the table lies behind the code, so that the second moves no function.
$(B)/gen/empty.o $(B)/gen/symbols.o: $(B)/gen/%.o: $(B)/gen/%.bin
	@printf '.section .rodata.symbols,"a"\n.balign 8\n.global symbol_table\n.hidden symbol_table\nsymbol_table: .incbin "%s"\n.section .note.GNU-stack,"",@progbits\n' \
		$< | $(CC) -c -x assembler - -o $@
$(B)/gen/empty.bin: tools/symbols.py
	@mkdir -p $(@D)
	@python3 $< </dev/null >$@
$(B)/enso.first: $(HV_OBJ) $(HV_LDS) $(B)/gen/empty.o
	@ld $(LDFLAGS) -T $(HV_LDS) -o $@ $(HV_OBJ) $(B)/gen/empty.o
$(B)/gen/symbols.bin: $(B)/enso.first tools/symbols.py
	@nm $< | python3 tools/symbols.py >$@
$(B)/enso: $(B)/gen/symbols.o
	@echo "  LD $@"
	@ld $(LDFLAGS) -Map $@.map -T $(HV_LDS) -o $@ $(HV_OBJ) $<
	@nm $@ | python3 tools/symbols.py | cmp -s - $(B)/gen/symbols.bin || \
		{ echo "$@: a function moved between the links"; rm $@; exit 1; }
	@grub-file --is-x86-multiboot2 $@ || \
		{ echo "$@: no Multiboot2 image"; rm $@; exit 1; }

include tools/images.mk

# ---- On the host: unit tests, fuzzers, threads ----------------------------------------

include tools/host.mk
$(eval $(call host,unit,$(SAN),$(SAN),$(UNIT)))
$(eval $(call host,fuzz,$(SAN) -fsanitize=fuzzer-no-link \
	-fsanitize-coverage-ignorelist=tests/fuzz/no_coverage.txt,$(SAN) \
	-fsanitize=fuzzer,$(FUZZ)))
$(eval $(call host,tsan,-fsanitize=thread,-fsanitize=thread,$(TSAN)))

RUN = python3 tools/results.py run $(B)/results/$@.txt
.PHONY: unit fuzz tsan
unit: $(UNIT:%=$(B)/unit/%) ## unit tests under ASan and UBSan
	@$(RUN) --each $^
fuzz: $(FUZZ:%=$(B)/fuzz/%) ## each fuzzer, FUZZ_SECONDS=60
	@$(RUN) --fuzz $(FUZZ_SECONDS) $^
tsan: $(TSAN:%=$(B)/tsan/%) ## what takes locks, under ThreadSanitizer
	@$(RUN) --each $^

# ---- Guests ------------------------------------------------------------------------------

GUEST_MACHINE := -mno-red-zone -fno-pie -fno-stack-protector \
	-fcf-protection=none -ffunction-sections
GUEST_CFLAGS := $(ABI) -std=gnu11 -O2 -g -ffreestanding $(GUEST_MACHINE) \
	-isystem $(NEWLIB)/include $(WARN)
$(eval $(call thirdparty,guest,$(CC),$(GUEST_MACHINE)))
$(B)/guest/obj/xen-like/image/bzimage.c.o: | $(SRC)/.done
GUEST_LDS := domU-patches/newlib/guest.lds
$(NEWLIB)/.done: | tools/newlib.sh
	tools/newlib.sh $(NEWLIB)
$(B)/gen/hypercall-stubs.h: hypercalls/hypercalls.def \
		domU-patches/newlib/stubs.py
	@mkdir -p $(@D)
	@python3 domU-patches/newlib/stubs.py $< >$@
$(B)/guest/obj/%.o: % Makefile $(NEWLIB)/.done $(B)/gen/hypercall-stubs.h
	@mkdir -p $(@D)
	@echo "  guest $<"
	@$(CC) $(GUEST_CFLAGS) $(if $(filter %.S,$<),-D__ASSEMBLY__) \
		$(call inc,$<) -iquote $(B)/gen -c $< -o $@
$(B)/guest/libguest.a: $(LIBGUEST_SRC:%=$(B)/guest/obj/%.o)
$(B)/guest/libtest.a: $(GUEST_SRC:%=$(B)/guest/obj/%.o)
$(B)/guest/lib%.a:
	@rm -f $@ && ar qcs $@ $^
link_guest = ld -static -nostdlib -z noexecstack -T $(GUEST_LDS) --gc-sections \
	-o $@ --start-group $(filter %.o %.a,$^) -L$(NEWLIB) -lm -lc \
	$(shell $(CC) -print-libgcc-file-name) --end-group
$(MICRO:tests/guest/%=$(B)/guest/%): $(B)/guest/%: \
		$(B)/guest/obj/tests/guest/%.c.o $(B)/guest/libtest.a \
		$(B)/guest/libguest.a $(GUEST_LDS)
	@$(link_guest)

# dom0 is first a guest. Its tables need half of what micro-guests play with.
$(B)/dom0: $(DOM0_SRC:%=$(B)/guest/obj/%.o) $(call thirdparty_obj,guest) \
		$(B)/guest/libguest.a $(GUEST_LDS)
	@echo "  LD $@"
	@$(link_guest) --defsym pool_size=0x200000

.PHONY: guests guest-table bench mutants smoke smoke-initial guest-life figures \
	boot torture stretch run run-initial
BOTH := $(B)/enso $(PEER)/.done
guests: $(MICRO:tests/guest/%=$(B)/guest/%) ## the micro-guests
guest-table: guests $(BOTH) ## each micro-guest on Enso and on Xen
	@$(RUN) python3 tests/guest/run.py $(B) $(PEER)
bench: guests $(BOTH) ## instructions of each operation, Enso against Xen
	@python3 tests/guest/bench.py $(B) $(PEER)
mutants: guests $(PEER)/.done ## planted breakages, each caught by a test
	@$(RUN) python3 tests/system/mutants.py $(B) $(PEER)
DOM0 := $(B)/enso $(B)/dom0 $(B)/initramfs.cpio $(PEER)/.done
smoke: $(DOM0) $(B)/enso.iso ## dom0 and stock Linux guests, as "run", without a person
	@$(RUN) python3 tests/system/smoke.py $(B) $(PEER)
INITIAL := $(if $(filter xen,$(HV)),,$(B)/enso) $(B)/initramfs.cpio $(PEER)/.done
smoke-initial: $(INITIAL) ## Linux as the initial domain; HV=enso|xen
	@$(RUN) python3 tests/system/smoke_initial.py $(B) $(PEER) $(HV)
guest-life: $(DOM0) guests ## errors, ends and restarts of guests; no frame is lost
	@$(RUN) python3 tests/system/guests.py $(B) $(PEER)
figures: $(DOM0) $(B)/guest/pair_cpuid ## instructions and memory that hosting a guest takes
	@$(RUN) python3 tests/system/figures.py $(B) $(PEER)
boot: $(B)/enso guests $(PEER)/.done ## machines it starts on, kernels it refuses
	@$(RUN) python3 tests/system/boot.py $(B) $(PEER)
torture: $(B)/enso guests ## hostile guests, SEEDS=12 of them
	@$(RUN) python3 tests/system/torture.py $(B) $(SEEDS)
stretch: $(B)/enso $(B)/initramfs.cpio guests $(PEER)/.done ## longest stretch without a poll
	@$(RUN) python3 tests/system/stretch.py $(B) $(PEER)
run: install ## dom0 and a Linux guest, whose console is your terminal
	@$(MAKE) --no-print-directory $(DOM0) $(B)/files.cpio
	@python3 tests/system/run.py $(B) $(PEER)
run-initial: install ## Debian's kernel as the initial domain; HV=enso|xen
	@$(MAKE) --no-print-directory $(INITIAL)
	@python3 tests/system/run.py $(B) $(PEER) $(HV)

# ---- Checks --------------------------------------------------------------------------------

.PHONY: install lint format cloc test help clean
install: ## what the build and the tests need; nothing if it is there
	@tools/install.sh $(PEER)
lint: $(B)/gen/layers.mk | build/inc/xen ## layers, headers, format, lengths
	@$(RUN) python3 tests/lint/lint.py $(CC) $(FREE)
format: ## makes the format right
	@git ls-files -co --exclude-standard '*.c' '*.h' | grep -v /shim/ | \
		xargs clang-format-14 -i
cloc: $(B)/enso ## lines of ours that reach the image, per room
	@$(RUN) python3 tools/cloc.py $(B)/enso.map

SUITES := lint cloc unit fuzz tsan guest-table boot torture stretch figures \
	guest-life smoke smoke-initial
test: install ## all checks and tests; ends with "N passed, N failed"
	@rm -rf $(B)/results
	@for s in $(SUITES); do echo "== $$s"; $(MAKE) --no-print-directory $$s \
		FUZZ_SECONDS=10 HV=enso || true; done
	@python3 tools/results.py sum $(B)/results $(SUITES)
help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | \
		expand -t 24
clean: ## all that was built; downloads and newlib stay
	@find $(B) -mindepth 1 -maxdepth 1 ! -name peer ! -name src \
		! -name newlib -exec rm -rf {} +

-include $(shell find $(addprefix $(B)/,gen hv unit fuzz tsan guest) \
	-name '*.d' -type f 2>/dev/null)
