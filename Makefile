# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists what there is.

CC ?= cc
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
SECONDS ?= 60

VERSION := 0.1.0
LIBS := libnetfilter_queue libmnl libnetfilter_conntrack yaml-0.1 jansson \
	libssl libcrypto libpcap zlib libmicrohttpd
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wundef
CFLAGS ?= -O2 -g
override CFLAGS += -std=c17 -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-ffunction-sections $(WARN) $(EXTRA)
# The engine sees its own headers and nothing else.
# -fbuiltin: memcpy and its like may become single instructions; but no loop may
# become a call of something else, such as strlen.
CORE_FLAGS := -ffreestanding -fbuiltin -fno-tree-loop-distribute-patterns \
	-Iinclude
HOST_FLAGS = -D_GNU_SOURCE -DSALLYPORT_VERSION='"$(VERSION)"' -Iinclude -Isrc \
	$(shell pkg-config --cflags $(LIBS))
LDLIBS = $(shell pkg-config --libs $(LIBS)) -lpthread
LDFLAGS ?= -Wl,--gc-sections

CORE_SRC := $(wildcard src/core/*.c)
HOST_SRC := $(wildcard $(addprefix src/,$(addsuffix /*.c,io tls report replay lab cmd)))
CORE_OBJ := $(CORE_SRC:%.c=$(BUILD)/%.o)
HOST_OBJ := $(HOST_SRC:%.c=$(BUILD)/%.o)
MAIN_OBJ := $(BUILD)/src/main.o
CORE_LIB := $(BUILD)/libcore.a
HOST_LIB := $(BUILD)/libhost.a

all: $(BUILD)/sallyport ## build build/sallyport

$(BUILD)/sallyport: $(MAIN_OBJ) $(HOST_LIB) $(CORE_LIB) $(BUILD)/names-differ
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(MAIN_OBJ) $(HOST_LIB) $(CORE_LIB) \
		$(LDLIBS)

$(CORE_LIB): $(CORE_OBJ) tests/pure.sh
	rm -f $@ && ar rcs $@ $(CORE_OBJ)
	@sh tests/pure.sh $@ || { rm -f $@; exit 1; }

# OpenSSL stays in src/tls.
$(HOST_LIB): $(HOST_OBJ)
	@! grep -rnE '#[[:space:]]*include[[:space:]]*[<"]openssl/' include src \
		--exclude-dir=tls || { echo "OpenSSL outside src/tls" >&2; exit 1; }
	rm -f $@ && ar rcs $@ $^

# From two archives the linker takes whichever name it meets first, silently.
$(BUILD)/names-differ: $(HOST_LIB) $(CORE_LIB)
	@twice=$$(nm -g -P --defined-only $^ | awk 'NF > 2 { print $$1 }' | \
		sort | uniq -d); [ -z "$$twice" ] || \
		{ echo "in two libraries:" $$twice >&2; exit 1; }
	@touch $@

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
TEST_LDLIBS := -lcmocka

unit: $(UNIT) ## build the unit tests

$(BUILD)/tests/unit/support/%.o: tests/unit/support/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -Itests/unit/support -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(HOST_LIB) $(CORE_LIB) $(SUPPORT_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -Itests/unit/support -MMD -MP \
		$(LDFLAGS) -o $@ $< $(SUPPORT_OBJ) $(HOST_LIB) $(CORE_LIB) \
		$(TEST_LDLIBS) $(LDLIBS)

# Fuzz targets: with libFuzzer to search, without it to run the corpora.
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CC ?= clang
FUZZ_FLAGS := -g -O1 -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined
CORPUS := $(FUZZ:%=$(BUILD)/fuzz/%.corpus)

$(BUILD)/fuzz/%.corpus: tests/fuzz/%.c tests/fuzz/standalone.c $(HOST_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
		tests/fuzz/standalone.c $(HOST_LIB) $(CORE_LIB) $(LDLIBS)

$(BUILD)/fuzz/%.search: tests/fuzz/%.c $(CORE_SRC) $(HOST_SRC)
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=c17 $(FUZZ_FLAGS) $(HOST_FLAGS) -o $@ $< \
		$(CORE_SRC) $(filter-out src/cmd/%,$(HOST_SRC)) $(LDLIBS)

fuzz: $(FUZZ:%=$(BUILD)/fuzz/%.search) ## search for SECONDS=60 with every fuzz target
	@for f in $(FUZZ); do \
		mkdir -p $(BUILD)/fuzz/corpus/$$f; \
		echo "== $$f, $(SECONDS) s"; \
		$(BUILD)/fuzz/$$f.search -max_total_time=$(SECONDS) \
			-artifact_prefix=$(BUILD)/fuzz/ -print_final_stats=1 \
			$(BUILD)/fuzz/corpus/$$f tests/fuzz/corpus/$${f#fuzz_} \
			>$(BUILD)/fuzz/$$f.log 2>&1 || \
			{ tail -40 $(BUILD)/fuzz/$$f.log; exit 1; }; \
		grep -E 'number_of_executed|average_exec' $(BUILD)/fuzz/$$f.log; \
	done

deps: ## install the packages that building and testing need
	@sh tests/deps.sh all

check: ## build and run every test that this machine can run
	@sh tests/deps.sh
	@$(MAKE) --no-print-directory all unit $(CORPUS)
	@$(MAKE) --no-print-directory mutate
	@sh tests/lab/fetch-servers.sh
	@sh tests/check.sh $(BUILD)

ASAN_CFLAGS := -O1 -g -fno-omit-frame-pointer
ASAN_EXTRA := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-U_FORTIFY_SOURCE

asan: ## the unit tests and corpora under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CFLAGS="$(ASAN_CFLAGS)" \
		EXTRA="$(ASAN_EXTRA)" all unit asan-corpora
	@CHECK_LAB=no sh tests/check.sh $(BUILD)/asan

asan-corpora: $(CORPUS)

# Broken captures: tests/mutate links all but main, under the sanitizers.
MUTATE := $(BUILD)/asan/mutate

$(BUILD)/mutate: $(wildcard tests/mutate/*.[ch]) $(HOST_LIB) $(CORE_LIB)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -Itests/mutate $(LDFLAGS) \
		-Wl,--wrap=reassemble_new -o $@ \
		$(filter %.c,$^) $(HOST_LIB) $(CORE_LIB) $(LDLIBS)

mutate: # in a build of its own
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CFLAGS="$(ASAN_CFLAGS)" \
		EXTRA="$(ASAN_EXTRA)" $(MUTATE)

mutations: mutate ## every truncation of every capture, 100,000 changed ones
	sh tests/mutate/run.sh $(MUTATE) all

matrix: all ## every sensible server, client, mode, NAT and family
	@sh tests/lab/fetch-servers.sh
	/usr/bin/python3 tests/lab/matrix.py --all --sallyport $(BUILD)/sallyport

ftps-matrix: all ## the same for FTPS: implicit, versions, reuse, PROT, CCC
	@sh tests/lab/fetch-servers.sh
	/usr/bin/python3 tests/lab/ftps_matrix.py --all --sallyport $(BUILD)/sallyport

pcaps: all ## make the captures in pcaps/ anew, with their key logs
	@sh tests/lab/fetch-servers.sh
	/usr/bin/python3 tests/lab/make_pcaps.py --sallyport $(BUILD)/sallyport

demo: ## the main job, shown in a lab of namespaces
	@sh tests/deps.sh
	@$(MAKE) --no-print-directory all
	@/usr/bin/python3 tests/lab/demo.py --sallyport $(BUILD)/sallyport

bench: all ## speed, as ratios within one run
	@SALLYPORT=$(BUILD)/sallyport BUILD=$(BUILD) sh tests/bench/run.sh

golden: all $(BUILD)/unit/test_io_ruleset $(BUILD)/unit/test_io_audit_library ## rewrite the expected outputs in rules/ and tests/golden/; review the difference
	SALLYPORT_GOLDEN=1 $(BUILD)/unit/test_io_ruleset
	SALLYPORT_GOLDEN=1 $(BUILD)/unit/test_io_audit_library
	/usr/bin/python3 tests/golden/golden.py --write --sallyport $(BUILD)/sallyport

lint: ## format, static analysis, and a few habits
	@sh tests/lint.sh

fmt: ## put the sources into the project's format
	clang-format -i $$(git ls-files '*.c' '*.h')

install: all ## install under DESTDIR and PREFIX
	install -D -m 755 $(BUILD)/sallyport $(DESTDIR)$(PREFIX)/sbin/sallyport
	install -D -m 644 man/sallyport.8 $(DESTDIR)$(PREFIX)/share/man/man8/sallyport.8
	install -D -m 644 man/sallyport.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/sallyport.conf.5

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F'\t' '{ printf "  %-10s %s\n", $$1, $$2 }'

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(addprefix $(BUILD)/,src unit tests fuzz) -name '*.d' -type f 2>/dev/null)

.PHONY: all unit fuzz deps check asan asan-corpora mutate mutations matrix ftps-matrix \
	pcaps demo bench golden lint fmt install help clean
.SECONDARY:
.DELETE_ON_ERROR:
