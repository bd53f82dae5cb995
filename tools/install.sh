#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what the build and the tests need and fetches, unmodified, what they
# compare against, Debian's Xen, and what they boot: the kernels behind
# linux-image-amd64 and linux-image-cloud-amd64. What is already there is left
# alone, so that a second run takes no time.
#
# tools/install.sh [PEER-FOLDER]		(default build/peer)
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
peer=${1:-$top/build/peer}
packages='make gcc libc6-dev binutils python3 cpio xz-utils ca-certificates
	dpkg-dev libxen-dev
	qemu-system-x86 grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools
	ovmf clang-14 clang-format-14 libclang-rt-14-dev libcunit1-dev
	busybox-static newlib-source gzip bzip2 lz4 zstd patch
	liblzma-dev liblz4-dev libzstd-dev zlib1g-dev'

as_root()
{
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

updated=
update_lists()
{
	[ -z "$updated" ] || return 0
	as_root apt-get -q update
	updated=yes
}

install_packages()
{
	missing=
	for p in $packages; do
		case $(dpkg-query -W -f='${Status}' "$p" 2>/dev/null) in
		*' installed') ;;
		*) missing="$missing $p" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	update_lists
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -q install -y --no-install-recommends $missing
}

# fetch GLOB PACKAGE: the .deb of PACKAGE, once.
fetch()
{
	ls $1 >/dev/null 2>&1 && return 0
	update_lists
	apt-get -q download "$2"
}

# fetch_kernel LINK META: the package that META depends on, its kernel as LINK.
fetch_kernel()
{
	kernel=$(apt-cache depends "$2" |
		sed -n 's/.*Depends: *\(linux-image-[0-9][^ ]*\).*/\1/p' |
		head -n 1)
	fetch "${kernel}_*.deb" "$kernel"
	dpkg -x "${kernel}"_*.deb root
	ln -sf "root/boot/vmlinuz-${kernel#linux-image-}" "$1"
}

fetch_peers()
{
	cd "$peer"
	[ -e .done ] && [ -e vmlinuz-cloud ] && return 0
	# Package lists older than the archive name files it no longer has.
	update_lists
	fetch 'xen-hypervisor-4.17-amd64_*.deb' xen-hypervisor-4.17-amd64
	rm -rf root
	dpkg -x xen-hypervisor-*.deb root
	ln -sf root/boot/xen-4.17-amd64.gz xen.gz
	gzip -dc xen.gz >xen.elf
	fetch_kernel vmlinuz linux-image-amd64
	fetch_kernel vmlinuz-cloud linux-image-cloud-amd64
	touch .done
}

main()
{
	install_packages
	mkdir -p "$peer"
	peer=$(cd "$peer" && pwd)
	exec 9>"$peer/.lock"
	flock 9
	fetch_peers
	"$top/tools/fetch-sources.sh"
	cd "$peer"
	sha256sum xen.gz vmlinuz vmlinuz-cloud | while read -r sum name; do
		echo "SHA-256 $sum $(basename "$(readlink "$name")")"
	done
}

main
