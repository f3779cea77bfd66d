# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists what there is.

CC ?= cc
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
SECONDS ?= 60

VERSION := 0.1.0
LIBS := libnetfilter_queue libmnl libnetfilter_conntrack libipset yaml-0.1 \
	jansson
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wundef
CFLAGS ?= -O2 -g
override CFLAGS += -std=c17 -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-ffunction-sections $(WARN) $(EXTRA)
# The engine sees its own headers and nothing else.
CORE_FLAGS := -ffreestanding -Iinclude
HOST_FLAGS = -D_GNU_SOURCE -DSALLYPORT_VERSION='"$(VERSION)"' -Iinclude -Isrc \
	$(shell pkg-config --cflags $(LIBS))
LDLIBS = $(shell pkg-config --libs $(LIBS)) -lpthread
LDFLAGS ?= -Wl,--gc-sections

CORE_SRC := $(wildcard src/core/*.c)
HOST_SRC := $(wildcard src/io/*.c src/report/*.c src/cmd/*.c)
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/%.o)
MAIN_OBJ := $(BUILD)/src/main.o
CORE_LIB := $(BUILD)/libcore.a
HOST_LIB := $(BUILD)/libhost.a

all: $(BUILD)/sallyport ## build build/sallyport

$(BUILD)/sallyport: $(MAIN_OBJ) $(HOST_LIB) $(CORE_LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(CORE_LIB): $(CORE_OBJ) tests/pure.sh
	rm -f $@ && ar rcs $@ $(CORE_OBJ)
	@sh tests/pure.sh $@ || { rm -f $@; exit 1; }

$(HOST_LIB): $(HOST_OBJ)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/src/core/%.o: src/core/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(CORE_FLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/src/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -MMD -MP -c -o $@ $<

# Unit tests: tests/unit/test_NAME.c links the engine; test_io_NAME.c links all.
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
SUPPORT_SRC := $(wildcard tests/unit/support/*.c)
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(BUILD)/%.o)

unit: $(UNIT) ## build the unit tests

$(BUILD)/tests/unit/support/%.o: tests/unit/support/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -Itests/unit/support -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(HOST_LIB) $(CORE_LIB) $(SUPPORT_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -Itests/unit/support -MMD -MP \
		$(LDFLAGS) -o $@ $< $(SUPPORT_OBJ) $(HOST_LIB) $(CORE_LIB) \
		-lcmocka $(LDLIBS)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F'\t' '{ printf "  %-10s %s\n", $$1, $$2 }'

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

.PHONY: all unit help clean
.DELETE_ON_ERROR:
