# SPDX-License-Identifier: MIT
# The decompression libraries that xen-like/image stands on, built from Debian's
# unmodified sources in $(SRC) (tools/fetch-sources.sh), freestanding: they see
# the compiler's headers and xen-like/image/shim, no libc.
#
# $(call thirdparty,FLAVOUR,COMPILER,FLAGS) makes the rules for one set of
# objects; $(call thirdparty_obj,FLAVOUR) names them.

TP_SRC := $(addprefix busybox/archival/libarchive/unxz/xz_dec_,bcj lzma2 stream) \
	lz4/lib/lz4 zstd/build/single_file_libs/zstddeclib-in \
	$(addprefix zlib/,adler32 crc32 inffast inflate inftrees zutil)
TP_INC := -isystem xen-like/image/shim $(addprefix -isystem $(SRC)/, \
	busybox/archival/libarchive/unxz lz4/lib zstd/lib zlib) -DZ_SOLO
# XZ: its output is its history (single). It cannot say how far it is: GCC has
# lzma2_lzma(), which unpacks a chunk, call image_chunk_enter() and _exit().
TP_XZ_gcc := -finstrument-functions \
	-finstrument-functions-exclude-function-list=dict_,rc_,lzma_,xz_,get_
TP_NAMES := $(foreach f,enter exit, \
	--redefine-sym __cyg_profile_func_$(f)=image_chunk_$(f))
TP_FLAGS := -std=gnu11 -O2 -g -w -ffreestanding -mgeneral-regs-only \
	-nostdinc $(TP_INC) -DIMAGE_THIRDPARTY -DXZ_DEC_X86 \
	-DXZ_DEC_SINGLE -D'NOINLINE=__attribute__((noinline))' \
	-DLZ4_FORCE_MEMORY_ACCESS=0 -DZSTD_NO_INTRINSICS -DDYNAMIC_BMI2=0 \
	-DNDEBUG

thirdparty_obj = $(TP_SRC:%=$(B)/$(1)/thirdparty/%.o)
INC_xen-like/image += $(TP_INC)

define thirdparty
$(B)/$(1)/thirdparty/%.o: $(SRC)/%.c tools/thirdparty.mk | $(SRC)/.done
	@mkdir -p $$(@D)
	@echo "  $(1) $$(@F)"
	@$(2) $(3) $(TP_FLAGS) $$(if $$(findstring xz_dec_lzma2,$$@),$$(TP_XZ_$(2))) \
		-isystem $$(shell $(2) -print-file-name=include) -c $$< -o $$@
	@objcopy $(TP_NAMES) $$@
$(B)/$(1)/xen-like/image/bzimage.o $(B)/$(1)/xen-like/image/bzimage.c.o: \
	| $(SRC)/.done
endef

$(TP_SRC:%=$(SRC)/%.c): | $(SRC)/.done
$(SRC)/.done: | tools/fetch-sources.sh
	tools/fetch-sources.sh $(SRC)
