# SPDX-License-Identifier: MIT
# What is booted: ramdisks, dom0's files, ISO images.

# What dom0 starts at once, and what it finds as files: tools/files.py.
GUESTS ?= 1
VCPUS ?= 1
GUEST_MEM ?= 256
FILES ?= dom0/files
GUEST_KERNEL ?= $(PEER)/vmlinuz-cloud
# What the ISO boots: dom0 with its files and 12 MiB more. Any PV kernel will do.
KERNEL ?= $(B)/dom0
RAMDISK ?= $(B)/files.cpio
CMDLINE ?=
XENOPT ?= console=com1 com1=115200,8n1 loglvl=all dom0_mem=$(shell \
	expr 12 + `du -m $(RAMDISK) | cut -f1`)M

$(PEER)/.done: | tools/install.sh
	tools/install.sh $(PEER)
$(addprefix $(PEER)/,vmlinuz vmlinuz-cloud xen.elf): $(PEER)/.done

$(B)/linux/%: tests/system/linux/%.c
	@mkdir -p $(@D)
	@$(CC) -std=gnu11 -O2 -static $(WARN) -o $@ $<
$(B)/initramfs.cpio: tools/initramfs.py tests/system/linux/init \
		$(patsubst tests/system/linux/%.c,$(B)/linux/%, \
		$(wildcard tests/system/linux/*.c))
	@python3 $^ >$@

$(B)/files.cpio: FORCE tools/files.py $(B)/initramfs.cpio $(PEER)/.done
	@python3 tools/files.py $@ $(FILES) $(GUEST_KERNEL) $(B)/initramfs.cpio \
		$(GUESTS) $(VCPUS) $(GUEST_MEM)

$(B)/enso.iso: $(B)/enso
$(B)/enso.iso $(B)/xen.iso: $(B)/%.iso: FORCE tools/iso.sh $(PEER)/.done \
		$(KERNEL) $(RAMDISK)
	@tools/iso.sh $@ $(if $(filter xen,$*),$(PEER)/xen.gz,$(B)/enso) \
		'$(XENOPT)' $(KERNEL) '$(CMDLINE)' $(RAMDISK)
