# SPDX-License-Identifier: MIT
# How programs of the host are built: the hypervisor's half that knows no
# machine is one library, dom0's is another, and a test has one of them.

# What of dom0 knows no libguest.
DOM0_HOST_SRC := $(filter-out xenstore/link_guest.c, \
	$(wildcard ring/*.c xenstore/*.c xenstore/lib/*.c))
# Tests of dom0's half, by their names.
DOM0_TESTS := $(foreach t,byte xenstore xs,$(addsuffix /$(t)%,tests/unit \
	tests/fuzz tests/tsan))
# $(call host,NAME,COMPILE FLAGS,LINK FLAGS,PROGRAMS)
define host
$(B)/$(1)/%.o: %.c Makefile
	@mkdir -p $$(@D)
	@echo "  $(1) $$<"
	@$(CLANG) $(HOST_CFLAGS) $(2) $$(call inc,$$<) -c $$< -o $$@
$(call thirdparty,$(1),$(CLANG),$(2))
$(B)/$(1)/libhost.a: $(HOST_SRC:%.c=$(B)/$(1)/%.o) $(call thirdparty_obj,$(1))
	@rm -f $$@ && ar qcs $$@ $$^
$(B)/$(1)/libdom0.a: $(DOM0_HOST_SRC:%.c=$(B)/$(1)/%.o)
	@rm -f $$@ && ar qcs $$@ $$^
$(patsubst %,$(B)/$(1)/%,$(filter-out $(DOM0_TESTS),$(4))): $(B)/$(1)/libhost.a
$(patsubst %,$(B)/$(1)/%,$(filter $(DOM0_TESTS),$(4))): $(B)/$(1)/libdom0.a
$(4:%=$(B)/$(1)/%): $(B)/$(1)/%: $(B)/$(1)/%.o
	@$(CLANG) $(3) $$(WRAP) $$^ -lcunit -lpthread -o $$@
endef
# Where allocations are to fail; see tests/unit/alloc_fail.h.
%/xenstore_fault_test %/xenstore_fuzz: WRAP := -Wl,--wrap=malloc \
	-Wl,--wrap=calloc -Wl,--wrap=realloc
