# SPDX-License-Identifier: GPL-2.0-or-later
# `make help` lists what there is.

CC ?= cc
PREFIX ?= /usr/local
DESTDIR ?=
BUILD ?= build
SECONDS ?= 60
# Of the builds that `check` and `asan` make for themselves.
JOBS ?= $(shell nproc)

VERSION := 0.1.0
LIBS := libnetfilter_queue libmnl libnetfilter_conntrack yaml-0.1 jansson \
	libssl libcrypto libpcap zlib libmicrohttpd ncursesw libnftnl libnftables \
	libseccomp libcap-ng
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

$(BUILD)/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -Itests/unit/support -MMD -MP -c -o $@ $<

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(HOST_LIB) $(CORE_LIB) $(SUPPORT_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(SUPPORT_OBJ) $(HOST_LIB) \
		$(CORE_LIB) $(TEST_LDLIBS) $(LDLIBS)

# Fuzz targets: with libFuzzer to search, without it to run the corpora.
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_CC ?= clang
CORPUS := $(FUZZ:%=$(BUILD)/fuzz/%.corpus)

$(BUILD)/fuzz/%.corpus: tests/fuzz/%.c tests/fuzz/standalone.c $(HOST_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(HOST_FLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
		tests/fuzz/standalone.c $(HOST_LIB) $(CORE_LIB) $(LDLIBS)

# Built apart, with the sanitizers, and with counters in every branch.
SEARCH := $(BUILD)/search
SEARCH_FLAGS := CC="$(FUZZ_CC)" CFLAGS="-g -O1 -fno-omit-frame-pointer" LDFLAGS= \
	CORE_FLAGS="-ffreestanding -fbuiltin -Iinclude" \
	EXTRA="-fsanitize=fuzzer-no-link,address,undefined -U_FORTIFY_SOURCE"

$(BUILD)/fuzz/%.search: tests/fuzz/%.c $(HOST_LIB) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fsanitize=fuzzer $(HOST_FLAGS) -MMD -MP -o $@ $< \
		$(HOST_LIB) $(CORE_LIB) $(LDLIBS)

fuzz: ## search for SECONDS=60 with every fuzz target
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(SEARCH) $(SEARCH_FLAGS) \
		$(FUZZ:%=$(SEARCH)/fuzz/%.search)
	@for f in $(FUZZ); do \
		mkdir -p $(BUILD)/fuzz/corpus/$$f; \
		echo "== $$f, $(SECONDS) s"; \
		$(SEARCH)/fuzz/$$f.search -max_total_time=$(SECONDS) \
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
	@$(MAKE) --no-print-directory -j$(JOBS) all unit $(CORPUS) $(LOAD)
	@$(MAKE) --no-print-directory -j$(JOBS) mutate
	@sh tests/lab/fetch-servers.sh
	@sh tests/vm/fetch-kernel.sh || :
	@sh tests/check.sh $(BUILD) $(MUTATE)

ASAN_CFLAGS := -O1 -g -fno-omit-frame-pointer
ASAN_EXTRA := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-U_FORTIFY_SOURCE

asan: ## the unit tests and corpora under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/asan \
		CFLAGS="$(ASAN_CFLAGS)" EXTRA="$(ASAN_EXTRA)" all unit \
		asan-corpora $(MUTATE)
	@CHECK_LAB=no sh tests/check.sh $(BUILD)/asan $(MUTATE)

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

# Load: two ends and a bad piece of wire between them; tests/load/README.md.
LOAD := $(addprefix $(BUILD)/load/load_,client server relay)
LOAD_SHARED := $(addprefix tests/load/,wire.c loop.c script.c contents.c totals.c) \
	$(addprefix tests/bench/,bench.c ftp_socket.c sham_tls.c)
LOAD_FLAGS := -std=c17 -D_GNU_SOURCE $(WARN) -Itests/bench

$(BUILD)/load/load_relay: tests/load/relay.c tests/bench/bench.c
$(BUILD)/load/load_client: $(addprefix tests/load/client,.c _session.c _data.c) $(LOAD_SHARED)
$(BUILD)/load/load_server: $(addprefix tests/load/server,.c _session.c) $(LOAD_SHARED)
$(LOAD): $(wildcard tests/load/*.h tests/bench/*.h)
	@mkdir -p $(@D)
	$(CC) -O2 -g $(LOAD_FLAGS) -o $@ $(filter %.c,$^)

load: all $(LOAD) ## ten thousand sessions at once, a thousand new ones a second
	/usr/bin/python3 tests/load/run.py --sallyport $(BUILD)/sallyport \
		--programs $(BUILD)/load

soak: SECONDS := 3600
soak: all $(LOAD) ## the same, and all else that happens to a daemon, for SECONDS=3600
	/usr/bin/python3 tests/load/run.py --sallyport $(BUILD)/sallyport \
		--programs $(BUILD)/load --soak --seconds $(SECONDS)

matrix: all ## every sensible server, client, mode, NAT and family
	@sh tests/lab/fetch-servers.sh
	/usr/bin/python3 tests/lab/matrix.py --all --sallyport $(BUILD)/sallyport

ftps-matrix: all ## the same for FTPS: implicit, versions, reuse, PROT, CCC
	@sh tests/lab/fetch-servers.sh
	/usr/bin/python3 tests/lab/ftps_matrix.py --all --sallyport $(BUILD)/sallyport

vm: all ## the lab's core on the distribution's kernel, every cell
	@sh tests/vm/fetch-kernel.sh
	/usr/bin/python3 tests/vm/run.py --all --limit 1800 \
		--sallyport $(BUILD)/sallyport

audit-agree: all ## every answer of audit for rules/audit, against the lab
	/usr/bin/python3 tests/lab/audit_agree.py --all --sallyport $(BUILD)/sallyport

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
	install -D -m 644 systemd/sallyport.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/sallyport.conf
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@sbindir@|$(PREFIX)/sbin|' systemd/sallyport.service.in \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/sallyport.service

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | \
		awk -F'\t' '{ printf "  %-10s %s\n", $$1, $$2 }'

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(shell find $(addprefix $(BUILD)/,src unit tests fuzz) -name '*.d' -type f 2>/dev/null)

.PHONY: all unit fuzz deps check asan asan-corpora mutate mutations matrix ftps-matrix \
	audit-agree vm pcaps demo bench golden load soak lint fmt install help clean
.SECONDARY:
.DELETE_ON_ERROR:
