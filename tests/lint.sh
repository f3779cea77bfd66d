#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Format, static analysis, and habits that a compiler does not know.
set -u
bad=0
complain() {
	echo "lint: $*" >&2
	bad=1
}

sources=$(git ls-files '*.c' '*.h')
core=$(git ls-files 'src/core/*.c')
host=$(git ls-files 'src/io/*.c' 'src/tls/*.c' 'src/report/*.c' \
	'src/replay/*.c' 'src/lab/*.c' 'src/cmd/*.c' src/main.c)
flags="-std=c17 -D_GNU_SOURCE -DSALLYPORT_VERSION=\"lint\" -Iinclude -Isrc
$(pkg-config --cflags libnetfilter_queue libmnl libnetfilter_conntrack yaml-0.1 jansson libcrypto libmicrohttpd ncursesw libseccomp libcap-ng)"

clang-format --dry-run -Werror $sources || complain "run make fmt"

# Every header stands alone.
for h in $(git ls-files 'include/*.h' 'src/*.h'); do
	${CC:-cc} $flags -fsyntax-only -x c "$h" || complain "$h does not stand alone"
done

# Readers that do not check (sscanf, atoi), writers that do not stop (strcpy,
# sprintf), and state that hides between calls (strtok).
grep -nE '\b(sscanf|atoi|atol|strcpy|strcat|sprintf|strtok)\(' \
	$(git ls-files 'src/*.[ch]' 'include/*.h') && complain "unsafe calls"
# The engine says what happened by name, not by -1.
grep -nE 'return -1;' $core && complain "unnamed results in the engine"
# One variant, one file: no conditional compilation in the engine.
grep -nE '^#\s*(if|elif|else)\b' $core && complain "#if in the engine"
# Nothing of the place where it was written.
git grep -nE '/work/|\.library' -- . ':!tests/lint.sh' && complain "machine path"
awk 'FNR == 1 { n = 0 } { n++ } n == 501 { print FILENAME ": over 500 lines" }' \
	$(git ls-files '*.c') | grep . && complain "file too long"

# unknownMacro: libmnl's mnl_attr_for_each is a loop.
cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
	--enable=warning,performance,portability --suppress=missingInclude \
	--suppress=unknownMacro:src/io/queue.c \
	-Iinclude -Isrc $core $host || complain "cppcheck"
clang-tidy --quiet $core $host -- $flags 2>/dev/null || complain "clang-tidy"
exit $bad
