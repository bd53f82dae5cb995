#!/bin/sh
# SPDX-License-Identifier: MIT
# tools/iso.sh ISO HYPERVISOR XENOPT KERNEL CMDLINE [RAMDISK]
# A boot image for BIOS and UEFI: GRUB on the serial line, one entry, no wait.
set -eu
iso=$1 hv=$2 xenopt=$3 kernel=$4 cmdline=$5 ramdisk=${6:-}
dir=$iso.dir
rm -rf "$dir"
mkdir -p "$dir/boot/grub"
cp "$hv" "$dir/boot/hypervisor"
cp "$kernel" "$dir/boot/kernel"
[ -z "$ramdisk" ] || cp "$ramdisk" "$dir/boot/ramdisk"
{
	echo 'serial --unit=0 --speed=115200'
	echo 'terminal_input serial'
	echo 'terminal_output serial'
	echo 'set timeout=0'
	echo 'menuentry enso {'
	echo "	multiboot2 /boot/hypervisor placeholder $xenopt"
	echo "	module2 /boot/kernel placeholder $cmdline"
	[ -z "$ramdisk" ] || echo '	module2 --nounzip /boot/ramdisk'
	echo '}'
} >"$dir/boot/grub/grub.cfg"
grub-mkrescue --locales= --fonts= --themes= -o "$iso" "$dir" \
	>"$iso.log" 2>&1 || { cat "$iso.log"; exit 1; }
rm -rf "$dir" "$iso.log"
