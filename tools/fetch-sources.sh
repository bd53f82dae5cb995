#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches the sources of the decompression libraries as Debian has them, checks
# them as apt does, and unpacks them: Debian's patches applied, nothing of ours.
# What is already there is left alone.
#
# tools/fetch-sources.sh [FOLDER]		(default build/src)
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
src=${1:-$top/build/src}
mkdir -p "$src/apt/sources" "$src/apt/lists/partial"
src=$(cd "$src" && pwd)
cd "$src"

# apt as it is configured here, but with lists of source packages of our own.
with_sources()
{
	apt-get -q -o Dir::Etc::sourcelist="$src/apt/sources.list" \
		-o Dir::Etc::sourceparts="$src/apt/sources" \
		-o Dir::State::Lists="$src/apt/lists" \
		-o APT::Sandbox::User=root "$@"
}

list_sources()
{
	[ ! -f /etc/apt/sources.list ] ||
		sed 's/^deb /deb-src /' /etc/apt/sources.list >apt/sources.list
	for f in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$f" ] || sed 's/^Types:.*/Types: deb-src/' "$f" \
			>"apt/sources/$(basename "$f")"
	done
	with_sources update
}

# unpack FOLDER PACKAGE
unpack()
{
	with_sources source --download-only "$2"
	rm -rf "$1" "$1.tmp"
	dpkg-source --no-check -x "$2"_*.dsc "$1.tmp" >/dev/null
	mv "$1.tmp" "$1"
}

exec 9>.lock
flock 9
[ ! -e .done ] || exit 0
rm -f ./*.dsc
list_sources
unpack busybox busybox
unpack lz4 lz4
unpack zlib zlib
unpack zstd libzstd
touch .done
