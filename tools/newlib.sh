#!/bin/sh
# SPDX-License-Identifier: MIT
# tools/newlib.sh FOLDER: builds Debian's newlib-source for micro-guests into
# FOLDER: libc.a, libm.a, include/. Done once; takes half a minute.
set -eu
mkdir -p "$1"
cd "$1"
exec 9>.lock
flock 9
[ ! -e .done ] || exit 0
echo "building newlib in $1"
rm -rf src obj include
mkdir src obj
tar -xf /usr/src/newlib/newlib-*.tar.xz -C src --strip-components=1
cd obj
{
	../src/newlib/configure --host=x86_64-elf --disable-multilib \
		--disable-newlib-supplied-syscalls \
		--enable-newlib-io-long-long --enable-newlib-io-c99-formats \
		CC=gcc AR=ar RANLIB=ranlib MAKEINFO=true CFLAGS="-O2 -mno-red-zone \
		-fno-pie -ffreestanding -ffunction-sections -fno-stack-protector"
	make -j2
} >../log 2>&1 || { tail -n 20 ../log; exit 1; }
cd ..
cp obj/libc.a obj/libm.a .
cp -r src/newlib/libc/include include
# What configure chose stands beside the sources' own headers.
cp obj/newlib.h obj/_newlib_version.h include/ 2>/dev/null || true
[ ! -d obj/targ-include ] || cp -r obj/targ-include/. include/
rm -rf obj src
touch .done
