# SPDX-License-Identifier: MIT
# How programs of the host are built: the hypervisor's half that knows no
# machine is one library, what of dom0 knows no libguest another. Allocations
# are counted, and may be made to fail: tests/host/host_alloc.h.
DOM0_HOST_SRC := $(filter-out xenstore/link_guest.c dom0/tools/xcbuild.c, \
	$(wildcard ring/*.c xenstore/*.c xenstore/lib/*.c dom0/tools/*.c))

# $(call host,NAME,COMPILE FLAGS,LINK FLAGS,PROGRAMS)
define host
$(B)/$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D)
	@echo "  $(1) $$<"
	@$(CLANG) $(HOST_CFLAGS) $(2) $$(call inc,$$<) -c $$< -o $$@
$(call thirdparty,$(1),$(CLANG),$(2))
$(B)/$(1)/libhost.a: $(HOST_SRC:%.c=$(B)/$(1)/%.o) $(call thirdparty_obj,$(1))
$(B)/$(1)/libdom0.a: $(DOM0_HOST_SRC:%.c=$(B)/$(1)/%.o)
$(B)/$(1)/lib%.a:
	@rm -f $$@ && ar qcs $$@ $$^
$(4:%=$(B)/$(1)/%): $(B)/$(1)/%: $(B)/$(1)/%.o $(B)/$(1)/libdom0.a \
		$(B)/$(1)/libhost.a
	@$(CLANG) $(3) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
		-Wl,--start-group $$^ -Wl,--end-group -lcunit -lpthread -o $$@
endef
